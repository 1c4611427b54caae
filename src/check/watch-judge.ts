import { type Zxid, zxidZero } from "../core/base/ids.ts";
import type { Committed } from "./committed.ts";
import type { HistoryCall, HistoryEvent, HistoryWatch } from "./history-events.ts";
import { type Change, isServersOwn } from "./model.ts";
import type { ClientItem, Operation } from "./operation.ts";
import { type Findings, hex, type Rule } from "./report.ts";
import { fires, type Kind, type Waiting, Waits } from "./waits.ts";

interface Dated {
  readonly zxid: Zxid;
  readonly type: Change["type"];
}

/**
 * Each watch fires once, for the first change after it was set, and before any answer that shows the change; nothing fires that was
 * not watched. Between two connections only the last state counts: what setWatches then tells is judged by its own rule.
 */
export class WatchJudge {
  readonly #log: Committed;
  readonly #findings: Findings;
  /** By path, ascending. */
  readonly #changes = new Map<string, Dated[]>();
  readonly #began: { has(path: string): boolean };

  constructor(log: Committed, findings: Findings) {
    this.#log = log;
    this.#findings = findings;
    this.#began = log.model();
  }

  changed(zxid: Zxid, changes: readonly Change[]): void {
    for (const { path, type } of changes) {
      const list = this.#changes.get(path);
      if (list === undefined) this.#changes.set(path, [{ zxid, type }]);
      else list.push({ zxid, type });
    }
  }

  judge(items: readonly ClientItem[]): void {
    const client = new Waits(items);
    for (const item of items) {
      switch (item.type) {
        case "call":
          if (item.operation.call.op === "setWatches") client.restoring.push(item.operation);
          break;
        case "return":
          this.#returned(client, item.operation);
          break;
        case "watch":
          this.#fired(client, item.watch, item.zxid);
          break;
        case "state":
          client.stateChanged(item.state.state);
      }
    }
  }

  #returned(client: Waits, operation: Operation): void {
    const state = operation.zxid === undefined ? undefined : this.#log.stateAt(operation.zxid);
    if (operation.call.op === "setWatches") return this.#restored(client, operation, state);
    if (operation.outcome === "unknown" || operation.call.op === "close") return;
    if (state !== undefined) this.#checkNothingMissed(client, operation, state);
    client.register(operation, state === undefined || state < this.#log.from ? undefined : state);
  }

  // ------------------------------------------------------------------ events

  #fired(client: Waits, watch: HistoryWatch, zxid: Zxid | undefined): void {
    if (isServersOwn(watch.path)) return;
    const { from } = this.#log;
    if (zxid !== undefined && zxid <= from) {
      for (const one of client.waitingFor(watch))
        if (client.firesBy(one, watch)) client.use(one, watch.of);
      return;
    }
    if (zxid !== undefined) {
      if (this.#log.stateAt(zxid) === undefined || zxid > this.#log.last) {
        return this.#tell("uncommitted-zxid", watch, "a zxid that was committed");
      }
      if (zxid < client.lastEvent) {
        return this.#tell("zxid-back", watch, `${hex(client.lastEvent)} or higher`);
      }
      client.lastEvent = zxid;
    }
    // What makes up for a time without a connection comes before the answer to setWatches.
    if (zxid === undefined && client.restoring.length > 0 && !client.hasCallbacks) {
      client.late.push(watch);
      return;
    }
    const waiting = client.waitingFor(watch);
    const due = waiting.filter((one) => this.#isDue(one, watch, zxid));
    for (const one of due) client.use(one, watch.of);
    if (due.length > 0 || client.isLasting(watch)) return;
    const isSecond = client.wasUsed(watch) && waiting.length === 0;
    const next = waiting[0] === undefined ? undefined : this.#nextOf(waiting[0]);
    this.#tell(
      isSecond ? "watch-twice" : "watch-unasked",
      watch,
      next === undefined
        ? "nothing, as nobody waits for it"
        : `${next.type} at ${hex(next.zxid)} first`,
    );
  }

  #isDue(waiting: Waiting, { event, path }: HistoryWatch, zxid: Zxid | undefined): boolean {
    if (!fires[waiting.kind].has(event)) return false;
    const first = this.#nextOf(waiting);
    if (first !== undefined)
      return first.type === event && (zxid === undefined || first.zxid === zxid);
    if (waiting.since !== undefined) return false;
    // Set nobody knows when: at least it must have happened.
    const changes = this.#changes.get(path) ?? [];
    return (
      this.#log.from > zxidZero ||
      changes.some((change) => zxid === undefined || change.zxid === zxid)
    );
  }

  #nextOf({ path, kind, since }: Waiting): Dated | undefined {
    if (since === undefined) return undefined;
    return this.#changes
      .get(path)
      ?.find((change) => change.zxid > since && fires[kind].has(change.type));
  }

  #checkNothingMissed(client: Waits, operation: Operation, state: Zxid): void {
    for (const waiting of client.all()) {
      const first = this.#nextOf(waiting);
      if (first === undefined || first.zxid > state) continue;
      this.#findings.of("watch-missed", [waiting.by, operation], {
        expected: `to hear of ${first.type} ${waiting.path} at ${hex(first.zxid)} first`,
        seen: `an answer at ${hex(operation.zxid ?? state)}, and nothing of the change`,
      });
      client.drop(waiting);
    }
  }

  // ------------------------------------------------------------------ after a broken connection

  #restored(client: Waits, operation: Operation, state: Zxid | undefined): void {
    const { call } = operation;
    client.restoring.shift();
    const late = client.late.splice(0);
    if (state === undefined || state < this.#log.from || operation.outcome !== "done") return;
    const due: string[] = [];
    for (const { kind, path, fired } of this.#dueAt(call, state)) {
      const waiting = client.at(kind, path);
      if (fired !== undefined) {
        due.push(`${fired} ${path}`);
        if (waiting !== undefined) client.use(waiting, undefined);
      } else if (waiting !== undefined) waiting.since = state;
      else client.wait({ kind, path, by: operation, since: state });
    }
    const told = late.map(({ event, path }) => `${event} ${path}`).sort();
    if (due.sort().join() === told.join()) return;
    const isMissed = due.some((one) => !told.includes(one));
    this.#findings.add(
      isMissed ? "watch-missed" : "watch-unasked",
      {
        what: `client ${operation.client} sets its watches again, at ${hex(state)}`,
        expected: due.join(", ") || "nothing",
        seen: told.join(", ") || "nothing",
      },
      [call, ...late],
    );
  }

  /** What setWatches fires at once (DataTree.setWatches); undefined: it is watched on. */
  #dueAt(
    { watches, since: given = 0 }: HistoryCall,
    zxid: Zxid,
  ): { kind: Kind; path: string; fired: Change["type"] | undefined }[] {
    const since = Number(given);
    const isThere = (path: string): boolean => this.#isThere(path, zxid);
    const changed = (path: string, types: readonly Change["type"][]): boolean =>
      this.#lastOf(path, types, zxid) > since;
    const data = (watches?.data ?? []).map((path) => {
      const fired = changed(path, ["created", "dataChanged"]) ? "dataChanged" : undefined;
      return { kind: "data", path, fired: isThere(path) ? fired : "deleted" } as const;
    });
    const exist = (watches?.exist ?? []).map((path) => {
      return { kind: "data", path, fired: isThere(path) ? "created" : undefined } as const;
    });
    const child = (watches?.child ?? []).map((path) => {
      const fired = changed(path, ["created", "childrenChanged"]) ? "childrenChanged" : undefined;
      return { kind: "child", path, fired: isThere(path) ? fired : "deleted" } as const;
    });
    return [...data, ...exist, ...child].filter(({ path }) => !isServersOwn(path));
  }

  #isThere(path: string, zxid: Zxid): boolean {
    const before = this.#changes.get(path)?.filter((change) => change.zxid <= zxid);
    const last = before?.findLast(({ type }) => type === "created" || type === "deleted");
    return last === undefined ? this.#began.has(path) : last.type === "created";
  }

  /** The last change of some types up to a zxid; 0: none. */
  #lastOf(path: string, types: readonly Change["type"][], zxid: Zxid): Zxid {
    const found = this.#changes
      .get(path)
      ?.findLast((change) => change.zxid <= zxid && types.includes(change.type));
    return found?.zxid ?? zxidZero;
  }

  #tell(rule: Rule, watch: HistoryWatch, expected: string): void {
    const at = watch.zxid === undefined ? "" : ` at ${String(watch.zxid)}`;
    const seen = `${watch.event} ${watch.path}${at}`;
    const what = `client ${watch.client} hears of ${watch.event} ${watch.path}`;
    const events: HistoryEvent[] = [watch];
    this.#findings.add(rule, { what, expected, seen }, events);
  }
}
