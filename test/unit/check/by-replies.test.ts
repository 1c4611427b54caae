import { describe, expect, test } from "vitest";
import { check, type HistoryEvent, type Rule } from "../../../src/check/index.ts";
import { answer, answered, call, events, heard, replaced, withoutZxids, zxid } from "./story.ts";

async function rulesBroken(history: readonly HistoryEvent[]): Promise<Rule[]> {
  const { violations, by } = await check(history);
  expect(by).toBe("replies");
  return [...new Set(violations.map(({ rule }) => rule))];
}

const isHeard = (event: HistoryEvent): boolean => event.type === "watch";
const of = (client: string, id: number): ((event: HistoryEvent) => boolean) => {
  return (event) => "id" in event && event.client === client && event.id === id;
};

/** Asked and answered behind all the rest, unless `session` says otherwise by "b", who lives on. */
let asked = 100;
function then(
  question: Parameters<typeof call>[2],
  reply: Parameters<typeof answer>[2],
  client = "b",
): HistoryEvent[] {
  asked += 1;
  return [call(client, asked, question), answer(client, asked, reply)];
}

const stat = (version: number, at: number): { version: number; mzxid: string; czxid: string } => ({
  version,
  mzxid: zxid(at),
  czxid: zxid(3),
});
const create = { op: "create", path: "/lock", mode: "ephemeral" } as const;

describe("a history without its log", () => {
  test("holds, with zxids and without", async () => {
    expect(await rulesBroken(events)).toEqual([]);
    expect(await rulesBroken(withoutZxids(events))).toEqual([]);
  });

  test("may read an older state, as long as its session has not seen more", async () => {
    const get = { op: "get", path: "/a", session: "0x3" } as const;
    const stale = [
      ...then(get, { data: "one", stat: stat(0, 3), zxid: zxid(4) }, "c"),
      ...then(get, { data: "two", stat: stat(1, 5), zxid: zxid(5) }, "c"),
    ];
    expect(await rulesBroken([...events, ...stale])).toEqual([]);
  });

  test("may hold an ephemeral made anew when nobody knows whether its first session lives", async () => {
    const lock = [
      ...then({ ...create, session: "0x3" }, { path: "/lock" }, "c"),
      ...then(create, { path: "/lock" }),
    ];
    expect(await rulesBroken([...events, ...lock])).toEqual([]);
  });

  test.each<[Rule, string, readonly HistoryEvent[]]>([
    [
      "zxid-back",
      "in a session",
      [...events, ...then({ op: "exists", path: "/x" }, { error: "NONODE", zxid: zxid(7) })],
    ],
    ["stale-read", "by its zxid", [...answered("b", 5, { zxid: zxid(7) })]],
    [
      "stale-read",
      "by Stats",
      withoutZxids([...events, ...then({ op: "get", path: "/a" }, { stat: stat(0, 3) })]),
    ],
    [
      "stale-read",
      "of a node that it saw deleted",
      [
        ...events,
        ...then({ op: "delete", path: "/a" }, { zxid: zxid(9) }),
        ...then({ op: "get", path: "/a" }, { stat: stat(1, 5), zxid: zxid(9) }),
      ],
    ],
    [
      "reply-differs",
      "two contents of one change",
      [...events, ...then({ op: "get", path: "/a" }, { data: "two!", stat: stat(1, 5) })],
    ],
    [
      "reply-differs",
      "a change that is yet to come",
      [...events, ...then({ op: "get", path: "/a" }, { stat: stat(2, 12), zxid: zxid(9) })],
    ],
    [
      "real-time-order",
      "of two writes",
      [
        ...events,
        ...then({ op: "set", path: "/b" }, { stat: { version: 1, mzxid: zxid(4) } }, "c"),
      ],
    ],
    [
      "write-lost",
      "a node that nobody deleted",
      [...events, ...then({ op: "get", path: "/b" }, { error: "NONODE", zxid: zxid(9) })],
    ],
    [
      "write-lost",
      "one transaction for two writes",
      answered("a", 2, { path: "/a/n-0000000000", zxid: zxid(3) }),
    ],
    [
      "refused-write",
      "read all the same",
      [...events, ...then({ op: "get", path: "/a" }, { data: "three" })],
    ],
    [
      "lost-update",
      "two of one version",
      [
        ...events,
        ...then({ op: "set", path: "/a", data: "x" }, { stat: stat(2, 10) }),
        ...then({ op: "set", path: "/a", data: "y" }, { stat: stat(2, 11) }),
      ],
    ],
    [
      "lost-update",
      "another version than its condition says",
      answered("b", 2, { stat: { version: 4, mzxid: zxid(5) } }),
    ],
    [
      "lost-update",
      "versions that go back",
      [
        ...events,
        ...then({ op: "set", path: "/a", data: "x" }, { stat: stat(7, 10) }),
        ...then({ op: "set", path: "/a", data: "y" }, { stat: stat(6, 11) }),
      ],
    ],
    [
      "two-creates",
      "of a lasting node",
      [...events, ...then({ op: "create", path: "/b" }, { path: "/b" })],
    ],
    [
      "two-creates",
      "of a lock whose owner lives",
      [
        ...events,
        ...then({ ...create, session: "0x3" }, { path: "/lock" }, "c"),
        ...then(create, { path: "/lock" }),
        ...then({ op: "sync", session: "0x3" }, {}, "c"),
      ],
    ],
    [
      "sequence",
      "one number twice",
      [
        ...events,
        ...then(
          { op: "create", path: "/a/m-", mode: "persistentSequential" },
          { path: "/a/m-0000000000" },
        ),
      ],
    ],
    [
      "sequence",
      "a number that falls",
      [
        ...events,
        ...then(
          { op: "create", path: "/q-", mode: "persistentSequential" },
          { path: "/q-0000000007" },
        ),
        ...then(
          { op: "create", path: "/q-", mode: "persistentSequential" },
          { path: "/q-0000000006" },
        ),
      ],
    ],
    [
      "session-over",
      "after close",
      [...events, ...then({ op: "get", path: "/b" }, { data: "" }, "a")],
    ],
    [
      "ephemeral-left",
      "after close and a sync",
      withoutZxids([
        ...events,
        ...then({ op: "exists", path: "/a/n-0000000000" }, { stat: { ephemeralOwner: "0x1" } }),
      ]),
    ],
    ["watch-unasked", "of nobody's", [...events, heard("b", { event: "deleted", path: "/b" })]],
    ["watch-twice", "the same change", replaced(isHeard, (event) => [event, event])],
    [
      "watch-missed",
      "before an answer that shows the change",
      [...replaced(isHeard, () => []), ...then({ op: "get", path: "/a" }, { stat: stat(1, 5) })],
    ],
  ])("breaks %s: %s", async (rule, _what, history) => {
    expect(await rulesBroken(history)).toContain(rule);
  });
});

test("callbacks that each have a call of their own are judged one by one", async () => {
  const twice = [
    ...then({ op: "get", path: "/b", watch: true }, { data: "" }),
    ...then({ op: "get", path: "/b", watch: true }, { data: "" }),
  ];
  const history = [...events.filter((event) => !isHeard(event) && !of("b", 1)(event)), ...twice];
  const event = (id: number): HistoryEvent => heard("b", { event: "deleted", path: "/b", of: id });
  const [first, second] = [asked - 1, asked];
  expect(await rulesBroken([...history, event(first), event(second)])).toEqual([]);
  expect(await rulesBroken([...history, event(first), event(first)])).toEqual(["watch-twice"]);
});
