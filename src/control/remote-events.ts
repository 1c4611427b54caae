import type { Socket } from "node:net";
import type { Events, EventType } from "../ensemble/api-controls.ts";
import { dispose } from "../ensemble/disposal.ts";
import { checkEventType } from "../ensemble/events.ts";
import { badOption } from "../ensemble/given.ts";
import { nextTick } from "../runtime/machine-time.ts";
import type { ControlConnection } from "./connection.ts";
import { readEvents, type Sent } from "./event-source.ts";
import { ensembleEvent } from "./event-values.ts";
import { decodeAs } from "./shape.ts";

/** The events of a remote ensemble: one stream for each type that somebody listens for. */
export class RemoteEvents {
  readonly #connection: ControlConnection;
  readonly #streams = new Map<EventType, TypeStream>();

  constructor(connection: ControlConnection) {
    this.#connection = connection;
  }

  readonly on: Events["on"] = (type, listener) => {
    checkEventType(type);
    if (typeof listener !== "function") throw badOption("listener", listener, "is no function");
    let stream = this.#streams.get(type);
    if (stream === undefined) {
      stream = new TypeStream(this.#connection, type);
      this.#streams.set(type, stream);
    }
    const added = (event: never): void => listener(event);
    stream.listeners.add(added);
    const listening = stream;
    return {
      [dispose]: () => {
        listening.listeners.delete(added);
        if (listening.listeners.size > 0 || this.#streams.get(type) !== listening) return;
        listening.close();
        this.#streams.delete(type);
      },
    };
  };

  /** The server knows of every listener: a call that is made afterwards has its events heard. */
  async listening(): Promise<void> {
    await Promise.all([...this.#streams.values()].map((stream) => stream.opened));
  }

  /** Everything that was told before the mark has been heard. */
  async heard(mark: number): Promise<void> {
    await Promise.all([...this.#streams.values()].map((stream) => stream.heard(mark)));
  }

  close(): void {
    for (const stream of this.#streams.values()) stream.close();
    this.#streams.clear();
  }
}

/** How often in a row a stream that broke is opened again without an event in between. */
const attemptsMax = 3;

class TypeStream {
  /** Resolves when the server listens, or cannot be reached. */
  opened: Promise<void>;
  readonly listeners = new Set<(event: never) => void>();
  readonly #connection: ControlConnection;
  readonly #type: EventType;
  readonly #hungUp = new AbortController();
  /** By what they wait for. */
  #waiting: { readonly mark: number; readonly done: () => void }[] = [];
  #mark = 0;
  #lastId: number | undefined;
  #attempts = 0;
  #isOpen = false;
  #socket: Socket | undefined;

  constructor(connection: ControlConnection, type: EventType) {
    this.#connection = connection;
    this.#type = type;
    this.opened = this.#open();
  }

  async heard(mark: number): Promise<void> {
    if (!this.#isOpen || this.#mark >= mark) return;
    this.#socket?.ref(); // the answer to a call waits for it
    await new Promise<void>((done) => this.#waiting.push({ mark, done }));
  }

  close(): void {
    this.#hungUp.abort();
    this.#ended();
  }

  async #open(): Promise<void> {
    const resumed = this.#lastId === undefined ? {} : { "last-event-id": String(this.#lastId) };
    try {
      const response = await this.#connection.stream({
        method: "GET",
        path: `/v1/events?type=${this.#type}&marks=1`,
        headers: resumed,
        signals: [this.#hungUp.signal],
      });
      this.#socket = response.socket.unref(); // listening holds nobody
      this.#mark = Number(response.headers["zkms-mark"] ?? 0); // what was answered before it began is not told
      this.#isOpen = true;
      void readEvents(response, (sent) => this.#take(sent)).then(() => this.#broke());
    } catch {
      this.#ended(); // the ensemble is gone, and with it all events; calls say so
    }
  }

  #broke(): void {
    this.#ended();
    this.#attempts += 1;
    if (this.#hungUp.signal.aborted || this.#attempts > attemptsMax) return;
    this.opened = this.#open();
  }

  #ended(): void {
    this.#isOpen = false;
    this.#reached(Infinity);
  }

  #take({ data, comment }: Sent): void {
    const mark = /^mark (\d+)$/.exec(comment ?? "")?.[1];
    if (mark !== undefined) return this.#reached(Number(mark));
    if (data === "") return;
    const event = decodeAs(ensembleEvent, JSON.parse(data));
    this.#lastId = event.seq;
    this.#attempts = 0;
    for (const listener of [...this.listeners]) {
      if (this.listeners.has(listener)) tell(listener, event as never);
    }
  }

  #reached(mark: number): void {
    if (mark !== Infinity) this.#mark = mark;
    const waiting = this.#waiting;
    this.#waiting = waiting.filter((one) => one.mark > mark);
    if (this.#waiting.length === 0) this.#socket?.unref();
    for (const one of waiting) if (one.mark <= mark) one.done();
  }
}

function tell(listener: (event: never) => void, event: never): void {
  try {
    listener(event);
  } catch (error) {
    // A listener's throw is its owner's: it surfaces as an uncaught exception.
    nextTick(() => {
      throw error;
    });
  }
}
