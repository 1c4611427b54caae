// What Apache's keys for limits and throttles ask for.
import { describe, expect, test } from "vitest";
import { counterMax } from "../../src/core/base/ids.ts";
import { ErrorCode } from "../../src/core/protocol/error-codes.ts";
import { OpCode } from "../../src/core/protocol/op-codes.ts";
import { openAcl } from "../../src/core/tree/acl.ts";
import { type Peer, startEnsemble } from "../../src/index.ts";
import { RawClient } from "./runtime/raw-client.ts";

const create = (path: string, data: Uint8Array | null = null) =>
  [OpCode.create, { path, data, acl: openAcl, flags: 0 }] as const;
const set = (bytes: number) =>
  [OpCode.setData, { path: "/a", data: Buffer.alloc(bytes), version: -1 }] as const;

async function figure(peer: Peer, name: string): Promise<string | undefined> {
  const text = await peer.fourLetterWord("mntr");
  return text
    .split("\n")
    .find((line) => line.startsWith(`zk_${name}\t`))
    ?.split("\t")[1];
}

test("large requests above largeRequestMaxBytes together end their connection, before they are whole", async () => {
  const config = { largeRequestThreshold: 1000, largeRequestMaxBytes: 5000 };
  await using ens = await startEnsemble(1, { config });
  const { client: port } = ens.peer(1).ports;
  using client = await RawClient.open(port);
  await client.request(...create("/a"));
  for (let i = 0; i < 3; i += 1) expect((await client.request(...set(3000))).err).toBe(0);
  using other = await RawClient.open(port);
  other.socket.write(Uint8Array.of(0, 0, 0x17, 0x70)); // the length alone: 6000
  await other.closed();
  client.socket.write(Buffer.concat([client.encode(...set(3000)), client.encode(...set(3000))]));
  await client.closed();
  using third = await RawClient.open(port);
  expect((await third.request(...set(4000))).err).toBe(0); // what was under way is given back
});

test("connection_throttle_tokens closes handshakes that come too soon, without a word", async () => {
  const config = { connection_throttle_tokens: 2, "zookeeper.connection_throttle_fill_time": 1000 };
  await using ens = await startEnsemble(1, { clock: "manual", config });
  const { client: port } = ens.peer(1).ports;
  using _first = await RawClient.open(port);
  using _second = await RawClient.open(port);
  using third = await RawClient.connect(port);
  third.sendHandshake();
  expect(await third.closed()).toBe("end");
  expect(third.waiting).toBe(0);
  expect([
    await figure(ens.peer(1), "connection_rejected"),
    await figure(ens.peer(1), "connection_request_count"),
  ]).toEqual(["1", "2"]);
  await ens.clock.advance(1001);
  using _fourth = await RawClient.open(port);
});

test("requests behind request_throttle_max_requests wait; those that waited too long are THROTTLEDOP, in order", async () => {
  const config = { request_throttle_max_requests: 1, throttled_op_wait_time: 50 };
  await using ens = await startEnsemble(3, { clock: "manual", config });
  const leader = await ens.leader();
  using client = await RawClient.open(leader.port);
  const cut = await ens.partition([leader.id]);
  const asks = [
    client.encode(...create("/a")),
    client.encode(...create("/b")),
    client.encode(OpCode.exists, { path: "/", watch: false }),
    client.encode(OpCode.ping, {}),
  ];
  client.socket.write(Buffer.concat(asks));
  await ens.waitFor("the first is under way", async () => {
    return (await figure(leader, "outstanding_requests")) === "1";
  });
  await ens.clock.advance(60);
  await cut.undo();
  const errs = [await client.reply(), await client.reply(), await client.reply()].map(
    ({ err }) => err,
  );
  expect(errs).toEqual([0, ErrorCode.THROTTLEDOP, ErrorCode.THROTTLEDOP]);
  expect((await client.reply()).err).toBe(0); // a ping is never throttled
  expect(await figure(leader, "throttled_ops")).toBe("2");
  await using zk = await ens.connect();
  expect(await zk.exists("/b")).toBe(null);
});

test("above globalOutstandingLimit connections with requests under way are not read until those are answered", async () => {
  await using ens = await startEnsemble(3, { config: { globalOutstandingLimit: 10 } });
  const leader = await ens.leader(); // for a leader of three it is half
  using client = await RawClient.open(leader.port);
  const count = 500;
  for (let i = 0; i < count; i += 1) client.send(...create(`/n${i}`));
  for (let i = 0; i < count; i += 1) expect((await client.reply()).err).toBe(0);
});

test("an epoch that begins near the end of its zxids is soon over, and the next one goes on (ZOOKEEPER-1277)", async () => {
  const zxids = 10;
  const config = { "testingonly.initialZxid": counterMax - zxids };
  await using ens = await startEnsemble(3, { config });
  const first = await ens.leader();
  const { epoch } = await first.status();
  using client = await RawClient.open(first.port);
  for (let made = 0; made < zxids; made += 1) {
    client.socket.write(client.encode(...create(`/${made}`)));
  }
  await client.closed();
  await ens.seedTree({ later: "" });
  const second = await ens.leader();
  expect((await second.status()).epoch).toBeGreaterThan(epoch);
  expect(Object.keys(await ens.dump())).toEqual(expect.arrayContaining(["0", "later"]));
});

describe("what the ensemble asks of an epoch that ends with it, the next one is asked again", () => {
  const startNear = (zxids: number) =>
    startEnsemble(3, { config: { "testingonly.initialZxid": counterMax - zxids } });

  test("sessions that expire together", async () => {
    await using ens = await startNear(8);
    for (let i = 0; i < 5; i += 1) await ens.connect();
    expect(await ens.sessions.expireAll()).toBe(5);
    expect(await ens.sessions.list()).toEqual([]);
  });

  test("peers that join and leave", async () => {
    await using ens = await startNear(2); // so each epoch has one transaction
    const { id } = await ens.addPeer();
    await ens.removePeer(id);
    expect(ens.peers.map((peer) => peer.id)).toEqual([1, 2, 3]);
  });
});
