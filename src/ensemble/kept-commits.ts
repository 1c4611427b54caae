import { opName } from "../core/protocol/op-codes.ts";
import type { Txn } from "../core/txn/txn.ts";
import type { EventMap, EventOf, Ms } from "./api-controls.ts";

/** What is told of a transaction that committed. */
export const commitOf = ({ zxid, type, session, body }: Txn): EventMap["commit"] => ({
  zxid: BigInt(zxid),
  op: opName(type),
  path: pathIn(body),
  session,
});

const pathIn = (body: Txn["body"]): string | undefined => ("path" in body ? body.path : undefined);

/**
 * The last commits, as columns of numbers. One comes with every write: as events they took a twentieth of what a write allocates,
 * and the last of them were alive at each collection of young memory.
 */
export class KeptCommits {
  readonly #max: number;
  readonly #seqs: Float64Array;
  readonly #ats: Float64Array;
  readonly #zxids: Float64Array;
  readonly #sessions: BigInt64Array;
  readonly #types: Int32Array;
  /** As long as commits are kept. */
  readonly #paths: (string | undefined)[] = [];
  /** Where the next one stands. */
  #next = 0;

  constructor(max: number) {
    this.#max = max;
    this.#seqs = new Float64Array(max);
    this.#ats = new Float64Array(max);
    this.#zxids = new Float64Array(max);
    this.#sessions = new BigInt64Array(max);
    this.#types = new Int32Array(max);
  }

  keep(seq: number, at: Ms, { zxid, type, session, body }: Txn): void {
    const place = this.#next;
    this.#seqs[place] = seq;
    this.#ats[place] = at;
    this.#zxids[place] = zxid;
    this.#sessions[place] = session;
    this.#types[place] = type;
    this.#paths[place] = pathIn(body);
    this.#next = place + 1 === this.#max ? 0 : place + 1;
  }

  /** The oldest first. */
  events(): EventOf<"commit">[] {
    const { length } = this.#paths;
    return Array.from({ length }, (_, index) => {
      const place = (this.#next - length + index + this.#max) % this.#max;
      return {
        type: "commit",
        seq: this.#seqs[place] ?? 0,
        at: this.#ats[place] ?? 0,
        zxid: BigInt(this.#zxids[place] ?? 0),
        op: opName(this.#types[place] ?? 0),
        path: this.#paths[place],
        session: this.#sessions[place] ?? 0n,
      };
    });
  }
}
