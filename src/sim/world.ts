import { present } from "../core/base/assert.ts";
import type { LinkId, Sid } from "../core/base/ids.ts";
import { Prng } from "../core/base/prng.ts";
import { Fabric } from "../core/network/fabric.ts";
import type { Endpoint, Link } from "../core/network/link.ts";
import type { Notification } from "../core/packets/notification.ts";
import type { QuorumPacket } from "../core/packets/quorum-packet.ts";
import type { Effect, PeerEvent } from "../core/server/effects.ts";
import type { Peer } from "../core/server/peer.ts";
import { Disk, type DiskLies } from "./disk.ts";
import { type FromClient, Host, linkIds, type OnLearnerLink, type ToClient } from "./host.ts";
import { messageOf } from "./messages.ts";
import { type Latency, Network, type Socket } from "./network.ts";
import { Schedule } from "./schedule.ts";
import { Trace } from "./trace.ts";

/** Who looks on: the checks, and the faults that strike at an exact effect. */
export interface Watcher {
  /** Before a step. */
  stepping?(host: Host, event: PeerEvent): void;
  /** Before an effect is carried out; "crash": the peer crashes instead. */
  effect?(host: Host, effect: Effect): "crash" | undefined;
  /** After a step and all its effects. */
  stepped?(host: Host, event: PeerEvent): void;
  /** Some of what the disk was asked is durable. */
  synced?(host: Host): void;
  crashed?(host: Host): void;
}

export interface WorldOptions {
  readonly seed: string;
  readonly sids: readonly Sid[];
  readonly makePeer: (sid: Sid) => Peer;
  /** Of messages between peers and with clients. */
  readonly latency: Latency;
  /** Of making durable what was asked. */
  readonly syncing: Latency;
  /** How late timers fire; not at all unless given. */
  readonly lateness?: Latency;
  readonly lies?: (sid: Sid) => DiskLies;
  readonly watcher?: Watcher;
  /** Every message passes through its codec on the way. */
  readonly checksCodecs?: boolean;
  /** Nothing is left to chance: ties go by arrival, a sync takes all, a crash loses what was not synced. */
  readonly scripted?: boolean;
  /** How many lines of the trace are kept. */
  readonly traceLines?: number;
}

/**
 * A simulated world for peers: virtual time, links, disks and clients' connections, all of it drawn from one seed. It has the
 * duties of any driver: deliver events, carry out effects, honour `wakeAt`, own the fabric.
 */
export class World {
  readonly schedule: Schedule;
  readonly fabric: Fabric;
  readonly network: Network;
  readonly trace: Trace;
  readonly hosts: ReadonlyMap<Sid, Host>;
  readonly checksCodecs: boolean;
  readonly scripted: boolean;
  readonly diskPrng: Prng;
  readonly networkPrng: Prng;
  readonly nextLink: () => LinkId = linkIds();
  watcher: Watcher;
  /** Extra milliseconds of each sync of a peer's disk. */
  readonly slowDisks: Map<Sid, number> = new Map();
  /**
   * Whose next write fails: its process ends, as over the real driver. Apache's ends so where it stands alone; in an ensemble its
   * role ends, and it looks for a leader again (SyncRequestProcessor, ZooKeeperCriticalThread, Leader.isRunning).
   */
  readonly fullDisks: Set<Sid> = new Set();
  readonly #options: WorldOptions;

  constructor(options: WorldOptions) {
    const prng = new Prng(options.seed);
    this.#options = options;
    this.scripted = options.scripted ?? false;
    this.schedule = new Schedule(this.scripted ? undefined : prng.split("schedule"));
    this.fabric = new Fabric(prng.split("fabric"));
    this.networkPrng = prng.split("network");
    this.diskPrng = prng.split("disk");
    this.checksCodecs = options.checksCodecs ?? false;
    this.trace = new Trace(options.traceLines ?? 200);
    this.watcher = options.watcher ?? {};
    this.network = new Network({
      schedule: this.schedule,
      fabric: this.fabric,
      prng: this.networkPrng,
      latency: options.latency,
      onCrash: (who) => this.#crash(who),
      describe: messageOf,
    });
    this.hosts = new Map(
      options.sids.map((sid) => [sid, new Host(this, sid, new Disk(options.lies?.(sid)))]),
    );
  }

  get now(): number {
    return this.schedule.now;
  }

  host(sid: Sid): Host {
    return present(this.hosts.get(sid), `peer ${sid}`);
  }

  makePeer(sid: Sid): Peer {
    return this.#options.makePeer(sid);
  }

  /** Steps until `until`, or until `done` says so after a step; whether it did. */
  run(until: number, done?: () => boolean): boolean {
    if (done?.()) return true;
    while (this.schedule.runNext(until)) if (done?.()) return true;
    return false;
  }

  syncMs(host: Host): number {
    const { from, to } = this.#options.syncing;
    return this.diskPrng.between(from, to) + (this.slowDisks.get(host.sid) ?? 0);
  }

  /** How late a timer fires. */
  lateness(): number {
    const { lateness } = this.#options;
    return lateness === undefined ? 0 : this.networkPrng.between(lateness.from, lateness.to);
  }

  // ------------------------------------------------------------------ dials

  dialForVotes(from: Host, to: Sid): void {
    const link: Link = { from: from.sid, to, channel: "election" };
    this.#dial(link, from, undefined, {
      alreadyDone: () => from.hasLinkTo(to),
      refused: () => from.refusedBy(to),
      reached: (target) => {
        const { dialer, acceptor } = this.network.connect<Notification, Notification>(link);
        target.linked(from.sid, acceptor);
        if (from.up) from.linked(to, dialer);
      },
    });
  }

  dialLeader(from: Host, to: Sid): void {
    const link: Link = { from: from.sid, to, channel: "quorum" };
    const failed = (): void => from.deliver({ type: "dialed", to, link: undefined });
    this.#dial(link, from, this.scripted ? 1000 : this.networkPrng.between(100, 2000), {
      refused: failed,
      reached: (target) => {
        const { dialer, acceptor } = this.network.connect<OnLearnerLink, QuorumPacket>(link);
        from.dialedLeader(to, dialer);
        target.acceptLearner(acceptor);
      },
    });
  }

  /** A client's connection to a peer: `reached` gives the socket, on which `opened` comes first. */
  dialClient(
    to: Sid,
    outcome: { reached: (socket: Socket<ToClient, FromClient>) => void; refused: () => void },
  ): void {
    const link: Link = { from: "client", to, channel: "client" };
    this.#dial(link, undefined, 1000, {
      refused: outcome.refused,
      reached: (target) => {
        const { dialer, acceptor } = this.network.connect<ToClient, FromClient>(link);
        outcome.reached(dialer);
        target.acceptClient(acceptor);
      },
    });
  }

  /** The way of a connection request: it waits while the fabric blocks it, for ever without `timeoutMs`. */
  #dial(
    link: Link,
    dialer: Host | undefined,
    timeoutMs: number | undefined,
    outcome: {
      readonly alreadyDone?: () => boolean;
      readonly refused: () => void;
      readonly reached: (target: Host) => void;
    },
  ): void {
    const life = dialer?.life;
    const deadline = timeoutMs === undefined ? undefined : this.now + timeoutMs;
    const isOver = (): boolean => dialer !== undefined && (dialer.life !== life || !dialer.up);
    let settled = false;
    const refuse = (): void => {
      if (settled || isOver()) return;
      settled = true;
      outcome.refused();
    };
    const attempt = (): void => {
      if (settled || isOver() || outcome.alreadyDone?.() === true) return;
      if (this.network.isBlocked(link)) {
        if (deadline !== undefined) this.schedule.at(deadline, refuse);
        return this.network.park({
          wake: () => this.schedule.after(this.network.latency(), attempt),
        });
      }
      const target = this.host(link.to as Sid);
      if (!target.up || (!this.fabric.idle && this.fabric.isRefused(link))) return refuse();
      settled = true;
      outcome.reached(target);
    };
    this.schedule.after(this.network.latency(), attempt);
  }

  #crash(who: Endpoint): void {
    if (who !== "client") this.host(who).crash();
  }
}
