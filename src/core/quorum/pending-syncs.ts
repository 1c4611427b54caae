import type { LinkId, Zxid } from "../base/ids.ts";

/** Syncs that learners asked for while proposals were under vote: each is answered when those have committed. */
export class PendingSyncs {
  readonly #waiting: { readonly zxid: Zxid; readonly link: LinkId }[] = [];

  get length(): number {
    return this.#waiting.length;
  }

  /** Zxids ascend. */
  add(zxid: Zxid, link: LinkId): void {
    this.#waiting.push({ zxid, link });
  }

  /** The links to be answered now that everything up to a zxid has committed. */
  takeUpTo(committed: Zxid): readonly LinkId[] {
    if (this.#waiting.length === 0) return none;
    const end = this.#waiting.findIndex(({ zxid }) => zxid > committed);
    const due = this.#waiting.splice(0, end < 0 ? this.#waiting.length : end);
    return due.map(({ link }) => link);
  }
}

const none: readonly LinkId[] = [];
