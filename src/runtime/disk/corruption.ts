import type { FileKind } from "../../core/storage/file-names.ts";
import type { LogRecord } from "../../core/storage/log-file.ts";

/**
 * What becomes of a file: one bit is another; or its end is missing; or its end was never written, in the length that it
 * has. Of a log that is the last record, of a snapshot its second half.
 */
export type Corruption = "bitflip" | "truncate" | "torn";

/** The range of a log that is hit: its last entry, without the checksum and the length before it. */
const entryOf = ({ start, end }: LogRecord): Range => ({ start: start + 12, end: end - 1 });

interface Range {
  readonly start: number;
  readonly end: number;
}

/** The file's bytes, corrupted in the middle of what is hit; `lastRecord` is a log's. */
export function corrupted(
  bytes: Uint8Array,
  how: Corruption,
  lastRecord: LogRecord | undefined,
): Uint8Array {
  const hit = lastRecord === undefined ? { start: 0, end: bytes.length } : entryOf(lastRecord);
  const middle = hit.start + Math.floor((hit.end - hit.start) / 2);
  const copy = bytes.slice();
  switch (how) {
    case "bitflip":
      copy[middle] = (copy[middle] ?? 0) ^ 1;
      return copy;
    case "truncate":
      return copy.subarray(0, middle);
    case "torn":
      return copy.fill(0, middle, lastRecord?.end ?? bytes.length);
  }
}

export interface CorruptionOrder {
  readonly kind: FileKind;
  readonly how: Corruption;
}
