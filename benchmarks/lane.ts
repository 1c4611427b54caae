// One kind of load on one server: some connections, each with a fixed number of requests in flight. A reply is known by its
// place in the stream, as all of a lane's replies have one length; each is checked for its length and for an error.
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { block, handshake, type Kind, nodeCount, replyBytes } from "./frames.ts";

export interface LaneOptions {
  readonly kind: Kind;
  /** One connection each. */
  readonly ports: readonly number[];
  /** false: the limit, which knows no sessions. */
  readonly handshake: boolean;
}

export class Lane {
  readonly #connections: readonly Connection[];

  private constructor(connections: readonly Connection[]) {
    this.#connections = connections;
  }

  static async open(options: LaneOptions): Promise<Lane> {
    const connections = options.ports.map(
      (port, index) => new Connection(options, port, (index * 173) % nodeCount),
    );
    await Promise.all(connections.map((connection) => connection.opened));
    return new Lane(connections);
  }

  /** Replies per second and this process's share of a processor, over `ms` after `warmMs`. */
  async measure(inFlight: number, warmMs: number, ms: number): Promise<Throughput> {
    for (const connection of this.#connections) connection.start(inFlight);
    await pass(warmMs);
    const before = this.#replies();
    const cpu = process.cpuUsage();
    const startedAt = performance.now();
    await pass(ms);
    const replies = this.#replies() - before;
    const seconds = (performance.now() - startedAt) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    await Promise.all(this.#connections.map((connection) => connection.drain()));
    return { perSecond: replies / seconds, loadBusy: (user + system) / 1e6 / seconds };
  }

  /** Milliseconds of each of `count` requests, one in flight, on one connection after the other. */
  async roundTrips(count: number): Promise<number[]> {
    const times: number[] = [];
    for (let index = 0; index < count; index += 1) {
      const connection = this.#connections[index % this.#connections.length];
      if (connection === undefined) break;
      const sentAt = performance.now();
      connection.start(1);
      await connection.drain();
      times.push(performance.now() - sentAt);
    }
    return times;
  }

  close(): void {
    for (const connection of this.#connections) connection.close();
  }

  #replies(): number {
    return this.#connections.reduce((sum, connection) => sum + connection.replies, 0);
  }
}

export interface Throughput {
  readonly perSecond: number;
  readonly loadBusy: number;
}

const pass = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const requestsMax = 1000;
const readBuffer = 256 * 1024;

class Connection {
  replies = 0;
  readonly opened: Promise<void>;
  readonly #socket: Socket;
  readonly #replyBytes: number;
  readonly #frames: Buffer;
  readonly #frameBytes: number;
  #next: number;
  #handshaken: boolean;
  #inFlight = 0;
  #draining = true;
  #drained: () => void = () => {};
  /** Bytes of the reply that is not complete. */
  #held = 0;

  constructor(options: LaneOptions, port: number, first: number) {
    const { bytes, frameBytes } = block(options.kind);
    // The first frames once more at the end: any run of frames is one piece.
    this.#frames = Buffer.concat([bytes, bytes.subarray(0, requestsMax * frameBytes)]);
    this.#frameBytes = frameBytes;
    this.#replyBytes = replyBytes[options.kind];
    this.#next = first;
    this.#handshaken = !options.handshake;
    this.#socket = connect({
      port,
      host: "127.0.0.1",
      noDelay: true,
      onread: {
        buffer: Buffer.alloc(readBuffer),
        callback: (length, buffer) => this.#read(Buffer.from(buffer.buffer, 0, length)),
      },
    });
    const failed = (error: Error): never => {
      throw error;
    };
    this.#socket.on("error", failed);
    this.#socket.on("end", () => failed(new Error(`the server on ${port} closed a connection`)));
    this.opened = this.#open(options.handshake);
  }

  async #open(withHandshake: boolean): Promise<void> {
    await once(this.#socket, "connect");
    if (!withHandshake) return;
    const answered = this.#untilDrained();
    this.#socket.write(handshake);
    await answered;
  }

  start(inFlight: number): void {
    this.#draining = false;
    this.#send(inFlight);
  }

  async drain(): Promise<void> {
    this.#draining = true;
    if (this.#inFlight > 0) await this.#untilDrained();
  }

  close(): void {
    this.#socket.destroy();
  }

  #untilDrained(): Promise<void> {
    return new Promise((resolve) => {
      this.#drained = resolve;
    });
  }

  #send(count: number): void {
    const start = this.#next * this.#frameBytes;
    this.#socket.write(this.#frames.subarray(start, start + count * this.#frameBytes));
    this.#next = (this.#next + count) % nodeCount;
    this.#inFlight += count;
  }

  #read(chunk: Buffer): boolean {
    if (!this.#handshaken) {
      this.#handshaken = true; // the only frame there is: nothing was sent after it
      this.#drained();
      return true;
    }
    const replyBytes = this.#replyBytes;
    const first = this.#held === 0 ? 0 : replyBytes - this.#held;
    for (let at = first; at + 20 <= chunk.length; at += replyBytes) {
      if (chunk.readInt32BE(at) !== replyBytes - 4 || chunk.readInt32BE(at + 16) !== 0) {
        throw new Error(
          `a reply of ${chunk.readInt32BE(at)} bytes, error ${chunk.readInt32BE(at + 16)}`,
        );
      }
    }
    const bytes = this.#held + chunk.length;
    const replies = Math.floor(bytes / replyBytes);
    this.#held = bytes - replies * replyBytes;
    this.replies += replies;
    this.#inFlight -= replies;
    if (!this.#draining) this.#send(replies);
    else if (this.#inFlight === 0) this.#drained();
    return true;
  }
}
