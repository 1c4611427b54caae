import type { Socket } from "node:net";
import type { Writer } from "../core/jute/writer.ts";
import type { Endpoint, Link, Message } from "../core/network/link.ts";
import type { Source } from "./intake.ts";
import { corruptBytes, Lane } from "./lane.ts";
import { setImmediate } from "./machine-time.ts";
import { resetSocket } from "./reset-socket.ts";
import type { Wires } from "./wires.ts";

/** Who speaks over a wire. */
export interface WireOwner {
  onBytes(bytes: Uint8Array): void;
  /** Closed by the other side or broken, after all that came before was given; not after `end` or `reset` of our own. */
  onClosed(): void;
  /** The system has taken what it was given, and can take more. */
  onDrained(): void;
}

export interface WireOptions {
  readonly socket: Socket;
  /** What can be reset, where the socket speaks TLS over another one. */
  readonly bare?: Socket | undefined;
  readonly outgoing: Link;
  /** Bytes are judged once: at the sender when it is ours, else (a client, an outside peer) where they arrive. */
  readonly judgesIncoming: boolean;
  readonly owner: WireOwner;
}

/** Why a wire is not read. */
export const Stop = {
  frozen: 1,
  throttled: 2,
  full: 4,
  held: 8,
  sated: 16,
  resting: 32,
  crowded: 64,
} as const;
export type Stop = (typeof Stop)[keyof typeof Stop];

/** How many bytes of a sender that is not ours are taken in while the fabric holds them back. */
const incomingHeldMax = 1024 * 1024;

/**
 * What is read of a connection before all others have their turn: one poll may bring two megabytes of each, and large values for
 * a tenth of a second of work.
 */
const bytesBeforeRest = 256 * 1024;

/**
 * A client that asks for little, and a vote, are heard in a full turn, too: they are what takes no time. Of a peer that is not said,
 * whose COMMIT of forty bytes may be of a multi of a thousand.
 */
const promptBytesMax = 4096;

/** Turns of the event loop that TLS has to pass on what it was given: it writes once a turn, and what comes meanwhile after that. */
const passingTurnsMax = 4;

/** Marks the end of a stream in a lane: the close comes behind the bytes. */
const end = new Uint8Array(0);

/**
 * A socket under the fabric. Closing is a message too: while its way is blocked, a closed wire stays open in limbo, so that the
 * other side hears of it no sooner than it would across a cut network.
 */
export class Wire {
  /** Bytes given to the socket, and bytes it brought: equal on both ends when nothing is under way. */
  sent = 0;
  received = 0;
  readonly openedAt: number;
  readonly localPort: number;
  readonly remotePort: number;
  readonly remoteAddress: string;
  readonly #wires: Wires;
  readonly #socket: Socket;
  readonly #bare: Socket;
  readonly #owner: WireOwner;
  readonly #out: Lane<Uint8Array>;
  readonly #in: Lane<Uint8Array> | undefined;
  #stops = 0;
  #readSinceRest = 0;
  /** Came when there was no room in the turn; one chunk, as a rule, for then the socket is not read. */
  #waiting: Buffer[] = [];
  #awaitsRoom = false;
  /** The other side closed behind what waits. */
  #endWaits = false;
  /** The owner is done with it. */
  #closing: "no" | "end" | "reset" = "no";
  #closed = false;
  #deaf = false;
  #hasEnded = false;
  /** By the network: what the owner has not heard is lost. */
  #isBroken = false;
  /** The other side closed while this one was frozen. */
  #closedUnheard = false;

  constructor(wires: Wires, { socket, bare, outgoing, judgesIncoming, owner }: WireOptions) {
    this.#wires = wires;
    this.#socket = socket;
    this.#bare = bare ?? socket;
    this.#owner = owner;
    this.openedAt = wires.clock.now();
    this.localPort = socket.localPort ?? 0;
    this.remotePort = socket.remotePort ?? 0;
    this.remoteAddress = socket.remoteAddress ?? "";
    const { fabric, waiting } = wires;
    const now = (): number => wires.clock.now();
    this.#out = new Lane({
      link: outgoing,
      fabric,
      now,
      pass: (bytes) => (bytes === end ? this.#finish() : this.#send(bytes)),
      act: (action) => this.#act(action, this.#out.link),
      corrupt: corruptBytes,
      waiting,
    });
    const incoming = { from: outgoing.to, to: outgoing.from, channel: outgoing.channel };
    this.#in = judgesIncoming
      ? new Lane({
          link: incoming,
          fabric,
          now,
          pass: (bytes) => (bytes === end ? this.#hearClosed() : this.#receive(bytes)),
          act: (action) => this.#act(action, incoming),
          corrupt: corruptBytes,
          waiting,
        })
      : undefined;
    socket.unref();
    socket.on("data", this.#onData);
    socket.on("drain", this.#onDrain);
    socket.on("error", () => {}); // `close` follows
    socket.on("close", this.#onClose);
    // A FIN behind held bytes must wait its turn; unlike `close`, `end` is heard while writing is still under way.
    socket.on("end", this.#onEnd);
    wires.add(this);
  }

  get link(): Link {
    return this.#out.link;
  }

  /** What arrives is not read, and will not be by itself. */
  get isStopped(): boolean {
    return (this.#stops & ~(Stop.resting | Stop.crowded)) !== 0;
  }

  /** Nothing waits for the fabric, in either direction. */
  get isEmpty(): boolean {
    return this.#out.isEmpty && this.#in?.isEmpty !== false;
  }

  /** Something has come, and waits for room in a turn. */
  get hasWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** Nothing comes or goes any more, whether or not its owner has heard of that. */
  get isClosed(): boolean {
    return this.#closed;
  }

  /** Neither side has closed. */
  get isOpen(): boolean {
    return this.#closing === "no";
  }

  /** When something happens here by itself. */
  get dueAt(): number {
    return Math.min(this.#out.dueAt, this.#in?.dueAt ?? Infinity, this.#resetAt);
  }

  /** The other end turned out to be this peer. */
  identify(sid: Endpoint): void {
    this.#out.relink({ ...this.#out.link, to: sid });
    this.#in?.relink({ ...this.#in.link, from: sid });
    this.shift();
  }

  /** Writes a burst; true: the bytes have left and their buffer may be used again. */
  write(bytes: Uint8Array): boolean {
    if (this.#closing !== "no" || this.#closed) return true;
    if (!this.#out.isClear) {
      this.#out.push(bytes, bytes.length);
      return false;
    }
    this.#send(bytes);
    // The system took it all at once, as it mostly does; no callback needs to be waited for (5% of a read's time).
    return this.#socket.writableLength === 0;
  }

  /** As `write`, of all that a writer holds; true: it may be cleared. */
  writeOut(writer: Writer): boolean {
    if (writer.isWhole || !this.#out.isClear) return this.write(writer.view());
    if (this.#closing !== "no") return true;
    this.#socket.cork();
    for (const part of writer.parts()) this.#send(part);
    this.#socket.uncork();
    return this.#closed || this.#socket.writableLength === 0;
  }

  /** Writes one message, for rules to look at. The bytes are the wire's. */
  writeMessage(message: Message, bytes: Uint8Array): void {
    if (this.#closing !== "no" || this.#closed) return;
    this.#out.push(bytes, bytes.length, message);
  }

  /** The other side reads slower than this one writes. */
  get isFull(): boolean {
    return this.#socket.writableNeedDrain;
  }

  /** Given to the system, and not taken by it yet. */
  get unsentBytes(): number {
    return this.#socket.writableLength;
  }

  /** Nothing that still comes matters, the other side's close neither: an answer is to leave first. */
  deafen(): void {
    this.#deaf = true;
  }

  /** Closes behind what was written. */
  end(): void {
    if (this.#closing !== "no") return;
    this.#closing = "end";
    if (this.#closed) return this.#wires.remove(this);
    if (this.#out.isEmpty && !this.#out.blocked) this.#finish();
    else this.#out.push(end, 0);
  }

  /** Breaks the connection. What was written and not sent is lost. */
  reset(): void {
    if (this.#closing === "reset") return;
    this.#closing = "reset";
    this.#out.clear();
    if (this.#closed) return this.#wires.remove(this);
    if (!this.#out.blocked) this.#break();
  }

  /** At the world's end. */
  destroy(): void {
    this.#closing = "reset";
    this.#socket.destroy();
  }

  /** Stops reading for a reason, until `go` for the same. */
  stop(why: Stop): void {
    if (this.#stops === 0) this.#socket.pause();
    this.#stops |= why;
  }

  go(why: Stop): void {
    if ((this.#stops & why) === 0) return;
    this.#stops &= ~why;
    if (this.#isFrozen) return;
    // Whatever else stops it: a connection that has closed will not be told to go on.
    if (this.#waiting.length > 0) this.#awaitRoom();
    else if (this.#closedUnheard) this.#hearClosed();
    if (this.#stops !== 0) return;
    this.#pumpIncoming();
    // Resumed after an error, a stream gives its rest to nobody; `close` is about to read it.
    if (this.#stops === 0 && !this.#socket.destroyed) this.#socket.resume();
  }

  /** The fabric changed. */
  shift(): void {
    this.#pumpIncoming();
    this.#out.pump();
    if (this.#closing === "reset" && !this.#out.blocked) this.#break();
  }

  /** Time has come for something held back. */
  pump(now: number): void {
    this.#pumpIncoming();
    this.#out.pump();
    if (this.#resetAt <= now) this.#act("reset", this.#out.link);
  }

  /** By the directions that are judged here. */
  get #resetAt(): number {
    const { fabric } = this.#wires;
    if (fabric.idle || this.#isBroken) return Infinity;
    const outgoing = fabric.resetAt(this.#out.link, this.openedAt);
    if (this.#in === undefined) return outgoing;
    return Math.min(outgoing, fabric.resetAt(this.#in.link, this.openedAt));
  }

  get #isFrozen(): boolean {
    return (this.#stops & Stop.frozen) !== 0;
  }

  #send(bytes: Uint8Array): boolean {
    if (this.#closed) return false;
    this.sent += bytes.length;
    this.#socket.write(bytes);
    return true;
  }

  #pumpIncoming(): void {
    if (!this.#isFrozen) this.#in?.pump();
    if (this.#in?.isEmpty === true) this.go(Stop.held);
  }

  /** What a process writes has left it when it dies: by TLS it leaves a turn later than by a plain socket, and is waited for. */
  #break(turns = this.#socket === this.#bare ? 0 : passingTurnsMax): void {
    if (this.#closed) return;
    if (turns > 0 && this.unsentBytes > 0) setImmediate(() => this.#break(turns - 1));
    else resetSocket(this.#bare);
  }

  #finish(): void {
    this.#socket.destroySoon();
    if (this.unsentBytes > 0) this.#wires.linger(this);
  }

  #receive(bytes: Uint8Array): void {
    if (this.#closing === "no" && !this.#deaf && !this.#isBroken) this.#owner.onBytes(bytes);
  }

  readonly #onData = (chunk: Buffer): void => {
    this.received += chunk.length;
    this.#readSinceRest += chunk.length;
    if (this.#readSinceRest >= bytesBeforeRest) this.#rest();
    if (this.#hasRoom(chunk)) return this.#arrive(chunk);
    this.#waiting.push(chunk);
    if (this.#waiting.length > 1) return;
    this.stop(Stop.crowded);
    this.#awaitRoom();
  };

  #hasRoom(chunk: Buffer): boolean {
    const isRoom = this.#wires.intake.hasRoom(this.#source);
    const isPrompt = this.link.channel !== "quorum" && chunk.length <= promptBytesMax;
    return (isRoom || isPrompt) && this.#waiting.length === 0 && !this.#isFrozen;
  }

  get #source(): Source {
    return this.link.channel === "client" ? "client" : "peer";
  }

  #awaitRoom(): void {
    if (this.#awaitsRoom) return;
    this.#awaitsRoom = true;
    this.#wires.intake.whenRoom(this.#source, this.#admitWaiting);
  }

  /** As long as it is frozen it takes in nothing; `go` waits for room anew. */
  readonly #admitWaiting = (): void => {
    this.#awaitsRoom = false;
    while (!this.#isFrozen) {
      const chunk = this.#waiting.shift();
      if (chunk === undefined) break;
      this.#arrive(chunk);
    }
    if (this.#isFrozen) return;
    if (this.#endWaits) this.#takeEnd();
    this.go(Stop.crowded);
  };

  #arrive(chunk: Buffer): void {
    const incoming = this.#in;
    if (incoming === undefined || incoming.isClear) return this.#receive(chunk);
    incoming.push(chunk, chunk.length);
    this.#pumpIncoming();
    if (incoming.heldBytes > incomingHeldMax) this.stop(Stop.held);
  }

  #rest(): void {
    this.#readSinceRest = 0;
    if ((this.#stops & Stop.resting) !== 0) return;
    this.stop(Stop.resting);
    setImmediate(this.#readOn);
  }

  readonly #readOn = (): void => this.go(Stop.resting);

  readonly #onDrain = (): void => {
    if (this.#closing === "no") this.#owner.onDrained(); // also while the fabric holds back more: the system's word comes once
  };

  readonly #onEnd = (): void => {
    if (!this.#deaf) this.#takeEnd();
  };

  readonly #onClose = (): void => {
    this.#closed = true;
    this.#out.clear();
    this.#readRest();
    this.#takeEnd();
    // What the fabric holds back of a connection that is gone is still to arrive.
    if (this.#closing !== "no") this.#wires.remove(this);
  };

  /** What Node has read of a wire that is not read, and does not tell of when the sender has reset. */
  #readRest(): void {
    while (this.#closing === "no" && !this.#isBroken) {
      const rest: Buffer | null = this.#socket.read();
      if (rest === null) return;
      this.#onData(rest);
    }
  }

  /** The other side's close comes behind its bytes, as far as those are held back. */
  #takeEnd(): void {
    if (this.#closing !== "no") return;
    if (this.#isBroken) {
      if (this.#closed) this.#hearClosed(); // past all that the fabric holds back
      return;
    }
    if (this.#hasEnded) return;
    this.#endWaits = this.#waiting.length > 0;
    if (this.#endWaits) return;
    this.#hasEnded = true;
    const incoming = this.#in;
    if (incoming === undefined || incoming.isClear) return this.#hearClosed();
    incoming.push(end, 0);
    this.#pumpIncoming();
  }

  #hearClosed(): void {
    if (this.#closing !== "no") return;
    if (this.#isFrozen) {
      this.#closedUnheard = true;
      return;
    }
    this.#closing = "end";
    if (this.#closed) this.#wires.remove(this);
    else this.#socket.destroySoon();
    this.#owner.onClosed();
  }

  /** A verdict of the fabric; a reset of its making is news to both sides. */
  #act(action: "reset" | "crash-sender" | "crash-receiver", link: Link): void {
    if (action !== "reset")
      return this.#wires.crash(action === "crash-sender" ? link.from : link.to);
    this.breakOff();
  }

  /** Resets the connection as the network would: the owner hears of it, in a turn of its own, across a cut as well. */
  breakOff(): void {
    if (this.#closing !== "no" || this.#isBroken) return;
    this.#isBroken = true;
    this.#out.clear();
    this.#in?.clear();
    this.#waiting = [];
    if (this.#closed) setImmediate(() => this.#hearClosed());
    else resetSocket(this.#bare); // and `close` follows
  }
}
