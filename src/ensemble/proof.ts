import type { Zxid } from "../core/base/ids.ts";
import type { Command, Report } from "../core/server/effects.ts";
import type { Roster } from "./roster.ts";
import { isTermOf, type Term, termOf } from "./term.ts";

interface Attempt {
  readonly term: Term;
  readonly token: number;
  zxid: Zxid | undefined;
}

/** What is to be proposed; the token is known again when it was. */
type Ask = (token: number) => Command;
const prove: Ask = (token) => ({ type: "prove", token });

/** Whether a quorum commits: by default error transactions, which take a zxid and change nothing (ruling 12). */
export class Proofs {
  readonly #roster: Roster;
  readonly #open = new Set<Proof>();
  #lastToken = 0;

  constructor(roster: Roster) {
    this.#roster = roster;
  }

  /** A report that a leader proposed what `prove` asked for. */
  proposed({ token, zxid }: Report & { readonly type: "proposed" }): void {
    for (const proof of this.#open) proof.proposed(token, zxid);
  }

  nextToken(): number {
    this.#lastToken += 1;
    return this.#lastToken;
  }

  begin(ask: Ask = prove): Proof {
    const proof = new Proof({ roster: this.#roster, nextToken: () => this.nextToken(), ask });
    this.#open.add(proof);
    return proof;
  }

  end(proof: Proof): void {
    this.#open.delete(proof);
  }
}

/** One write under way: asked of the leader, and of the next one if that loses its office first. */
export class Proof {
  readonly #roster: Roster;
  readonly #nextToken: () => number;
  readonly #ask: Ask;
  #attempt: Attempt | undefined;

  constructor(options: {
    readonly roster: Roster;
    readonly nextToken: () => number;
    readonly ask: Ask;
  }) {
    this.#roster = options.roster;
    this.#nextToken = options.nextToken;
    this.#ask = options.ask;
  }

  proposed(token: number, zxid: Zxid): void {
    if (this.#attempt?.token === token) this.#attempt.zxid = zxid;
  }

  /** The write's zxid once it has committed; asks for it where that was not done yet. */
  committed(): Zxid | undefined {
    const seat = this.#roster.leader;
    const leader = seat?.running;
    if (seat === undefined || leader === undefined) return undefined;
    const attempt = this.#attempt;
    if (attempt === undefined || !isTermOf(attempt.term, leader)) {
      const token = this.#nextToken();
      this.#attempt = { term: termOf(leader), token, zxid: undefined };
      seat.host.command(this.#ask(token));
      return undefined;
    }
    if (attempt.zxid === undefined || leader.lastCommitted < attempt.zxid) return undefined;
    return attempt.zxid;
  }
}
