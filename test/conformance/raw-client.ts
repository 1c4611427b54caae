// A client that hides nothing: every frame in the order it came, with its zxid, and any bytes the other way.
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { type SessionId, zxidOf } from "../../src/core/base/ids.ts";
import { FrameSplitter } from "../../src/core/jute/frames.ts";
import { Reader } from "../../src/core/jute/reader.ts";
import { ConnectRequest, ConnectResponse } from "../../src/core/protocol/connect.ts";
import { OpCode, Xid } from "../../src/core/protocol/op-codes.ts";
import { ReplyHeader, WatchEvent } from "../../src/core/protocol/records.ts";
import { type Reply, readReply } from "../../src/core/protocol/replies.ts";
import { framed, newSession } from "../frames.ts";

export interface Server {
  readonly host: string;
  readonly port: number;
}

/** A request's number, body as bytes, and how its reply is read. */
export interface RawRequest {
  readonly type: number;
  readonly body: Uint8Array;
  readonly xid?: number | undefined;
}

export type Frame =
  | { readonly kind: "reply"; readonly reply: Reply; readonly bytes: number }
  | { readonly kind: "event"; readonly zxid: number; readonly event: WatchEvent }
  | { readonly kind: "closed" };

export interface RawClientOptions {
  readonly timeout?: number;
  readonly session?: SessionId;
  readonly password?: Uint8Array;
  readonly lastZxidSeen?: number;
  readonly readOnly?: boolean | undefined;
}

const replyBytesMax = 64 * 1024 * 1024;
/** A server that says nothing for so long counts as gone: the story tells of a closed connection. */
const answerTime = 30_000;
/** Now and then Apache's CommitProcessor leaves a read lying until the next request comes by: so one does. */
const nudgeTime = 500;

const barrierXid = 2_000_000_000;
const rootPath = Uint8Array.of(0, 0, 0, 1, 0x2f);

/** Bytes to and from one socket. */
export class RawSocket {
  readonly #socket: Socket;
  readonly #frames = new FrameSplitter(replyBytesMax);
  #chunks: Uint8Array[] = [];
  #isClosed = false;
  #wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk) => {
      this.#chunks.push(chunk);
      this.#wake();
    });
    socket.on("error", () => {}); // a reset is a close
    socket.on("close", () => {
      this.#isClosed = true;
      this.#wake();
    });
  }

  static async open({ host, port }: Server): Promise<RawSocket> {
    const socket = connect({ host, port, noDelay: true });
    await once(socket, "connect");
    return new RawSocket(socket);
  }

  write(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  /** The next frame's payload, or undefined when the server has closed. */
  async frame(): Promise<Uint8Array | undefined> {
    const timer = setTimeout(() => this.#socket.destroy(new Error("no answer")), answerTime);
    try {
      return await this.#frame();
    } finally {
      clearTimeout(timer);
    }
  }

  async #frame(): Promise<Uint8Array | undefined> {
    for (;;) {
      if (this.#frames.next())
        return this.#frames.bytes.slice(this.#frames.start, this.#frames.end);
      if (!(await this.#more())) return undefined;
    }
  }

  /** All that comes until the server closes. */
  async text(): Promise<string> {
    const chunks: Uint8Array[] = [];
    for (;;) {
      chunks.push(...this.#chunks.splice(0));
      if (this.#isClosed) return Buffer.concat(chunks).toString("utf8");
      await this.#woken();
    }
  }

  destroy(): void {
    this.#socket.destroy();
  }

  async #more(): Promise<boolean> {
    for (;;) {
      const chunk = this.#chunks.shift();
      if (chunk !== undefined) {
        this.#frames.push(chunk);
        return true;
      }
      if (this.#isClosed) return false;
      await this.#woken();
    }
  }

  #woken(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

interface Sent {
  readonly xid: number;
  readonly type: number;
  readonly isNudge: boolean;
}

/** One session on one connection. */
export class RawClient {
  readonly response: ConnectResponse;
  readonly socket: RawSocket;
  readonly server: Server;
  readonly #sent: Sent[] = [];
  #nextXid = 1;
  isClosed = false;
  /** How many requests have left, nudges among them: a server counts them like any other. */
  sentCount = 0;

  private constructor(server: Server, socket: RawSocket, response: ConnectResponse) {
    this.server = server;
    this.socket = socket;
    this.response = response;
  }

  /** undefined: the server closed without an answer. A refused session has timeout 0. */
  static async tryOpen(
    server: Server,
    options: RawClientOptions = {},
  ): Promise<RawClient | undefined> {
    const socket = await RawSocket.open(server);
    socket.write(framed((w) => ConnectRequest.write(w, connectRequest(options))));
    const answer = await socket.frame();
    if (answer === undefined) return undefined;
    return new RawClient(server, socket, ConnectResponse.read(new Reader(answer)));
  }

  static async open(server: Server, options: RawClientOptions = {}): Promise<RawClient> {
    const client = await RawClient.tryOpen(server, options);
    if (client === undefined) throw new Error(`no session at port ${server.port}`);
    return client;
  }

  get session(): SessionId {
    return this.response.session;
  }

  /** Sends without waiting; returns the xid that the reply will carry. */
  send(request: RawRequest): number {
    return this.#write(request, false);
  }

  #write({ type, body, xid = this.#nextXid }: RawRequest, isNudge: boolean): number {
    if (xid === this.#nextXid) this.#nextXid += 1;
    const expected = type === OpCode.ping ? Xid.ping : xid;
    this.#sent.push({ xid: expected, type, isNudge });
    this.sentCount += 1;
    this.socket.write(
      framed((w) => {
        w.int(xid);
        w.int(type);
        w.raw(body);
      }),
    );
    return expected;
  }

  async next(): Promise<Frame> {
    const timer = setInterval(() => this.#nudge(), nudgeTime);
    try {
      for (;;) {
        const frame = await this.#next();
        if (frame !== "nudged") return frame;
      }
    } finally {
      clearInterval(timer);
    }
  }

  async #next(): Promise<Frame | "nudged"> {
    const payload = await this.socket.frame();
    if (payload === undefined) {
      this.isClosed = true;
      return { kind: "closed" };
    }
    const reader = new Reader(payload);
    const header = ReplyHeader.read(reader);
    const at = this.#sent.findIndex((sent) => sent.xid === header.xid);
    if (header.xid === Xid.event && at < 0) {
      return { kind: "event", zxid: header.zxid, event: WatchEvent.read(reader) };
    }
    const [sent] = at < 0 ? [] : this.#sent.splice(at, 1);
    if (sent?.isNudge) return "nudged";
    return {
      kind: "reply",
      reply: readReply(reader, header, sent?.type ?? OpCode.ping),
      bytes: payload.length,
    };
  }

  /** All frames up to the reply with this xid, or to the end of the connection. */
  async until(xid: number): Promise<Frame[]> {
    const frames: Frame[] = [];
    for (;;) {
      const frame = await this.next();
      frames.push(frame);
      if (frame.kind === "closed") return frames;
      if (frame.kind === "reply" && frame.reply.xid === xid) return frames;
    }
  }

  /** What it has heard by the time that its peer has come to this zxid: a sync alone says little on Apache's leader, which may
   * answer it before it has applied what a follower has applied already. */
  async caughtUp(zxid: number): Promise<Frame[]> {
    const heard: Frame[] = [];
    for (;;) {
      const frames = await this.until(
        this.send({ type: OpCode.sync, body: rootPath, xid: barrierXid }),
      );
      const last = frames.pop();
      heard.push(...frames);
      if (last?.kind !== "reply") return [...heard, { kind: "closed" }];
      if (last.reply.zxid >= zxid) return heard;
    }
  }

  #nudge(): void {
    this.#write({ type: OpCode.ping, body: new Uint8Array(0), xid: Xid.ping }, true);
  }

  async untilClosed(): Promise<Frame[]> {
    const frames: Frame[] = [];
    while (!this.isClosed) frames.push(await this.next());
    return frames;
  }

  /** Closes the session, over a new connection where this one is gone. */
  async end(): Promise<void> {
    if (!this.isClosed) {
      this.send({ type: OpCode.closeSession, body: new Uint8Array(0) });
      await this.untilClosed();
      return;
    }
    const { session, response, server } = this;
    const again = await RawClient.tryOpen(server, { session, password: response.password });
    if (again !== undefined && again.response.timeout > 0) await again.end();
  }
}

function connectRequest({ lastZxidSeen = 0, ...options }: RawClientOptions): ConnectRequest {
  return { ...newSession, timeout: 30_000, lastZxidSeen: zxidOf(lastZxidSeen), ...options };
}

/** A four-letter word, or any other bytes, answered with text. */
export async function ask(server: Server, bytes: string | Uint8Array): Promise<string> {
  const socket = await RawSocket.open(server);
  socket.write(typeof bytes === "string" ? Buffer.from(bytes) : bytes);
  return await socket.text();
}
