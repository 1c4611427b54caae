import { describe, expect, test } from "vitest";
import { atOnce } from "../../src/core/base/parts.ts";
import { Writer } from "../../src/core/jute/writer.ts";
import {
  type LogRecord,
  logFileHeader,
  readLogFile,
  writeRecord,
} from "../../src/core/storage/log-file.ts";
import {
  type ReadSnapshot,
  readSnapshotFile,
  SnapshotFileWriter,
} from "../../src/core/storage/snapshot-file.ts";
import { loadGolden } from "./golden.ts";
import { filesOf, readBytes } from "./java-datadir.ts";

const peers = ["peer1", "peer2", "peer3"];
const entryBytesMax = 2 * 1_048_575;
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** The file of some pieces of a state. */
function written(pieces: readonly Uint8Array[], end: { zxid: number; digest: number }): Buffer {
  const writer = new SnapshotFileWriter();
  const parts = [writer.header().slice(), ...pieces.map((piece) => writer.piece(piece).slice())];
  return Buffer.concat([...parts, writer.end(end as never)]);
}

function inPieces(bytes: Uint8Array, size: number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
  return pieces;
}

const logIn = (bytes: Uint8Array): readonly LogRecord[] =>
  atOnce(readLogFile(bytes, entryBytesMax));
const snapshotIn = (bytes: Uint8Array): ReadSnapshot => atOnce(readSnapshotFile(bytes));

describe("files that Apache wrote", () => {
  test.each(peers.flatMap((peer) => filesOf(peer, "log")))("%s is written alike", (file) => {
    const bytes = readBytes(file);
    const writer = new Writer();
    writer.raw(logFileHeader());
    for (const { entry } of logIn(bytes)) writeRecord(writer, entry.bytes);
    const padding = new Uint8Array(bytes.length - writer.length);
    expect(hex(Buffer.concat([writer.view(), padding]))).toBe(hex(bytes));
  });

  test.each([...peers.flatMap((peer) => filesOf(peer, "snapshot")), "final/snapshot.20000000b"])(
    "%s is written alike, but for the section that 3.9 adds",
    (file) => {
      const bytes = readBytes(file);
      const { chunks, end } = snapshotIn(bytes);
      const stream = Buffer.concat(chunks as Uint8Array[]);
      for (const size of [1, 13, 100, stream.length]) {
        const ours = written(inPieces(stream, size), end ?? { zxid: 0, digest: 0 });
        expect(hex(ours.subarray(0, bytes.length))).toBe(hex(bytes));
        expect(ours).toHaveLength(bytes.length + 21);
      }
    },
  );

  test("a snapshot names the moment it was finished, and the digest then", () => {
    expect(snapshotIn(readBytes("peer1/version-2/snapshot.100000014")).end).toEqual({
      zxid: 0x100000014,
      digest: 0x9f06eb8d4,
    });
  });

  test("the sections of 3.9 are read, and written alike", () => {
    const units = loadGolden("golden-quorum.json") as readonly { name: string; hex: string }[];
    const tail = units.find(({ name }) => name.startsWith("disk/") && name.includes("3.9"));
    expect(tail?.hex).toHaveLength(2 * 54);
    const { chunks } = snapshotIn(readBytes("peer1/version-2/snapshot.0"));
    const ours = written(chunks, { zxid: 0, digest: 0 });
    expect(snapshotIn(ours).end).toEqual({ zxid: 0, digest: 0 });
    // The tail's checksums are of another state; what they enclose is the same.
    const withoutSums = (text: string): string =>
      text.slice(0, 40) + text.slice(56, 82) + text.slice(98);
    expect(withoutSums(hex(ours.subarray(-54)))).toBe(withoutSums(tail?.hex ?? ""));
  });
});

describe("a damaged file", () => {
  const log = "peer1/version-2/log.100000001";
  const snapshot = "peer1/version-2/snapshot.100000014";
  const records = logIn(readBytes(log));
  const [first, second, last] = [records[0], records[1], records.at(-1)];

  function damaged(file: string, change: (bytes: Uint8Array) => Uint8Array): Uint8Array {
    return change(readBytes(file).slice());
  }
  const flip =
    (at: number) =>
    (bytes: Uint8Array): Uint8Array => {
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      return bytes;
    };
  const thrown = (read: () => unknown): unknown => {
    try {
      return read();
    } catch (error) {
      return error;
    }
  };

  test("a log that ends inside its last record ends before it, wherever it is cut", () => {
    for (let end = (last?.start ?? 0) + 1; end < (last?.end ?? 0); end += 1) {
      const left = logIn(damaged(log, (bytes) => bytes.subarray(0, end)));
      expect(left).toHaveLength(records.length - 1);
    }
  });

  test("zeros over the last record, or another end mark, end the log before it", () => {
    const zeroed = damaged(log, (bytes) => bytes.fill(0, last?.start));
    expect(logIn(zeroed)).toHaveLength(records.length - 1);
    expect(logIn(damaged(log, flip((second?.end ?? 0) - 1)))).toHaveLength(1);
  });

  test.each([
    [
      "a bit of an entry",
      (first?.start ?? 0) + 20,
      { offset: first?.start, message: "a checksum that is wrong" },
    ],
    [
      "a bit of a checksum",
      (first?.start ?? 0) + 7,
      { offset: first?.start, message: "a checksum that is wrong" },
    ],
    ["the header", 0, { offset: 0, message: "no header of a log" }],
  ])("%s that is not what was written is told with its place", (_, at, told) => {
    expect(thrown(() => logIn(damaged(log, flip(at))))).toMatchObject(told);
  });

  test("a length that cannot be is told with its place", () => {
    const at = (second?.start ?? 0) + 8;
    const negative = damaged(log, (bytes) => bytes.fill(0xff, at, at + 4));
    expect(thrown(() => logIn(negative))).toMatchObject({ offset: at });
    const huge = damaged(log, (bytes) => bytes.fill(0x7f, at, at + 4));
    expect(thrown(() => logIn(huge))).toMatchObject({ offset: at });
  });

  test("no bit of a snapshot can flip unnoticed", () => {
    const size = readBytes(snapshot).length;
    for (let at = 0; at < size; at += 1) {
      const read = thrown(() => snapshotIn(damaged(snapshot, flip(at))));
      expect([at, read instanceof Error]).toEqual([at, true]);
    }
  });

  test("a snapshot that is cut is noticed, except where a section ends", () => {
    const size = readBytes(snapshot).length;
    const unnoticed: number[] = [];
    for (let end = 0; end < size; end += 1) {
      const read = thrown(() => snapshotIn(damaged(snapshot, (bytes) => bytes.subarray(0, end))));
      if (!(read instanceof Error)) unnoticed.push(end);
    }
    expect(unnoticed).toEqual([size - 33]);
  });
});
