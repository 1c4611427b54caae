import { Deque } from "../core/base/deque.ts";
import { corrupted } from "../core/network/conditions.ts";
import type { Fabric, Passage } from "../core/network/fabric.ts";
import type { Link, Message } from "../core/network/link.ts";

/** Bytes that one direction of a connection may hold back before it is reset. */
export const heldBytesMax: number = 64 * 1024 * 1024;

export interface LaneOptions<T> {
  readonly link: Link;
  readonly fabric: Fabric;
  readonly now: () => number;
  /** The item has come through; false: there is nobody any more to take it. */
  readonly pass: (item: T) => unknown;
  /** What else a rule, or a condition, or the limit asks for. */
  readonly act: (action: "reset" | "crash-sender" | "crash-receiver") => void;
  /** Flips a bit of the item. */
  readonly corrupt?: (item: T, at: number) => T;
  /** The bytes were judged before: only rules on messages count here. */
  readonly messagesOnly?: boolean;
  /** An item was pushed: `pump` when it is due, and when the fabric changes. */
  readonly waiting?: () => void;
}

interface Waiting<T> {
  readonly item: T;
  readonly bytes: number;
  readonly passage: Passage;
  readonly message: Message | undefined;
  /** It could not go on when it came: something holds it back, or what is before it. */
  readonly isHeld: boolean;
}

/** One direction of one connection, as the fabric lets it: in order, each item when its verdict says, none while blocked. */
export class Lane<T> {
  link: Link;
  readonly #options: LaneOptions<T>;
  readonly #queue = new Deque<Waiting<T>>();
  #bytes = 0;
  #isPumping = false;
  #blocked = false;
  /** Of the fabric, when `#blocked` was asked. */
  #version = -1;

  constructor(options: LaneOptions<T>) {
    this.#options = options;
    this.link = options.link;
  }

  /** No fault stands and nothing waits: items need not come this way. */
  get isClear(): boolean {
    return this.#options.fabric.idle && this.#queue.length === 0;
  }

  get isEmpty(): boolean {
    return this.#queue.length === 0;
  }

  get heldBytes(): number {
    return this.#bytes;
  }

  get blocked(): boolean {
    const { fabric } = this.#options;
    if (this.#version !== fabric.version) {
      this.#version = fabric.version;
      this.#blocked = fabric.isBlocked(this.link);
    }
    return this.#blocked;
  }

  /** The other end turned out to be somebody else. */
  relink(link: Link): void {
    this.link = link;
    this.#version = -1;
  }

  /** When the first item is due; Infinity while it waits for something else than time. */
  get dueAt(): number {
    const first = this.#queue.first();
    return first === undefined ? Infinity : this.#whenDue(first.passage);
  }

  #whenDue({ held, at }: Passage): number {
    return this.blocked || held?.released === false ? Infinity : at;
  }

  /** Takes an item in; `pump` follows. */
  push(item: T, bytes: number, message?: Message): void {
    const { act, corrupt, fabric } = this.#options;
    const passage = this.#judge(bytes, message);
    if (passage.action === "reset" || passage.action === "crash-receiver") {
      if (message !== undefined) fabric.onDelivery(message, "lost");
      return act(passage.action);
    }
    const at = passage.corruptAt;
    const taken = at === undefined || corrupt === undefined ? item : corrupt(item, at);
    const isHeld =
      this.#queue.last()?.isHeld === true || this.#whenDue(passage) > this.#options.now();
    this.#queue.push({ item: taken, bytes, passage, message, isHeld });
    this.#bytes += bytes;
    if (message !== undefined && isHeld) fabric.onDelivery(message, "held");
    this.#options.waiting?.();
    if (passage.action === "crash-sender") {
      this.pump(); // the crash comes right after the message
      return act(passage.action);
    }
    if (this.#bytes > heldBytesMax) act("reset");
  }

  /** Lets through, in order, what nothing holds back any more; one item comes to its end before the next. */
  pump(): void {
    if (this.#isPumping) return; // a rule ended with what passed: the loop under way goes on with the rest
    this.#isPumping = true;
    const now = this.#options.now();
    try {
      while (this.#queue.length > 0 && this.dueAt <= now) {
        const first = this.#queue.shift();
        if (first === undefined) return;
        this.#bytes -= first.bytes;
        const isTaken = this.#options.pass(first.item) !== false;
        const { message, isHeld } = first;
        if (message === undefined || (isTaken && !isHeld)) continue;
        this.#options.fabric.onDelivery(message, isTaken ? "arrived" : "lost");
      }
    } finally {
      this.#isPumping = false;
    }
  }

  /** What waits is gone with its connection. */
  clear(): void {
    for (const { message } of this.#queue) {
      if (message !== undefined) this.#options.fabric.onDelivery(message, "lost");
    }
    this.#queue.clear();
    this.#bytes = 0;
  }

  #judge(bytes: number, message: Message | undefined): Passage {
    const { fabric, messagesOnly } = this.#options;
    const now = this.#options.now();
    if (messagesOnly !== true) return fabric.route(this.link, message, bytes, now);
    const passage = message === undefined ? undefined : fabric.rule(this.link, message, now);
    return passage ?? { at: now, held: undefined, action: "deliver", corruptAt: undefined };
  }
}

/** The `corrupt` of lanes of bytes; a mark that has none stays the one it is. */
export const corruptBytes = (bytes: Uint8Array, at: number): Uint8Array =>
  bytes.length === 0 ? bytes : corrupted(bytes, at);
