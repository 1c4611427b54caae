import type { EnsembleStatus, Peer, Snapshot } from "../ensemble/api.ts";
import type {
  Feature,
  Ms,
  PeerId,
  SessionMatch,
  Target,
  WaitOptions,
} from "../ensemble/api-controls.ts";
import type { Engine } from "../ensemble/engine.ts";
import type { Field } from "../ensemble/nemesis/draw.ts";
import { type Pass, sleep } from "../ensemble/nemesis/run.ts";
import { OneByOne } from "../ensemble/one-by-one.ts";
import type { ResolvedOptions } from "../ensemble/options.ts";
import { describeMatch } from "../ensemble/session-match.ts";
import { onApache } from "./lacking.ts";
import type { Roster } from "./roster.ts";
import type { SessionList } from "./sessions.ts";
import type { Standings } from "./standings.ts";

export interface ApacheEngineOptions {
  readonly options: ResolvedOptions;
  readonly roster: Roster;
  readonly standings: Standings;
  readonly sessions: SessionList;
  readonly peers: readonly Peer[];
  readonly now: () => Ms;
  readonly close: () => Promise<void>;
}

/** Peers that are processes of Apache ZooKeeper. */
export class ApacheEngine implements Engine {
  readonly name = "apache";
  readonly features: readonly Feature[] = ["session-control"];
  readonly peers: readonly Peer[];
  readonly pass: Pass = sleep;
  readonly #parts: ApacheEngineOptions;
  readonly #kills = new OneByOne();

  constructor(parts: ApacheEngineOptions) {
    this.peers = parts.peers;
    this.#parts = parts;
  }

  async inRole(role: "follower" | "observer"): Promise<readonly PeerId[]> {
    const { roster } = this.#parts;
    await roster.look();
    return roster.seats.filter((seat) => seat.role === role).map(({ id }) => id);
  }

  /** None that is paused. */
  electable(): readonly PeerId[] {
    return this.#parts.roster.seats.filter((seat) => seat.isUp).map(({ id }) => id);
  }

  async areAllServing(): Promise<boolean> {
    const { roster } = this.#parts;
    await roster.look();
    return roster.seats.every((seat) => seat.isUp && seat.seen.serving && !seat.isChanging);
  }

  field(): Field {
    return this.#parts.roster.field();
  }

  status(): Promise<EnsembleStatus> {
    return this.#parts.roster.status(this.#parts.now());
  }

  async start(): Promise<void> {
    const { roster, standings, options } = this.#parts;
    const seats = roster.seats.filter((seat) => !seat.isPaused);
    await Promise.all(seats.map((seat) => seat.start()));
    await standings.ready(seats, options.timeouts.start);
  }

  async stop(): Promise<void> {
    const { roster, options } = this.#parts;
    await Promise.all(roster.seats.map((seat) => seat.stop(options.timeouts.close)));
  }

  resume(): void {
    for (const seat of this.#parts.roster.seats) seat.resume();
  }

  /** One after the other: what a target stands for is asked of the servers, and must not be another's prey by then. */
  kill(target: Target): Promise<readonly PeerId[]> {
    return this.#kills.next(async () => {
      const seats = await this.#parts.roster.resolve(target);
      const wereUp = await Promise.all(seats.map((seat) => seat.kill()));
      return seats.filter((_, index) => wereUp[index]).map(({ id }) => id);
    });
  }

  close(): Promise<void> {
    return this.#parts.close();
  }

  async sessionGone(match: SessionMatch, options: WaitOptions | undefined): Promise<void> {
    const { standings, sessions } = this.#parts;
    await standings.until(options, {
      what: `session ${describeMatch(match)} is not gone`,
      check: async () => ((await sessions.find(match)) === undefined ? true : undefined),
    });
  }

  snapshot(): Promise<Snapshot> {
    return onApache("snapshot", "ensemble.dump()");
  }

  restore(): Promise<void> {
    return onApache("restore", "ensemble.reset() and ensemble.seedTree(tree)");
  }

  transactions(): Promise<never> {
    return onApache("transactions", "check(history), which judges without the log");
  }

  addPeer(): Promise<Peer> {
    return onApache("addPeer", "peers: [{ id: 4, start: false }] at the start");
  }

  removePeer(): Promise<void> {
    return onApache("removePeer", "ensemble.peer(id).stop()");
  }
}
