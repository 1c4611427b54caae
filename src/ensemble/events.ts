import type { Txn } from "../core/txn/txn.ts";
import { nextTick } from "../runtime/machine-time.ts";
import type {
  EnsembleEvent,
  EventFilter,
  EventMap,
  EventOf,
  Events,
  EventType,
  Ms,
} from "./api-controls.ts";
import { dispose } from "./disposal.ts";
import { badOption, Given } from "./given.ts";
import { commitOf, KeptCommits } from "./kept-commits.ts";
import { nearestValue } from "./nearest-name.ts";

type OtherType = Exclude<EventType, "commit">;
type Kept = { readonly [T in OtherType]: EventOf<T>[] };
type Listeners = { readonly [T in EventType]: Set<(event: EventOf<T>) => void> };

/** How many events of each type history keeps; counted by type, so that ten thousand commits do not push out an election. */
export const keptMax = 500;

export const eventTypes: readonly EventType[] = [
  "peer",
  "election",
  "leader",
  "commit",
  "session",
  "fault",
  "message",
  "delivery",
  "clock",
  "log",
];

/** Throws ZKMS_BAD_OPTIONS. */
export function checkEventType(type: unknown): void {
  if (eventTypes.some((known) => known === type)) return;
  const what = `is none of ${eventTypes.join(", ")}`;
  throw badOption("type", type, what, nearestValue(type, eventTypes));
}

export interface EventLogOptions {
  /** Hears all that is recorded. */
  readonly onEvent?: ((event: EnsembleEvent) => void) | undefined;
  /** The same, for lines of DEBUG. */
  readonly debug?: ((event: EnsembleEvent) => void) | undefined;
}

/**
 * What happened, kept and told. Events are recorded where they occur, in the middle of a turn, and told to listeners when the
 * turn is over, so that a listener may call anything.
 */
export class EventLog implements Events {
  /** Somebody listens for messages, or nobody does any more. */
  onMessagesAsked: (isAsked: boolean) => void = () => {};
  readonly #now: () => Ms;
  readonly #kept: Kept;
  readonly #commits = new KeptCommits(keptMax);
  readonly #listeners: Listeners;
  #untold: (() => void)[] = [];
  #seq = 0;
  /** Who asked for messages; `onEvent` alone does not. */
  #asking = 0;

  constructor(now: () => Ms, { onEvent, debug }: EventLogOptions = {}) {
    this.#now = now;
    const first = [debug, onEvent].filter((each) => each !== undefined);
    this.#kept = {
      peer: [],
      election: [],
      leader: [],
      session: [],
      fault: [],
      message: [],
      delivery: [],
      clock: [],
      log: [],
    };
    this.#listeners = {
      peer: new Set(first),
      election: new Set(first),
      leader: new Set(first),
      commit: new Set(first),
      session: new Set(first),
      fault: new Set(first),
      message: new Set(first),
      delivery: new Set(first),
      clock: new Set(first),
      log: new Set(first),
    };
  }

  record<T extends OtherType>(type: T, fields: EventMap[T]): void {
    const event = { ...fields, type, seq: this.#nextSeq(), at: this.#now() };
    const kept: EventOf<T>[] = this.#kept[type];
    if (!isPing(event)) kept.push(event);
    // Half is dropped at twice the limit: dropping one for each that comes would move the whole array every time.
    if (kept.length >= keptMax * 2) kept.splice(0, kept.length - keptMax);
    this.#toTell(type, event);
  }

  /** Of the event recorded last. */
  get lastSeq(): number {
    return this.#seq;
  }

  /** As `record`, for the one event that comes with every write: it is made when somebody wants it. */
  recordCommit(txn: Txn): void {
    const [seq, at] = [this.#nextSeq(), this.#now()];
    this.#commits.keep(seq, at, txn);
    if (this.#listeners.commit.size === 0) return;
    this.#toTell("commit", { ...commitOf(txn), type: "commit", seq, at });
  }

  #nextSeq(): number {
    this.#seq += 1;
    return this.#seq;
  }

  #toTell<T extends EventType>(type: T, event: EventOf<T>): void {
    const listeners: Set<(event: EventOf<T>) => void> = this.#listeners[type];
    for (const listener of listeners) {
      this.#untold.push(() => {
        if (listeners.has(listener)) listener(event);
      });
    }
  }

  /** Tells listeners what they have not heard; called when the turn is over. */
  tell(): void {
    const untold = this.#untold;
    this.#untold = [];
    for (const tellOne of untold) {
      try {
        tellOne();
      } catch (error) {
        // A listener's throw is its owner's: it surfaces as an uncaught exception, and the ensemble goes on.
        nextTick(() => {
          throw error;
        });
      }
    }
  }

  on<T extends EventType>(type: T, listener: (event: EventOf<T>) => void): Disposable {
    checkEventType(type);
    if (typeof listener !== "function") throw badOption("listener", listener, "is no function");
    // A function of its own, so that the same listener may be added twice and each be removed alone.
    const added = (event: EventOf<T>): void => listener(event);
    const listeners: Set<(event: EventOf<T>) => void> = this.#listeners[type];
    listeners.add(added);
    if (type === "message") this.#ask(1);
    return {
      [dispose]: () => {
        if (listeners.delete(added) && type === "message") this.#ask(-1);
      },
    };
  }

  #ask(by: 1 | -1): void {
    this.#asking += by;
    if (this.#asking === (by === 1 ? 1 : 0)) this.onMessagesAsked(by === 1);
  }

  async history(filter: EventFilter = {}): Promise<EnsembleEvent[]> {
    new Given("", filter, { names: ["type", "since", "peer"] });
    const types = typeof filter.type === "string" ? [filter.type] : filter.type;
    for (const type of types ?? []) checkEventType(type);
    const found: EnsembleEvent[] = [];
    for (const kept of [...Object.values(this.#kept), this.#commits.events()]) {
      for (const event of kept.slice(-keptMax)) {
        if (types !== undefined && !types.includes(event.type)) continue;
        if (event.seq < (filter.since ?? 0)) continue;
        if (filter.peer !== undefined && !isAbout(event, filter.peer)) continue;
        found.push(event);
      }
    }
    return found.sort((left, right) => left.seq - right.seq);
  }

  async timeline(format: "text" | "json" | "html"): Promise<string> {
    const { timelineIn } = await import("./timeline/formats.ts"); // most runs never need it
    return timelineIn(format, await this.history());
  }
}

/** Told and not kept: a second of pings would push out all that was said between them. */
const isPing = (event: { readonly type: EventType; readonly message?: unknown }): boolean =>
  event.type === "message" && event.message === "PING";

const isAbout = (event: EnsembleEvent, peer: number): boolean =>
  event.type === "message" || event.type === "delivery"
    ? event.from === peer || event.to === peer
    : "peer" in event && event.peer === peer;
