import {
  noSession,
  type SessionId,
  type Sid,
  type Zxid,
  zxidZero,
} from "../../src/core/base/ids.ts";
import type { Prng } from "../../src/core/base/prng.ts";
import { Writer } from "../../src/core/jute/writer.ts";
import type { ConnectResponse } from "../../src/core/protocol/connect.ts";
import { isWrite, OpCode, Xid } from "../../src/core/protocol/op-codes.ts";
import type { WatchEvent } from "../../src/core/protocol/records.ts";
import type { Reply } from "../../src/core/protocol/replies.ts";
import { type Request, writeBody } from "../../src/core/protocol/requests.ts";
import type { FromClient, ToClient } from "../../src/sim/host.ts";
import type { Socket } from "../../src/sim/network.ts";
import type { World } from "../../src/sim/world.ts";
import { hold } from "./checkers/violation.ts";
import { WatchBook } from "./watch-book.ts";

/** A request, and what became of it. */
export interface Operation {
  readonly session: SessionId;
  readonly request: Request;
  readonly connection: Connection;
  /** The highest zxid of a write that anybody had an answer to when this was sent. */
  readonly after: Zxid;
  reply: Reply | undefined;
}

/** One connection of a client, as a log of what came over it. */
export interface Connection {
  readonly session: SessionId;
  readonly received: (
    | { readonly type: "reply"; readonly operation: Operation; readonly reply: Reply }
    | { readonly type: "event"; readonly event: WatchEvent; readonly zxid: Zxid }
  )[];
}

/** What all clients of a world leave behind. */
export class History {
  readonly operations: Operation[] = [];
  readonly connections: Connection[] = [];
  /** The highest zxid of a write that was answered. */
  lastAnswered: Zxid = zxidZero;
  sessions = 0;
  /** Some may be known to one peer alone. */
  hasLocalSessions = false;
  refusals = 0;
}

export interface ClientHabits {
  readonly sessionTimeout: number;
  /** Milliseconds between one request and the next, at most. */
  readonly thinkMs: number;
  readonly inFlightMax: number;
  /** How likely it goes silent instead of the next request, long enough to expire. */
  readonly silence: number;
  /** How likely it leaves its connection for another peer instead of the next request. */
  readonly restlessness: number;
}

interface Session {
  readonly id: SessionId;
  readonly password: Uint8Array;
  readonly timeout: number;
}

/** A client with habits: it connects where it can, keeps its session over reconnects, and asks what `draw` gives it. */
export class SimClient {
  readonly name: string;
  readonly #world: World;
  readonly #prng: Prng;
  readonly #habits: ClientHabits;
  readonly #history: History;
  readonly #draw: (client: SimClient) => Request;
  readonly #sids: readonly Sid[];
  #session: Session | undefined;
  #lastZxid: Zxid = zxidZero;
  readonly #watches = new WatchBook();
  #xid = 0;
  #socket: Socket<ToClient, FromClient> | undefined;
  #connection: Connection | undefined;
  #inFlight: Operation[] = [];
  #heardAt = 0;
  #stopped = false;
  /** Which connection attempt is under way; timers of earlier ones do nothing. */
  #attempt = 0;
  #silentUntil = 0;

  constructor(options: {
    name: string;
    world: World;
    prng: Prng;
    habits: ClientHabits;
    history: History;
    draw: (client: SimClient) => Request;
    /** Where it connects. */
    sids: readonly Sid[];
  }) {
    this.name = options.name;
    this.#world = options.world;
    this.#prng = options.prng;
    this.#habits = options.habits;
    this.#history = options.history;
    this.#draw = options.draw;
    this.#sids = options.sids;
  }

  get xid(): number {
    this.#xid += 1;
    return this.#xid;
  }

  get idle(): boolean {
    return this.#inFlight.length === 0;
  }

  get connected(): boolean {
    return this.#connection !== undefined;
  }

  start(): void {
    this.#connect();
  }

  /** No more requests; what is in flight is waited for. */
  stop(): void {
    this.#stopped = true;
  }

  /** Goes without a word, for good. */
  leave(): void {
    this.#stopped = true;
    this.#attempt += 1;
    this.#socket?.abort();
    this.#socket = undefined;
    this.#connection = undefined;
    this.#inFlight = [];
  }

  // ------------------------------------------------------------------ connecting

  #connect(): void {
    this.#attempt += 1;
    const attempt = this.#attempt;
    const isOver = (): boolean => this.#attempt !== attempt;
    const again = (): void => {
      if (!isOver()) this.#connectLater();
    };
    this.#world.dialClient(this.#prng.pick(this.#sids), {
      refused: again,
      reached: (socket) => {
        if (isOver()) return socket.abort();
        this.#socket = socket;
        socket.onMessage = (message) => {
          if (!isOver()) this.#hear(message);
        };
        socket.onClosed = () => {
          if (!isOver()) this.#lose();
        };
      },
    });
    // Neither answered nor refused in time: somewhere else.
    this.#world.schedule.after(this.#habits.sessionTimeout, () => {
      if (!isOver() && this.#connection === undefined) this.#lose();
    });
  }

  #connectLater(): void {
    this.#attempt += 1;
    const attempt = this.#attempt;
    this.#world.schedule.after(this.#prng.between(1, 100), () => {
      if (this.#attempt === attempt) this.#connect();
    });
  }

  #lose(): void {
    this.#socket?.abort();
    this.#socket = undefined;
    this.#connection = undefined;
    this.#inFlight = [];
    this.#connectLater();
  }

  /** Somewhere else; sometimes what it sent last on the old connection is still on its way. */
  #move(): void {
    const socket = this.#socket;
    const connection = this.#connection;
    if (socket !== undefined && connection !== undefined && this.#prng.chance(0.3)) {
      this.#socket = undefined;
      this.#haunt(socket, connection);
    }
    this.#lose();
  }

  /** Goes on asking on a connection that it has given up: its session may belong elsewhere by then. */
  #haunt(socket: Socket<ToClient, FromClient>, connection: Connection): void {
    socket.onMessage = () => {};
    socket.onClosed = () => {};
    for (let count = this.#prng.between(1, 3); count > 0; count -= 1) {
      this.#world.schedule.after(this.#prng.between(0, 150), () => {
        const request = this.#draw(this);
        this.#record(connection, request);
        this.#sendOn(socket, request);
      });
    }
  }

  #shakeHands(): void {
    this.#socket?.send({
      type: "handshake",
      request: {
        protocolVersion: 0,
        lastZxidSeen: this.#lastZxid,
        timeout: this.#habits.sessionTimeout,
        session: this.#session?.id ?? noSession,
        password: this.#session?.password ?? null,
        readOnly: false,
      },
    });
  }

  #accepted({ timeout, session, password }: ConnectResponse): void {
    if (timeout === 0) {
      // Expired: a new session, which has seen nothing.
      this.#history.refusals += 1;
      this.#forgetSession();
      return;
    }
    if (this.#session === undefined) this.#history.sessions += 1;
    this.#session = { id: session, password, timeout };
    this.#connection = { session, received: [] };
    this.#history.connections.push(this.#connection);
    const restoring = this.#watches.restoring(this.#lastZxid);
    if (restoring !== undefined) this.#ask(restoring);
    this.#next();
    this.#keepAlive();
  }

  // ------------------------------------------------------------------ talking

  #hear(message: ToClient): void {
    this.#heardAt = this.#world.now;
    this.#world.trace.note(this.#world.now, this.name, "<", message);
    switch (message.type) {
      case "opened":
        return this.#shakeHands();
      case "accept":
        return this.#accepted(message.response);
      case "reply":
        return this.#answered(message.reply);
      case "watchEvent":
        this.#watches.fired(message.event);
        this.#connection?.received.push({
          type: "event",
          event: message.event,
          zxid: message.zxid,
        });
        return;
      case "text":
        return;
    }
  }

  #answered(reply: Reply): void {
    this.#seen(reply);
    if (reply.xid === Xid.ping) return;
    const operation = this.#inFlight.shift();
    hold(
      operation?.request.xid === reply.xid,
      "I16 replies in order, zxids never back",
      () => `${this.name} got xid ${reply.xid} where ${operation?.request.xid} was due`,
    );
    if (operation === undefined) return;
    operation.reply = reply;
    this.#connection?.received.push({ type: "reply", operation, reply });
    if (isWrite(operation.request.type)) {
      // Closing takes no transaction where the session is local; whether it was, the log will say.
      const isClose = operation.request.type === OpCode.closeSession;
      hold(
        (isClose && this.#history.hasLocalSessions) || reply.zxid > operation.after,
        "I17 replies as the model gives them",
        () => `${this.name}: a write sent after ${operation.after} got zxid ${reply.zxid}`,
      );
      if (reply.zxid > this.#history.lastAnswered) this.#history.lastAnswered = reply.zxid;
    }
    this.#watches.answered(operation.request, reply);
    if (operation.request.type === OpCode.closeSession) this.#forgetSession();
  }

  #forgetSession(): void {
    this.#session = undefined;
    this.#lastZxid = zxidZero;
    this.#watches.clear();
  }

  #seen({ zxid, xid }: Reply): void {
    if (zxid <= 0) return;
    hold(
      zxid >= this.#lastZxid,
      "I16 replies in order, zxids never back",
      () => `${this.name} saw ${this.#lastZxid}, then ${zxid} in the reply to ${xid}`,
    );
    this.#lastZxid = zxid;
  }

  /** The next request, after some thought. */
  #next(): void {
    const attempt = this.#attempt;
    this.#world.schedule.after(this.#prng.between(0, this.#habits.thinkMs), () => {
      if (this.#attempt !== attempt || this.#connection === undefined || this.#stopped) return;
      if (this.#prng.chance(this.#habits.restlessness)) return this.#move();
      if (this.#prng.chance(this.#habits.silence)) {
        this.#silentUntil = this.#world.now + this.#habits.sessionTimeout * 3;
        this.#world.schedule.at(this.#silentUntil, () => {
          if (this.#attempt === attempt) this.#next();
        });
        return;
      }
      if (this.#inFlight.length < this.#habits.inFlightMax) this.#ask(this.#draw(this));
      this.#next();
    });
  }

  #ask(request: Request): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    this.#inFlight.push(this.#record(connection, request));
    this.#send(request);
  }

  #record(connection: Connection, request: Request): Operation {
    const operation: Operation = {
      session: connection.session,
      request,
      connection,
      after: this.#history.lastAnswered,
      reply: undefined,
    };
    this.#history.operations.push(operation);
    return operation;
  }

  #send(request: Request): void {
    if (this.#socket !== undefined) this.#sendOn(this.#socket, request);
  }

  #sendOn(socket: Socket<ToClient, FromClient>, request: Request): void {
    const carriesBody = isWrite(request.type) || request.type === OpCode.sync;
    this.#world.trace.note(this.#world.now, this.name, ">", request);
    socket.send({ type: "request", request, raw: carriesBody ? bodyOf(request) : undefined });
  }

  /** Pings, and gives a connection up that says nothing. */
  #keepAlive(): void {
    const attempt = this.#attempt;
    const timeout = this.#session?.timeout ?? this.#habits.sessionTimeout;
    this.#world.schedule.after(Math.ceil(timeout / 3), () => {
      if (this.#attempt !== attempt || this.#connection === undefined) return;
      const silent = this.#world.now < this.#silentUntil;
      if (!silent && this.#world.now - this.#heardAt > (timeout * 2) / 3) return this.#lose();
      if (!silent) this.#send({ xid: Xid.ping, type: OpCode.ping, body: {} });
      this.#keepAlive();
    });
  }
}

/** As a peer gets it: the request behind its header. */
export function bodyOf(request: Request): Uint8Array {
  const writer = new Writer(64);
  writeBody(writer, request.type, request.body);
  return writer.view();
}
