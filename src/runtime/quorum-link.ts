import { ProtocolError } from "../core/base/assert.ts";
import { largeBytesMin } from "../core/base/bytes.ts";
import type { LinkId, Sid } from "../core/base/ids.ts";
import { Writer } from "../core/jute/writer.ts";
import { packetMessage } from "../core/network/messages.ts";
import { type QuorumPacket, type Sender, writePacket } from "../core/packets/quorum-packet.ts";
import { AuthPhase, type PendingAuth } from "./authentication.ts";
import { PacketSplitter } from "./packet-splitter.ts";
import { Wire, type WireOptions, type WireOwner } from "./wire.ts";
import type { Wires } from "./wires.ts";

const bufferBytes = 1024;
/** A buffer that grew beyond this in a burst is not kept. */
const bufferBytesKept = 256 * 1024;

/** What the other side may leave unread before the connection is reset: a snapshot leaves at once. */
export const unreadBytesMax: number = 512 * 1024 * 1024;

/** Whom a link tells what it brings. */
export interface PacketListener {
  /** Both ends know each other, as far as they must: packets may go and come. */
  opened(link: QuorumLink): void;
  /** The other end is not known; neither `opened` nor `lost` comes. */
  refused(link: QuorumLink, why: string): void;
  received(link: QuorumLink, packet: QuorumPacket): void;
  lost(link: QuorumLink): void;
  /** A link takes more again. */
  drained(): void;
}

export interface QuorumLinkOptions extends Omit<WireOptions, "owner"> {
  readonly id: LinkId;
  /** Whom this end has dialled to follow it; undefined: a learner has dialled. */
  readonly dialled: Sid | undefined;
  readonly auth: PendingAuth;
  readonly listener: PacketListener;
}

/** One connection between a learner and its leader: what is sent in a turn leaves in one write. */
export class QuorumLink implements WireOwner {
  readonly id: LinkId;
  readonly wire: Wire;
  readonly #wires: Wires;
  readonly dialled: Sid | undefined;
  /** Who is at the other end. */
  readonly #sender: Sender;
  readonly #listener: PacketListener;
  readonly #packets: PacketSplitter;
  #writer = new Writer(bufferBytes, largeBytesMin);
  /** Nothing that comes is a packet before it is over. */
  readonly #auth: AuthPhase;

  constructor(wires: Wires, options: QuorumLinkOptions) {
    this.id = options.id;
    this.#wires = wires;
    this.dialled = options.dialled;
    this.#sender = options.dialled === undefined ? "learner" : "leader";
    this.#listener = options.listener;
    this.#packets = new PacketSplitter(this.#sender);
    this.wire = new Wire(wires, { ...options, owner: this });
    this.#auth = new AuthPhase({
      auth: options.auth,
      wire: this.wire,
      passed: (rest) => this.#open(rest),
      refused: (why) => this.#listener.refused(this, why),
    });
  }

  /** To be called once, when the listener knows the link. */
  begin(): void {
    this.#auth.begin();
  }

  get isDialled(): boolean {
    return this.dialled !== undefined;
  }

  /** Has waited long enough for the other end to say who it is. */
  giveUp(): void {
    this.#auth.end("it is silent");
  }

  send(packet: QuorumPacket): void {
    if (this.#wires.fabric.needsMessages) return this.#sendAlone(packet);
    writePacket(this.#writer, packet);
  }

  flush(): void {
    const writer = this.#writer;
    if (writer.length > 0) {
      const hasLeft = this.wire.writeOut(writer);
      if (hasLeft && writer.capacity <= bufferBytesKept) writer.clear();
      else this.#writer = new Writer(bufferBytes, largeBytesMin);
      if (!hasLeft && this.wire.unsentBytes > unreadBytesMax) this.wire.breakOff();
    }
  }

  /** Closes behind what was sent. */
  close(): void {
    this.flush();
    this.wire.end();
  }

  onBytes(bytes: Uint8Array): void {
    if (!this.#auth.isOver) return this.#auth.take(bytes);
    const packets = this.#packets;
    try {
      packets.push(bytes);
      for (let packet = packets.next(); packet !== undefined; packet = packets.next()) {
        if (!this.wire.isOpen) return; // hung up while its packets were stepped
        this.#identify(packet);
        this.#listener.received(this, packet);
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.wire.breakOff();
    }
  }

  onClosed(): void {
    this.#auth.end("it closes the connection");
    if (this.#auth.isOver) this.#listener.lost(this);
  }

  onDrained(): void {
    this.#listener.drained();
  }

  #open(rest: Uint8Array): void {
    this.#listener.opened(this);
    if (rest.length > 0) this.onBytes(rest);
  }

  #sendAlone(packet: QuorumPacket): void {
    this.flush();
    const writer = new Writer();
    writePacket(writer, packet);
    const bytes = writer.view();
    const message = packetMessage(this.wire.link, packet, bytes.length);
    if (message === undefined) this.wire.write(bytes);
    else this.wire.writeMessage(message, bytes);
  }

  /** A learner that is not ours says who it is in its first packet. */
  #identify(packet: QuorumPacket): void {
    if (this.#sender === "leader") return;
    if (packet.type !== "FOLLOWERINFO" && packet.type !== "OBSERVERINFO") return;
    if (this.wire.link.to !== packet.sid) this.wire.identify(packet.sid);
  }
}
