// One connection of the load with a fixed number of requests in flight. A reply is known by its place in the stream, as the
// length of each is known before; each is checked for its length and for an error.
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { handshake, type Script } from "./frames.ts";
import type { LatencyHistogram } from "./histogram.ts";

export interface ConnectionOptions {
  /** Whose server it is, for errors. */
  readonly lane: string;
  readonly script: Script;
  readonly port: number;
  /** Where in the script it begins. */
  readonly first: number;
  /** false: the limit, which knows no sessions. */
  readonly handshake: boolean;
  /** Reads nothing once it has its session. */
  readonly isDeaf: boolean;
  readonly latencies: LatencyHistogram;
}

const readBuffer = 256 * 1024;

export class Connection {
  replies = 0;
  readonly opened: Promise<void>;
  readonly #script: Script;
  readonly #socket: Socket;
  readonly #name: string;
  readonly #isDeaf: boolean;
  readonly #latencies: LatencyHistogram;
  /** What was sent together, the oldest first, with when. */
  readonly #sent: { at: number; count: number }[] = [];
  #next: number;
  /** The request of the script whose reply comes next, and how much of it has come. */
  #answered: number;
  #held = 0;
  #handshaken: boolean;
  #inFlight = 0;
  #lastSentAt: number | undefined;
  #lastReadAt: number | undefined;
  #draining = true;
  #drained: () => void = () => {};

  constructor({ lane, script, port, first, handshake, isDeaf, latencies }: ConnectionOptions) {
    this.#name = `${lane} on ${port}`;
    this.#script = script;
    this.#next = first % script.replyBytes.length;
    this.#answered = this.#next;
    this.#handshaken = !handshake;
    this.#isDeaf = isDeaf;
    this.#latencies = latencies;
    this.#socket = connect({
      port,
      host: "127.0.0.1",
      noDelay: true,
      onread: {
        buffer: Buffer.alloc(readBuffer),
        callback: (length, buffer) => this.#read(Buffer.from(buffer.buffer, 0, length)),
      },
    });
    const failed = (what: string): void => {
      if (isDeaf) return; // a server may be rid of one who does not listen
      throw new Error(`${this.#name} ${what} ${this.#circumstances()}`);
    };
    this.#socket.on("error", (error) => failed(`failed (${error.message})`));
    this.#socket.on("end", () => failed("closed a connection"));
    this.opened = this.#open(handshake);
  }

  start(inFlight: number): void {
    this.#draining = false;
    this.#send(inFlight);
  }

  async drain(): Promise<void> {
    this.#draining = true;
    if (this.#inFlight > 0 && !this.#isDeaf) await this.#untilDrained();
  }

  close(): void {
    this.#socket.destroy();
  }

  async #open(withHandshake: boolean): Promise<void> {
    await once(this.#socket, "connect");
    if (!withHandshake) return;
    const answered = this.#untilDrained();
    this.#lastSentAt = performance.now();
    this.#socket.write(handshake);
    await answered;
    if (this.#isDeaf) this.#socket.pause();
  }

  #untilDrained(): Promise<void> {
    return new Promise((resolve) => {
      this.#drained = resolve;
    });
  }

  #send(count: number): void {
    const { bytes, starts, replyBytes } = this.#script;
    const at = performance.now();
    this.#lastSentAt = at;
    this.#sent.push({ at, count });
    this.#inFlight += count;
    for (let left = count; left > 0; ) {
      const part = Math.min(left, replyBytes.length - this.#next);
      const to = this.#next + part;
      this.#socket.write(bytes.subarray(starts[this.#next], starts[to]));
      this.#next = to % replyBytes.length;
      left -= part;
    }
  }

  /** Tells a session that was refused from one that expired, and from one that was answered slowly. */
  #circumstances(): string {
    const ago = (at: number | undefined): string =>
      at === undefined ? "never" : `${(performance.now() - at).toFixed(0)} ms ago`;
    const state = this.#handshaken ? `with ${this.#inFlight} in flight` : "that opened its session";
    return `${state}; last sent ${ago(this.#lastSentAt)}, last bytes came ${ago(this.#lastReadAt)}`;
  }

  #read(chunk: Buffer): boolean {
    if (!this.#handshaken) {
      this.#lastReadAt = performance.now();
      this.#handshaken = true; // the only frame there is: nothing was sent after it
      this.#drained();
      return true;
    }
    const replies = this.#count(chunk);
    this.replies += replies;
    this.#inFlight -= replies;
    this.#time(replies);
    if (!this.#draining && replies > 0) this.#send(replies);
    else if (this.#draining && this.#inFlight === 0) this.#drained();
    return true;
  }

  /** How many replies end in this chunk. */
  #count(chunk: Buffer): number {
    const { replyBytes } = this.#script;
    let count = 0;
    for (let at = -this.#held; ; ) {
      const length = replyBytes[this.#answered] ?? 0;
      if (at >= 0 && at + 20 <= chunk.length) check(chunk, at, length);
      if (at + length > chunk.length) {
        this.#held = chunk.length - at;
        return count;
      }
      at += length;
      count += 1;
      this.#answered = (this.#answered + 1) % replyBytes.length;
    }
  }

  #time(replies: number): void {
    const now = performance.now();
    this.#lastReadAt = now;
    for (let left = replies; left > 0; ) {
      const oldest = this.#sent[0];
      if (oldest === undefined) throw new Error("a reply to nothing");
      const part = Math.min(left, oldest.count);
      this.#latencies.record(now - oldest.at, part);
      oldest.count -= part;
      left -= part;
      if (oldest.count === 0) this.#sent.shift();
    }
  }
}

function check(chunk: Buffer, at: number, length: number): void {
  const bytes = chunk.readInt32BE(at) + 4;
  const error = chunk.readInt32BE(at + 16);
  if (bytes !== length || error !== 0) {
    throw new Error(`a reply of ${bytes} bytes instead of ${length}, error ${error}`);
  }
}
