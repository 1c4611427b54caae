import { ProtocolError } from "../core/base/assert.ts";
import type { Parts } from "../core/base/parts.ts";
import { SnapshotLoader, snapshotPieces } from "../core/tree/snapshot.ts";
import type { DataTree } from "../core/tree/tree.ts";
import type { Snapshot } from "./api.ts";
import { badOption } from "./given.ts";

/** What restoring needs of a snapshot: the stream that follows SNAP on a link, and what it makes. */
export interface SnapshotState {
  readonly chunks: readonly Uint8Array[];
  readonly digest: number;
  /** Of small ones, which are restored between tests: nobody changes it, so that peers may branch from it. */
  readonly tree: DataTree | undefined;
}

/** As many nodes as are copied within a slice. */
const keptNodesMax = 10_000;

const format = "zookeeper-memory-server snapshot";
const version = 1;

/** Characters of base64, in whole groups of four. */
const textInPart = 65_536;

/** Of the snapshots taken in this process. */
const states = new WeakMap<object, SnapshotState>();

/** A tree as it is now, without its sessions, their ephemerals and the configuration; `zxid` is that of its last transaction. */
export function* snapshotOf(tree: DataTree, zxid: bigint): Parts<Snapshot> {
  const kept = tree.nodeCount <= keptNodesMax ? tree.copyOfLasting() : undefined;
  const chunks: Uint8Array[] = [];
  for (const piece of snapshotPieces(kept ?? tree, undefined, "lasting")) {
    chunks.push(piece);
    yield;
  }
  const snapshot: Snapshot = {
    zxid,
    bytes: chunks.reduce((sum, chunk) => sum + chunk.length, 0),
    toJSON: () => ({
      format,
      version,
      zxid: `0x${zxid.toString(16)}`,
      data: Buffer.concat(chunks).toString("base64"),
    }),
  };
  const digest = kept?.digest ?? digestOfLasting(tree);
  states.set(snapshot, { chunks, digest, tree: kept });
  return snapshot;
}

/** The configuration, which does not last either, adds nothing to it: digests below /zookeeper are 0. */
function digestOfLasting(tree: DataTree): number {
  let { digest } = tree;
  for (const paths of tree.ephemerals.values()) {
    for (const path of paths) digest -= tree.get(path)?.digest ?? 0;
  }
  return digest;
}

/** Of a snapshot, or of what became of one in JSON. Throws ZKMS_BAD_OPTIONS for anything else. */
export function* stateOf(snapshot: unknown): Parts<SnapshotState> {
  const known = isObject(snapshot) ? states.get(snapshot) : undefined;
  return known ?? (yield* parsed(isSerializable(snapshot) ? snapshot.toJSON() : snapshot));
}

function* parsed(json: unknown): Parts<SnapshotState> {
  const isOurs = isObject(json) && "format" in json && json.format === format;
  if (!isOurs || !("data" in json) || typeof json.data !== "string") {
    throw badOption("snapshot", json, "is no snapshot", "await ensemble.snapshot()");
  }
  const found = "version" in json ? json.version : undefined;
  if (found !== version) {
    throw badOption("snapshot.version", found, `is not ${version}`, "a snapshot of this version");
  }
  try {
    return yield* loaded(chunksOf(json.data));
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw badOption("snapshot.data", json.data, `is damaged: ${error.message}`);
  }
}

function* chunksOf(base64: string): Generator<Uint8Array> {
  for (let at = 0; at < base64.length; at += textInPart) {
    yield new Uint8Array(Buffer.from(base64.slice(at, at + textInPart), "base64"));
  }
}

function* loaded(pieces: Iterable<Uint8Array>): Parts<SnapshotState> {
  const loader = new SnapshotLoader();
  const chunks: Uint8Array[] = [];
  for (const piece of pieces) {
    loader.push(piece);
    chunks.push(piece);
    yield;
  }
  const tree = loader.finish();
  const { digest } = tree;
  return { chunks, digest, tree: tree.nodeCount <= keptNodesMax ? tree : undefined };
}

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

const isSerializable = (value: unknown): value is { toJSON(): unknown } =>
  isObject(value) && "toJSON" in value && typeof value.toJSON === "function";
