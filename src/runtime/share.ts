import { isWrite, OpCode } from "../core/protocol/op-codes.ts";
import type { Request } from "../core/protocol/requests.ts";
import type { Turn } from "./turn.ts";

/**
 * What one client has of a turn: so many reads, or a quarter as many writes. The rest waits for the next turn, with everybody's
 * input in between: a chunk, and a poll reads many, may hold thousands of requests.
 */
const wholeShare = 512;
/**
 * What a greedy one has while a modest one speaks, who waits for the turn's end. A request costs more in short turns, a write up
 * to a third, which is why the greedy have whole shares where nobody else would gain by it.
 */
const smallShare = 128;

/** Of a share. What a multi holds costs less than by itself, some third, but a thousand of it is a turn's work. */
export function costOf(request: Request): number {
  const cost = isWrite(request.type) ? writeCost : 1;
  const isMulti = request.type === OpCode.multi || request.type === OpCode.multiRead;
  return isMulti ? cost + request.body.elements.length : cost;
}
const writeCost = 4;
/** It fails late, as a write may. */
export const malformedCost: number = writeCost;

/** So many turns, some ten milliseconds of a busy ensemble. */
const lately = 64;

/** Of all clients of an ensemble: its peers' turns are the same. */
export class Shares {
  readonly turn: Pick<Turn, "count">;
  /** The last that spoke of those who were modest. */
  modest: Share | undefined;

  constructor(turn: Pick<Turn, "count">) {
    this.turn = turn;
  }
}

/** One client's. It is greedy when it lately had more to ask than its share, else modest. */
export class Share {
  readonly #all: Shares;
  /** Of the turn under way. */
  #size = wholeShare;
  #taken = 0;
  /** In which turn it last was greedy, and last spoke modestly. */
  #greedyIn = -Infinity;
  #modestIn = -Infinity;

  constructor(all: Shares) {
    this.#all = all;
  }

  get isUntouched(): boolean {
    return this.#taken === 0;
  }

  get isUsedUp(): boolean {
    return this.#taken >= this.#size;
  }

  take(cost: number): void {
    if (this.isUntouched) {
      this.#size = this.#isGreedy && this.#isBesideModest ? smallShare : wholeShare;
    }
    this.#taken += cost;
  }

  /** It was used up, or the turn is over. */
  renew(): void {
    const { turn } = this.#all;
    if (this.isUsedUp) this.#greedyIn = turn.count;
    else if (!this.isUntouched && !this.#isGreedy) {
      this.#modestIn = turn.count;
      this.#all.modest = this;
    }
    this.#taken = 0;
  }

  get #isGreedy(): boolean {
    return this.#isLately(this.#greedyIn);
  }

  get #isBesideModest(): boolean {
    const { modest } = this.#all;
    return modest !== undefined && modest !== this && this.#isLately(modest.#modestIn);
  }

  #isLately(turn: number): boolean {
    return this.#all.turn.count - turn < lately;
  }
}
