// Limits by Apache's own keys: one story, told to our peer as 3.8 and to a real server.
import { expect, test } from "vitest";
import { apache } from "../../src/apache/index.ts";
import { OpCode } from "../../src/core/protocol/op-codes.ts";
import { openAcl } from "../../src/core/tree/acl.ts";
import { type Peer, startEnsemble } from "../../src/index.ts";
import { RawClient } from "../integration/runtime/raw-client.ts";

const config = {
  largeRequestThreshold: 1000,
  largeRequestMaxBytes: 5000,
  connection_throttle_tokens: 4,
  connection_throttle_fill_time: 1_000_000,
  maxCnxns: 3,
};

async function connectRequests(peer: Peer): Promise<number> {
  const text = await peer.fourLetterWord("mntr");
  return Number(/^zk_connection_request_count\t(\d+)$/m.exec(text)?.[1]);
}

test.each(["ours", "apache"])("words, TTL nodes and connections of %s", async (engine) => {
  const options = engine === "apache" ? { engine: apache() } : { emulate: "3.8" as const };
  const allowed = { fourLetterWords: ["ruok"], ttlNodes: false };
  await using ens = await startEnsemble(1, { ...options, ...allowed, config });
  const { port } = ens.peer(1);
  const told: (string | number)[] = [];
  const set = async (client: RawClient, bytes: number): Promise<number> => {
    const body = { path: "/a", data: Buffer.alloc(bytes), version: -1 };
    return (await client.request(OpCode.setData, body)).err;
  };
  const greeted = async (): Promise<string> => {
    const client = await RawClient.connect(port);
    client.sendHandshake();
    const answer = client.handshake().then(
      () => "a session",
      (error) => String(error),
    );
    const outcome = await answer;
    client.close();
    return outcome;
  };

  const first = await RawClient.open(port);
  await first.request(OpCode.create, { path: "/a", data: null, acl: openAcl, flags: 0 });
  for (const flags of [5, 6]) {
    const ttlNode = { path: "/t", data: null, acl: openAcl, flags, ttl: 1000 };
    told.push((await first.request(OpCode.createTtl, ttlNode)).err);
  }
  told.push(await ens.peer(1).fourLetterWord("gtmk"));
  for (const bytes of [900, 3000, 4800]) told.push(await set(first, bytes));
  first.socket.write(Uint8Array.of(0, 0, 0x17, 0x70)); // 6000 bytes to come
  told.push(await first.closed());
  // The engine itself had one there, or more where the first was slow to answer.
  let sessions = engine === "apache" ? await connectRequests(ens.peer(1)) : 1;
  for (; (await greeted()) === "a session"; sessions += 1);
  told.push(`${sessions} sessions`, await greeted());

  const mute = await Promise.all([1, 2, 3].map(() => RawClient.connect(port)));
  const last = await RawClient.connect(port);
  const end = await last.closed();
  // Through the proxy before an Apache server it is an end or a reset, as it happens.
  told.push(engine === "apache" && end === "ECONNRESET" ? "end" : end);
  for (const client of mute) client.close();
  const disabled = "gtmk is not executed because it is not in the whitelist.\n";
  expect(told).toEqual([
    -6,
    -6,
    disabled,
    0,
    0,
    0,
    "end",
    "4 sessions",
    "Error: closed: end",
    "end",
  ]);
});
