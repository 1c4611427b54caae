import { expect, test } from "vitest";
import { type Peer, startEnsemble } from "../../src/index.ts";

/** mntr's figures by their keys. */
async function monitor(peer: Peer): Promise<ReadonlyMap<string, string>> {
  const lines = (await peer.fourLetterWord("mntr")).trimEnd().split("\n");
  return new Map(lines.map((line) => line.split("\t") as [string, string]));
}

test("mntr counts what the peer did", async () => {
  await using ens = await startEnsemble(3);
  const leader = await ens.leader();
  const zk = await ens.connect({ to: "leader" });
  const before = await monitor(leader);
  for (const path of ["/a", "/b"]) await zk.create(path);
  await zk.get("/a");
  const after = await monitor(leader);
  const grownBy = (key: string) => Number(after.get(key)) - Number(before.get(key));
  expect({
    proposals: grownBy("zk_proposal_count"),
    commits: grownBy("zk_commit_count"),
    updates: grownBy("zk_cnt_updatelatency"),
    reads: grownBy("zk_cnt_readlatency"),
    handshakes: after.get("zk_connection_request_count"),
    looking: after.get("zk_looking_count"),
  }).toEqual({ proposals: 2, commits: 2, updates: 2, reads: 1, handshakes: "1", looking: "1" });
  await ens.sessions.expire(zk.sessionId);
  expect((await monitor(leader)).get("zk_stale_sessions_expired")).toBe("1");
});

test("srst forgets what the server counted, crst what its connections did", async () => {
  await using ens = await startEnsemble(3);
  const leader = await ens.leader();
  const zk = await ens.connect({ to: "leader" });
  await zk.create("/a");
  expect(await leader.fourLetterWord("srvr")).not.toMatch(/Received: 1\n|last\/min\/max: -1/);
  await leader.fourLetterWord("srst");
  // This word, and the answer to the last one.
  expect(await leader.fourLetterWord("srvr")).toMatch(
    /Received: 1\nSent: 1\n.*Proposal sizes last\/min\/max: -1\/-1\/-1\n$/s,
  );
  expect(await leader.fourLetterWord("cons")).not.toContain("(queued=0,recved=0,sent=0,");
  await leader.fourLetterWord("crst");
  const cons = await leader.fourLetterWord("cons");
  expect(cons).toContain("(queued=0,recved=0,sent=0,sid=0x");
  expect(cons).toMatch(/lop=NA,est=\d+,to=30000,lzxid=0xffffffffffffffff,lresp=0,llat=0,/);
  await zk.close();
});

test("a word that is not allowed resets nothing", async () => {
  await using ens = await startEnsemble({ peers: 1, fourLetterWords: ["srvr"] });
  const [peer] = ens.peers;
  const zk = await ens.connect();
  await zk.create("/a");
  await peer?.fourLetterWord("srst");
  // The handshake, the request and the two words; all but the last are answered.
  expect(await peer?.fourLetterWord("srvr")).toContain("Received: 4\nSent: 3\n");
  await zk.close();
});

test("hash: every peer has the same digest after each 128th transaction", async () => {
  await using ens = await startEnsemble(3);
  const zk = await ens.connect();
  await Promise.all(Array.from({ length: 300 }, (_, i) => zk.create(`/node-${i}`)));
  await ens.waitForConverged();
  const answers = await Promise.all(ens.peers.map((peer) => peer.fourLetterWord("hash")));
  expect(answers[0]).toMatch(/^100000080: \d+\n100000100: \d+\n$/);
  expect(new Set(answers).size).toBe(1);
  await zk.close();
});
