// How a leader judges the writes of sessions that the quorum does not know.
import { expect, test } from "vitest";
import { sessionIdOf, sidOf } from "../../../../src/core/base/ids.ts";
import { ErrorCode } from "../../../../src/core/protocol/error-codes.ts";
import { LocalSessions } from "../../../../src/core/session/local-sessions.ts";
import { Stage, sessionA } from "./stage.ts";

const leader = sidOf(1);
const atLeader = sessionIdOf((1n << 56n) + 1n);
const gone = sessionIdOf((1n << 56n) + 2n);
const atFollower = sessionIdOf((2n << 56n) + 1n);

test.each([
  ["the quorum's", sessionA, ErrorCode.OK, ErrorCode.OK],
  ["the leader's own", atLeader, ErrorCode.OK, ErrorCode.EPHEMERALONLOCALSESSION],
  ["a follower's", atFollower, ErrorCode.OK, ErrorCode.SESSIONEXPIRED],
  ["the leader's, over", gone, ErrorCode.SESSIONEXPIRED, ErrorCode.SESSIONEXPIRED],
])("a session that is %s", (_, session, persistent, ephemeral) => {
  const local = new LocalSessions(leader, 100);
  local.open(atLeader, 10_000, 0);
  const stage = new Stage({}, local);
  expect([
    stage.create("/a", { session }).err,
    stage.create("/b", { session, flags: 1 }).err,
  ]).toEqual([persistent, ephemeral]);
});

test("where there are no local sessions, one that is unknown has expired", () => {
  const stage = new Stage();
  expect(stage.create("/a", { session: atFollower }).err).toBe(ErrorCode.SESSIONEXPIRED);
});
