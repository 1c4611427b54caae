import { formatZxid, type Zxid } from "../../../src/core/base/ids.ts";
import { OpCode } from "../../../src/core/protocol/op-codes.ts";
import { WatchEventType } from "../../../src/core/protocol/records.ts";
import type { Connection, Operation } from "../client.ts";
import type { Change } from "../model.ts";
import type { Ledger } from "./ledger.ts";
import { hold } from "./violation.ts";

type Kind = "data" | "child";

/** Which kind of watch a change uses up; a deletion both. */
const fires: Readonly<Record<Kind, ReadonlySet<Change["type"]>>> = {
  data: new Set(["created", "deleted", "dataChanged"]),
  child: new Set(["deleted", "childrenChanged"]),
};

/**
 * Each watch fires once, for the first change after it was set, and before any answer that shows the change; nothing fires
 * that was not watched.
 */
export class WatchChecker {
  readonly #ledger: Ledger;
  /** By path, ascending. */
  readonly #changes = new Map<string, { readonly zxid: Zxid; readonly type: Change["type"] }[]>();

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  changed(zxid: Zxid, changes: readonly Change[]): void {
    for (const { path, type } of changes) {
      const list = this.#changes.get(path);
      if (list === undefined) this.#changes.set(path, [{ zxid, type }]);
      else list.push({ zxid, type });
    }
  }

  check(connection: Connection): void {
    /** By kind and path: the state that the watch was set at. */
    const set: Readonly<Record<Kind, Map<string, Zxid>>> = { data: new Map(), child: new Map() };
    for (const item of connection.received) {
      if (item.type === "event") {
        const { path, type } = item.event;
        this.#checkEvent(set, path, typeOf(type), item.zxid);
        continue;
      }
      const zxid = this.#ledger.real(item.reply.zxid);
      this.#checkNothingMissed(set, zxid);
      this.#register(set, item.operation, zxid);
    }
  }

  #checkEvent(
    set: Readonly<Record<Kind, Map<string, Zxid>>>,
    path: string,
    type: Change["type"],
    zxid: Zxid,
  ): void {
    let expected = false;
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

  #checkNothingMissed(set: Readonly<Record<Kind, Map<string, Zxid>>>, zxid: Zxid): void {
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

  #register(
    set: Readonly<Record<Kind, Map<string, Zxid>>>,
    { request, reply }: Operation,
    zxid: Zxid,
  ): void {
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
