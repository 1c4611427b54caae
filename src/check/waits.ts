import { type Zxid, zxidZero } from "../core/base/ids.ts";
import { ErrorCode } from "../core/protocol/error-codes.ts";
import { OpCode } from "../core/protocol/op-codes.ts";
import type { HistoryState, HistoryWatch } from "./history-events.ts";
import { type Change, isServersOwn } from "./model.ts";
import type { ClientItem, Operation } from "./operation.ts";

export type Kind = "data" | "child";
const kinds: readonly Kind[] = ["data", "child"];

/** Which kind of watch a change uses up; a deletion both. */
export const fires: Readonly<Record<Kind, ReadonlySet<Change["type"]>>> = {
  data: new Set(["created", "deleted", "dataChanged"]),
  child: new Set(["deleted", "childrenChanged"]),
};

/** One watch that waits. */
export interface Waiting {
  readonly kind: Kind;
  readonly path: string;
  readonly by: Operation;
  /** The state that it was set at; undefined: not known, or it has lived through a broken connection, and may miss things. */
  since: Zxid | undefined;
}

/** What one client waits for. */
export class Waits {
  readonly hasCallbacks: boolean;
  /** Each setWatches that is under way, and what came meanwhile. */
  readonly restoring: Operation[] = [];
  readonly late: HistoryWatch[] = [];
  lastEvent: Zxid = zxidZero;
  /** By path and kind, or by call where each has its own callback. */
  readonly #waiting = new Map<string, Waiting>();
  readonly #used = new Set<string>();
  readonly #lasting: { readonly path: string; readonly recursive: boolean }[] = [];

  constructor(items: readonly ClientItem[]) {
    this.hasCallbacks = items.some((item) => item.type === "watch" && item.watch.of !== undefined);
  }

  register(operation: Operation, state: Zxid | undefined): void {
    const { asked, call, shown } = operation;
    const path = call.path ?? "/";
    if (isServersOwn(path)) return;
    if (call.op === "removeWatches" && shown?.err === 0) return this.#forget(path);
    if (call.op === "addWatch" && shown?.err === 0) {
      this.#lasting.push({ path, recursive: call.watch === "persistentRecursive" });
      return;
    }
    if (call.watch !== true || asked === undefined || shown === undefined) return;
    const isLeft =
      shown.err === 0 || (asked.type === OpCode.exists && shown.err === ErrorCode.NONODE);
    if (!isLeft) return;
    const kind = asked.type === OpCode.getChildren2 ? "child" : "data";
    const key = this.hasCallbacks ? `${call.id}` : `${kind} ${path}`;
    const known = this.#waiting.get(key);
    if (known === undefined) this.#waiting.set(key, { kind, path, by: operation, since: state });
  }

  wait(waiting: Waiting): void {
    this.#waiting.set(`${waiting.kind} ${waiting.path}`, waiting);
  }

  all(): Waiting[] {
    return [...this.#waiting.values()];
  }

  at(kind: Kind, path: string): Waiting | undefined {
    return this.#waiting.get(`${kind} ${path}`);
  }

  /** Whom an event may be for. */
  waitingFor({ path, of }: HistoryWatch): Waiting[] {
    if (of !== undefined) return [this.#waiting.get(`${of}`) ?? []].flat();
    return kinds.flatMap((kind) => this.at(kind, path) ?? []);
  }

  firesBy({ kind }: Waiting, { event }: HistoryWatch): boolean {
    return fires[kind].has(event);
  }

  use(waiting: Waiting, of: number | undefined): void {
    const key = of === undefined ? `${waiting.kind} ${waiting.path}` : `${of}`;
    this.#used.add(key);
    this.#waiting.delete(key);
  }

  drop(waiting: Waiting): void {
    for (const [key, one] of this.#waiting) if (one === waiting) this.#waiting.delete(key);
  }

  wasUsed({ path, of, event }: HistoryWatch): boolean {
    if (of !== undefined) return this.#used.has(`${of}`);
    return kinds.some((kind) => fires[kind].has(event) && this.#used.has(`${kind} ${path}`));
  }

  /** A lasting watch hears of every change; a recursive one of none in lists of children. */
  isLasting({ path, event }: HistoryWatch): boolean {
    return this.#lasting.some((watch) => {
      if (!watch.recursive) return watch.path === path;
      const below = watch.path === "/" ? "/" : `${watch.path}/`;
      return event !== "childrenChanged" && (watch.path === path || path.startsWith(below));
    });
  }

  stateChanged(state: HistoryState["state"]): void {
    if (state === "connected") return;
    this.restoring.length = 0;
    this.late.length = 0;
    this.lastEvent = zxidZero;
    for (const waiting of this.#waiting.values()) waiting.since = undefined;
    if (state === "disconnected") return;
    this.#waiting.clear();
    this.#lasting.length = 0;
  }

  #forget(path: string): void {
    for (const [key, one] of this.#waiting) if (one.path === path) this.#waiting.delete(key);
    const rest = this.#lasting.filter((one) => one.path !== path);
    this.#lasting.splice(0, this.#lasting.length, ...rest);
  }
}
