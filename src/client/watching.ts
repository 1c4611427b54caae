// Watches that the server is asked for by name: the lasting ones, and to look for or give up any.
import { ErrorCode } from "../core/protocol/error-codes.ts";
import { OpCode } from "../core/protocol/op-codes.ts";
import { asyncDispose } from "../ensemble/disposal.ts";
import { badArgument, noSuchMode } from "./arguments.ts";
import { type Caller, valueFrom } from "./caller.ts";
import type { Asked } from "./errors.ts";
import type { Answer } from "./requests.ts";
import type { Session } from "./session.ts";
import type { Watch, WatchType } from "./types.ts";
import type { WatchKind } from "./watches.ts";

export type WatchMode = "persistent" | "persistentRecursive";

const modes = {
  persistent: { kind: "persistent", wireMode: 0 },
  persistentRecursive: { kind: "recursive", wireMode: 1 },
} as const;
/** On the wire. */
const types = { children: 1, data: 2, any: 3, persistent: 4, persistentRecursive: 5 } as const;
/** What a type stands for on this side. */
const kindsOf: { readonly [T in WatchType]: readonly WatchKind[] } = {
  children: ["child"],
  data: ["data", "exist"],
  any: ["child", "data", "exist", "persistent", "recursive"],
  persistent: ["persistent"],
  persistentRecursive: ["recursive"],
};

export async function addWatch(
  caller: Caller,
  asked: Asked & { readonly path: string },
  mode: WatchMode,
  watch: Watch,
): Promise<AsyncDisposable> {
  const { session } = caller;
  const path = caller.path(asked);
  const { kind, wireMode } = modes[modeOf(asked, mode, ["persistent", "persistentRecursive"])];
  if (typeof watch !== "function") throw badArgument(asked, "the watch is no function");
  await caller.ask(asked, {
    type: OpCode.addWatch,
    body: { path, type: wireMode },
    take: () => true,
    settled: (err) => {
      if (err === 0) session.watches.add(kind, path, watch);
    },
  });
  return {
    [asyncDispose]: async (): Promise<void> => {
      const wasLast = session.watches.remove(kind, path, watch);
      if (wasLast) await removeAtServer(session, path, types[mode]);
    },
  };
}

export async function checkWatches(
  caller: Caller,
  asked: Asked & { readonly path: string },
  type: WatchType,
): Promise<boolean> {
  const body = { path: caller.path(asked), type: types[modeOf(asked, type, typeNames)] };
  const answer = await caller.session.request({
    type: OpCode.checkWatches,
    body,
    take: () => true,
  });
  return answer.err === ErrorCode.NOWATCHER ? false : valueFrom(answer, asked);
}

export async function removeWatches(
  caller: Caller,
  asked: Asked & { readonly path: string },
  type: WatchType,
): Promise<void> {
  const { session } = caller;
  const path = caller.path(asked);
  valueFrom(await remove(session, path, types[modeOf(asked, type, typeNames)]), asked);
  for (const kind of kindsOf[type]) session.watches.removeAll(kind, path);
}

const typeNames = ["children", "data", "any", "persistent", "persistentRecursive"] as const;

function modeOf<T extends string>(asked: Asked, mode: T, known: readonly T[]): T {
  if (known.includes(mode)) return mode;
  throw noSuchMode(asked, mode, known);
}

/** What could not be removed because the connection or the session is gone is gone with it. */
async function removeAtServer(session: Session, path: string, type: number): Promise<void> {
  if (!session.isConnected) return;
  const { err } = await remove(session, path, type);
  // Servers before 3.9 can only remove all watches of a path; one that others need stays, and its events find nobody here.
  if (err === ErrorCode.MARSHALLINGERROR && !session.watches.isWatched(path)) {
    await remove(session, path, types.any);
  }
}

const remove = (session: Session, path: string, type: number): Promise<Answer<true>> =>
  session.request({ type: OpCode.removeWatches, body: { path, type }, take: () => true });
