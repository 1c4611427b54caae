import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { present } from "../../../../src/core/base/assert.ts";
import { type SessionId, sessionIdOf } from "../../../../src/core/base/ids.ts";
import { OpCode } from "../../../../src/core/protocol/op-codes.ts";
import type { MultiElement, RequestBodies } from "../../../../src/core/protocol/requests.ts";
import { apply, type TxnResult } from "../../../../src/core/tree/apply.ts";
import { contentChecksum, nodeDigest } from "../../../../src/core/tree/digest.ts";
import { childPath } from "../../../../src/core/tree/path.ts";
import { SnapshotLoader, snapshotPieces } from "../../../../src/core/tree/snapshot.ts";
import type { DataTree } from "../../../../src/core/tree/tree.ts";
import { WatchTable } from "../../../../src/core/tree/watches.ts";
import { statOf, type Znode } from "../../../../src/core/tree/znode.ts";
import type { Txn } from "../../../../src/core/txn/txn.ts";
import { describeTree } from "../../../golden/describe-tree.ts";
import { Model, type ModelOp, type ModelResult } from "./model.ts";
import { bytes, creation, Stage, sessionA, sessionB } from "./stage.ts";

/** Few enough for most operations to find something there. */
const path = fc.constantFrom("/a", "/a", "/b", "/a/c", "/a/c", "/a/d", "/a/c/e");
const sessionC = sessionIdOf(0xc3n);
/** Sessions that come and go; A, which asks for all else, stays. */
const mortal = fc.constantFrom(sessionB, sessionC);
const version = fc.constantFrom(-1, -1, -1, 0, 1);
const data = fc.stringMatching(/^[a-z]{0,6}$/);
const create = (session: fc.Arbitrary<SessionId>): fc.Arbitrary<ModelOp> =>
  fc.record({
    kind: fc.constant("create" as const),
    path,
    data,
    flags: fc.constantFrom(0, 0, 0, 1, 2, 3),
    session,
  });
const change: fc.Arbitrary<ModelOp> = fc.oneof(
  fc.record({ kind: fc.constant("delete" as const), path, version }),
  fc.record({ kind: fc.constant("setData" as const), path, data, version }),
);
const op: fc.Arbitrary<ModelOp> = fc.oneof(
  { weight: 4, arbitrary: create(mortal) },
  { weight: 4, arbitrary: change },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("multi" as const),
      ops: fc.array(
        fc.oneof(
          create(fc.constant(sessionA)),
          change,
          fc.record({ kind: fc.constant("check" as const), path, version }),
        ),
        { minLength: 1, maxLength: 4, size: "max" },
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("close" as const), session: mortal }) },
);
/** An operation, and how many of the proposals in flight are applied after it. */
const life = fc.array(fc.tuple(op, fc.integer({ min: 0, max: 2 })), {
  minLength: 10,
  maxLength: 60,
  size: "max",
});

function toElement(one: ModelOp): MultiElement {
  switch (one.kind) {
    case "create":
      return { type: OpCode.create, body: toCreation(one) };
    case "delete":
    case "check":
      return { type: OpCode[one.kind], body: { path: one.path, version: one.version } };
    case "setData":
      return { type: OpCode.setData, body: { ...one, data: bytes(one.data) } };
    default:
      throw new Error(`${one.kind} in a multi`);
  }
}

const toCreation = (one: ModelOp & { kind: "create" }): RequestBodies[typeof OpCode.create] =>
  creation(one.path, { data: bytes(one.data), flags: one.flags });

function propose(stage: Stage, one: ModelOp): Txn {
  switch (one.kind) {
    case "create":
      reopen(stage, one.session);
      return stage.propose(OpCode.create, toCreation(one), one);
    case "delete":
      return stage.propose(OpCode.delete, one);
    case "setData":
      return stage.propose(OpCode.setData, { ...one, data: bytes(one.data) });
    case "multi": {
      const elements = one.ops.map(toElement);
      return stage.propose(OpCode.multi, { elements });
    }
    case "close":
      return stage.propose(OpCode.closeSession, {}, { session: one.session });
    default:
      throw new Error(`${one.kind} on its own`);
  }
}

/** A session that was closed comes back when its id is wanted again, once the closing is applied. */
function reopen(stage: Stage, session: SessionId): void {
  if (stage.sessions.has(session) && !stage.sessions.isClosing(session)) return;
  stage.applyAll();
  stage.do(OpCode.createSession, { timeout: 10_000 }, { session });
}

const isOfSession = (txn: Txn | undefined): boolean =>
  txn?.type === OpCode.createSession || txn?.type === OpCode.closeSession;

function simplified({ err, body }: TxnResult): ModelResult {
  if (body === undefined || err !== 0) return { err };
  if ("results" in body) {
    const results = body.results.map((r) => (r.type === OpCode.error ? r.err : 0));
    return { err, results };
  }
  return "path" in body && body.path !== null ? { err, path: body.path } : { err };
}

/** Every node but the built-in ones, as the model keeps it. */
function visible(tree: DataTree): Map<string, unknown> {
  const nodes = new Map<string, unknown>();
  walk(tree, (at, node) => {
    if (at.startsWith("/zookeeper")) return;
    const stat = statOf(node);
    nodes.set(at, {
      data: Buffer.from(node.data ?? []).toString(),
      version: stat.version,
      cversion: stat.cversion + (at === "/" ? 1 : 0),
      numChildren: stat.numChildren - (at === "/" ? 1 : 0),
      zxids: [stat.czxid, stat.mzxid, stat.pzxid],
      owner: stat.ephemeralOwner,
    });
  });
  return nodes;
}

function modelled(model: Model): Map<string, unknown> {
  return new Map(
    [...model.nodes].map(([at, node]) => [
      at,
      {
        data: node.data,
        version: node.version,
        cversion: node.creates + node.deletes,
        numChildren: model.children(at).length,
        zxids: [node.czxid, node.mzxid, node.pzxid],
        owner: node.owner,
      },
    ]),
  );
}

function walk(tree: DataTree, visit: (at: string, node: Znode) => void): void {
  const waiting = ["/"];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    const node = present(tree.get(at), at);
    visit(at, node);
    for (const name of tree.childNames(node)) waiting.push(childPath(at, name));
  }
}

/** From nothing but what the nodes hold. */
function digestAnew(tree: DataTree): number {
  let sum = 0;
  walk(tree, (at, node) => {
    const { data, dataLength, acl, owner, czxid, mzxid, pzxid, ctime, mtime } = node;
    const { version, cversion, aversion, childCount } = node;
    const content = contentChecksum(at, data);
    const times = { czxid, mzxid, pzxid, ctime, mtime };
    const versions = { version, cversion, aversion, childCount };
    sum += nodeDigest(at, { dataLength, acl, owner, ...times, ...versions, content, digest: 0 });
  });
  return sum;
}

describe("any life of the tree", () => {
  test("is what the plainest tree does, however many proposals are in flight", () => {
    fc.assert(
      fc.property(life, (steps) => {
        const stage = new Stage();
        const model = new Model();
        const expected: ModelResult[] = [];
        for (const [one, applied] of steps) {
          const result = model.run(one, propose(stage, one).zxid);
          if (one.kind !== "close") expected.push(result);
          stage.applySome(applied);
        }
        stage.applyAll();
        const results = stage.results.filter((_, i) => !isOfSession(stage.applied[i]));
        expect(results.map(simplified)).toEqual(expected);
        expect(visible(stage.tree)).toEqual(modelled(model));
        expect(stage.preparer.outstanding).toBe(0);
      }),
    );
  });

  test("keeps the digest that was foretold and that the nodes add up to", () => {
    fc.assert(
      fc.property(life, (steps) => {
        const stage = new Stage();
        for (const [one, applied] of steps) {
          propose(stage, one);
          stage.applySome(applied);
        }
        stage.applyAll();
        expect(stage.digestMismatches).toEqual([]);
        expect(stage.tree.digest).toBe(digestAnew(stage.tree));
      }),
    );
  });

  test("survives a snapshot taken in the midst of it, with the transactions since run over it", () => {
    fc.assert(
      fc.property(life, life, (before, during) => {
        const stage = new Stage();
        for (const [one] of before) propose(stage, one);
        stage.applyAll();
        const startedAt = stage.tree.lastApplied;
        const pieces = snapshotPieces(stage.tree, 64);
        const loader = new SnapshotLoader();
        const since = stage.applied.length;
        for (const [one] of during) {
          const piece = pieces.next();
          if (!piece.done) loader.push(piece.value);
          propose(stage, one);
          stage.applyAll();
        }
        for (const piece of pieces) loader.push(piece);
        const tree = loader.finish();
        tree.lastApplied = startedAt;
        const watches = new WatchTable();
        for (const txn of stage.applied.slice(since)) apply({ tree, watches, fired: [] }, txn);
        expect(describeTree(tree)).toEqual(describeTree(stage.tree));
        expect(tree.digest).toBe(stage.tree.digest);
        expect(new Map(tree.sessions)).toEqual(new Map(stage.tree.sessions));
        expect(ephemerals(tree)).toEqual(ephemerals(stage.tree));
        expect([tree.nodeCount, tree.approximateSize, tree.ephemeralCount]).toEqual([
          stage.tree.nodeCount,
          stage.tree.approximateSize,
          stage.tree.ephemeralCount,
        ]);
      }),
    );
  });
});

const ephemerals = (tree: DataTree): unknown =>
  new Map([...tree.ephemerals].map(([owner, paths]) => [owner, new Set(paths)]));
