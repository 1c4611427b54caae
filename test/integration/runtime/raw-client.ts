// A client that shows every byte: what it sends is given, what comes back is read frame by frame.
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectSecure } from "node:tls";
import { FrameSplitter } from "../../../src/core/jute/frames.ts";
import { Reader } from "../../../src/core/jute/reader.ts";
import { decode } from "../../../src/core/jute/record.ts";
import { ConnectRequest, ConnectResponse } from "../../../src/core/protocol/connect.ts";
import { ReplyHeader } from "../../../src/core/protocol/records.ts";
import { type Reply, readReply } from "../../../src/core/protocol/replies.ts";
import {
  type RequestBodies,
  type RequestType,
  writeBody,
} from "../../../src/core/protocol/requests.ts";
import { framed, newSession } from "../../frames.ts";

export class RawClient {
  readonly socket: Socket;
  readonly #frames = new FrameSplitter(64 * 1024 * 1024);
  readonly #arrived: Uint8Array[] = [];
  readonly #types: number[] = [];
  #xid = 0;
  #wake: () => void = () => {};
  #closed = false;
  #error: string | undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk) => {
      this.#frames.push(chunk);
      while (this.#frames.next()) {
        this.#arrived.push(this.#frames.bytes.slice(this.#frames.start, this.#frames.end));
      }
      this.#wake();
    });
    socket.on("error", (error) => {
      this.#error = "code" in error ? String(error.code) : error.message;
    });
    socket.on("close", () => {
      this.#closed = true;
      this.#wake();
    });
  }

  static async connect(port: number): Promise<RawClient> {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    await once(socket, "connect");
    return new RawClient(socket);
  }

  /** With a session. */
  static async open(port: number, timeout = 10_000): Promise<RawClient> {
    const client = await RawClient.connect(port);
    client.sendHandshake({ timeout });
    await client.handshake();
    return client;
  }

  /** With a session, over TLS. */
  static async openSecure(port: number, options: ConnectionOptions): Promise<RawClient> {
    const client = new RawClient(connectSecure({ port, host: "127.0.0.1", ...options }));
    client.sendHandshake();
    await client.handshake();
    return client;
  }

  sendHandshake(changes: Partial<ConnectRequest> = {}): void {
    const request = { ...newSession, ...changes };
    this.socket.write(framed((w) => ConnectRequest.write(w, request)));
  }

  async handshake(): Promise<ConnectResponse> {
    return decode(ConnectResponse, await this.frame());
  }

  request<T extends RequestType>(type: T, body: RequestBodies[T]): Promise<Reply> {
    this.send(type, body);
    return this.reply();
  }

  /** Answers are taken with `reply`, in order. */
  send<T extends RequestType>(type: T, body: RequestBodies[T]): void {
    this.socket.write(this.encode(type, body));
  }

  encode<T extends RequestType>(type: T, body: RequestBodies[T]): Uint8Array {
    this.#xid += 1;
    this.#types.push(type);
    return framed((w) => {
      w.int(this.#xid);
      w.int(type);
      writeBody(w, type, body);
    });
  }

  async reply(): Promise<Reply> {
    const reader = new Reader(await this.frame());
    return readReply(reader, ReplyHeader.read(reader), this.#types.shift() ?? 0);
  }

  /** The next frame's payload. */
  async frame(): Promise<Uint8Array> {
    for (;;) {
      const frame = this.#arrived.shift();
      if (frame !== undefined) return frame;
      if (this.#closed) throw new Error(`closed: ${this.#error ?? "end"}`);
      await this.#change();
    }
  }

  /** Resolves when the server has closed: "end", or the error's code. */
  async closed(): Promise<string> {
    while (!this.#closed) await this.#change();
    return this.#error ?? "end";
  }

  /** Frames that came and were not taken. */
  get waiting(): number {
    return this.#arrived.length;
  }

  close(): void {
    this.socket.destroy();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

/** Sends bytes on a fresh connection and resolves with all that comes back until it closes. */
export async function exchange(port: number, pieces: readonly Uint8Array[]): Promise<Buffer> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true, allowHalfOpen: true });
  socket.on("error", () => {});
  await once(socket, "connect");
  const chunks: Buffer[] = [];
  socket.on("data", (chunk) => chunks.push(chunk));
  const closed = Promise.race([once(socket, "end"), once(socket, "close")]);
  for (const piece of pieces) {
    socket.write(piece);
    await new Promise(setImmediate); // a segment of its own
  }
  await closed;
  socket.destroy();
  return Buffer.concat(chunks);
}
