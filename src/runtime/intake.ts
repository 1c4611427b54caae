import { Deque } from "../core/base/deque.ts";

/**
 * So long a turn takes in what comes, counted from the first of it; the rest of the poll's input waits for the next one. One poll may
 * bring what takes a tenth of a second: large values on many connections, a multi of a thousand on each of two followers.
 */
export const inputMs = 8;

/** So many may wait, with a chunk of 64 kB each; what comes beyond that is taken in at once, however long the turn lasts. */
export const waitingMax = 1000;

/** Who sent it. Quorum and sessions hang on what peers say, their pings and acks: it goes before what clients ask for. */
export type Source = "peer" | "client";

interface Waiting {
  readonly takeIn: () => void;
  readonly cameAt: number;
}

/** The input of turns: whether there is room for it in the one under way, and who waits for room in a later one. */
export class Intake {
  readonly #enter: () => void;
  readonly #now: () => number;
  readonly #waiting: Readonly<Record<Source, Deque<Waiting>>> = {
    peer: new Deque(),
    client: new Deque(),
  };
  /** Some waited already when the turn began. */
  #isCarriedOver = false;
  /** When the first input of the turn came. */
  #begunAt: number | undefined;

  /** `enter` sees to it that a turn is to come; `now` is the machine's clock, in milliseconds. */
  constructor(enter: () => void, now: () => number) {
    this.#enter = enter;
    this.#now = now;
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /**
   * When the first came of what peers wait with, on the machine's clock; Infinity: nothing does. Clients may keep something waiting
   * for as long as they like, which is no reason for everybody's time to stand.
   */
  get peerWaitsSince(): number {
    return this.#waiting.peer.first()?.cameAt ?? Infinity;
  }

  /** The turn has taken in what it may. */
  get isSpent(): boolean {
    return this.#begunAt !== undefined && this.#now() - this.#begunAt >= inputMs;
  }

  /** What has come may be taken in at once; else it is for `whenRoom`. Every input asks, for the first one begins the count. */
  hasRoom(source: Source): boolean {
    this.#enter();
    this.#begunAt ??= this.#now();
    if (this.#count >= waitingMax) return true;
    const isFirst = source === "peer" ? this.#waiting.peer.length === 0 : this.isEmpty;
    return isFirst && !this.isSpent;
  }

  /** Takes in what has come in a later turn, behind whoever of its kind waits already. */
  whenRoom(source: Source, takeIn: () => void): void {
    this.#enter();
    this.#waiting[source].push({ takeIn, cameAt: this.#now() });
  }

  /** A turn begins. */
  begin(): void {
    this.#begunAt = undefined;
    this.#isCarriedOver = !this.isEmpty;
  }

  /**
   * What waits since an earlier turn: the first of either kind at any rate, and as much else as there is room for. It has its own
   * time, as long again as what the poll brought: a request costs more in short turns.
   */
  admit(): void {
    const now = this.#now();
    this.#begunAt ??= now;
    if (!this.#isCarriedOver) return;
    this.#admitFirst("peer");
    this.#admitFirst("client");
    while (!this.isEmpty && this.#now() - now < inputMs) {
      this.#admitFirst(this.#waiting.peer.length > 0 ? "peer" : "client");
    }
  }

  clear(): void {
    this.#waiting.peer.clear();
    this.#waiting.client.clear();
  }

  get #count(): number {
    return this.#waiting.peer.length + this.#waiting.client.length;
  }

  #admitFirst(source: Source): void {
    this.#waiting[source].shift()?.takeIn();
  }
}
