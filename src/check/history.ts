import type { ZooKeeperClient } from "../client/index.ts";
import { wireTap } from "../client/wire-tap.ts";
import { badOption } from "../ensemble/given.ts";
import type { HistoryEvent } from "./history-events.ts";
import { type Recordable, recordClient } from "./record-client.ts";
import {
  isNodeZookeeper,
  type NodeZookeeperClient,
  recordNodeZookeeper,
} from "./record-node-zookeeper.ts";
import { hex } from "./report.ts";

/**
 * What clients asked and were answered, in the order of real time, to be judged by `check`.
 *
 *     const history = new History();
 *     const zk = history.record(await ensemble.connect());
 *     await zk.create("/a");
 *     await assertHistory(history, ensemble);
 */
export class History {
  readonly #events: HistoryEvent[] = [];
  readonly #recordings: (() => void)[] = [];
  readonly #names = new Set<string>();

  /** From the lines that `toLines` wrote, or any program: a JSON object each. Throws ZKMS_BAD_OPTIONS for what is none. */
  static parse(lines: string): History {
    const history = new History();
    lines.split("\n").forEach((line, at) => {
      if (line.trim() !== "") history.add(parseLine(line, at + 1));
    });
    return history;
  }

  /** Oldest first. */
  get events(): readonly HistoryEvent[] {
    return this.#events;
  }

  /** For clients that nobody records: a call before it is asked, its return when it is answered. */
  add(event: HistoryEvent): void {
    this.#events.push(event);
    this.#names.add(event.client);
  }

  /**
   * Records all that a client does from now on, under a name of its own; returns the same client. It is one of this package, or one
   * of node-zookeeper-client.
   */
  record<T extends ZooKeeperClient | NodeZookeeperClient>(
    client: T,
    name: string = this.#nextName(),
  ): T {
    this.#names.add(name);
    const add = (event: HistoryEvent): void => this.add(event);
    if (isRecordable(client)) this.#recordings.push(recordClient(client, name, add));
    else if (isNodeZookeeper(client)) this.#recordings.push(recordNodeZookeeper(client, name, add));
    else {
      const hint = "history.add(event) for what its calls ask and are answered";
      throw badOption("client", client, "is of none that can be recorded", hint);
    }
    return client;
  }

  /** Clients are recorded no more. */
  stop(): void {
    for (const stop of this.#recordings.splice(0).reverse()) stop(); // the last one first: it may stand on another
  }

  /** One event a line: what `parse` reads. */
  toLines(): string {
    return this.#events.map((event) => `${JSON.stringify(event, withoutBigints)}\n`).join("");
  }

  /** That nobody has, in the lines that were parsed either. */
  #nextName(): string {
    let number = 1;
    while (this.#names.has(`client ${number}`)) number += 1;
    return `client ${number}`;
  }
}

const isRecordable = (client: unknown): client is Recordable =>
  typeof client === "object" && client !== null && wireTap in client;

const withoutBigints = (_key: string, value: unknown): unknown =>
  typeof value === "bigint" ? hex(value) : value;

function parseLine(line: string, number: number): HistoryEvent {
  let event: unknown;
  try {
    event = JSON.parse(line);
  } catch {
    throw badOption(`line ${number}`, line, "is no JSON");
  }
  const isEvent =
    typeof event === "object" && event !== null && "type" in event && "client" in event;
  if (!isEvent) throw badOption(`line ${number}`, line, "is no event: type and client are missing");
  return event as HistoryEvent;
}
