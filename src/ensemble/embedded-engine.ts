import type { World } from "../runtime/world.ts";
import type { EnsembleStatus, Peer, PeerOptions, Snapshot } from "./api.ts";
import type { Feature, Ms, PeerId, SessionMatch, Target, WaitOptions } from "./api-controls.ts";
import type { TransactionLog } from "./api-transactions.ts";
import type { Engine } from "./engine.ts";
import type { Enrolment } from "./enrolment.ts";
import type { Field } from "./nemesis/draw.ts";
import { sleep } from "./nemesis/run.ts";
import type { ResolvedOptions } from "./options.ts";
import type { Restoration } from "./restoration.ts";
import type { Roster } from "./roster.ts";
import type { Seat } from "./seat.ts";
import type { Standings } from "./standings.ts";
import { readTransactions } from "./transactions.ts";

const features: readonly Feature[] = [
  "clock",
  "session-control",
  "message-match",
  "storage-faults",
  "snapshot",
  "transactions",
];

export interface EmbeddedEngineOptions {
  readonly options: ResolvedOptions;
  readonly world: World;
  readonly roster: Roster;
  readonly standings: Standings;
  readonly enrolment: Enrolment;
  readonly restoration: Restoration;
  readonly close: () => Promise<void>;
}

/** Peers in this process. */
export class EmbeddedEngine implements Engine {
  readonly name = "embedded";
  readonly #parts: EmbeddedEngineOptions;

  constructor(parts: EmbeddedEngineOptions) {
    this.#parts = parts;
  }

  get features(): readonly Feature[] {
    return this.#parts.enrolment.isAllowed ? [...features, "reconfig"] : features;
  }

  get peers(): readonly Peer[] {
    return this.#parts.enrolment.peers;
  }

  inRole(role: "follower" | "observer"): readonly PeerId[] {
    return this.#seats.filter((seat) => seat.role === role).map(({ id }) => id);
  }

  /** Those that are paused, too: they live. */
  electable(): readonly PeerId[] {
    return this.#seats.filter((seat) => seat.peer !== undefined).map(({ id }) => id);
  }

  areAllServing(): boolean {
    return this.#seats.every((seat) => seat.serving && !seat.isChanging);
  }

  field(): Field {
    return this.#parts.roster.field();
  }

  status(): EnsembleStatus {
    return this.#parts.roster.status();
  }

  async start(): Promise<void> {
    const { standings, options, world } = this.#parts;
    const seats = this.#seats.filter((seat) => seat.state !== "paused");
    // Elections need some time of their own, so a boot runs in real time whatever the clock (ruling 17).
    if (seats.some((seat) => seat.peer === undefined)) world.clock.mode = "real";
    try {
      await Promise.all(seats.map((seat) => seat.start()));
      await standings.ready(seats, { timeout: options.timeouts.start, code: "ZKMS_START_TIMEOUT" });
    } finally {
      world.clock.mode = options.clock;
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#seats.map((seat) => seat.stop()));
  }

  resume(): void {
    for (const seat of this.#seats) if (seat.state === "paused") seat.resume();
  }

  /** In this very call: between the target's reading and its end nobody else has a turn. */
  kill(target: Target): readonly PeerId[] {
    const killed = this.#parts.roster.resolve(target).filter((seat) => seat.kill());
    return killed.map(({ id }) => id);
  }

  close(): Promise<void> {
    return this.#parts.close();
  }

  async pass(ms: Ms, signal: AbortSignal | undefined): Promise<void> {
    const { clock } = this.#parts.world;
    if (clock.mode === "manual") await clock.advance(ms, { keepAlive: "connected" });
    else await sleep(ms, signal);
  }

  sessionGone(match: SessionMatch, options: WaitOptions | undefined): Promise<void> {
    return this.#parts.standings.sessionGone(match, options);
  }

  snapshot(): Promise<Snapshot> {
    return this.#parts.restoration.take();
  }

  restore(snapshot: Snapshot): Promise<void> {
    return this.#parts.restoration.restore(snapshot);
  }

  async transactions(): Promise<TransactionLog> {
    for (;;) {
      const leader = await this.#parts.standings.leader(undefined);
      const others = this.#seats.filter((seat) => seat.serving && seat !== leader);
      const log = await readTransactions(leader, others);
      if (log !== undefined) return log;
    }
  }

  addPeer(options: PeerOptions): Promise<Peer> {
    return this.#parts.enrolment.add(options);
  }

  removePeer(id: PeerId): Promise<void> {
    return this.#parts.enrolment.remove(id);
  }

  get #seats(): readonly Seat[] {
    return this.#parts.roster.seats;
  }
}
