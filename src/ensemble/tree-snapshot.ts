import { ProtocolError } from "../core/base/assert.ts";
import type { Parts } from "../core/base/parts.ts";
import { SnapshotLoader, snapshotPieces } from "../core/tree/snapshot.ts";
import type { DataTree } from "../core/tree/tree.ts";
import type { Snapshot } from "./api.ts";
import { badOption } from "./given.ts";

/** What restoring needs of a snapshot: the stream that follows SNAP on a link, and the digest of the tree that it makes. */
export interface SnapshotState {
  readonly chunks: readonly Uint8Array[];
  readonly digest: number;
}

const format = "zookeeper-memory-server snapshot";
const version = 1;

/** Characters of base64, in whole groups of four. */
const textInPart = 65_536;

/** Of the snapshots taken in this process. */
const states = new WeakMap<object, SnapshotState>();

/** A tree as it is now, without its sessions, their ephemerals and the configuration; `zxid` is that of its last transaction. */
export function* snapshotOf(tree: DataTree, zxid: bigint): Parts<Snapshot> {
  const chunks: Uint8Array[] = [];
  for (const piece of snapshotPieces(tree, undefined, "lasting")) {
    chunks.push(piece);
    yield;
  }
  let { digest } = tree;
  for (const paths of tree.ephemerals.values()) {
    for (const path of paths) digest -= tree.get(path)?.digest ?? 0;
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
  states.set(snapshot, { chunks, digest });
  return snapshot;
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
  const loader = new SnapshotLoader();
  const chunks: Uint8Array[] = [];
  try {
    for (let at = 0; at < json.data.length; at += textInPart) {
      const chunk = new Uint8Array(Buffer.from(json.data.slice(at, at + textInPart), "base64"));
      loader.push(chunk);
      chunks.push(chunk);
      yield;
    }
    return { chunks, digest: loader.finish().digest };
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw badOption("snapshot.data", json.data, `is damaged: ${error.message}`);
  }
}

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

const isSerializable = (value: unknown): value is { toJSON(): unknown } =>
  isObject(value) && "toJSON" in value && typeof value.toJSON === "function";
