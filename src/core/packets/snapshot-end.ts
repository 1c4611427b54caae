import { ProtocolError } from "../base/assert.ts";

/** Answered with the next int of the stream. */
const int = -1;
/** A whole item ends here: a count, a session, an ACL, a node. */
const itemEnd = -2;
const intBytes = 4;

/** Closes the snapshot on a link; a file has a checksum in its place. */
export const snapshotSignature = "BenWasHere";

/** Where a snapshot is: behind SNAP on a link, or in a file behind its header, where it ends without the signature. */
export type SnapshotForm = "link" | "file";

/** The grammar of a snapshot. Yields `int`, `itemEnd`, or a number of bytes that mean nothing here. */
function* grammar(form: SnapshotForm): Generator<number, void, number> {
  const sessions = yield int;
  yield itemEnd;
  for (let i = 0; i < sessions; i += 1) {
    yield 8 + intBytes;
    yield itemEnd;
  }
  const acls = yield int;
  yield itemEnd;
  for (let i = 0; i < acls; i += 1) {
    yield 8;
    const entries = yield int;
    for (let j = 0; j < entries; j += 1) {
      yield intBytes;
      yield* text();
      yield* text();
    }
    yield itemEnd;
  }
  for (;;) {
    const length = checked(yield int, 0);
    yield length;
    if (length === 1) break; // "/": no node's path is one character long, the root's is empty
    yield* text();
    yield 8 + 60; // an ACL's number and the stored Stat
    yield itemEnd;
  }
  if (form === "link") yield* text(); // the signature
}

/** A length and as many bytes; null is −1. */
function* text(): Generator<number, void, number> {
  yield Math.max(checked(yield int, -1), 0);
}

function checked(length: number, lengthMin: number): number {
  if (length < lengthMin) throw new ProtocolError(`a length of ${length} in a snapshot`);
  return length;
}

/** Finds where a snapshot ends, which has no length before it. Takes it in pieces of any size. */
export class SnapshotEnd {
  /** The stream's last byte has been pushed. */
  done = false;
  /** Where the last whole item in the bytes of the last push ends; 0 when no item ends there. */
  boundary = 0;
  readonly #grammar: Generator<number, void, number>;
  /** What the grammar waits for: `int` or bytes to pass over. */
  #wanted: number = int;
  #value = 0;
  /** How much of the int is still to come. */
  #missing = intBytes;

  constructor(form: SnapshotForm = "link") {
    this.#grammar = grammar(form);
    this.#grammar.next();
  }

  /** Returns how many of the bytes belong to the snapshot. Throws ProtocolError for a length that cannot be. */
  push(bytes: Uint8Array): number {
    let at = 0;
    this.boundary = 0;
    for (;;) {
      if (this.done) return at;
      if (this.#wanted === int) {
        while (this.#missing > 0 && at < bytes.length) {
          this.#value = (this.#value << 8) | (bytes[at] ?? 0);
          this.#missing -= 1;
          at += 1;
        }
        if (this.#missing > 0) return at;
      } else {
        const step = Math.min(this.#wanted, bytes.length - at);
        this.#wanted -= step;
        at += step;
        if (this.#wanted > 0) return at;
      }
      this.#advance(at);
    }
  }

  #advance(at: number): void {
    let step = this.#grammar.next(this.#value);
    while (!step.done && step.value === itemEnd) {
      this.boundary = at;
      step = this.#grammar.next(0);
    }
    if (step.done) {
      this.done = true;
      this.boundary = at;
      return;
    }
    this.#wanted = step.value;
    this.#value = 0;
    this.#missing = intBytes;
  }
}
