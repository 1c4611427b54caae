import fc from "fast-check";
import { expect, test } from "vitest";
import { Decoder, encode, encodedLength, isEncoded } from "../../../../src/core/base/pieces.ts";
import { Writer } from "../../../../src/core/jute/writer.ts";

/** Of any UTF-16 units, texts or not. */
const anyText = fc
  .array(fc.integer({ min: 0, max: 0xffff }))
  .map((units) => String.fromCharCode(...units));

function pieceOf(text: string): { block: Uint8Array; start: number; end: number } {
  const block = new Uint8Array(encodedLength(text) + 7).fill(0x41);
  return { block, start: 3, end: encode(text, block, 3) };
}

test("texts come back as they were, whatever they hold, and are written as jute writes them", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const piece = pieceOf(text);
      expect(piece.end - piece.start).toBe(encodedLength(text));
      const decoder = new Decoder();
      decoder.add(piece);
      expect(decoder.text()).toBe(text);
      const [asPiece, asString] = [new Writer(), new Writer()];
      asPiece.piece(piece);
      asString.string(text);
      expect(asPiece.view()).toEqual(asString.view());
    }),
  );
});

test("a piece is known by its text, and by nothing else", () => {
  fc.assert(
    fc.property(anyText, anyText, (text, more) => {
      const piece = pieceOf(text);
      expect(isEncoded(piece, text + more, text.length)).toBe(true);
      expect(isEncoded(piece, more, more.length)).toBe(more === text);
      if (more.length > 0)
        expect(isEncoded(piece, text + more, text.length + more.length)).toBe(false);
    }),
  );
});

test("many pieces make one text, a very long one among them", () => {
  const long = "/x".repeat(10_000);
  const decoder = new Decoder();
  for (const text of ["/a", long, "/é", long]) decoder.add(pieceOf(text));
  expect(decoder.text()).toBe(`/a${long}/é${long}`);
});
