// Clever for speed, as every request passes here: a frame is a range of its chunk, replies gather in one buffer that is written
// once a turn and used again as soon as the system has taken it.
import type { Socket } from "node:net";
import { ProtocolError } from "../core/base/assert.ts";
import { joined, largeBytesMin } from "../core/base/bytes.ts";
import type { ConnectionId, SessionId, Sid } from "../core/base/ids.ts";
import { FrameSplitter } from "../core/jute/frames.ts";
import { Reader } from "../core/jute/reader.ts";
import { Writer } from "../core/jute/writer.ts";
import type { Message, MessageType } from "../core/network/link.ts";
import { requestMessage } from "../core/network/messages.ts";
import { ConnectRequest, ConnectResponse } from "../core/protocol/connect.ts";
import { isWrite, OpCode } from "../core/protocol/op-codes.ts";
import { WatchEvent } from "../core/protocol/records.ts";
import { type Reply, writeReply } from "../core/protocol/replies.ts";
import { isRequestType, type Request, readRequest } from "../core/protocol/requests.ts";
import type { Effect, PeerEvent } from "../core/server/effects.ts";
import { isFourLetterWord } from "../core/server/four-letter-words.ts";
import type { Lane } from "./lane.ts";
import { type LargeRequests, LargeRequestsOfClient } from "./large-requests.ts";
import { costOf, malformedCost, type Share } from "./share.ts";
import { Stop, Wire, type WireOwner } from "./wire.ts";
import type { Wires } from "./wires.ts";

/** What a client may leave unread before its connection is reset. */
export const unreadBytesMax: number = 64 * 1024 * 1024;

const replyBufferBytes = 4096;
/** A buffer that grew beyond this in a burst is not kept. */
const replyBufferBytesKept = 1024 * 1024;
/** What leaves in the middle of a turn; the buffer, which doubles as it grows, is then one that is kept. */
const spilledBytesMin = replyBufferBytesKept / 2;

/** Telnet's way to interrupt: Apache closes on it. */
const telnetClose = "\xff\xf4\xff\xfd";

/** Whose client it is. */
export interface ClientOwner {
  take(event: PeerEvent): void;
  /** The socket has something to write at the end of the turn. */
  touched(socket: ClientSocket): void;
  /** Runs a task in this turn, outside of the step under way. */
  later(task: () => void): void;
  /** Runs a task in the next turn, behind what the event loop brings. */
  inNextTurn(task: () => void): void;
  /** The client closed, or what it sent made this side close. */
  left(socket: ClientSocket): void;
}

export interface ClientSocketOptions {
  readonly id: ConnectionId;
  readonly sid: Sid;
  readonly socket: Socket;
  /** What TLS is spoken over on the secure port. */
  readonly bare: Socket | undefined;
  readonly juteMaxBuffer: number;
  /** undefined: none is too large beside others. */
  readonly largeRequests: LargeRequests | undefined;
  /** What it has of a turn. */
  readonly share: Share;
  readonly owner: ClientOwner;
}

/** Nothing yet; a ConnectRequest awaited; its answer awaited; requests; a word's answer awaited, or over. */
type Phase = "fresh" | "greeting" | "deciding" | "open" | "over";

/** One client's connection: frames to events, effects to frames. */
export class ClientSocket implements WireOwner {
  readonly id: ConnectionId;
  readonly remoteAddress: string;
  readonly remotePort: number;
  session: SessionId | undefined;
  timeout = 0;
  /** When the session last counted as having pinged while time was advanced. */
  touchedAt = 0;
  readonly wire: Wire;
  readonly #owner: ClientOwner;
  readonly #wires: Wires;
  readonly #frames: FrameSplitter;
  readonly #large: LargeRequestsOfClient | undefined;
  readonly #share: Share;
  readonly #reader = new Reader(new Uint8Array(0));
  #writer = new Writer(replyBufferBytes, largeBytesMin);
  #phase: Phase = "fresh";
  #isThrottled = false;
  /** The client reads slower than it asks. */
  #isFull = false;
  /** The client has closed: nobody hears the answers to what it sent before. */
  #hasLeft = false;
  #isTouched = false;
  /** Some of what came before is still to be read: what comes now has to wait behind it. */
  #isBehind = false;
  #freezes = 0;
  /** Fewer than four first bytes. */
  #start: Uint8Array = new Uint8Array(0);
  /** Chunks that came behind one that is not read to its end. */
  readonly #backlog: Uint8Array[] = [];
  /** Requests that a rule on messages holds back. */
  #held: Lane<PeerEvent> | undefined;

  constructor(wires: Wires, options: ClientSocketOptions) {
    const { id, sid, socket, bare, juteMaxBuffer, largeRequests, share, owner } = options;
    this.id = id;
    this.#owner = owner;
    this.#share = share;
    this.#wires = wires;
    this.remoteAddress = (socket.remoteAddress ?? "").replace(/^::ffff:/, "");
    this.remotePort = socket.remotePort ?? 0;
    this.#frames = new FrameSplitter(
      juteMaxBuffer,
      largeRequests && ((n) => largeRequests.check(n)),
    );
    this.#large = largeRequests && new LargeRequestsOfClient(largeRequests);
    this.wire = new Wire(wires, {
      socket,
      bare,
      outgoing: { from: sid, to: "client", channel: "client" },
      judgesIncoming: true,
      owner: this,
    });
  }

  /** No session is connected, or being connected, over it. */
  get isMute(): boolean {
    return this.#phase === "fresh" || this.#phase === "greeting" || this.#phase === "deciding";
  }

  // ------------------------------------------------------------------ from the client

  onBytes(chunk: Uint8Array): void {
    if (this.#phase === "fresh") return this.#takeStart(chunk);
    if (this.#isBehind || this.#isStalled) {
      this.#backlog.push(chunk);
      return;
    }
    this.#frames.push(chunk);
    this.#read();
  }

  /** What was sent before is taken up first, but not what waits for a session. */
  onClosed(): void {
    this.#hasLeft = true;
    if (!this.#isStalled) this.#read();
    if (!this.#isStalled || this.#phase === "deciding") this.#leave();
  }

  onDrained(): void {
    this.#isFull = false;
    this.#goOn();
  }

  get #isStalled(): boolean {
    const isFull = this.#isFull && !this.#hasLeft;
    return this.#share.isUsedUp || this.#isThrottled || isFull || this.#phase === "deciding";
  }

  /** The first four bytes are a word, or the length of the first frame. */
  #takeStart(chunk: Uint8Array): void {
    const start = this.#start.length === 0 ? chunk : joined([this.#start, chunk]);
    if (start.length < 4) {
      this.#start = start;
      return;
    }
    const word = String.fromCharCode(...start.subarray(0, 4));
    if (word === telnetClose) return this.hangUp();
    if (isFourLetterWord(word)) {
      this.#phase = "over";
      this.wire.deafen();
      return this.#owner.take({ type: "word", connection: this.id, word });
    }
    this.#phase = "greeting";
    this.#frames.push(start);
    this.#read();
  }

  #read(): void {
    this.#isBehind = false;
    try {
      for (;;) {
        while (!this.#isStalled && this.#frames.next()) this.#takeFrame();
        if (this.#isStalled) {
          this.#isBehind = true;
          return;
        }
        const chunk = this.#backlog.shift();
        if (chunk === undefined) return;
        this.#frames.push(chunk);
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.hangUp();
    }
  }

  #takeFrame(): void {
    if (this.#phase === "over") return;
    const { bytes, start, end } = this.#frames;
    const reader = this.#reader;
    reader.reset(bytes, start, end);
    if (this.#phase === "greeting") return this.#takeGreeting(reader);
    if (end - start < 8) return this.hangUp();
    const xid = reader.int();
    const op = reader.int();
    const { position } = reader;
    this.#large?.asked(end - position);
    if (!isRequestType(op)) return this.#emitMalformed(xid, op, position);
    const raw = isWrite(op) || op === OpCode.sync ? reader.rest() : undefined;
    let request: Request;
    try {
      request = readRequest(reader, xid, op);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      return this.#emitMalformed(xid, op, position);
    }
    this.#charge(costOf(request));
    this.#emit({ type: "request", connection: this.id, request, raw }, request);
  }

  #charge(cost: number): void {
    const share = this.#share;
    if (share.isUntouched) this.#touch(); // the end of the turn is when it is given the next share
    share.take(cost);
    if (share.isUsedUp) this.wire.stop(Stop.sated);
  }

  #emitMalformed(xid: number, op: number, position: number): void {
    this.#charge(malformedCost);
    const raw = this.#frames.bytes.subarray(position, this.#frames.end);
    const known = isRequestType(op);
    this.#emit({ type: "malformed", connection: this.id, xid, op, known, raw }, null);
  }

  #takeGreeting(reader: Reader): void {
    const request = ConnectRequest.read(reader);
    this.#phase = "deciding";
    this.wire.stop(Stop.throttled);
    this.#emit({ type: "handshake", connection: this.id, request }, null);
  }

  #emit(event: PeerEvent, request: Request | null): void {
    if (this.#held === undefined && !this.#wires.fabric.needsMessages) {
      return this.#owner.take(event);
    }
    this.#held ??= this.#holdingLane();
    const bytes = this.#frames.end - this.#frames.start + 4;
    const { link } = this.#held;
    const session = this.session;
    const message: Message | undefined =
      request !== null
        ? requestMessage(link, request, { session, bytes })
        : event.type === "handshake"
          ? { ...link, type: "CONNECT", zxid: undefined, path: undefined, session, bytes }
          : undefined;
    this.#held.push(event, bytes, message);
    this.#held.pump();
  }

  #holdingLane(): Lane<PeerEvent> {
    const { from: to, to: from, channel } = this.wire.link;
    return this.#wires.lanes.open({
      link: { from, to, channel },
      messagesOnly: true,
      pass: (event) => this.#owner.take(event),
      act: (action) => {
        if (action === "reset") this.wire.breakOff();
        else this.#wires.crash(action === "crash-sender" ? from : to);
      },
    });
  }

  /** Closes because of what the client sent, or did not send. */
  hangUp(): void {
    if (this.#phase === "over") return;
    this.#phase = "over";
    this.#finish();
    this.#owner.take({ type: "disconnected", connection: this.id });
  }

  // ------------------------------------------------------------------ to the client

  accept(response: ConnectResponse): void {
    if (response.timeout > 0) {
      this.session = response.session;
      this.timeout = response.timeout;
    }
    const writer = this.#writer;
    const at = writer.beginFrame();
    ConnectResponse.write(writer, response);
    writer.endFrame(at);
    this.#written("CONNECT", undefined);
    if (this.#phase === "deciding") this.#phase = "open";
    this.#goOn();
  }

  reply(reply: Reply): void {
    this.#large?.answered();
    const writer = this.#writer;
    const at = writer.beginFrame();
    writeReply(writer, reply);
    writer.endFrame(at);
    this.#written("REPLY", reply.zxid);
  }

  watchEvent(effect: Extract<Effect, { readonly type: "watchEvent" }>): void {
    const writer = this.#writer;
    const at = writer.beginFrame();
    writer.int(-1);
    writer.long(effect.zxid);
    writer.int(0);
    WatchEvent.write(writer, effect.event);
    writer.endFrame(at);
    this.#written("WATCH_EVENT", effect.zxid, effect.event.path);
  }

  text(text: string): void {
    this.#writer.raw(new TextEncoder().encode(text));
    this.#written(undefined, undefined);
  }

  /** Closes behind what was written. */
  close(): void {
    this.#phase = "over";
    this.#finish();
  }

  throttle(on: boolean): void {
    this.#isThrottled = on;
    if (on) this.wire.stop(Stop.throttled);
    else this.#goOn();
  }

  /** At the end of the turn: what was written in it leaves. */
  flush(): void {
    this.#isTouched = false;
    if (this.#share.isUsedUp) this.#owner.inNextTurn(this.#eatOn);
    else this.#share.renew();
    if (this.#freezes === 0) this.#writeOut();
  }

  #writeOut(): void {
    const writer = this.#writer;
    if (writer.length === 0) return;
    const hasLeft = this.wire.writeOut(writer);
    if (hasLeft && writer.capacity <= replyBufferBytesKept) return writer.clear();
    this.#writer = new Writer(replyBufferBytes, largeBytesMin);
    if (!this.wire.isFull) return;
    this.#isFull = true;
    this.wire.stop(Stop.full);
    if (this.wire.unsentBytes > unreadBytesMax) this.wire.breakOff();
  }

  /** Neither reads nor writes until thawed as often. */
  freeze(): void {
    this.#freezes += 1;
    this.wire.stop(Stop.frozen);
  }

  thaw(): void {
    this.#freezes -= 1;
    if (this.#freezes > 0) return;
    this.wire.go(Stop.frozen);
    this.#touch();
  }

  get isFrozen(): boolean {
    return this.#freezes > 0;
  }

  /** Frames wait in the buffer; where somebody looks at single messages each leaves by itself. */
  #written(type: MessageType | undefined, zxid: Message["zxid"], path?: string): void {
    const { fabric } = this.#wires;
    if (!fabric.idle && fabric.needsMessages && type !== undefined && this.#freezes === 0) {
      const bytes = this.#writer.detach(replyBufferBytes);
      const size = bytes.length;
      const { session } = this;
      this.wire.writeMessage({ ...this.wire.link, type, zxid, path, session, bytes: size }, bytes);
      return;
    }
    // A packet of requests may ask for gigabytes: what is too much for one buffer leaves in the middle of the turn.
    if (this.#writer.length > spilledBytesMin) this.#spill();
    this.#touch();
  }

  #spill(): void {
    if (this.#freezes === 0) this.#writeOut();
    else if (this.#writer.length > unreadBytesMax) this.wire.breakOff();
  }

  #touch(): void {
    if (this.#isTouched) return;
    this.#isTouched = true;
    this.#owner.touched(this);
  }

  /** The next share; a frozen one is given it by the turn in which it thaws. */
  readonly #eatOn = (): void => {
    if (!this.#share.isUsedUp || this.#freezes > 0) return;
    this.#share.renew();
    this.#goOn();
  };

  /** Reads on, but not within the step that allows it. */
  #goOn(): void {
    if (this.#isStalled || this.#phase === "over") return;
    this.#owner.later(() => {
      if (this.#isStalled) return;
      this.#read();
      if (this.#isStalled) return;
      if (this.#hasLeft) return this.#leave();
      this.wire.go(Stop.throttled); // not sooner: the chunk before must have been read to its end
      this.wire.go(Stop.full);
      this.wire.go(Stop.sated);
    });
  }

  #leave(): void {
    if (this.#phase === "over") return;
    this.#phase = "over";
    this.#large?.forget();
    this.#owner.left(this);
    this.#owner.take({ type: "disconnected", connection: this.id });
  }

  #finish(): void {
    this.flush();
    this.#large?.forget();
    this.#owner.left(this);
    this.wire.end();
  }
}
