import { describe, expect, test } from "vitest";
import {
  check,
  type HistoryEvent,
  type Rule,
  type TransactionLog,
} from "../../../src/check/index.ts";
import {
  answer,
  answered,
  bentLog,
  call,
  events,
  heard,
  log,
  logOf,
  replaced,
  withoutZxids,
  zxid,
} from "./story.ts";

async function rulesBroken(
  history: readonly HistoryEvent[],
  against: TransactionLog,
): Promise<Rule[]> {
  const { violations } = await check(history, against);
  return [...new Set(violations.map(({ rule }) => rule))];
}

const isAnswer =
  (client: string, id: number) =>
  (event: HistoryEvent): boolean =>
    event.type === "return" && event.client === client && event.id === id;
const isCall =
  (client: string, id: number) =>
  (event: HistoryEvent): boolean =>
    event.type === "call" && event.client === client && event.id === id;
const isHeard = (event: HistoryEvent): boolean => event.type === "watch";

describe("a history that holds", () => {
  test("is told to, with what was in it", async () => {
    const { text, ...report } = await check(events, log);
    expect(report).toEqual({
      ok: true,
      by: "log",
      operations: 11,
      writes: 6,
      watchEvents: 1,
      unknown: 0,
      transactions: 8,
      violations: [],
    });
    expect(text).toBe(
      "the history holds: 11 operations (6 writes, 0 of unknown outcome) and 1 watch events, judged against 8 transactions",
    );
  });

  test("may show no zxids", async () => {
    expect(await rulesBroken(withoutZxids(events), log)).toEqual([]);
  });

  test.each([
    ["done", log],
    ["not done", bentLog(7)],
  ])("may hold a write of which nobody knows that it was %s", async (_, against) => {
    const lost = [...answered("b", 3, { error: "CONNECTIONLOSS" })].filter(
      (event) =>
        !["4", "5", "6"].some(
          (id) => event.client === "b" && "id" in event && `${event.id}` === id,
        ),
    );
    const unknown = lost.map((event) => {
      if (!isAnswer("b", 3)(event)) return event;
      return answer("b", 3, { error: "CONNECTIONLOSS" });
    });
    expect(await rulesBroken(withoutZxids(unknown), against)).toEqual([]);
  });

  test("may read an older state, as long as its session has not seen more", async () => {
    const stale = [
      ...events,
      ...watcher("c", 1, zxid(4), "one"),
      ...watcher("c", 2, zxid(5), "two"),
    ];
    expect(await rulesBroken(stale, log)).toEqual([]);
    expect(await rulesBroken(withoutZxids(stale), log)).toEqual([]);
  });

  test("may come from the middle of a session", async () => {
    const later = events.filter(
      (event) => !("id" in event && event.client === "a" && event.id < 3),
    );
    const joined = later.map((event) =>
      event.type === "state" && event.client === "a" ? { ...event, joined: true } : event,
    );
    expect(await rulesBroken(later, log)).toEqual(["write-unasked"]);
    expect(await rulesBroken(joined, log)).toEqual([]);
  });

  test("goes on from the state that a log begins with", async () => {
    const { transactions } = log;
    const node = {
      path: "/a",
      data: new Uint8Array(Buffer.from("one")),
      czxid: BigInt(zxid(3)),
      mzxid: BigInt(zxid(3)),
      pzxid: BigInt(zxid(4)),
      ctime: 0,
      mtime: 0,
      version: 0,
      cversion: 1,
      aversion: 0,
      ephemeralOwner: 0n,
    };
    const nodes = [node, { ...node, path: "/a/n-0000000000", cversion: 0, ephemeralOwner: 1n }];
    const rest: TransactionLog = {
      from: BigInt(zxid(4)),
      nodes,
      sessions: [1n, 2n],
      transactions: transactions.slice(4),
    };
    expect(await rulesBroken(events, rest)).toEqual([]);
  });
});

/** A session that only reads. */
function watcher(client: string, id: number, at: string, data: string): HistoryEvent[] {
  return [
    call(client, id, { op: "get", path: "/a", session: "0x3" }),
    answer(client, id, { data, zxid: at }),
  ];
}

describe("a broken rule is found by its name", () => {
  test.each<[Rule, string, readonly HistoryEvent[], TransactionLog]>([
    ["reply-differs", "data", answered("a", 4, { data: "three" }), log],
    ["reply-differs", "a version", answered("b", 1, { stat: { version: 7 } }), log],
    ["reply-differs", "children", answered("b", 6, { children: ["ghost"] }), log],
    ["reply-differs", "an error", answered("a", 4, { error: "NONODE" }), log],
    ["reply-differs", "another error of a write", answered("a", 3, { error: "NONODE" }), log],
    [
      "zxid-back",
      "of a read",
      answered("a", 4, { zxid: zxid(6), data: "two" }).concat(goesBack()),
      log,
    ],
    ["stale-read", "after an own write", answered("a", 2, {}).concat(readsStale()), log],
    ["stale-read", "after a sync", answered("b", 5, { zxid: zxid(7) }), log],
    ["uncommitted-zxid", "of a read", answered("b", 6, { zxid: zxid(9) }), log],
    ["real-time-order", "of two writes", swapped(), bentLog(7, { session: 3n })],
    ["write-lost", "none at its zxid", events, bentLog(7, { op: "error", error: "NODEEXISTS" })],
    ["write-doubled", "under another number", events.slice(0, 17), doubled()],
    ["refused-write", "done all the same", answered("b", 3, { error: "NODEEXISTS" }), log],
    ["write-unasked", "of a recorded session", replaced(isOf("b", 3), () => []), log],
    [
      "lost-update",
      "against its version",
      events,
      bentLog(6, {
        op: "setData",
        path: "/a",
        version: 2,
        data: new Uint8Array(Buffer.from("three")),
      }),
    ],
    [
      "two-creates",
      "without a delete",
      createdTwice(),
      logOf([...told(8), { op: "create", session: 2n, path: "/b", data: null }]),
    ],
    [
      "sequence",
      "a number that was not due",
      answered("a", 2, { path: "/a/n-0000000007" }),
      bentLog(4, { path: "/a/n-0000000007" }),
    ],
    [
      "session-over",
      "a write",
      events.concat(afterTheEnd()),
      logOf([...told(8), { op: "delete", session: 1n, path: "/b" }]),
    ],
    [
      "session-over",
      "a read",
      events.concat([
        call("a", 9, { op: "exists", path: "/b" }),
        answer("a", 9, { stat: {}, zxid: zxid(8) }),
      ]),
      log,
    ],
    ["ephemeral-left", "by its session", events, bentLog(8, { paths: [] })],
    [
      "ephemeral-gone",
      "with another's session",
      events,
      bentLog(8, { paths: ["/a/n-0000000000", "/b"] }),
    ],
    [
      "watch-unasked",
      "of another kind",
      events.map((event) =>
        isHeard(event)
          ? heard("b", { event: "childrenChanged", path: "/a", zxid: zxid(5) })
          : event,
      ),
      log,
    ],
    ["watch-twice", "the same change", replaced(isHeard, (event) => [event, event]), log],
    ["watch-missed", "before its own change is answered", replaced(isHeard, () => []), log],
    ["watch-missed", "as it came too late", late(), log],
  ])("%s: %s", async (rule, _what, history, against) => {
    expect(await rulesBroken(history, against)).toContain(rule);
  });

  test.each<[Rule, string, readonly HistoryEvent[], TransactionLog]>([
    ["reply-differs", "data that never was", answered("a", 4, { data: "three" }), log],
    [
      "stale-read",
      "older than its own write",
      events
        .slice(0, 11)
        .concat([call("b", 9, { op: "get", path: "/a" }), answer("b", 9, { data: "one" })]),
      log,
    ],
    [
      "stale-read",
      "older than what it synced",
      answered("b", 6, { children: ["n-0000000000"], stat: {} }),
      log,
    ],
    ["write-lost", "no transaction like it", events, bentLog(7)],
    ["write-doubled", "two for one call", events.slice(0, 17), doubled()],
    ["refused-write", "done all the same", answered("b", 3, { error: "NODEEXISTS" }), log],
    ["write-unasked", "of a recorded session", replaced(isOf("b", 3), () => []), log],
    ["real-time-order", "of two writes", swapped(), bentLog(7, { session: 3n })],
  ])("%s, where clients show no zxids: %s", async (rule, _what, history, against) => {
    expect(await rulesBroken(withoutZxids(history), against)).toContain(rule);
  });
});

describe("watches after a broken connection", () => {
  const lost: HistoryEvent = { type: "state", client: "b", state: "disconnected" };
  const again = call("b", 20, {
    op: "setWatches",
    since: zxid(4),
    watches: { data: ["/a"], exist: [], child: [] },
  });
  const isRestored = answer("b", 20, { zxid: zxid(7) });
  const catchUp = heard("b", { event: "dataChanged", path: "/a" });
  /** The reader's connection breaks before it hears of the change, which another one makes. */
  const reader = (...told: HistoryEvent[]): HistoryEvent[] => [
    { type: "state", client: "b", state: "connected", session: "0x3" },
    call("b", 1, { op: "get", path: "/a", watch: true }),
    answer("b", 1, { data: "one", zxid: zxid(4) }),
    lost,
    again,
    ...told,
    isRestored,
  ];

  test("are told of what they missed", async () => {
    expect(await rulesBroken(reader(catchUp), log)).toEqual([]);
  });
  test("are not told of anything else", async () => {
    const other = heard("b", { event: "deleted", path: "/b" });
    expect(await rulesBroken(reader(catchUp, other), log)).toEqual(["watch-unasked"]);
  });
  test("are told before setWatches is answered", async () => {
    expect(await rulesBroken(reader(), log)).toEqual(["watch-missed"]);
  });
});

// ------------------------------------------------------------------ what is bent

const isOf =
  (client: string, id: number) =>
  (event: HistoryEvent): boolean =>
    isCall(client, id)(event) || isAnswer(client, id)(event);

function told(count: number): Parameters<typeof logOf>[0] {
  return log.transactions.slice(0, count).map(({ zxid: _zxid, ...txn }) => txn);
}

function goesBack(): HistoryEvent[] {
  return [call("b", 9, { op: "get", path: "/a" }), answer("b", 9, { data: "two", zxid: zxid(7) })];
}

function readsStale(): HistoryEvent[] {
  return [
    call("a", 9, { op: "exists", path: "/b" }),
    answer("a", 9, { error: "NONODE", zxid: zxid(5) }),
  ];
}

/** The one at 7 is answered before the one at 5 is asked for. */
function swapped(): HistoryEvent[] {
  const first = events.filter(isOf("b", 3));
  const rest = events.filter((event) => !isOf("b", 3)(event));
  const at = rest.findIndex(isCall("b", 2));
  const other = first.map((event) => ({ ...event, client: "c", session: "0x3" }) as HistoryEvent);
  return [...rest.slice(0, at), ...other, ...rest.slice(at)];
}

function doubled(): TransactionLog {
  const twice = {
    op: "setData",
    session: 2n,
    path: "/a",
    data: new Uint8Array(Buffer.from("two")),
    version: 2,
  };
  return logOf([...told(7), twice]);
}

function createdTwice(): HistoryEvent[] {
  return [
    ...events,
    call("b", 9, { op: "create", path: "/b" }),
    answer("b", 9, { path: "/b", zxid: zxid(9) }),
  ];
}

function afterTheEnd(): HistoryEvent[] {
  return [call("a", 9, { op: "delete", path: "/b" }), answer("a", 9, { zxid: zxid(9) })];
}

/** The event comes behind the answer that shows its change. */
function late(): HistoryEvent[] {
  const event = events.filter(isHeard);
  const rest = events.filter((one) => !isHeard(one));
  const at = rest.findIndex(isAnswer("b", 2)) + 1;
  return [...rest.slice(0, at), ...event, ...rest.slice(at)];
}
