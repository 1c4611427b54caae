import type { Change } from "../../../src/check/model.ts";
import { formatZxid, type Zxid, zxidZero } from "../../../src/core/base/ids.ts";
import { parentOf, rootPath } from "../../../src/core/tree/path.ts";
import { hold } from "./violation.ts";

export interface Logged extends Change {
  readonly zxid: Zxid;
}

const textOf = ({ type, path }: Change): string => `${type} ${path}`;

/**
 * One connection's watches that stay: each change that they match is told exactly once, in the order of the log, and before any
 * answer that shows it. What one transaction changes may be told in any order: the paths of a session's end have none.
 */
export class PersistentWatches {
  readonly #log: readonly Logged[];
  readonly #paths = new Set<string>();
  readonly #recursive = new Set<string>();
  /** Of the log, the first that is not judged. */
  #at = 0;
  /** Told or due of the transaction of the last event. */
  #current: Zxid = zxidZero;
  readonly #due: string[] = [];

  constructor(log: readonly Logged[]) {
    this.#log = log;
  }

  /** Set by an answer at `zxid`, up to which all is judged. */
  add(path: string, kind: "persistent" | "recursive", zxid: Zxid): void {
    this.#judgeUpTo(zxid);
    (kind === "recursive" ? this.#recursive : this.#paths).add(path);
  }

  /** An answer shows the state at `zxid`. */
  answered(zxid: Zxid): void {
    this.#judgeUpTo(zxid);
  }

  /** Whether the event is one of theirs. */
  told(change: Logged): boolean {
    const { zxid } = change;
    hold(
      zxid >= this.#current,
      "watches",
      () => `${textOf(change)} at ${formatZxid(zxid)} is told behind ${formatZxid(this.#current)}`,
    );
    if (zxid > this.#current) this.#turnTo(zxid);
    if (!this.#matches(change)) return false;
    const index = this.#due.indexOf(textOf(change));
    hold(
      index >= 0,
      "watches",
      () => `${textOf(change)} at ${formatZxid(zxid)} is told again, or never was`,
    );
    this.#due.splice(index, 1);
    return true;
  }

  #turnTo(zxid: Zxid): void {
    this.#judgeUpTo(zxid - 1);
    this.#current = zxid;
    for (let next = this.#log[this.#at]; next?.zxid === zxid; next = this.#log[this.#at]) {
      if (this.#matches(next)) this.#due.push(textOf(next));
      this.#at += 1;
    }
  }

  #judgeUpTo(zxid: number): void {
    hold(
      this.#due.length === 0,
      "watches",
      () => `${this.#due} at ${formatZxid(this.#current)} is not told`,
    );
    for (
      let next = this.#log[this.#at];
      next !== undefined && next.zxid <= zxid;
      next = this.#log[this.#at]
    ) {
      const missed = next;
      hold(
        !this.#matches(missed),
        "watches",
        () => `${textOf(missed)} at ${formatZxid(missed.zxid)} is not told`,
      );
      this.#at += 1;
    }
  }

  #matches({ path, type }: Change): boolean {
    if (this.#paths.has(path)) return true;
    if (this.#recursive.size === 0 || type === "childrenChanged") return false;
    for (let at = path; ; at = parentOf(at)) {
      if (this.#recursive.has(at)) return true;
      if (at === rootPath) return false;
    }
  }
}
