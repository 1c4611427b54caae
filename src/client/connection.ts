import type { Socket } from "node:net";
import { ProtocolError } from "../core/base/assert.ts";
import { reasonsOf } from "../core/base/reasons.ts";
import { FrameSplitter } from "../core/jute/frames.ts";
import { Reader } from "../core/jute/reader.ts";
import { Writer } from "../core/jute/writer.ts";
import { ConnectRequest, ConnectResponse } from "../core/protocol/connect.ts";
import { OpCode, Xid } from "../core/protocol/op-codes.ts";
import { ReplyHeader, RequestHeader } from "../core/protocol/records.ts";
import { clearTimeout, machineNow, setTimeout } from "../runtime/machine-time.ts";
import { dial, type SecureDial } from "./dial.ts";

export interface Server {
  readonly host: string;
  readonly port: number;
}

export interface ConnectionOptions {
  /** How long the server has for its handshake. */
  readonly answerTime: number;
  readonly secure: SecureDial | undefined;
  readonly listener: ConnectionListener;
}

export interface ConnectionListener {
  opened(response: ConnectResponse): void;
  /** A reply or an event; `body` is a view, valid during the call. */
  received(header: ReplyHeader, body: Reader): void;
  /** The last call, once. */
  closed(why: string): void;
}

/** No reply of a sane server is larger. */
const replyBytesMax = 128 * 1024 * 1024;
/** As Apache's client: a long timeout is no reason to find out late that a connection is dead. */
const pingIntervalMax = 10_000;

/**
 * One socket to one server. dialling ─ ConnectResponse ─▶ open: a ping every third of the timeout; when one stays without any
 * answer for as long again, the connection counts as lost.
 */
export class Connection {
  readonly #socket: Socket;
  readonly #listener: ConnectionListener;
  readonly #splitter = new FrameSplitter(replyBytesMax);
  readonly #reader = new Reader(new Uint8Array(0));
  readonly #out = new Writer(512);
  #isOpen = false;
  #isClosed = false;
  #timer: NodeJS.Timeout;
  #pingInterval = 0;
  #pingDue = 0;
  #heard = true;
  #why = "closed by the server";

  constructor(
    server: Server,
    request: ConnectRequest,
    { answerTime, secure, listener }: ConnectionOptions,
  ) {
    this.#listener = listener;
    this.#socket = dial(server, secure);
    this.#socket.on("data", (chunk) => this.#read(chunk));
    this.#socket.on("error", (error) => {
      this.#why = whyLost(error);
    });
    this.#socket.on("close", () => this.#finish());
    this.#timer = setTimeout(() => this.end(`no answer within ${answerTime} ms`), answerTime);
    this.#timer.unref();
    this.#frame((writer) => ConnectRequest.write(writer, request));
  }

  send(header: RequestHeader, body: Uint8Array): void {
    this.#frame((writer) => {
      RequestHeader.write(writer, header);
      writer.raw(body);
    });
  }

  /** Whether an open socket holds the process. */
  hold(on: boolean): void {
    if (on) this.#socket.ref();
    else this.#socket.unref();
  }

  /** Closes the socket for a reason of our own. */
  end(why: string): void {
    this.#why = why;
    this.#socket.destroy();
    this.#finish();
  }

  /** Requests made in one go leave in one write. */
  #frame(write: (writer: Writer) => void): void {
    if (this.#isClosed) return;
    if (this.#out.length === 0) Promise.resolve().then(() => this.#flush());
    const at = this.#out.beginFrame();
    write(this.#out);
    this.#out.endFrame(at);
  }

  #flush(): void {
    if (!this.#isClosed) this.#socket.write(this.#out.detach(512));
  }

  #read(chunk: Uint8Array): void {
    this.#heard = true;
    try {
      this.#splitter.push(chunk);
      while (!this.#isClosed && this.#splitter.next()) {
        const { bytes, start, end } = this.#splitter;
        this.#reader.reset(bytes, start, end);
        if (this.#isOpen) this.#listener.received(ReplyHeader.read(this.#reader), this.#reader);
        else this.#open(ConnectResponse.read(this.#reader));
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.end(`not understood: ${error.message}`);
    }
  }

  #open(response: ConnectResponse): void {
    this.#isOpen = true;
    clearTimeout(this.#timer);
    this.#pingInterval = Math.min(response.timeout / 3, pingIntervalMax);
    if (response.timeout > 0) this.#schedulePing();
    this.#listener.opened(response);
  }

  #schedulePing(): void {
    this.#pingDue = machineNow() + this.#pingInterval;
    this.#timer = setTimeout(() => this.#ping(), this.#pingInterval);
    this.#timer.unref();
  }

  #ping(): void {
    // A timer that comes late says that this process stood still, not that the server was silent.
    const isLate = machineNow() - this.#pingDue > this.#pingInterval / 2;
    if (!this.#heard && !isLate) {
      return this.end(`silent for ${Math.round(this.#pingInterval)} ms after a ping`);
    }
    this.#heard = false;
    this.#frame((writer) => RequestHeader.write(writer, { xid: Xid.ping, type: OpCode.ping }));
    this.#schedulePing();
  }

  #finish(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#listener.closed(this.#why);
  }
}

/** Whose certificate nobody vouches for is most often an ensemble's own authority. */
const untrusted: readonly string[] = [
  "SELF_SIGNED_CERT_IN_CHAIN",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
];

function whyLost(error: NodeJS.ErrnoException): string {
  if (!untrusted.includes(error.code ?? "")) return reasonsOf(error);
  return `${error.message} (tls: { ca } says whom to trust, an ensemble's is ensemble.tls.ca)`;
}
