import { formatSession, type SessionId, sessionIdOf, type Zxid } from "../core/base/ids.ts";
import { reasonsOf } from "../core/base/reasons.ts";
import type { MultiRequest } from "../core/protocol/requests.ts";
import type { Command } from "../core/server/effects.ts";
import type { Role, SessionMatch, WaitOptions } from "./api-controls.ts";
import { badOption } from "./given.ts";
import { nearestValue } from "./nearest-name.ts";
import { storageError } from "./peer-storage.ts";
import {
  hex,
  type Picture,
  patience,
  type Reason,
  reachesQuorum,
  revival,
  whyNoLeader,
} from "./picture.ts";
import type { Proof, Proofs } from "./proof.ts";
import type { Roster } from "./roster.ts";
import type { Seat } from "./seat.ts";
import { describeMatch } from "./session-match.ts";
import type { SessionList } from "./sessions.ts";
import { wasRemoved } from "./targets.ts";
import { Attempt, checkCondition, type Waits } from "./waits.ts";

export interface StandingsOptions {
  readonly roster: Roster;
  readonly waits: Waits;
  readonly proofs: Proofs;
  readonly sessions: SessionList;
}

/** The states of an ensemble that one can wait for: what each demands, and what to say when it does not come. */
export class Standings {
  readonly #roster: Roster;
  readonly #waits: Waits;
  readonly #proofs: Proofs;
  readonly #sessions: SessionList;

  constructor(options: StandingsOptions) {
    this.#roster = options.roster;
    this.#waits = options.waits;
    this.#proofs = options.proofs;
    this.#sessions = options.sessions;
  }

  leader(options: (WaitOptions & { readonly not?: number }) | undefined): Promise<Seat> {
    const not = options?.not;
    return this.#waits.until({
      what: not === undefined ? "no leader" : `no leader other than ${not}`,
      options,
      names: ["not"],
      check: () => {
        const { leader } = this.#roster;
        return leader?.id === not ? undefined : leader;
      },
      explain: () => {
        const { leader } = this.#roster;
        if (leader === undefined) return whyNoLeader(this.#roster.picture());
        return (
          this.#whyNotYetDown(leader) ?? {
            why: `${leader.id} leads still`,
            hint: "ensemble.killLeader()",
          }
        );
      },
    });
  }

  async noLeader(options: WaitOptions | undefined): Promise<void> {
    await this.#waits.until({
      what: "there is a leader still",
      options,
      check: () => (this.#roster.leader === undefined ? true : undefined),
      explain: () => {
        const { leader } = this.#roster;
        const why = `${leader?.id} leads and has its quorum`;
        return this.#whyNotYetDown(leader) ?? { why, hint: `ensemble.kill("majority")` };
      },
    });
  }

  /** Resolves when a write has committed that was proposed after the call. */
  async quorum(options: WaitOptions | undefined): Promise<void> {
    await this.#withProof((proof) => this.#untilCommitted(proof, options));
  }

  /** Has the leader decide the ops as a multi of the super user's, and resolves when it has committed, whatever was decided. */
  async edited(request: MultiRequest): Promise<void> {
    const ask = (token: number): Command => ({ type: "edit", token, request });
    await this.#withProof((proof) => this.#untilCommitted(proof, undefined), ask);
  }

  #untilCommitted(proof: Proof, options: WaitOptions | undefined): Promise<Zxid> {
    return this.#waits.until({
      what: "no write has committed",
      options,
      check: () => proof.committed(),
      explain: () => this.#whyNothingCommits(),
    });
  }

  /**
   * A quorum has committed a write and every one of the seats that can be part of it has applied it; the others, too few or
   * cut off, look for a leader.
   */
  async ready(
    seats: readonly Seat[],
    { code, ...options }: WaitOptions & { readonly code?: "ZKMS_START_TIMEOUT" },
  ): Promise<void> {
    await this.#withProof((proof) =>
      this.#waits.until({
        what: seats.length === 1 ? `peer ${seats[0]?.id} does not serve` : "not ready",
        options,
        ...(code !== undefined && { code }),
        check: () => (this.#areReady(seats, proof) ? true : undefined),
        explain: () => {
          const reason = this.#whyNothingCommits();
          if (code === undefined) return reason;
          return {
            ...reason,
            hint: `timeouts: { start: … }, with more than ${options.timeout} ms`,
          };
        },
      }),
    );
  }

  #areReady(seats: readonly Seat[], proof: Proof): boolean {
    const gone = seats.find((seat) => seat.hasLeft);
    if (gone !== undefined) throw wasRemoved(gone.id);
    const failed = seats.find((seat) => seat.failure !== undefined);
    if (failed !== undefined) throw storageError(failed.id, "cannot start", failed.failure);
    const picture = this.#roster.picture();
    const able = seats.filter((seat) => reachesQuorum(seat.id, picture));
    const areLooking = seats.every((seat) => able.includes(seat) || isLooking(seat));
    if (able.length === 0 || !areLooking) return areLooking;
    const zxid = proof.committed();
    if (zxid === undefined) return false;
    return able.every((seat) => seat.serving && seat.zxid >= BigInt(zxid));
  }

  converged(options: WaitOptions | undefined): Promise<{ zxid: bigint }> {
    return this.#waits.until({
      what: "not converged",
      options,
      check: () => {
        const running = this.#roster.seats.filter((seat) => seat.state === "running");
        const [first, ...others] = running;
        if (first === undefined || !running.every((seat) => seat.serving)) return undefined;
        return others.every((seat) => isEqual(seat, first)) ? { zxid: first.zxid } : undefined;
      },
      explain: () => this.#whyApart(),
    });
  }

  async sessionGone(match: SessionMatch, options: WaitOptions | undefined): Promise<void> {
    const info = this.#sessions.find(match);
    if (info === undefined) return;
    const id = sessionIdOf(info.id);
    await this.#waits.until({
      what: `session ${describeMatch(match)} is not gone`,
      options,
      check: () => (this.#sessions.areGone([id]) ? true : undefined),
      explain: () => this.#whySessionLives(id),
    });
  }

  async role(seat: Seat, role: Role, options: WaitOptions | undefined): Promise<void> {
    checkRole(role);
    await this.#waits.until({
      what: `peer ${seat.id} is not ${role}`,
      options,
      check: () => {
        const serves = seat.serving || !servingRoles.includes(role);
        return seat.role === role && serves ? true : undefined;
      },
      explain: () => this.#whyNotInRole(seat, role),
    });
  }

  async condition(
    what: string,
    check: () => unknown,
    options: WaitOptions | undefined,
  ): Promise<void> {
    checkCondition(what, check);
    const attempt = new Attempt(check, () => this.#waits.recheck());
    await this.#waits.until({
      what: `not yet: ${what}`,
      options,
      check: () => attempt.passed(),
      explain: () => ({
        why:
          attempt.thrown === undefined
            ? "the check gave nothing true"
            : `the check threw: ${reasonsOf(attempt.thrown)}`,
        hint: this.#timeHint() ?? "ensemble.status(), or a longer timeout",
        cause: attempt.thrown,
      }),
    });
  }

  async #withProof<T>(
    action: (proof: Proof) => Promise<T>,
    ask?: (token: number) => Command,
  ): Promise<T> {
    const proof = this.#proofs.begin(ask);
    try {
      return await action(proof);
    } finally {
      this.#proofs.end(proof);
    }
  }

  #timeHint(): string | undefined {
    return this.#roster.picture().timeStands ? "ensemble.clock.advance(ms)" : undefined;
  }

  /** Of a leader that is cut off from its quorum and does not know it yet. */
  #whyNotYetDown(leader: Seat | undefined): Reason | undefined {
    const picture = this.#roster.picture();
    if (leader === undefined || reachesQuorum(leader.id, picture)) return undefined;
    const why = `${leader.id} reaches no quorum, and steps down after syncLimit ticks of silence`;
    return { why, hint: this.#timeHint() ?? "a longer timeout" };
  }

  #whyNothingCommits(): Reason {
    const { leader } = this.#roster;
    const picture = this.#roster.picture();
    if (leader === undefined) return whyNoLeader(picture);
    const behind = picture.peers.filter((peer) => peer.downFor === undefined && !peer.serving);
    if (behind.length === 0) {
      const why = `${leader.id} leads, but its followers have not acknowledged the write`;
      return { why, hint: patience(picture) };
    }
    return whyBehind(behind[0]?.id ?? leader.id, picture);
  }

  #whyApart(): Reason {
    const { leader } = this.#roster;
    const picture = this.#roster.picture();
    if (leader === undefined) return whyNoLeader(picture);
    const running = picture.peers.filter((peer) => peer.downFor === undefined);
    const idle = running.find((peer) => !peer.serving);
    if (idle !== undefined) return whyBehind(idle.id, picture);
    const other = running.find((peer) => peer.zxid !== leader.zxid);
    if (other === undefined) {
      return {
        why: "the peers have the same last transaction and different trees",
        hint: undefined,
      };
    }
    const why = `${other.id} is at ${hex(other.zxid)}, the leader ${leader.id} at ${hex(leader.zxid)}`;
    return { why, hint: patience(picture) };
  }

  #whySessionLives(id: SessionId): Reason {
    const info = this.#sessions.find(id);
    if (info === undefined) return whyNoLeader(this.#roster.picture());
    const where = info.peer === undefined ? "without a connection" : `connected to ${info.peer}`;
    return {
      why: `it is ${where} and expires in ${info.expiresIn} ms`,
      hint: `ensemble.sessions.expire("${formatSession(id)}")`,
    };
  }

  #whyNotInRole(seat: Seat, role: Role): Reason {
    const why = `it is ${seat.role}${seat.state === "running" && !seat.serving ? ", not serving" : ""}`;
    if (seat.state !== "running") return { why, hint: revival(seat) };
    if (servingRoles.includes(role) && this.#roster.leader === undefined) {
      return whyNoLeader(this.#roster.picture());
    }
    return { why, hint: this.#timeHint() ?? "ensemble.killLeader()" };
  }
}

const servingRoles: readonly Role[] = ["leader", "follower", "observer", "standalone"];
const roles: readonly Role[] = [
  ...servingRoles,
  "looking",
  "readonly",
  "stopped",
  "crashed",
  "paused",
];

/** Of `waitForRole`; throws ZKMS_BAD_OPTIONS. */
export function checkRole(role: Role): void {
  if (roles.includes(role)) return;
  throw badOption("role", role, `is none of ${roles.join(", ")}`, nearestValue(role, roles));
}

/** Serving readers meanwhile or not. */
const isLooking = ({ role }: Seat): boolean => role === "looking" || role === "readonly";

function isEqual(left: Seat, right: Seat): boolean {
  const [one, other] = [left.peer?.replica.tree, right.peer?.replica.tree];
  return left.zxid === right.zxid && one?.digest === other?.digest;
}

function whyBehind(id: number, picture: Picture): Reason {
  const cut = picture.cuts.find((candidate) => candidate.to === id || candidate.from === id);
  if (cut !== undefined)
    return { why: `${id} is cut off by ${cut.fault}`, hint: "ensemble.heal()" };
  return { why: `${id} has not caught up with its leader`, hint: patience(picture) };
}
