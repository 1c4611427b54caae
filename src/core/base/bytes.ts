/**
 * From so many bytes on memory of their own costs more than whatever else is done with them: for 100 kB 0.2 to 0.4 ms, nearly all
 * of it the system's for pages that nobody had before, where copying takes 2 microseconds.
 */
export const largeBytesMin: number = 16 * 1024;

/** A large range of a block that is most of its memory: who is to keep it keeps that memory, in place of a copy. */
export function keepable(block: Uint8Array, start: number, end: number): Uint8Array | undefined {
  const length = end - start;
  if (length < largeBytesMin || length * 2 < block.buffer.byteLength) return undefined;
  return new Uint8Array(block.buffer, block.byteOffset + start, length);
}

/** Pieces one behind the other, in memory of their own. */
export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
