import type { ServerResponse } from "node:http";
import type { Events, EventType } from "../ensemble/api-controls.ts";
import { dispose } from "../ensemble/disposal.ts";
import { ensembleEvent } from "./event-values.ts";
import { noHandles } from "./shape.ts";

/** How much a reader may be behind before the stream is cut; it can resume where it stopped. */
export const unreadBytesMax: number = 16 * 2 ** 20;

export const streamHeaders: Readonly<Record<string, string>> = {
  "content-type": "text/event-stream",
  "cache-control": "no-store",
};

interface Told {
  readonly type: EventType;
  readonly seq: number;
}

/** One reader of server-sent events: each has its `seq` as id, its type as name and itself as data. */
export class EventStream {
  readonly #response: ServerResponse;
  readonly #marked: boolean;
  readonly #listening: readonly Disposable[];
  #lastSeq: number;

  /**
   * Begins with what is kept from `since` on, where that is given. `marked`: `mark` is told, as a comment, so that a caller knows
   * when it has heard what happened before an answer.
   */
  constructor(
    response: ServerResponse,
    events: Events,
    options: {
      readonly types: readonly EventType[];
      readonly since: number | undefined;
      readonly marked: boolean;
      /** Of the last answer. */
      readonly mark: number;
    },
  ) {
    const { types, since } = options;
    this.#response = response;
    this.#marked = options.marked;
    this.#lastSeq = 0;
    response.writeHead(200, { ...streamHeaders, "zkms-mark": options.mark });
    response.flushHeaders();
    let missed: Told[] | undefined = [];
    const take = (event: Told): void => {
      if (missed === undefined) this.#write(event);
      else missed.push(event);
    };
    this.#listening = types.map((type) => events.on(type, take));
    void this.#resume(events, types, since).finally(() => {
      for (const event of missed ?? []) this.#write(event);
      missed = undefined;
    });
    response.once("close", () => this.#stop());
  }

  /** Everything that happened so far is written before it. */
  mark(mark: number): void {
    if (this.#marked) this.#response.write(`: mark ${mark}\n\n`);
  }

  end(): void {
    this.#response.end();
  }

  async #resume(
    events: Events,
    type: readonly EventType[],
    since: number | undefined,
  ): Promise<void> {
    if (since === undefined) return;
    for (const event of await events.history({ type, since })) this.#write(event);
  }

  #write(event: Told): void {
    if (event.seq <= this.#lastSeq) return; // in the history, and told afterwards
    this.#lastSeq = event.seq;
    const data = JSON.stringify(ensembleEvent.encode(event, noHandles));
    this.#response.write(`id: ${event.seq}\nevent: ${event.type}\ndata: ${data}\n\n`);
    if (this.#response.writableLength > unreadBytesMax) this.#response.destroy();
  }

  #stop(): void {
    for (const listening of this.#listening) listening[dispose]();
  }
}
