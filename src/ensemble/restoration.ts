import { epochFrom, epochMax, makeZxid, nextZxid, type Zxid, zxidZero } from "../core/base/ids.ts";
import { betweenTurns } from "../runtime/between-turns.ts";
import type { World } from "../runtime/world.ts";
import type { Snapshot } from "./api.ts";
import { ZkmsError } from "./errors.ts";
import type { EventLog } from "./events.ts";
import type { ResolvedOptions } from "./options.ts";
import { reachesQuorum, whyNoLeader } from "./picture.ts";
import { readingOf } from "./reading.ts";
import type { Roster } from "./roster.ts";
import type { Renewal, Seat } from "./seat.ts";
import type { SessionList } from "./sessions.ts";
import type { Standings } from "./standings.ts";
import { snapshotOf, stateOf } from "./tree-snapshot.ts";

export interface RestorationOptions {
  readonly world: World;
  readonly options: ResolvedOptions;
  readonly roster: Roster;
  readonly standings: Standings;
  readonly sessions: SessionList;
  readonly events: EventLog;
}

/**
 * Takes the whole state, and goes back to it: what an operator does who stops all servers, puts a snapshot in the place of their
 * files and starts them, but quickly. Peers end as by a crash, and begin anew from the snapshot, on the ports that they have.
 */
export class Restoration {
  readonly #options: RestorationOptions;

  constructor(options: RestorationOptions) {
    this.#options = options;
  }

  take(): Promise<Snapshot> {
    return readingOf(this.#options.standings, snapshotOf);
  }

  async restore(given: Snapshot): Promise<void> {
    const { chunks, digest, tree } = await betweenTurns(stateOf(given));
    const { world, options, roster, standings, events } = this.#options;
    const seats = roster.seats.filter((seat) => seat.state === "running");
    this.#checkQuorum(seats);
    this.#next(); // refuses while all are up
    const ended = this.#options.sessions.all();
    // Who is starting is waited for, since nobody knows yet what it has; and none begins anew before all have ended.
    const next = meetingOf(seats.length, () => {
      for (const { id, peer } of ended) events.record("session", { id, change: "expired", peer });
      const { zxid, epoch } = this.#next();
      return { snapshot: { zxid, chunks, end: { zxid, digest }, tree }, epoch };
    });
    // Elections need some time of their own, so a boot runs in real time whatever the clock (ruling 17).
    world.clock.mode = "real";
    try {
      const renewed = await Promise.allSettled(
        seats.map((seat) => seat.renew("a snapshot is restored", next)),
      );
      for (const life of renewed) if (life.status === "rejected") throw life.reason;
      await standings.ready(seats, { timeout: options.timeouts.start });
    } finally {
      world.clock.mode = options.clock;
    }
  }

  /** Who is down, frozen or cut off is given the state by the others, who must be able to outvote it. */
  #checkQuorum(seats: readonly Seat[]): void {
    const picture = this.#options.roster.picture();
    if (seats.some((seat) => reachesQuorum(seat.id, picture))) return;
    const what = "a snapshot cannot be restored without a quorum";
    throw this.#options.roster.error("ZKMS_BAD_STATE", what, whyNoLeader(picture));
  }

  /**
   * Where the snapshot is put: above everything that any peer has, so that whoever comes later, with whatever in its log, is
   * given it anew. A server alone has no epochs, and just counts on.
   */
  #next(): Pick<Renewal, "epoch"> & { readonly zxid: Zxid } {
    const marks = this.#options.roster.seats.map((seat) => seat.mark);
    if (marks.length === 1) {
      return { zxid: nextZxid(marks[0]?.lastLogged ?? zxidZero), epoch: epochFrom(0) };
    }
    const epoch =
      Math.max(...marks.map((mark) => Math.max(mark?.epoch ?? 0, mark?.acceptedEpoch ?? 0))) + 1;
    if (epoch >= epochMax) {
      throw new ZkmsError("ZKMS_BAD_STATE", `there is no epoch left after ${epoch}`);
    }
    return { zxid: makeZxid(epochFrom(epoch), 1), epoch: epochFrom(epoch) };
  }
}

/** Who comes waits for the others; when all are there it is decided, once. */
function meetingOf<T>(count: number, decide: () => T): () => Promise<T> {
  let missing = count;
  let begin = (): void => {};
  const decided = new Promise<void>((resolve) => {
    begin = resolve;
  }).then(decide);
  return () => {
    missing -= 1;
    if (missing === 0) begin();
    return decided;
  };
}
