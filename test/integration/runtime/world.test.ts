import { once } from "node:events";
import { connect } from "node:net";
import { beforeAll, describe, expect, test } from "vitest";
import { sidOf } from "../../../src/core/base/ids.ts";
import type { Endpoint } from "../../../src/core/network/link.ts";
import type { LinkPattern } from "../../../src/core/network/selector.ts";
import { OpCode } from "../../../src/core/protocol/op-codes.ts";
import { openAcl } from "../../../src/core/tree/acl.ts";
import { certificatesFor } from "../../../src/ensemble/certificates.ts";
import type { LinkSecurity } from "../../../src/runtime/link-security.ts";
import type { PeerHost } from "../../../src/runtime/peer-host.ts";
import { RawClient } from "./raw-client.ts";
import { type Reported, TestWorld } from "./world-of.ts";

const data = new TextEncoder().encode("x");
const create = (client: RawClient, path: string) =>
  client.request(OpCode.create, { path, data, acl: openAcl, flags: 0 });
const exists = (client: RawClient, path: string) =>
  client.request(OpCode.exists, { path, watch: false });

const peers: LinkPattern["channel"][] = ["quorum", "election"];
/** All that goes between these peers and the rest. */
const cutOff = (...sids: Endpoint[]): LinkPattern[] =>
  peers.map((channel) => ({ from: sids, channel, bothWays: true }));

/** Whoever is not let in fails the test. */
async function tlsOnly(): Promise<LinkSecurity> {
  const { keys } = await certificatesFor({ kind: "made" }, ["127.0.0.1"]);
  return {
    keys: { ...keys, clientAuth: "need" },
    dialsTls: true,
    takesPlain: false,
    verifiesHosts: { dialed: true, dialing: true },
    looksUpNames: false,
    detectionMs: 5_000,
    onRefused: (why) => expect.unreachable(why),
  };
}

async function refusal(port: number): Promise<string> {
  const socket = connect({ port, host: "127.0.0.1" });
  const [error] = await once(socket, "error");
  return error.code;
}

const isLeading = (host: PeerHost): boolean =>
  host.state === "running" && host.peer?.leading?.serving === true;

describe.each(["tcp", "tls", "memory"] as const)("three peers over %s links", (links) => {
  let linkSecurity: LinkSecurity | undefined;
  beforeAll(async () => {
    if (links === "tls") linkSecurity = await tlsOnly();
  });
  const serving = () =>
    TestWorld.serving(3, { peerLinks: links === "memory" ? "memory" : "tcp", linkSecurity });

  test("elect one leader, and what one commits all have", async () => {
    await using world = await serving();
    expect(Object.values(world.roles()).sort()).toEqual(["following", "following", "leading"]);
    using client = await RawClient.open(world.host(1).ports.client);
    expect((await create(client, "/a")).err).toBe(0);
    const zxids = () => world.hosts.map((host) => host.peer?.lastApplied);
    await world.until(() => new Set(zxids()).size === 1);
  });

  test("elect another leader when theirs is killed, whose ports refuse until it is back", async () => {
    await using world = await serving();
    const killed = world.leader;
    if (killed === undefined) throw new Error("no leader");
    killed.kill();
    expect(await refusal(killed.ports.client)).toBe("ECONNREFUSED");
    await world.until(() => world.leader !== undefined);
    expect(world.leader).not.toBe(killed);
    expect([killed.state, killed.peer]).toEqual(["crashed", undefined]);
    await world.start(killed.sid);
    await world.until(() => killed.peer?.serving === true);
    expect(killed.peer?.role).toBe("following");
  });

  test("a killed peer's clients are reset, a stopped one's are told the end", async () => {
    await using world = await serving();
    const [first, second] = world.hosts.filter((host) => !isLeading(host));
    using reset = await RawClient.open(first?.ports.client ?? 0);
    using ended = await RawClient.open(second?.ports.client ?? 0);
    first?.kill();
    expect(await reset.closed()).toBe("ECONNRESET");
    await second?.stop();
    expect(await ended.closed()).toBe("end");
  });

  test("a leader that is cut off steps down, another takes over, and healed it follows", async () => {
    await using world = await serving();
    const old = world.leader;
    if (old === undefined) throw new Error("no leader");
    const fault = world.world.fabric.block(cutOff(old.sid), "cut off");
    await world.world.clock.advance(8_000); // beyond every limit
    await world.until(() => world.hosts.some((host) => host !== old && isLeading(host)));
    await world.until(() => old.peer?.role === "looking");
    fault.undo();
    await world.until(() => old.peer?.serving === true);
    expect(old.peer?.role).toBe("following");
  });

  test("a proposal that is held back commits when it is released", async () => {
    await using world = await serving();
    const { leader } = world;
    using client = await RawClient.open(leader?.ports.client ?? 0);
    const from = leader === undefined ? [] : [leader.sid];
    const hold = world.world.fabric.hold([{ from, bothWays: false }], { types: ["PROPOSAL"] }, "");
    client.send(OpCode.create, { path: "/held", data, acl: openAcl, flags: 0 });
    await world.until(() => hold.queued().length === 2);
    expect(hold.queued().map((message) => message.path)).toEqual(["/held", "/held"]);
    expect(client.waiting).toBe(0);
    expect(hold.release(1)).toBe(1);
    expect((await client.reply()).err).toBe(0);
    hold.undo();
  });

  test.each([
    ["right after its message: the write is committed", ["/last"]],
    ["in the middle of much that it sends: all of it has left", ["/first", "/second", "/last"]],
  ])("a rule crashes the sender %s", async (_, paths) => {
    await using world = await serving();
    const { leader } = world;
    if (leader === undefined) throw new Error("no leader");
    using client = await RawClient.open(leader.ports.client);
    const match = { types: ["PROPOSAL"], path: "/last", nth: 2 } as const;
    world.world.fabric.on([{ from: [leader.sid], bothWays: false }], match, {
      verdict: "crash-sender",
      label: "crash after the second proposal of /last",
    });
    for (const path of paths) client.send(OpCode.create, { path, data, acl: openAcl, flags: 0 });
    await world.until(() => leader.state === "crashed" && world.leader !== undefined);
    using other = await RawClient.open(world.leader?.ports.client ?? 0);
    expect((await exists(other, "/last")).err).toBe(0);
  });

  test("links that are reset are made anew", async () => {
    await using world = await serving();
    expect(world.world.resetConnections(cutOff(...world.hosts.map((h) => h.sid)))).toBeGreaterThan(
      0,
    );
    const isLooking = ({ report }: Reported) => report.type === "role" && report.to === "looking";
    await world.until(() => world.reports.filter(isLooking).length > 3); // each looked at its start
    await world.until(() => world.hosts.every((host) => host.peer?.serving === true));
  });

  test("latency on the peers' links is felt by a write, in the ensemble's time", async () => {
    await using world = await serving();
    using client = await RawClient.open(world.leader?.ports.client ?? 0);
    const { clock, fabric } = world.world;
    const latency = peers.map((channel) => ({ channel, bothWays: true }));
    fabric.shape(latency, { latency: 30 }, { label: "slow", now: clock.now() });
    const before = clock.now();
    expect((await create(client, "/slow")).err).toBe(0);
    expect(clock.now() - before).toBeGreaterThanOrEqual(60);
  });

  test("a paused follower does nothing, and catches up when it is resumed", async () => {
    await using world = await serving();
    const paused = world.hosts.find((host) => !isLeading(host));
    if (paused === undefined) throw new Error("no follower");
    using client = await RawClient.open(world.leader?.ports.client ?? 0);
    paused.pause();
    const before = paused.peer?.lastApplied;
    expect((await create(client, "/while-paused")).err).toBe(0);
    using waiting = await RawClient.connect(paused.ports.client);
    waiting.sendHandshake();
    expect(paused.peer?.lastApplied).toBe(before);
    paused.resume();
    await waiting.handshake();
    expect((await exists(waiting, "/while-paused")).err).toBe(0);
  });
});

describe("clients under faults", () => {
  test("bytes to and from a client wait while its link is blocked", async () => {
    await using world = await TestWorld.serving(1);
    using client = await RawClient.open(world.host(1).ports.client);
    const pattern: LinkPattern = { from: ["client"], channel: "client", bothWays: true };
    const block = world.world.fabric.block([pattern], "clients");
    client.send(OpCode.create, { path: "/a", data, acl: openAcl, flags: 0 });
    using late = await RawClient.connect(world.host(1).ports.client);
    late.sendHandshake();
    using other = await RawClient.connect(world.host(1).ports.client);
    await world.until(() => world.host(1).connections().length === 3);
    expect([client.waiting, late.waiting, other.waiting]).toEqual([0, 0, 0]);
    block.undo();
    expect((await client.reply()).err).toBe(0);
    expect((await late.handshake()).timeout).toBe(10_000);
  });

  test("a refusing client port refuses, and old connections live", async () => {
    await using world = await TestWorld.serving(1);
    const { client: port } = world.host(1).ports;
    using client = await RawClient.open(port);
    const fault = world.world.fabric.refuse([{ to: [sidOf(1)], bothWays: false }], "refuse");
    expect(await refusal(port)).toBe("ECONNREFUSED");
    expect((await exists(client, "/")).err).toBe(0);
    fault.undo();
    using another = await RawClient.open(port);
    expect((await exists(another, "/")).err).toBe(0);
  });

  test("a request, a reply or a watch event can be held", async () => {
    await using world = await TestWorld.serving(1);
    using client = await RawClient.open(world.host(1).ports.client);
    const all: LinkPattern = { bothWays: true };
    for (const type of ["CLIENT_REQUEST", "REPLY"] as const) {
      const hold = world.world.fabric.hold([all], { types: [type] }, type);
      client.send(OpCode.exists, { path: "/", watch: false });
      await world.until(() => hold.queued().length === 1);
      expect(client.waiting).toBe(0);
      hold.undo();
      expect((await client.reply()).err).toBe(0);
    }
  });

  test("one connection can be frozen and thawed", async () => {
    await using world = await TestWorld.serving(1);
    const host = world.host(1);
    using frozen = await RawClient.open(host.ports.client);
    const [view] = host.connections();
    if (view === undefined) throw new Error("no connection");
    const thaw = host.freezeConnection(view.id);
    frozen.send(OpCode.exists, { path: "/", watch: false });
    using other = await RawClient.open(host.ports.client);
    expect((await exists(other, "/")).err).toBe(0);
    expect(frozen.waiting).toBe(0);
    thaw();
    expect((await frozen.reply()).err).toBe(0);
  });

  test("dropped connections are reset, counted, and gone from the peer", async () => {
    await using world = await TestWorld.serving(1);
    const host = world.host(1);
    using first = await RawClient.open(host.ports.client);
    using second = await RawClient.open(host.ports.client);
    expect(host.dropConnections({ clients: true, peers: false })).toBe(2);
    expect([await first.closed(), await second.closed()]).toEqual(["ECONNRESET", "ECONNRESET"]);
    await world.until(() => host.connections().length === 0);
  });
});

test("a step that throws stops its peer loudly, and the others go on", async () => {
  await using world = await TestWorld.serving(3);
  const victim = world.host(1);
  const { peer } = victim;
  if (peer === undefined) throw new Error("no peer");
  peer.step = () => {
    throw new Error("our own bug");
  };
  victim.command({ type: "skew", ms: 1 });
  await world.until(() => victim.state === "crashed");
  expect(world.failures.splice(0)).toEqual([new Error("our own bug")]);
  await world.until(() => world.leader !== undefined);
});

test("a closed world leaves no port that listens", async () => {
  const world = await TestWorld.serving(3);
  const { client, quorum, election } = world.host(1).ports;
  await world[Symbol.asyncDispose]();
  for (const port of [client, quorum, election]) {
    expect(await refusal(port)).toBe("ECONNREFUSED");
  }
});

test("a peer killed while it starts is down, and starts again", async () => {
  await using world = await TestWorld.of(1);
  const host = world.host(1);
  const starting = world.start(1);
  host.kill();
  await starting;
  expect([host.state, await refusal(host.ports.client)]).toEqual(["crashed", "ECONNREFUSED"]);
  await world.start(1);
  await world.until(() => host.peer?.serving === true);
});

test("a client that is reset while its bytes are held back is gone when they are let through", async () => {
  await using world = await TestWorld.serving(1);
  const host = world.host(1);
  const client = await RawClient.open(host.ports.client);
  const block = world.world.fabric.block([{ from: ["client"], bothWays: false }], "clients");
  client.send(OpCode.exists, { path: "/", watch: false });
  client.socket.resetAndDestroy();
  await client.closed();
  using other = await RawClient.connect(host.ports.client);
  await world.until(() => host.connections().length === 2);
  block.undo();
  await world.until(() => host.connections().length === 1);
  other.sendHandshake();
  await other.handshake();
});
