import { readdirSync, readFileSync } from "node:fs";
import { zxidOf } from "../../src/core/base/ids.ts";
import { Reader } from "../../src/core/jute/reader.ts";
import { encode } from "../../src/core/jute/record.ts";
import { SnapshotEnd, snapshotSignature } from "../../src/core/packets/snapshot-end.ts";
import { PathReply } from "../../src/core/protocol/replies.ts";
import { SnapshotLoader } from "../../src/core/tree/snapshot.ts";
import type { DataTree } from "../../src/core/tree/tree.ts";
import { LogEntry } from "../../src/core/txn/log-entry.ts";

// Data directories of three peers, written by Apache ZooKeeper 3.8.0.

const data = new URL("./data/java-datadir/", import.meta.url);
const fileHeaderBytes = 16;

export const readBytes = (file: string): Uint8Array => readFileSync(new URL(file, data));

/** The names of a peer's logs or snapshots, in the order of their zxids. */
export function filesOf(peer: string, kind: "log" | "snapshot"): string[] {
  return readdirSync(new URL(`${peer}/version-2/`, data))
    .filter((name) => name.startsWith(`${kind}.`))
    .sort((left, right) => zxidOfName(left) - zxidOfName(right))
    .map((name) => `${peer}/version-2/${name}`);
}

export const zxidOfName = (file: string): number =>
  Number.parseInt(file.slice(file.lastIndexOf(".") + 1), 16);

/** The entries of a log file: header, then checksum, length, bytes and 'B' until the padding. */
export function readLog(file: string): LogEntry[] {
  const entries: LogEntry[] = [];
  const r = new Reader(readBytes(file));
  r.take(fileHeaderBytes);
  while (r.remaining > 12) {
    r.long();
    const length = r.int();
    if (length === 0) break;
    entries.push(LogEntry.decode(r.take(length)));
    r.byte();
  }
  return entries;
}

/** A snapshot file's middle as it would follow SNAP on a link. */
export function snapshotStream(file: string): Uint8Array {
  const bytes = readBytes(file).subarray(fileHeaderBytes);
  const length = new SnapshotEnd("file").push(bytes);
  return Buffer.concat([bytes.subarray(0, length), encode(PathReply, { path: snapshotSignature })]);
}

export function loadSnapshot(stream: Uint8Array, zxid: number): DataTree {
  const loader = new SnapshotLoader();
  loader.push(stream);
  const tree = loader.finish();
  tree.lastApplied = zxidOf(zxid);
  return tree;
}
