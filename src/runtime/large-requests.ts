import { ProtocolError } from "../core/base/assert.ts";

/** `zookeeper.largeRequestThreshold` and `largeRequestMaxBytes`. */
export interface LargeRequestLimit {
  /** Frames above it are large. */
  readonly threshold: number;
  /** Of all large requests that a peer has under way. */
  readonly bytesMax: number;
}

/** The large requests that one peer has under way. */
export class LargeRequests {
  readonly #limit: LargeRequestLimit;
  #bytes = 0;

  constructor(limit: LargeRequestLimit) {
    this.#limit = limit;
  }

  /** Before the rest of a frame is read (ZooKeeperServer.checkRequestSizeWhenReceivingMessage). Throws ProtocolError. */
  check(length: number): void {
    const { threshold, bytesMax } = this.#limit;
    if (length > threshold && this.#bytes + length > bytesMax) {
      throw new ProtocolError(`a large request of ${length} bytes beside ${this.#bytes}`);
    }
  }

  /** A request has come; how many bytes are to be given back when it is answered. Throws ProtocolError. */
  take(length: number): number {
    if (length <= this.#limit.threshold) return 0;
    this.check(length);
    this.#bytes += length;
    return length;
  }

  giveBack(bytes: number): void {
    this.#bytes -= bytes;
  }
}

/** Those of one connection, whose answers come in the order of its requests. */
export class LargeRequestsOfClient {
  readonly #all: LargeRequests;
  /** The number of each large request that waits for its answer, with its bytes. */
  readonly #waiting: { readonly number: number; readonly bytes: number }[] = [];
  #asked = 0;
  #answered = 0;

  constructor(all: LargeRequests) {
    this.#all = all;
  }

  asked(length: number): void {
    this.#asked += 1;
    const bytes = this.#all.take(length);
    if (bytes > 0) this.#waiting.push({ number: this.#asked, bytes });
  }

  answered(): void {
    this.#answered += 1;
    const [first] = this.#waiting;
    if (first === undefined || first.number > this.#answered) return;
    this.#waiting.shift();
    this.#all.giveBack(first.bytes);
  }

  /** The connection is over. */
  forget(): void {
    for (const { bytes } of this.#waiting.splice(0)) this.#all.giveBack(bytes);
  }
}
