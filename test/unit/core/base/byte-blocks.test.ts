import { expect, test } from "vitest";
import { ByteBlocks } from "../../../../src/core/base/byte-blocks.ts";

const lengths = [0, 1, 64, 65, 100, 511, 512, 513, 5000, 300, 300];
const piece = (length: number, index: number): Uint8Array => new Uint8Array(length).fill(index + 1);

test("a piece keeps its bytes, whatever is placed behind it or becomes of the original", () => {
  const blocks = new ByteBlocks();
  const originals = lengths.map(piece);
  const kept = originals.map((bytes) => {
    const block = blocks.place(bytes);
    return block.subarray(blocks.placedAt, blocks.placedAt + bytes.length);
  });
  for (const bytes of originals) bytes.fill(0xff);
  expect(kept).toEqual(lengths.map(piece));
});

test("small pieces share memory, large ones have their own", () => {
  const blocks = new ByteBlocks();
  const memories = (length: number): number =>
    new Set([piece(length, 0), piece(length, 1)].map((bytes) => blocks.place(bytes).buffer)).size;
  expect([1, 64, 512, 513].map(memories)).toEqual([1, 1, 1, 2]);
});
