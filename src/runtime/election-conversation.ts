import { ProtocolError } from "../core/base/assert.ts";
import { type Sid, sidOf } from "../core/base/ids.ts";
import { FrameSplitter } from "../core/jute/frames.ts";
import { Reader } from "../core/jute/reader.ts";
import { encode } from "../core/jute/record.ts";
import { Writer } from "../core/jute/writer.ts";
import {
  InitialMessage,
  initialMessageV1,
  initialMessageV2,
  Notification,
} from "../core/packets/notification.ts";
import { AuthPhase, type PendingAuth } from "./authentication.ts";
import { Wire, type WireOptions, type WireOwner } from "./wire.ts";
import type { Wires } from "./wires.ts";

const frameBytesMax = 524_288;
const addressBytesMax = 2048;
/** Shorter payloads are no notifications of any age. */
const notificationBytesMin = 28;

/** Whom a conversation tells what it hears. */
export interface Listener {
  /** The other side has dialled and said who it is, and proved it as far as it must; undefined: it spoke otherwise. */
  greeted(conversation: Conversation, hello: InitialMessage | undefined): void;
  /** This side has dialled, and the other one has proved who it is as far as it must. */
  introduced(conversation: Conversation, to: Sid): void;
  /** The other side is not known: neither of the above comes, nor `lost`. */
  refused(conversation: Conversation, why: string): void;
  heard(from: Sid, notification: Notification): void;
  lost(conversation: Conversation): void;
  drained(conversation: Conversation): void;
}

export interface ConversationOptions extends Omit<WireOptions, "owner"> {
  /** Whom this side has dialled; undefined: the other side dialled, and speaks first. */
  readonly sid: Sid | undefined;
  readonly auth: PendingAuth;
  readonly listener: Listener;
}

/**
 * One election connection: from whoever dialled an initial message, the authentication where there is one, then frames with
 * notifications in both directions.
 */
export class Conversation implements WireOwner {
  readonly wire: Wire;
  /** undefined until the dialler has said. */
  sid: Sid | undefined;
  /** By this side. */
  readonly isDialled: boolean;
  readonly #listener: Listener;
  readonly #frames = new FrameSplitter(frameBytesMax);
  readonly #reader = new Reader(new Uint8Array(0));
  /** Of the initial message; undefined once it is whole. */
  #greeting: Uint8Array | undefined;
  /** What the other side said, when it dialled. */
  #hello: InitialMessage | undefined;
  /** Nothing behind the greeting is a frame before it is over. */
  readonly #auth: AuthPhase;

  constructor(wires: Wires, options: ConversationOptions) {
    this.sid = options.sid;
    this.isDialled = options.sid !== undefined;
    this.#listener = options.listener;
    this.#greeting = options.sid === undefined ? new Uint8Array(0) : undefined;
    this.wire = new Wire(wires, { ...options, owner: this });
    this.#auth = new AuthPhase({
      auth: options.auth,
      wire: this.wire,
      passed: (rest) => this.#open(rest),
      refused: (why) => this.#listener.refused(this, why),
    });
  }

  /** Introduces this side, in one write: Apache reads the message with a single read (QuorumCnxManager.initiateConnection). */
  introduce(hello: InitialMessage): void {
    this.wire.write(encode(InitialMessage, hello));
    this.#auth.begin();
  }

  /** Has waited long enough for the other side to say who it is. */
  giveUp(): void {
    if (this.#greeting === undefined) this.#auth.end("it is silent");
    else this.#listener.greeted(this, undefined);
  }

  say(notification: Notification, onlyAsMessage: boolean): void {
    const writer = new Writer(512);
    const at = writer.beginFrame();
    Notification.write(writer, notification);
    writer.endFrame(at);
    const bytes = writer.view();
    if (!onlyAsMessage) {
      this.wire.write(bytes);
      return;
    }
    this.wire.writeMessage(
      {
        ...this.wire.link,
        type: "NOTIFICATION",
        zxid: notification.vote.zxid,
        path: undefined,
        session: undefined,
        bytes: bytes.length,
      },
      bytes,
    );
  }

  onBytes(bytes: Uint8Array): void {
    if (this.#greeting === undefined) return this.#takeGreeted(bytes);
    const whole = new Uint8Array(this.#greeting.length + bytes.length);
    whole.set(this.#greeting);
    whole.set(bytes, this.#greeting.length);
    this.#greeting = whole;
    const size = greetingSize(whole);
    if (size === undefined) return;
    if (size === 0) return this.#listener.greeted(this, undefined);
    this.#greeting = undefined;
    this.#hello = readGreeting(whole.subarray(0, size));
    this.sid = this.#hello.sid;
    this.#auth.begin();
    if (whole.length > size) this.#takeGreeted(whole.subarray(size));
  }

  onClosed(): void {
    if (this.#greeting === undefined) this.#auth.end("it closes the connection");
    if (this.#greeting !== undefined || this.#auth.isOver) this.#listener.lost(this);
  }

  onDrained(): void {
    this.#listener.drained(this);
  }

  #open(rest: Uint8Array): void {
    if (this.#hello !== undefined) this.#listener.greeted(this, this.#hello);
    else if (this.sid !== undefined) this.#listener.introduced(this, this.sid);
    if (rest.length > 0) this.#takeGreeted(rest);
  }

  #takeGreeted(bytes: Uint8Array): void {
    if (this.#auth.isOver) this.#takeFrames(bytes);
    else this.#auth.take(bytes);
  }

  #takeFrames(bytes: Uint8Array): void {
    const frames = this.#frames;
    frames.push(bytes);
    try {
      while (frames.next()) {
        if (frames.start === frames.end) throw new ProtocolError("an empty frame");
        this.#takeFrame();
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.wire.breakOff();
    }
  }

  /** A bad notification is passed over; only a bad frame ends the connection (ZOOKEEPER-3769). */
  #takeFrame(): void {
    const { start, end } = this.#frames;
    if (end - start < notificationBytesMin || this.sid === undefined) return;
    this.#reader.reset(this.#frames.bytes, start, end);
    let notification: Notification;
    try {
      notification = Notification.read(this.#reader);
    } catch (error) {
      if (error instanceof ProtocolError) return;
      throw error;
    }
    this.#listener.heard(this.sid, notification);
  }
}

/** How long an initial message is, 0 when it is none, undefined until that can be told. */
export function greetingSize(bytes: Uint8Array): number | undefined {
  if (bytes.length < 8) return undefined;
  const reader = new Reader(bytes);
  const version = reader.long();
  if (version >= 0) return 8; // a peer before 3.5 says its sid alone
  if (version !== initialMessageV1 && version !== initialMessageV2) return 0;
  if (bytes.length < 20) return undefined;
  reader.id();
  const length = reader.int();
  if (length < 1 || length > addressBytesMax) return 0;
  return bytes.length < 20 + length ? undefined : 20 + length;
}

function readGreeting(bytes: Uint8Array): InitialMessage {
  const reader = new Reader(bytes);
  if (bytes.length > 8) return InitialMessage.read(reader);
  return { version: 0, sid: sidOf(reader.long()), address: "" };
}

/** The first address that can be dialled: not a wildcard. */
export function addressIn(text: string): { host: string; port: number } | undefined {
  for (const part of text.split("|")) {
    const at = part.lastIndexOf(":");
    const host = part.slice(0, at).replace(/^\[|\]$/g, "");
    const port = Number(part.slice(at + 1));
    const isWildcard = host === "0.0.0.0" || /^[0:]*$/.test(host);
    if (at > 0 && !isWildcard && Number.isInteger(port) && port > 0 && port < 65536) {
      return { host, port };
    }
  }
  return undefined;
}
