import { connectClient } from "../client/client.ts";
import { counterOf, zxidOf } from "../core/base/ids.ts";
import type { Ms, Role, WaitOptions } from "../ensemble/api-controls.ts";
import type { Calls } from "../ensemble/calls.ts";
import { asyncDispose } from "../ensemble/disposal.ts";
import { codeOf } from "../ensemble/errors.ts";
import type { Reason } from "../ensemble/picture.ts";
import { checkRole } from "../ensemble/standings.ts";
import { checkCondition, timeoutOf } from "../ensemble/waits.ts";
import { machineNow, setTimeout } from "../runtime/machine-time.ts";
import type { Roster } from "./roster.ts";
import type { Seat } from "./seat.ts";

/** How soon a process that said no is asked again: of processes there is no news to wait for. */
const askAgainMs = 20;
/** A path that nobody has: failing to delete it takes a zxid and changes nothing. */
const nowhere = "/zookeeper/no-such-node";

interface Wait<T> {
  /** What is missing, as the error begins. */
  readonly what: string;
  /** Default: ZKMS_WAIT_TIMEOUT. */
  readonly code?: "ZKMS_START_TIMEOUT";
  /** Options of this wait's own, beside those of all waits. */
  readonly names?: readonly string[];
  /** The answer, or undefined for not yet. */
  readonly check: () => Promise<T | undefined>;
  readonly explain?: () => Reason & { readonly cause?: unknown };
}

/** The states of an ensemble of processes that one can wait for, found by asking. */
export class Standings {
  readonly #roster: Roster;
  readonly #calls: Calls;
  readonly #timeout: Ms;

  constructor(options: { readonly roster: Roster; readonly calls: Calls; readonly timeout: Ms }) {
    this.#roster = options.roster;
    this.#calls = options.calls;
    this.#timeout = options.timeout;
  }

  async leaderNow(): Promise<Seat | undefined> {
    await this.#roster.look();
    return this.#roster.leader;
  }

  leader(options?: WaitOptions & { readonly not?: number }): Promise<Seat> {
    const { not } = options ?? {};
    return this.until(options, {
      what: not === undefined ? "no leader" : `no leader other than ${not}`,
      names: ["not"],
      check: async () => {
        const leader = await this.leaderNow();
        return leader?.seen.serving === true && leader.id !== not ? leader : undefined;
      },
    });
  }

  async noLeader(options?: WaitOptions): Promise<void> {
    await this.until(options, {
      what: "there is a leader still",
      check: async () => ((await this.leaderNow()) === undefined ? true : undefined),
    });
  }

  /** A write has committed that was proposed after the call. */
  async quorum(options?: WaitOptions): Promise<void> {
    await this.until(options, {
      what: "no write has committed",
      check: async () => ((await this.#prove()) ? true : undefined),
    });
  }

  /** The seats serve and have what a quorum has committed; where too few are up for a quorum, they look for a leader. */
  async ready(seats: readonly Seat[], timeout: Ms, signal?: AbortSignal): Promise<void> {
    const options = { timeout, ...(signal !== undefined && { signal }) };
    if (!this.#roster.isQuorum(this.#roster.seats.filter((seat) => seat.isUp))) {
      return await this.#listening(seats, options);
    }
    await this.until(options, {
      what: "not ready",
      code: "ZKMS_START_TIMEOUT",
      check: async () => {
        const failed = seats.find((seat) => seat.hasFailed);
        if (failed !== undefined) throw await failed.process.failure();
        await this.#roster.look();
        return seats.every((seat) => seat.seen.serving) ? true : undefined;
      },
    });
    await this.quorum(options);
    await this.converged(options);
  }

  /** Every running server serves and has the same last transaction; of an idle leader's new epoch the first one is made. */
  converged(options?: WaitOptions): Promise<{ zxid: bigint }> {
    return this.until(options, {
      what: "not converged",
      check: async () => {
        await this.#roster.look();
        const running = this.#roster.seats.filter((seat) => seat.isUp);
        const [first] = running;
        if (first === undefined || !running.every((seat) => seat.seen.serving)) return undefined;
        const { zxid } = first.seen;
        if (running.every((seat) => seat.seen.zxid === zxid)) return { zxid };
        const leader = this.#roster.leader?.seen.zxid ?? 0n;
        if (counterOf(zxidOf(Number(leader))) === 0) await this.#prove();
        return undefined;
      },
    });
  }

  async role(seat: Seat, role: Role, options: WaitOptions | undefined): Promise<void> {
    checkRole(role);
    await this.until(options, {
      what: `peer ${seat.id} is not ${role}`,
      check: async () => {
        await seat.look();
        return seat.role === role ? true : undefined;
      },
    });
  }

  async condition(what: string, check: () => unknown, options?: WaitOptions): Promise<void> {
    checkCondition(what, check);
    let thrown: unknown;
    await this.until(options, {
      what: `not yet: ${what}`,
      check: async () => {
        thrown = undefined;
        try {
          return (await check()) ? true : undefined;
        } catch (error) {
          thrown = error;
          return undefined;
        }
      },
      explain: () => ({
        why: thrown === undefined ? "the check gave nothing true" : `the check threw: ${thrown}`,
        hint: "ensemble.status(), or a longer timeout",
        cause: thrown,
      }),
    });
  }

  async until<T>(options: WaitOptions | undefined, wait: Wait<T>): Promise<T> {
    const timeout = timeoutOf(options, this.#timeout, wait.names);
    const deadline = machineNow() + timeout;
    for (;;) {
      this.#calls.mustBeOpen();
      options?.signal?.throwIfAborted();
      const answer = await wait.check();
      if (answer !== undefined) return answer;
      if (machineNow() >= deadline) {
        const reason = wait.explain?.() ?? this.#roster.whyNoLeader();
        throw this.#roster.error(
          wait.code ?? "ZKMS_WAIT_TIMEOUT",
          `${wait.what} after ${timeout} ms`,
          reason,
        );
      }
      await pause();
    }
  }

  /** Too few for a quorum: all that they can be is there. */
  async #listening(seats: readonly Seat[], options: WaitOptions): Promise<void> {
    await this.until(options, {
      what: "not started",
      code: "ZKMS_START_TIMEOUT",
      check: async () => {
        const answers = await Promise.all(seats.map((seat) => seat.process.isListening()));
        return answers.every((isListening) => isListening) ? true : undefined;
      },
    });
  }

  async #prove(): Promise<boolean> {
    const servers = this.#roster.seats.filter((seat) => seat.isUp).map((seat) => seat.address);
    if (servers.length === 0) return false;
    try {
      const client = await connectClient(servers, { connectTimeout: 1000 });
      try {
        await client.delete(nowhere);
      } finally {
        await client[asyncDispose]();
      }
    } catch (error) {
      return codeOf(error) === "NONODE";
    }
    return true;
  }
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, askAgainMs));
