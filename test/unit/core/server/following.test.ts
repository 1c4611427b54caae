// What a follower owes its clients while they wait for the leader.
import { expect, test } from "vitest";
import { connectionIdOf } from "../../../../src/core/base/ids.ts";
import { ErrorCode } from "../../../../src/core/protocol/error-codes.ts";
import { OpCode } from "../../../../src/core/protocol/op-codes.ts";
import { digestOf } from "../../../../src/core/server/authentication.ts";
import type { Effect } from "../../../../src/core/server/effects.ts";
import { Follower } from "./follower.ts";
import { bytes, world } from "./stage.ts";

/** Who is answered what. */
const replies = (effects: readonly Effect[]): string[] =>
  effects.flatMap((effect) =>
    effect.type === "reply"
      ? [`${effect.connection} xid ${effect.reply.xid} err ${effect.reply.err}`]
      : [],
  );

test("what waited behind a sync is not done for a client that has gone", () => {
  const follower = new Follower();
  const { connection } = follower.connect(1);
  follower.ask(connection, { xid: 1, type: OpCode.sync, body: { path: "/" } });
  follower.ask(connection, {
    xid: 2,
    type: OpCode.getChildren,
    body: { path: "/", watch: true },
  });
  follower.step({ type: "disconnected", connection });
  expect(follower.hear({ type: "SYNC" })).toEqual([]);
  expect(follower.peer.replica.watches.count).toBe(0);
});

test("syncs of several clients are answered in the order they were asked", () => {
  const follower = new Follower();
  const clients = [1, 2, 3].map((number) => follower.connect(number));
  for (const { connection } of clients) {
    follower.ask(connection, { xid: 7, type: OpCode.sync, body: { path: "/" } });
  }
  const answers = clients.map(() => replies(follower.hear({ type: "SYNC" })));
  expect(answers).toEqual([["1 xid 7 err 0"], ["2 xid 7 err 0"], ["3 xid 7 err 0"]]);
});

test("a read that waits is judged by who its client was when it asked", () => {
  const follower = new Follower();
  const { connection, session } = follower.connect(1);
  const acl = [{ perms: 31, scheme: "digest", id: digestOf("bob:pw") }];
  const secret = { path: "/secret", data: null, acl, ephemeral: false, parentCversion: 1 };
  follower.commit(session, 1, { type: OpCode.create, body: secret });
  const body = { path: "/open", data: null, acl: world, flags: 0 };
  follower.ask(connection, { xid: 2, type: OpCode.create, body });
  const read = { type: OpCode.getData, body: { path: "/secret", watch: false } } as const;
  follower.ask(connection, { xid: 3, ...read });
  const auth = { type: 0, scheme: "digest", auth: bytes("bob:pw") };
  follower.ask(connection, { xid: -4, type: OpCode.auth, body: auth });
  follower.ask(connection, { xid: 4, ...read });
  const made = { path: "/open", data: null, acl: world, ephemeral: false, parentCversion: 2 };
  expect(replies(follower.commit(session, 2, { type: OpCode.create, body: made }))).toEqual([
    "1 xid 2 err 0",
    `1 xid 3 err ${ErrorCode.NOAUTH}`,
    "1 xid 4 err 0",
  ]);
});

test("a local session's making counts among the reads, a session of the quorum's among the updates", () => {
  const local = new Follower({ localSessions: true });
  local.handshake(connectionIdOf(1));
  const global = new Follower();
  global.connect(1);
  const counts = [local, global].map(({ peer }) => {
    const { reads, updates } = peer.clients.traffic;
    return { reads: reads.count, updates: updates.count };
  });
  expect(counts).toEqual([
    { reads: 1, updates: 0 },
    { reads: 0, updates: 1 },
  ]);
});
