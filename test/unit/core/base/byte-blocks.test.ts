import { expect, test } from "vitest";
import { ByteBlocks } from "../../../../src/core/base/byte-blocks.ts";

const lengths = [0, 1, 64, 65, 100, 511, 512, 513, 5000, 300, 300];
const piece = (length: number, index: number): Uint8Array => new Uint8Array(length).fill(index + 1);

test("a copy keeps its bytes, whatever is copied behind it or becomes of the original", () => {
  const blocks = new ByteBlocks();
  const originals = lengths.map(piece);
  const copies = originals.map((bytes) => blocks.copy(bytes));
  for (const bytes of originals) bytes.fill(0xff);
  expect(copies).toEqual(lengths.map(piece));
});

test("small pieces share memory, large ones and tiny ones have their own", () => {
  const blocks = new ByteBlocks();
  const memories = (length: number): number =>
    new Set([piece(length, 0), piece(length, 1)].map((bytes) => blocks.copy(bytes).buffer)).size;
  expect([64, 100, 512, 513].map(memories)).toEqual([2, 1, 1, 2]);
});
