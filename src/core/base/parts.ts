/** Long work that is done a part at a time: each `next` takes a millisecond or two, the last one gives the outcome. */
export type Parts<T> = Generator<void, T, void>;

/** All parts of it one after the other, where nobody waits. */
export function atOnce<T>(parts: Parts<T>): T {
  for (;;) {
    const { done, value } = parts.next();
    if (done === true) return value;
  }
}

/** So much of a state or of a log is read in one part. */
export const partBytes = 65_536;

/** Bytes in pieces that are views of them, each read in a part of its own. */
export function* piecesOf(bytes: Uint8Array): Generator<Uint8Array, void, void> {
  for (let at = 0; at < bytes.length; at += partBytes) yield bytes.subarray(at, at + partBytes);
}
