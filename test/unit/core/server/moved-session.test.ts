// The leader knows where a session is, and so that a connection of its own has been left.
import { expect, test } from "vitest";
import { ErrorCode } from "../../../../src/core/protocol/error-codes.ts";
import { OpCode, Xid } from "../../../../src/core/protocol/op-codes.ts";
import { Leader } from "./leader.ts";

test.each([
  ["a read", { xid: 2, type: OpCode.exists, body: { path: "/", watch: false } }],
  ["a ping", { xid: Xid.ping, type: OpCode.ping, body: {} }],
  ["a sync", { xid: 2, type: OpCode.sync, body: { path: "/" } }],
] as const)(
  "%s of a session that moved in the same moment ends its old connection",
  (_, request) => {
    const leader = new Leader();
    const { connection, session } = leader.connect(1);
    expect(leader.ask(connection, request)).toMatchObject([{ type: "reply" }]);
    leader.hear({ type: "REVALIDATE", session, timeout: 1000 });
    expect(leader.ask(connection, request)).toEqual([
      { type: "close", connection, why: "its session has moved" },
    ]);
  },
);

test("an op that nobody knows is refused before it is asked where its session is", () => {
  const leader = new Leader();
  const { connection, session } = leader.connect(1);
  leader.hear({ type: "REVALIDATE", session, timeout: 1000 });
  const unknown = { xid: 2, op: 99, known: false, raw: new Uint8Array(0) };
  expect(leader.step({ type: "malformed", connection, ...unknown })).toMatchObject([
    { type: "reply", reply: { xid: 2, err: ErrorCode.UNIMPLEMENTED } },
    { type: "report", report: { change: "disconnected" } },
    { type: "close", connection, why: "op 99 is unknown" },
  ]);
});
