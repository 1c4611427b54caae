import { createHash } from "node:crypto";

/** As many as thousands of logins a minute leave behind: twenty megabytes. */
const rememberedMax = 100_000;

/** The proofs that were seen, for as long as they could be shown again. One that is forgotten earlier could be, so none is. */
export class ReplayCache {
  readonly proofsMax: number;
  /** The last millisecond since 1970 in which each would be taken, the first that came first. */
  readonly #until = new Map<string, number>();

  constructor({ proofsMax }: { readonly proofsMax: number } = { proofsMax: rememberedMax }) {
    this.proofsMax = proofsMax;
  }

  /** Up to `until`, and in it, a proof that is new may not come again; where there is no room for it, it may not come at all. */
  admit(
    proof: Uint8Array,
    { now, until }: { readonly now: number; readonly until: number },
  ): "new" | "seen" | "full" {
    for (const [seen, end] of this.#until) {
      if (end >= now) break;
      this.#until.delete(seen);
    }
    const hash = createHash("sha256").update(proof).digest("base64");
    if (this.#until.has(hash)) return "seen";
    if (this.#until.size >= this.proofsMax) this.#forgetBehindOthers(now);
    if (this.#until.size >= this.proofsMax) return "full";
    this.#until.set(hash, until);
    return "new";
  }

  /** Those whose time is over behind one that came earlier and has some left, as clocks differ. */
  #forgetBehindOthers(now: number): void {
    for (const [seen, end] of this.#until) if (end < now) this.#until.delete(seen);
  }
}
