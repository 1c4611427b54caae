import type { Change } from "../../../src/check/model.ts";
import { formatZxid, type Zxid, zxidZero } from "../../../src/core/base/ids.ts";
import { OpCode } from "../../../src/core/protocol/op-codes.ts";
import { WatchEventType } from "../../../src/core/protocol/records.ts";
import type { SetWatchesRequest } from "../../../src/core/protocol/requests.ts";
import { AddWatchMode } from "../../../src/core/tree/watches.ts";
import type { Connection, Operation } from "../client.ts";
import type { Ledger } from "./ledger.ts";
import { type Logged, PersistentWatches } from "./persistent-watches.ts";
import { hold } from "./violation.ts";

type Kind = "data" | "child";
/** By kind and path: the state that the watch was set at. */
type Watching = Readonly<Record<Kind, Map<string, Zxid>>>;

/** Which kind of watch a change uses up; a deletion both. */
const fires: Readonly<Record<Kind, ReadonlySet<Change["type"]>>> = {
  data: new Set(["created", "deleted", "dataChanged"]),
  child: new Set(["deleted", "childrenChanged"]),
};

/**
 * Each watch fires once, for the first change after it was set, and before any answer that shows the change; those that stay fire
 * for each (`PersistentWatches`); nothing fires that was not watched.
 */
export class WatchChecker {
  readonly #ledger: Ledger;
  /** By path, ascending. */
  readonly #changes = new Map<string, { readonly zxid: Zxid; readonly type: Change["type"] }[]>();
  /** All of them, in the order of the log. */
  readonly #log: Logged[] = [];

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  changed(zxid: Zxid, changes: readonly Change[]): void {
    for (const { path, type } of changes) {
      this.#log.push({ zxid, path, type });
      const list = this.#changes.get(path);
      if (list === undefined) this.#changes.set(path, [{ zxid, type }]);
      else list.push({ zxid, type });
    }
  }

  check(connection: Connection): void {
    const set: Watching = { data: new Map(), child: new Map() };
    const lasting = new PersistentWatches(this.#log);
    /** Events that make up for those missed between two connections; they come before the answer to setWatches. */
    const late: string[] = [];
    for (const item of connection.received) {
      if (item.type === "event") {
        const { path, type } = item.event;
        if (item.zxid === -1) late.push(`${typeOf(type)} ${path}`);
        else {
          const change = { zxid: item.zxid, path, type: typeOf(type) };
          this.#checkEvent(set, change, lasting.told(change));
        }
        continue;
      }
      const zxid = this.#ledger.real(item.reply.zxid);
      const { request } = item.operation;
      lasting.answered(zxid);
      if (request.type === OpCode.setWatches || request.type === OpCode.setWatches2) {
        const due = this.#restored(set, request.body, zxid);
        hold(
          due.sort().join() === late.sort().join(),
          "watches",
          () => `setWatches at ${formatZxid(zxid)} fired ${late}; due was ${due}`,
        );
        for (const path of request.body.persistent) lasting.add(path, "persistent", zxid);
        for (const path of request.body.recursive) lasting.add(path, "recursive", zxid);
        continue;
      }
      this.#checkNothingMissed(set, zxid);
      this.#register(set, item.operation, zxid);
      if (request.type === OpCode.addWatch && item.reply.err === 0) {
        const { path, type } = request.body;
        lasting.add(path, type === AddWatchMode.recursive ? "recursive" : "persistent", zxid);
      }
    }
  }

  /** What setWatches must fire at once; the rest is watched on. */
  #restored(set: Watching, request: SetWatchesRequest, zxid: Zxid): string[] {
    const due: string[] = [];
    const since = request.relativeZxid;
    const watch = (kind: Kind, path: string, fired: string | undefined): void => {
      if (fired !== undefined) due.push(`${fired} ${path}`);
      else if (!set[kind].has(path)) set[kind].set(path, zxid);
    };
    for (const path of request.data) {
      const changed = this.#lastOf(path, ["created", "dataChanged"], zxid) > since;
      const there = this.#isThere(path, zxid);
      watch("data", path, there ? (changed ? "dataChanged" : undefined) : "deleted");
    }
    for (const path of request.exist) {
      watch("data", path, this.#isThere(path, zxid) ? "created" : undefined);
    }
    for (const path of request.child) {
      const changed = this.#lastOf(path, ["created", "childrenChanged"], zxid) > since;
      const there = this.#isThere(path, zxid);
      watch("child", path, there ? (changed ? "childrenChanged" : undefined) : "deleted");
    }
    return due;
  }

  #isThere(path: string, zxid: Zxid): boolean {
    const before = this.#changes.get(path)?.filter((change) => change.zxid <= zxid);
    const last = before?.findLast(({ type }) => type === "created" || type === "deleted");
    return last?.type === "created";
  }

  /** The last change of some types up to a zxid; 0: none. */
  #lastOf(path: string, types: readonly Change["type"][], zxid: Zxid): Zxid {
    const found = this.#changes
      .get(path)
      ?.findLast((change) => change.zxid <= zxid && types.includes(change.type));
    return found?.zxid ?? zxidZero;
  }

  /** `isAwaited`: by a watch that stays. */
  #checkEvent(set: Watching, { path, type, zxid }: Logged, isAwaited: boolean): void {
    let expected = isAwaited;
    for (const kind of ["data", "child"] as const) {
      const since = set[kind].get(path);
      if (since === undefined || !fires[kind].has(type)) continue;
      const first = this.#firstChange(path, kind, since);
      if (first?.zxid !== zxid) continue;
      expected = true;
      set[kind].delete(path);
    }
    hold(expected, "watches", () => `${type} ${path} at ${formatZxid(zxid)}, which nobody awaited`);
  }

  #checkNothingMissed(set: Watching, zxid: Zxid): void {
    for (const kind of ["data", "child"] as const) {
      for (const [path, since] of set[kind]) {
        const first = this.#firstChange(path, kind, since);
        hold(
          first === undefined || first.zxid > zxid,
          "watches",
          () =>
            `${first?.type} ${path} at ${formatZxid(first?.zxid ?? zxid)} was not told before an answer at ${formatZxid(zxid)}`,
        );
      }
    }
  }

  #register(set: Watching, { request, reply }: Operation, zxid: Zxid): void {
    switch (request.type) {
      case OpCode.getData:
      case OpCode.getChildren2:
        if (reply?.err !== 0) return;
        break;
      case OpCode.exists:
        break;
      default:
        return;
    }
    const { path, watch } = request.body;
    const kind = request.type === OpCode.getChildren2 ? "child" : "data";
    if (watch && !set[kind].has(path)) set[kind].set(path, zxid);
  }

  #firstChange(
    path: string,
    kind: Kind,
    since: Zxid,
  ): { readonly zxid: Zxid; readonly type: Change["type"] } | undefined {
    return this.#changes
      .get(path)
      ?.find((change) => change.zxid > since && fires[kind].has(change.type));
  }
}

function typeOf(number: number): Change["type"] {
  const found = Object.entries(WatchEventType).find(([, value]) => value === number);
  return found?.[0] as Change["type"];
}
