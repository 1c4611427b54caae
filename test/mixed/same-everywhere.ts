// What every server holds, asked over its client port and read from its files.
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { connect, type ZooKeeperClient } from "../../src/client/index.ts";
import { sidOf } from "../../src/core/base/ids.ts";
import { atOnce } from "../../src/core/base/parts.ts";
import { dialects } from "../../src/core/protocol/dialect.ts";
import { Replica } from "../../src/core/server/replica.ts";
import { askWord } from "../../src/ensemble/four-letter-word.ts";
import { DataDirectory } from "../../src/runtime/disk/data-directory.ts";
import { describeTree } from "../golden/describe-tree.ts";
import type { MixedEnsemble } from "./mixed-ensemble.ts";
import type { Server } from "./server.ts";

/** Each node with its data, Stat and ACL on one server, which has caught up first. */
async function treeOf({ connectString }: Server): Promise<Map<string, unknown>> {
  await using client = await connect(connectString, { connectTimeout: 30_000 });
  await client.sync("/");
  const nodes = new Map<string, unknown>();
  const waiting = ["/"];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const read = await readNode(client, path);
    if (path !== "/zookeeper/config") nodes.set(path, read.node); // each server writes that for itself
    for (const name of read.children) waiting.push(path === "/" ? `/${name}` : `${path}/${name}`);
  }
  return nodes;
}

async function readNode(
  client: ZooKeeperClient,
  path: string,
): Promise<{ node: unknown; children: readonly string[] }> {
  const [{ data, stat }, { acl }, { children }] = await Promise.all([
    client.get(path),
    client.getAcl(path),
    client.children(path),
  ]);
  return { node: { data: data.toString("hex"), stat, acl }, children: [...children].sort() };
}

/** Of the transactions whose digest two servers kept, none differs. */
async function expectSameDigests(servers: readonly Server[]): Promise<void> {
  const known = new Map<string, string>();
  for (const server of servers) {
    for (const [zxid, digest] of await digestsOf(server)) {
      const other = known.get(zxid) ?? digest;
      known.set(zxid, other);
      strictEqual(digest, other, `the digest of server ${server.sid} after ${zxid}`);
    }
  }
}

/**
 * By zxid. Apache's server applies a transaction again that its snapshot holds already, where that was made meanwhile, and then has
 * two digests of it: those say nothing. Ours never has two.
 */
async function digestsOf({ address, kind, sid }: Server): Promise<ReadonlyMap<string, string>> {
  const text = await askWord("hash", { ...address, timeout: answerMsMax });
  const digests = new Map<string, string>();
  const unsure = new Set<string>();
  for (const [, zxid = "", digest = ""] of text.matchAll(/^([0-9a-f]+): (\S+)$/gm)) {
    const other = digests.get(zxid) ?? digest;
    if (kind === "ours") strictEqual(digest, other, `server ${sid} has two digests after ${zxid}`);
    if (digest !== other) unsure.add(zxid);
    digests.set(zxid, digest);
  }
  for (const zxid of unsure) digests.delete(zxid);
  return digests;
}

/**
 * How often each server has seen a digest that was not the leader's. Apache's learners see some after a snapshot that was made
 * while transactions were applied (they compare before they have caught up with it), so only what comes on top is a fault.
 */
async function mismatches(servers: readonly Server[]): Promise<readonly (string | undefined)[]> {
  const texts = await Promise.all(
    servers.map(({ address }) => askWord("mntr", { ...address, timeout: answerMsMax })),
  );
  return texts.map((text) => /^zk_digest_mismatches_count\t(\d+)$/m.exec(text)?.[1]);
}

const answerMsMax = 5000;

/** Trees, Stats, zxids and digests on the servers that run; nobody else may be writing. */
export async function expectSameOnAll(ensemble: MixedEnsemble): Promise<Map<string, unknown>> {
  const [first, ...others] = ensemble.running;
  if (first === undefined) throw new Error("no server runs");
  const tree = await treeOf(first);
  for (const other of others) expectSameNodes(await treeOf(other), tree);
  await ensemble.untilConverged();
  const surveys = await Promise.all(ensemble.running.map((server) => server.survey()));
  strictEqual(new Set(surveys.map(({ znodes }) => znodes)).size, 1);
  await expectSameDigests(ensemble.running);
  const before = await mismatches(ensemble.running);
  {
    await using client = await connect(ensemble.connectString, { connectTimeout: 30_000 });
    await client.create("/proof", ""); // comes with the leader's digest of its whole tree
    await client.delete("/proof");
  }
  await ensemble.untilConverged();
  deepStrictEqual(await mismatches(ensemble.running), before);
  return tree;
}

/** What a server that starts on the directory would hold: the state after all of its log, whose last digest is the tree's. */
async function stateOf({ dataDir, sid }: Server) {
  const directory = await DataDirectory.open({
    dataDir,
    sid: sidOf(sid),
    fsync: false,
    loseUnsynced: false,
    preAllocSize: 0,
    juteMaxBuffer: 1_048_575,
    standalone: false,
    snapshotsKept: undefined,
    trustEmpty: false,
  });
  try {
    const replica = new Replica(undefined, dialects["3.8"]);
    const recovered = await directory.newStore().recover();
    replica.become(atOnce(replica.restoring(recovered)));
    const { tree, lastLogged } = replica;
    const told = recovered.log.findLast(({ txn }) => txn.digest !== undefined)?.txn.digest?.tree;
    const nodes = describeTree(tree).filter(({ path }) => path !== "/zookeeper/config");
    return {
      figures: {
        lastLogged,
        digest: tree.digest,
        isAsTold: told === undefined || told === tree.digest,
        sessions: new Map([...tree.sessions].sort(([left], [right]) => (left < right ? -1 : 1))),
      },
      nodes: new Map<string, unknown>(nodes.map((node) => [node.path, node])),
    };
  } finally {
    await directory.close();
  }
}

/** All servers are stopped, and their directories hold one and the same. */
export async function expectSameFiles(ensemble: MixedEnsemble): Promise<void> {
  const [first, ...others] = await Promise.all(ensemble.servers.map(stateOf));
  if (first === undefined) throw new Error("no server");
  for (const other of others) {
    deepStrictEqual(other.figures, first.figures);
    expectSameNodes(other.nodes, first.nodes);
  }
  strictEqual(first.figures.isAsTold, true);
}

/** Tells one node that differs: all of them are more than anybody reads. */
function expectSameNodes(
  nodes: ReadonlyMap<string, unknown>,
  wanted: ReadonlyMap<string, unknown>,
): void {
  for (const [path, node] of wanted) deepStrictEqual(nodes.get(path), node, `differs: ${path}`);
  deepStrictEqual([...nodes.keys()].sort(), [...wanted.keys()].sort());
}
