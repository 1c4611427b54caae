// Watches that the server is asked for by name: the lasting ones, and to look for or give up any.
import { ErrorCode } from "../core/protocol/error-codes.ts";
import { OpCode } from "../core/protocol/op-codes.ts";
import { asyncDispose } from "../ensemble/disposal.ts";
import type { Caller } from "./caller.ts";
import type { Asked } from "./errors.ts";
import type { Answer } from "./requests.ts";
import type { Session } from "./session.ts";
import type { Watch } from "./types.ts";

export type WatchMode = "persistent" | "persistentRecursive";

const modes = {
  persistent: { kind: "persistent", wireMode: 0, watcherType: 4 },
  persistentRecursive: { kind: "recursive", wireMode: 1, watcherType: 5 },
} as const;
const anyType = 3;

export async function addWatch(
  caller: Caller,
  asked: Asked & { readonly path: string },
  mode: WatchMode,
  watch: Watch,
): Promise<AsyncDisposable> {
  const { session } = caller;
  const path = caller.path(asked);
  const { kind, wireMode, watcherType } = modes[mode];
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
      if (wasLast) await removeAtServer(session, path, watcherType);
    },
  };
}

/** What could not be removed because the connection or the session is gone is gone with it. */
async function removeAtServer(session: Session, path: string, type: number): Promise<void> {
  if (!session.isConnected) return;
  const { err } = await removeWatches(session, path, type);
  // Servers before 3.9 can only remove all watches of a path; one that others need stays, and its events find nobody here.
  if (err === ErrorCode.MARSHALLINGERROR && !session.watches.isWatched(path)) {
    await removeWatches(session, path, anyType);
  }
}

const removeWatches = (session: Session, path: string, type: number): Promise<Answer<true>> =>
  session.request({ type: OpCode.removeWatches, body: { path, type }, take: () => true });
