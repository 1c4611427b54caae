import {
  type Epoch,
  epochFrom,
  epochMax,
  makeZxid,
  nextZxid,
  type Zxid,
} from "../core/base/ids.ts";
import { betweenTurns } from "../runtime/between-turns.ts";
import type { World } from "../runtime/world.ts";
import type { Snapshot } from "./api.ts";
import { ZkmsError } from "./errors.ts";
import type { EventLog } from "./events.ts";
import type { ResolvedOptions } from "./options.ts";
import { reachesQuorum, whyNoLeader } from "./picture.ts";
import { readingOf } from "./reading.ts";
import type { Roster } from "./roster.ts";
import type { Seat } from "./seat.ts";
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
    const { zxid, epoch } = this.#next(seats);
    const ended = this.#options.sessions.all();
    // Elections need some time of their own, so a boot runs in real time whatever the clock (ruling 17).
    world.clock.mode = "real";
    try {
      const vacated = await Promise.all(seats.map((seat) => seat.vacate("a snapshot is restored")));
      for (const { id, peer } of ended) events.record("session", { id, change: "expired", peer });
      const snapshot = { zxid, chunks, end: { zxid, digest }, tree };
      const renewed = await Promise.allSettled(
        seats.filter((_, index) => vacated[index]).map((seat) => seat.renew(snapshot, epoch)),
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
  #next(seats: readonly Seat[]): { zxid: Zxid; epoch: Epoch } {
    const { roster } = this.#options;
    if (roster.seats.length === 1) {
      const last = seats[0]?.peer?.lastLogged;
      return { zxid: nextZxid(last ?? makeZxid(epochFrom(0), 0)), epoch: epochFrom(0) };
    }
    const epochs = roster.seats.map((seat) =>
      Math.max(seat.status().epoch, seat.peer?.acceptedEpoch ?? 0),
    );
    const epoch = Math.max(...epochs) + 1;
    if (epoch >= epochMax) {
      throw new ZkmsError("ZKMS_BAD_STATE", `there is no epoch left after ${epoch}`);
    }
    return { zxid: makeZxid(epochFrom(epoch), 1), epoch: epochFrom(epoch) };
  }
}
