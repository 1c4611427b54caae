import type { SnapshotSource, StoredSnapshot } from "../../../../src/core/storage/ports.ts";

/** All the pieces at once. */
export function storedFrom(source: SnapshotSource): StoredSnapshot {
  const chunks: Uint8Array[] = [];
  for (let piece = source.next(); piece !== undefined; piece = source.next()) chunks.push(piece);
  return { zxid: source.zxid, chunks, end: source.end() };
}
