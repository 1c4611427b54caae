// One connection of whoever means harm, or knows no better.
import { connect, type Socket } from "node:net";
import { connect as connectSecure, TLSSocket } from "node:tls";
import { FrameSplitter } from "../../src/core/jute/frames.ts";
import { lastXid } from "./frames.ts";

/** What a visitor gives up after: the peer should have answered or closed long before. */
const patienceMs = 30_000;

export class Visitor {
  readonly #socket: Socket;
  readonly #frames = new FrameSplitter(16 * 1024 * 1024);
  readonly #wakers: (() => void)[] = [];
  #isOpen = false;
  #isClosed = false;
  #isAnswered = false;
  /** Bytes that came. */
  received = 0;
  /** Sees every chunk that comes, in place of looking for the last request's answer. */
  onBytes: ((chunk: Buffer) => void) | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("connect", () => {
      this.#isOpen = true;
      this.#wake();
    });
    socket.on("data", (chunk) => this.#take(chunk));
    socket.on("error", () => {}); // "close" follows
    socket.on("close", () => {
      this.#isClosed = true;
      this.#wake();
    });
  }

  static async to(port: number): Promise<Visitor> {
    const visitor = new Visitor(connect({ port, host: "127.0.0.1", noDelay: true }));
    await visitor.until("connected", () => visitor.#isOpen);
    return visitor;
  }

  static secure(port: number, ca: string): Visitor {
    return new Visitor(connectSecure({ port, host: "127.0.0.1", ca, servername: "localhost" }));
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  write(bytes: Uint8Array): void {
    if (!this.#socket.destroyed) this.#socket.write(bytes);
  }

  /** Until the system has taken what was written. */
  drained(): Promise<void> {
    let isTaken = false;
    this.#socket.write(new Uint8Array(0), () => {
      isTaken = true;
      this.#wake();
    });
    return this.until("read", () => isTaken);
  }

  /** Until the last request's answer came, or the peer closed. */
  answered(): Promise<void> {
    return this.until("answered", () => this.#isAnswered);
  }

  closed(): Promise<void> {
    return this.until("closed", () => false);
  }

  /** Until so much has come, or the peer closed. */
  arrived(bytes: number): Promise<void> {
    return this.until("sent enough", () => this.received >= bytes);
  }

  /** Says that nothing more follows, and waits until the peer has closed too. */
  end(): Promise<void> {
    this.#socket.end();
    return this.closed();
  }

  reset(): Promise<void> {
    if (this.#socket instanceof TLSSocket) this.#socket.destroy();
    else this.#socket.resetAndDestroy();
    return this.closed();
  }

  /** From here on nothing is read. */
  stall(): void {
    this.#socket.pause();
  }

  goOn(): void {
    this.#socket.resume();
  }

  #take(chunk: Buffer): void {
    this.received += chunk.length;
    if (this.onBytes === undefined) this.#look(chunk);
    else this.onBytes(chunk);
    this.#wake();
  }

  #look(chunk: Buffer): void {
    try {
      this.#frames.push(chunk);
      while (this.#frames.next()) {
        const { bytes, start, end } = this.#frames;
        const view = new DataView(bytes.buffer, bytes.byteOffset + start, end - start);
        if (end - start >= 16 && view.getInt32(0) === lastXid) this.#isAnswered = true;
      }
    } catch {
      this.onBytes = () => {}; // text: not for this reader
    }
  }

  #wake(): void {
    for (const waker of this.#wakers.splice(0)) waker();
  }

  /** Until it is so, or the peer closed. */
  until(what: string, isSo: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        reject(new Error(`not ${what} in ${patienceMs / 1000} s`));
      }, patienceMs);
      const check = (): void => {
        if (this.#isClosed || isSo()) {
          clearTimeout(late);
          resolve();
        } else this.#wakers.push(check);
      };
      check();
    });
  }
}
