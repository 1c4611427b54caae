import { ProtocolError } from "../core/base/assert.ts";
import { Deque } from "../core/base/deque.ts";
import { type Zxid, zxidZero } from "../core/base/ids.ts";
import { Reader } from "../core/jute/reader.ts";
import { type Codec, encode } from "../core/jute/record.ts";
import { ErrorCode } from "../core/protocol/error-codes.ts";
import { OpCode, Xid } from "../core/protocol/op-codes.ts";
import type { ReplyHeader } from "../core/protocol/records.ts";
import { type ReplyBodies, replyCodecs } from "../core/protocol/replies.ts";
import { AuthRequest, type RequestBodies, requestCodecs } from "../core/protocol/requests.ts";
import type { Connection } from "./connection.ts";
import type { WireTap } from "./wire-tap.ts";

export type CallType = keyof RequestBodies & keyof ReplyBodies;

/** One request: what is sent, what is kept of the reply, and what is done with its code before anything later is read. */
export interface Call<T extends CallType, R> {
  readonly type: T;
  readonly body: RequestBodies[T];
  readonly take: (body: ReplyBodies[T]) => R;
  readonly settled?: (err: number) => void;
}

/** Why something was not carried out, or perhaps not. */
export interface Refusal {
  readonly err: number;
  /** In words, where the code alone does not say it. */
  readonly why: string | undefined;
}

/** What a request came to: a value exactly when `err` is 0. */
export interface Answer<R> extends Refusal {
  readonly value: R | undefined;
}

interface Pending {
  readonly type: number;
  readonly body: Uint8Array;
  readonly settle: (refusal: Refusal, reply?: Reader) => void;
}

/** Presented on every connection; settled by the first answer. */
interface Credential {
  readonly auth: AuthRequest;
  settle: ((refusal: Refusal) => void) | undefined;
}

const ok: Refusal = { err: 0, why: undefined };
const connectionLoss: Refusal = { err: ErrorCode.CONNECTIONLOSS, why: undefined };
const xidMax = 0x7fff_ffff;

/** The requests of one session, in order over all its connections: `queued` wait for one, `sent` for their replies. */
export class Requests {
  readonly #queued = new Deque<Pending>();
  readonly #sent = new Deque<Pending & { readonly xid: number }>();
  readonly #credentials: Credential[] = [];
  /** Apart from `sent`, because servers answer them past the queue of requests. */
  readonly #sentCredentials = new Deque<Credential>();
  #connection: Connection | undefined;
  #isOpen = false;
  #xid = 0;
  #lastSeen: Zxid = zxidZero;
  readonly taps: Set<WireTap> = new Set();
  #final: Refusal | undefined;

  /** The highest zxid of a reply; a server behind it is not to be talked to. */
  get lastSeen(): Zxid {
    return this.#lastSeen;
  }

  /** Whether anything was ever sent. */
  get hasAsked(): boolean {
    return this.#xid > 0;
  }

  get isAwaited(): boolean {
    return (
      this.#queued.length + this.#sent.length > 0 ||
      this.#credentials.some((credential) => credential.settle !== undefined)
    );
  }

  add<T extends CallType, R>({ type, body, take, settled }: Call<T, R>): Promise<Answer<R>> {
    const requestCodec: Codec<RequestBodies[T]> = requestCodecs[type];
    const replyCodec: Codec<ReplyBodies[T]> = replyCodecs[type];
    return new Promise((resolve) => {
      // Now, not when it is sent: what the caller does to its data afterwards is no part of the request.
      const bytes = encode(requestCodec, body);
      const settle: Pending["settle"] = ({ err, why }, reply) => {
        const value = reply !== undefined && err === 0 ? take(replyCodec.read(reply)) : undefined;
        settled?.(err);
        resolve({ err, why, value });
      };
      if (this.#final !== undefined) return settle(this.#final);
      const pending = { type, body: bytes, settle };
      if (this.#isOpen) this.#send(pending);
      else this.#queued.push(pending);
    });
  }

  addCredential(auth: AuthRequest): Promise<Answer<true>> {
    return new Promise((resolve) => {
      const settle = ({ err, why }: Refusal): void =>
        resolve({ err, why, value: err === 0 ? true : undefined });
      if (this.#final !== undefined) return settle(this.#final);
      const credential: Credential = { auth, settle };
      this.#credentials.push(credential);
      if (this.#isOpen) this.#present(credential);
    });
  }

  dialled(connection: Connection): void {
    this.#connection = connection;
  }

  /** Credentials go first: without them neither watches nor requests would be admitted. */
  opened(restoreWatches: () => void): void {
    this.#isOpen = true;
    for (const credential of this.#credentials) this.#present(credential);
    restoreWatches();
    for (let next = this.#queued.shift(); next !== undefined; next = this.#queued.shift()) {
      this.#send(next);
    }
  }

  /** What was sent may have been carried out or not. */
  lost(): void {
    this.#connection = undefined;
    this.#isOpen = false;
    this.#sentCredentials.clear();
    for (let next = this.#sent.shift(); next !== undefined; next = this.#sent.shift()) {
      next.settle(connectionLoss);
    }
  }

  /** Gives up on everything that waits for a connection. */
  refuse(refusal: Refusal): void {
    for (let next = this.#queued.shift(); next !== undefined; next = this.#queued.shift()) {
      next.settle(refusal);
    }
    for (const credential of this.#credentials) settleOnce(credential, refusal);
  }

  /** From here on every answer is this one. */
  finish(refusal: Refusal): void {
    this.#final = refusal;
    this.lost();
    this.refuse(refusal);
  }

  replied(header: ReplyHeader, body: Reader): void {
    const pending = this.#sent.first();
    if (pending?.xid !== header.xid) throw new ProtocolError(`a reply to ${header.xid}, unasked`);
    if (header.zxid > this.#lastSeen) this.#lastSeen = header.zxid;
    for (const tap of this.taps) tap.replied(header, new Reader(body.rest()));
    pending.settle(header.err === 0 ? ok : { err: header.err, why: undefined }, body);
    this.#sent.shift(); // not before: a body that cannot be read leaves the request to `lost`
    this.hold();
  }

  /** False: refused, and the server is about to close. */
  accredited(err: number): boolean {
    const credential = this.#sentCredentials.shift();
    if (err !== 0) return false;
    if (credential !== undefined) settleOnce(credential, ok);
    this.hold();
    return true;
  }

  /** The socket holds the process while somebody waits for it. */
  hold(isWanted = false): void {
    this.#connection?.hold(isWanted || this.isAwaited);
  }

  #send(pending: Pending): void {
    if (this.#connection === undefined) return;
    this.#xid = this.#xid === xidMax ? 1 : this.#xid + 1;
    this.#sent.push({ ...pending, xid: this.#xid });
    for (const tap of this.taps) tap.sent(this.#xid, pending.type, pending.body);
    this.#connection.send({ xid: this.#xid, type: pending.type }, pending.body);
    this.hold();
  }

  #present(credential: Credential): void {
    this.#sentCredentials.push(credential);
    const body = encode(AuthRequest, credential.auth);
    this.#connection?.send({ xid: Xid.auth, type: OpCode.auth }, body);
    this.hold();
  }
}

function settleOnce(credential: Credential, refusal: Refusal): void {
  credential.settle?.(refusal);
  credential.settle = undefined;
}
