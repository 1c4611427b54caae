import { noSession, type SessionId, type Zxid } from "../core/base/ids.ts";
import type { Reader } from "../core/jute/reader.ts";
import { encode } from "../core/jute/record.ts";
import type { ConnectResponse } from "../core/protocol/connect.ts";
import { ErrorCode } from "../core/protocol/error-codes.ts";
import { OpCode, Xid } from "../core/protocol/op-codes.ts";
import { type ReplyHeader, WatchEvent, WatchEventType } from "../core/protocol/records.ts";
import { replyCodecs } from "../core/protocol/replies.ts";
import { type AuthRequest, requestCodecs } from "../core/protocol/requests.ts";
import { clientService } from "../core/sasl/digest-md5.ts";
import { DigestMd5Login, type SaslUser } from "../core/sasl/digest-md5-login.ts";
import type { LoginStep } from "../core/sasl/mechanism.ts";
import { debugLine } from "../ensemble/debug/lines.ts";
import { hex } from "../ensemble/picture.ts";
import { clearTimeout, machineNow, queueMicrotask, setTimeout } from "../runtime/machine-time.ts";
import { Connection, type ConnectionListener, type Server } from "./connection.ts";
import type { SecureDial } from "./dial.ts";
import { ReadWriteSearch } from "./read-write-search.ts";
import { type Answer, type Call, type CallType, type Refusal, Requests } from "./requests.ts";
import type { ClientState, WatchEvent as ClientWatchEvent } from "./types.ts";
import { Watches } from "./watches.ts";
import type { Tapped, WireTap } from "./wire-tap.ts";

export interface SessionOptions {
  readonly servers: readonly Server[];
  readonly timeout: number;
  readonly readOnly: boolean;
  readonly secure: SecureDial | undefined;
  readonly sasl: SaslUser | undefined;
  /** From the paths of the server to those of the caller. */
  readonly localPath: (path: string) => string;
}

/** As no request has it, and no server minds. */
const saslXid = 0;
const retryDelayMin = 10;
const retryDelayMax = 200;
/** A server has this long to answer the handshake, twice as long in each further round. */
const answerTimeMin = 1_000;
/** A connection that ends sooner counts as one more failed attempt. */
const livedMin = 100;
const closeTimeMax = 2_000;

/**
 * One session over as many connections as it takes: connecting ─▶ connected ◀─▶ disconnected, until it is expired or
 * authFailed, and closed in the end. Nothing but what somebody waits for holds the process.
 */
export class Session implements ConnectionListener {
  readonly watches: Watches = new Watches();
  readonly #options: SessionOptions;
  readonly #requests = new Requests();
  readonly #listeners = new Set<(state: ClientState) => void>();
  #opening: ((answer: Answer<true>) => void) | undefined;
  #closing: Promise<void> | undefined;

  #state: ClientState = "connecting";
  #id: SessionId = noSession;
  #password: Uint8Array = new Uint8Array(16);
  #timeout: number;
  /** Until then the session is known to a read-only server alone, and no other one is asked for it. */
  #seenWritable = false;

  #connection: Connection | undefined;
  /** Under way on this connection: nothing else is asked before it is over. */
  #login: DigestMd5Login | undefined;
  /** While a read-only server is all there is. */
  #search: ReadWriteSearch | undefined;
  #server: Server;
  #attempts = 0;
  #openedAt = 0;
  #isReadOnly = false;
  #lastFailure: string | undefined;
  readonly #debug = debugLine("client");
  #retryTimer: NodeJS.Timeout | undefined;
  #giveUpTimer: NodeJS.Timeout | undefined;

  constructor(options: SessionOptions, first: Server) {
    this.#options = options;
    this.#timeout = options.timeout;
    this.#server = first;
  }

  get id(): SessionId {
    return this.#id;
  }

  get state(): ClientState {
    return this.#state;
  }

  get isConnected(): boolean {
    return this.#state === "connected" || this.#state === "connectedReadOnly";
  }

  tap(tap: WireTap): Tapped {
    const { taps, hasAsked } = this.#requests;
    taps.add(tap);
    return { joined: hasAsked, stop: () => taps.delete(tap) };
  }

  /** What it returns ends it. */
  listen(listener: (state: ClientState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Settled when a server has taken the session and every credential; CONNECTIONLOSS when none has within `limit` ms. */
  async open(auths: readonly AuthRequest[], limit: number): Promise<Answer<true>> {
    const timer = setTimeout(() => this.#end("closed", this.#loss(limit)), limit);
    const opened = new Promise<Answer<true>>((resolve) => {
      this.#opening = resolve;
    });
    const taken = auths.map((auth) => this.#requests.addCredential(auth));
    this.#dial();
    const answers = await Promise.all([opened, ...taken]);
    clearTimeout(timer);
    return answers.find(({ err }) => err !== 0) ?? { err: 0, why: undefined, value: true };
  }

  async request<T extends CallType, R>(call: Call<T, R>): Promise<Answer<R>> {
    if (this.#closing !== undefined) return { ...closedByCaller, value: undefined };
    const answer = this.#requests.add(call);
    this.#waitForConnection();
    return answer;
  }

  async addAuth(auth: AuthRequest): Promise<Answer<true>> {
    if (this.#closing !== undefined) return { ...closedByCaller, value: undefined };
    const answer = this.#requests.addCredential(auth);
    this.#waitForConnection();
    return answer;
  }

  /** Ends the session at the server where that can be reached, and here in any case. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.isConnected) {
      const answer = this.#requests.add({
        type: OpCode.closeSession,
        body: {},
        take: () => true,
      });
      let timer: NodeJS.Timeout | undefined;
      const limit = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, closeTimeMax);
      });
      await Promise.race([answer, limit]);
      clearTimeout(timer);
    }
    this.#end("closed", closedByCaller);
  }

  opened(response: ConnectResponse): void {
    if (response.timeout <= 0) {
      return this.#end("expired", { err: ErrorCode.SESSIONEXPIRED, why: undefined });
    }
    const isReadOnly = response.readOnly === true;
    this.#id = response.session;
    this.#password = response.password.slice();
    this.#timeout = response.timeout;
    this.#seenWritable ||= !isReadOnly;
    this.#openedAt = machineNow();
    this.#isReadOnly = isReadOnly;
    const { sasl } = this.#options;
    if (sasl === undefined) return this.#ready();
    const cnonce = process.getBuiltinModule("node:crypto").randomBytes(24).toString("base64");
    this.#login = new DigestMd5Login({ ...sasl, service: clientService, cnonce });
    this.#sendToken(this.#login.first);
  }

  /** The connection is there, and the server knows who asks. */
  #ready(): void {
    clearTimeout(this.#giveUpTimer);
    this.#giveUpTimer = undefined;
    this.#requests.opened(() => this.#restoreWatches());
    this.#opening?.({ err: 0, why: undefined, value: true });
    this.#opening = undefined;
    if (this.#isReadOnly) this.#searchOthers();
    this.#setState(this.#isReadOnly ? "connectedReadOnly" : "connected");
    this.#requests.hold();
  }

  #sendToken(token: Uint8Array): void {
    const body = encode(requestCodecs[OpCode.sasl], { token });
    this.#connection?.send({ xid: saslXid, type: OpCode.sasl }, body);
  }

  #loggedIn(login: DigestMd5Login, header: ReplyHeader, body: Reader): void {
    const step: LoginStep =
      header.err === 0
        ? login.take(replyCodecs[OpCode.sasl].read(body).token)
        : { kind: "failed", why: "the server refused the user or the password" };
    if (step.kind === "answer") return this.#sendToken(step.token);
    this.#login = undefined;
    if (step.kind === "done") return this.#ready();
    this.#end("authFailed", { err: ErrorCode.AUTHFAILED, why: step.why });
  }

  /** A server that can write is worth another connection. */
  #searchOthers(): void {
    const { servers, secure } = this.#options;
    this.#search = new ReadWriteSearch({
      servers: servers.filter((server) => server !== this.#server),
      secure,
      found: (server) => {
        if (this.#closing !== undefined) return;
        const connection = this.#connection;
        this.closed("it serves reads only, and another server can write");
        clearTimeout(this.#retryTimer);
        connection?.end("given up for a server that can write");
        this.#server = server;
        this.#dial();
      },
    });
  }

  received(header: ReplyHeader, body: Reader): void {
    if (this.#login !== undefined && header.xid === saslXid) {
      return this.#loggedIn(this.#login, header, body);
    }
    switch (header.xid) {
      case Xid.event:
        return this.#tell(header.zxid, WatchEvent.read(body));
      case Xid.setWatches:
        for (const tap of this.#requests.taps) tap.replied(header, body);
        return;
      case Xid.ping:
        return;
      case Xid.auth:
        if (this.#requests.accredited(header.err)) return;
        return this.#end("authFailed", { err: ErrorCode.AUTHFAILED, why: undefined });
      default:
        return this.#requests.replied(header, body);
    }
  }

  closed(why: string): void {
    if (this.#connection === undefined) return; // our own doing
    this.#connection = undefined;
    this.#login = undefined;
    this.#search?.end();
    this.#requests.lost();
    this.#tellDebug(`lost ${this.#server.host}:${this.#server.port}: ${why}`);
    this.#lastFailure = `${this.#server.host}:${this.#server.port}: ${why}`;
    if (this.isConnected && machineNow() - this.#openedAt >= livedMin) this.#attempts = 0;
    if (this.#state !== "connecting") this.#setState("disconnected");
    if (this.#closing !== undefined) return;
    this.#waitForConnection();
    this.#attempts += 1;
    this.#retryTimer = setTimeout(() => this.#dialNext(), this.#retryDelay());
    this.#retryTimer.unref();
  }

  #dialNext(): void {
    const { servers } = this.#options;
    const next = servers[(servers.indexOf(this.#server) + 1) % servers.length];
    if (next !== undefined) this.#server = next;
    this.#dial();
  }

  #dial(): void {
    this.#tellDebug(`dials ${this.#server.host}:${this.#server.port}`);
    const request = {
      protocolVersion: 0,
      lastZxidSeen: this.#requests.lastSeen,
      timeout: this.#options.timeout,
      session: this.#seenWritable ? this.#id : noSession,
      password: this.#password,
      readOnly: this.#options.readOnly,
    };
    const rounds = Math.floor(this.#attempts / this.#options.servers.length);
    const longest = Math.max(answerTimeMin, this.#timeout);
    const answerTime = Math.min(answerTimeMin * 2 ** rounds, longest);
    this.#connection = new Connection(this.#server, request, {
      answerTime,
      secure: this.#options.secure,
      listener: this,
    });
    this.#requests.dialled(this.#connection);
    this.#requests.hold(this.#opening !== undefined);
  }

  /** None within a round of the servers; between rounds a little longer each time. */
  #retryDelay(): number {
    const { length } = this.#options.servers;
    if (this.#attempts % length !== 0) return 0;
    return Math.min(retryDelayMin * 2 ** (this.#attempts / length - 1), retryDelayMax);
  }

  /** Watches live as long as their connection: the next one is told of them, and answers with the events that were missed. */
  #restoreWatches(): void {
    for (const request of this.watches.toRequests(this.#requests.lastSeen)) {
      const hasLasting = request.persistent.length + request.recursive.length > 0;
      const type = hasLasting ? OpCode.setWatches2 : OpCode.setWatches;
      const body = encode(requestCodecs[type], request);
      for (const tap of this.#requests.taps) tap.sent(Xid.setWatches, type, body);
      this.#connection?.send({ xid: Xid.setWatches, type }, body);
    }
  }

  #tell(zxid: Zxid, { type, state, path }: WatchEvent): void {
    for (const tap of this.#requests.taps) tap.event(zxid, { type, state, path });
    const name = eventNames.get(type);
    if (name === undefined) return;
    const event: ClientWatchEvent = {
      type: name,
      path: this.#options.localPath(path),
      zxid: zxid > 0 ? BigInt(zxid) : undefined,
    };
    for (const watch of this.watches.take(type, path)) call(watch, event);
  }

  #tellDebug(text: string): void {
    this.#debug?.(this.#id === noSession ? "client" : `client ${hex(this.#id)}`, text);
  }

  #setState(state: ClientState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#tellDebug(`is ${state}`);
    for (const tap of this.#requests.taps) tap.state(state, this.#id);
    for (const listener of [...this.#listeners]) call(listener, state);
  }

  /** What is asked while disconnected waits a session timeout at most. */
  #waitForConnection(): void {
    if (this.#state !== "disconnected" || !this.#requests.isAwaited) return;
    const limit = this.#timeout;
    this.#giveUpTimer ??= setTimeout(() => {
      this.#giveUpTimer = undefined;
      this.#requests.refuse(this.#loss(limit));
    }, limit);
  }

  #loss(limit: number): Refusal {
    const last = this.#lastFailure === undefined ? "" : `; the last attempt: ${this.#lastFailure}`;
    return { err: ErrorCode.CONNECTIONLOSS, why: `no server answered within ${limit} ms${last}` };
  }

  #end(state: ClientState, refusal: Refusal): void {
    const connection = this.#connection;
    this.#connection = undefined;
    this.#search?.end();
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#giveUpTimer);
    this.#requests.finish(refusal);
    this.#opening?.({ ...refusal, value: undefined });
    this.#opening = undefined;
    this.watches.clear();
    connection?.end("closed by the client");
    this.#setState(state);
  }
}

const closedByCaller: Refusal = { err: ErrorCode.SESSIONEXPIRED, why: "the client is closed" };

const eventNames: ReadonlyMap<number, ClientWatchEvent["type"]> = new Map([
  [WatchEventType.created, "created"],
  [WatchEventType.deleted, "deleted"],
  [WatchEventType.dataChanged, "dataChanged"],
  [WatchEventType.childrenChanged, "childrenChanged"],
]);

/** What a callback throws is an uncaught exception, as from any listener, and stops nothing here. */
function call<T>(callback: (value: T) => void, value: T): void {
  try {
    callback(value);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
