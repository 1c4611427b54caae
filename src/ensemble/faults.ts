import type { Sid } from "../core/base/ids.ts";
import { type LinkPattern, matchesLink } from "../core/network/selector.ts";
import type { Fault } from "./api-controls.ts";
import { asyncDispose } from "./disposal.ts";
import type { Cut } from "./picture.ts";

interface Standing {
  readonly fault: Fault;
  readonly end: () => void;
  /** "partition #2" */
  readonly name: string;
  /** The links that it closes; none for faults that are not about links. */
  readonly closes: readonly LinkPattern[];
}

export interface NewFault {
  /** One word, as errors name it: "partition". */
  readonly kind: string;
  /** What it is done to: "1 | 2,3". */
  readonly what: string;
  readonly closes?: readonly LinkPattern[];
  /** Undoes it in the world. */
  readonly end: () => void;
}

/** The faults of one ensemble that stand, whatever part of the world carries them out. */
export class Faults {
  readonly #standing = new Map<number, Standing>();
  readonly #onChange: (fault: Fault, change: "on" | "off") => void;
  #lastId = 0;

  constructor(onChange: (fault: Fault, change: "on" | "off") => void) {
    this.#onChange = onChange;
  }

  add({ kind, what, closes = [], end }: NewFault): Fault {
    this.#lastId += 1;
    const id = this.#lastId;
    // Each undoes what it began, and only once: the world may have ended it by itself.
    const undo = (): Promise<void> => Promise.resolve(this.#end(id));
    const fault: Fault = { id, label: `${kind} ${what}`.trim(), undo, [asyncDispose]: undo };
    this.#standing.set(id, { fault, end, name: `${kind} #${id}`, closes });
    this.#onChange(fault, "on");
    return fault;
  }

  /** The fault came to its end by itself. */
  ended(id: number): void {
    const standing = this.#standing.get(id);
    if (standing === undefined) return;
    this.#standing.delete(id);
    this.#onChange(standing.fault, "off");
  }

  heal(): void {
    for (const id of [...this.#standing.keys()]) this.#end(id);
  }

  labels(): string[] {
    return [...this.#standing.values()].map(({ fault }) => `#${fault.id} ${fault.label}`);
  }

  /** The directions between peers in which nothing passes, each with the first fault that closes it. */
  cuts(sids: readonly Sid[]): Cut[] {
    const cuts: Cut[] = [];
    for (const from of sids) {
      for (const to of sids) {
        if (from === to) continue;
        const standing = this.#closing(from, to);
        if (standing !== undefined) cuts.push({ from, to, fault: standing.name });
      }
    }
    return cuts;
  }

  #closing(from: Sid, to: Sid): Standing | undefined {
    for (const standing of this.#standing.values()) {
      for (const pattern of standing.closes) {
        if (matchesLink(pattern, { from, to, channel: "quorum" })) return standing;
        if (matchesLink(pattern, { from, to, channel: "election" })) return standing;
      }
    }
    return undefined;
  }

  #end(id: number): void {
    const standing = this.#standing.get(id);
    if (standing === undefined) return;
    standing.end();
    this.ended(id);
  }
}
