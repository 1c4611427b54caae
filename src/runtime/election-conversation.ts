import { ProtocolError } from "../core/base/assert.ts";
import { type Sid, sidOf } from "../core/base/ids.ts";
import { FrameSplitter } from "../core/jute/frames.ts";
import { Reader } from "../core/jute/reader.ts";
import { Writer } from "../core/jute/writer.ts";
import {
  InitialMessage,
  initialMessageV1,
  initialMessageV2,
  Notification,
} from "../core/packets/notification.ts";
import { Wire, type WireOptions, type WireOwner } from "./wire.ts";
import type { Wires } from "./wires.ts";

const frameBytesMax = 524_288;
const addressBytesMax = 2048;
/** Shorter payloads are no notifications of any age. */
const notificationBytesMin = 28;

/** Whom a conversation tells what it hears. */
export interface Listener {
  /** The other side has dialled and said who it is; undefined: it spoke otherwise. */
  greeted(conversation: Conversation, hello: InitialMessage | undefined): void;
  heard(from: Sid, notification: Notification): void;
  lost(conversation: Conversation): void;
  drained(conversation: Conversation): void;
}

/** One election connection: from whoever dialled an initial message, then frames with notifications in both directions. */
export class Conversation implements WireOwner {
  readonly wire: Wire;
  /** undefined until the dialler has said. */
  sid: Sid | undefined;
  readonly #listener: Listener;
  readonly #frames = new FrameSplitter(frameBytesMax);
  readonly #reader = new Reader(new Uint8Array(0));
  /** Of the initial message; undefined once it is whole. */
  #greeting: Uint8Array | undefined;

  /** `sid` undefined: the other side dialled and speaks first. */
  constructor(
    wires: Wires,
    options: Omit<WireOptions, "owner"> & {
      readonly sid: Sid | undefined;
      readonly listener: Listener;
    },
  ) {
    this.sid = options.sid;
    this.#listener = options.listener;
    this.#greeting = options.sid === undefined ? new Uint8Array(0) : undefined;
    this.wire = new Wire(wires, { ...options, owner: this });
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
    if (this.#greeting === undefined) return this.#takeFrames(bytes);
    const whole = new Uint8Array(this.#greeting.length + bytes.length);
    whole.set(this.#greeting);
    whole.set(bytes, this.#greeting.length);
    this.#greeting = whole;
    const size = greetingSize(whole);
    if (size === undefined) return;
    if (size === 0) return this.#listener.greeted(this, undefined);
    this.#greeting = undefined;
    const hello = readGreeting(whole.subarray(0, size));
    this.sid = hello.sid;
    this.#listener.greeted(this, hello);
    if (whole.length > size) this.#takeFrames(whole.subarray(size));
  }

  onClosed(): void {
    this.#listener.lost(this);
  }

  onDrained(): void {
    this.#listener.drained(this);
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
