// A log file (FileTxnLog): a header, then records one behind the other, then zeros up to where room was made in advance.
import { adler32, adlerStart } from "../base/adler32.ts";
import { ProtocolError } from "../base/assert.ts";
import { type Parts, partBytes } from "../base/parts.ts";
import { Reader } from "../jute/reader.ts";
import { Writer } from "../jute/writer.ts";
import { LogEntry } from "../txn/log-entry.ts";
import { Damage } from "./damage.ts";

/** "ZKLG" */
const magic = 0x5a4b4c47;
const version = 2;
export const logHeaderBytes = 16;
/** Before an entry: its checksum and its length. */
const prefixBytes = 12;
const recordEnd = 0x42;

export function logFileHeader(): Uint8Array {
  const writer = new Writer(logHeaderBytes);
  writer.int(magic);
  writer.int(version);
  writer.long(0); // the database's number, which nobody uses
  return writer.view();
}

export function writeRecord(writer: Writer, entry: Uint8Array): void {
  writer.long(adler32(adlerStart, entry));
  writer.int(entry.length);
  writer.raw(entry);
  writer.byte(recordEnd);
}

/** One entry of a log file, and the range of bytes that its record takes. */
export interface LogRecord {
  readonly entry: LogEntry;
  readonly start: number;
  readonly end: number;
}

/** Not even the header was written: a crash cut the making of the file short. */
export function isBlankLog(bytes: Uint8Array): boolean {
  if (bytes.length < logHeaderBytes) return true;
  const header = logFileHeader();
  const torn = header.findIndex((byte, at) => bytes[at] !== byte);
  return torn >= 0 && bytes.subarray(torn).every((byte) => byte === 0);
}

/**
 * The records of a file, in parts, up to where a crash tore the last one: the file ends in its middle, or its end mark is missing. A record
 * that is whole and has another checksum is no torn one. Throws Damage. `entryBytesMax`: what Apache would not read.
 */
export function* readLogFile(
  bytes: Uint8Array,
  entryBytesMax: number,
): Parts<readonly LogRecord[]> {
  const r = new Reader(bytes);
  if (isBlankLog(bytes) || r.int() !== magic) throw new Damage(0, "no header of a log");
  r.take(logHeaderBytes - 4);
  const records: LogRecord[] = [];
  let partEnd = partBytes;
  for (;;) {
    const start = r.position;
    if (r.remaining < prefixBytes) return records;
    const checksum = r.long();
    const length = r.int();
    if (length === 0) return records;
    if (length < 0) throw new Damage(start + 8, `an entry of ${length} bytes`);
    if (length >= r.remaining) {
      if (length > entryBytesMax) throw new Damage(start + 8, `an entry of ${length} bytes`);
      return records;
    }
    const entry = r.take(length);
    if (r.byte() !== recordEnd) return records;
    if (adler32(adlerStart, entry) !== checksum)
      throw new Damage(start, "a checksum that is wrong");
    records.push({ entry: decode(entry, start), start, end: r.position });
    if (r.position < partEnd) continue;
    yield;
    partEnd = r.position + partBytes;
  }
}

function decode(bytes: Uint8Array, offset: number): LogEntry {
  try {
    return LogEntry.decode(bytes);
  } catch (error) {
    if (error instanceof ProtocolError)
      throw new Damage(offset, `no transaction: ${error.message}`);
    throw error;
  }
}
