import { assert } from "../base/assert.ts";

/** Room for all numbers in use, −11 to 107, and some more. */
const lowest = -16;
const rowCount = 144;

/** Something for each operation, in an array: every request is looked up several times, which takes 2 ns here, in a Map 10. */
export class OpTable<T> {
  readonly #rows: (T | undefined)[] = new Array<T | undefined>(rowCount).fill(undefined);

  /** By the operation's number. */
  constructor(rows: { readonly [code: number]: T }) {
    for (const [code, row] of Object.entries(rows)) {
      const at = Number(code) - lowest;
      assert(at >= 0 && at < rowCount, "there is a row for each operation");
      this.#rows[at] = row;
    }
  }

  /** Of any number, as a client may send any; undefined: there is no such operation here. */
  get(code: number): T | undefined {
    const at = code - lowest;
    return at >= 0 && at < rowCount ? this.#rows[at] : undefined;
  }
}
