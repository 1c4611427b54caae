import type { Epoch, SessionId, Sid, Zxid } from "../core/base/ids.ts";
import { reasonsOf } from "../core/base/reasons.ts";
import type { PeerRole } from "../core/server/effects.ts";
import type { Peer } from "../core/server/peer.ts";
import type { StoredSnapshot } from "../core/storage/ports.ts";
import type { CorruptionOrder } from "../runtime/disk/corruption.ts";
import type { HostState, PeerHost } from "../runtime/peer-host.ts";
import type { OrderedFailure } from "../runtime/storage-faults.ts";
import type { PeerStatus } from "./api.ts";
import type { Ms, Role } from "./api-controls.ts";
import type { Calls } from "./calls.ts";
import { debugStore } from "./debug/store.ts";
import type { Restart } from "./engine.ts";
import { codeOf, ZkmsError } from "./errors.ts";
import { OneByOne } from "./one-by-one.ts";
import { type PeerStorage, storageError } from "./peer-storage.ts";
import { wasRemoved } from "./targets.ts";

export interface SeatOptions {
  /** Whose place it is, for lines of DEBUG. */
  readonly ensemble: string;
  readonly host: PeerHost;
  /** Once they are closed no life begins. */
  readonly calls: Calls;
  readonly votes: boolean;
  readonly storage: PeerStorage;
  /** A new life of the peer; its wall clock is shifted by `skewMs`. */
  readonly makePeer: (skewMs: Ms) => Peer;
  readonly skewMs: Ms;
  /** The process changed its state at the ensemble's hand. */
  readonly onChanged: (seat: Seat, why: string) => void;
}

/** How far a peer's history goes. */
export interface Mark {
  readonly epoch: Epoch;
  readonly acceptedEpoch: Epoch;
  /** The last transaction applied. */
  readonly zxid: Zxid;
  readonly lastLogged: Zxid;
}

/** What a life begins with that goes on from no files. */
export interface Renewal {
  readonly snapshot: StoredSnapshot;
  readonly epoch: Epoch;
}

/**
 * One peer's place in the ensemble, which outlives its lives: process and ports, store, skew.
 *
 *   stopped | crashed ──start──▶ running ◀──pause, resume──▶ paused;  running, paused ──stop, kill──▶ stopped, crashed
 */
export class Seat {
  readonly host: PeerHost;
  /** Changes with the configuration. */
  votes: boolean;
  readonly storage: PeerStorage;
  /** What its disk was made to do, which ended its last life. */
  failure: OrderedFailure | undefined;
  readonly #options: SeatOptions;
  #skewMs: Ms;
  /** Sessions that were, and of which no file tells: none of their ids is given out again (ruling 8). */
  #issued: SessionId[] = [];
  /** What the peer had when it went down. */
  #last: Mark | undefined;
  /** Starts and stops, one after the other. */
  readonly #transitions = new OneByOne();
  #hasLeft = false;

  constructor(options: SeatOptions) {
    this.host = options.host;
    this.votes = options.votes;
    this.storage = options.storage;
    this.#options = options;
    this.#skewMs = options.skewMs;
  }

  get id(): Sid {
    return this.host.sid;
  }
  get state(): HostState {
    return this.host.state;
  }
  /** The living peer; undefined while the process is down. A paused one lives. */
  get peer(): Peer | undefined {
    return this.state === "running" || this.state === "paused" ? this.host.peer : undefined;
  }
  /** The peer since it has read what its last life left: before, it has nothing to tell. */
  get #begun(): Peer | undefined {
    const { peer } = this;
    return peer?.role === "stopped" ? undefined : peer;
  }
  /** The peer, unless its process is down or frozen. */
  get running(): Peer | undefined {
    return this.state === "running" ? this.host.peer : undefined;
  }
  get role(): Role {
    if (this.state !== "running") return this.state;
    return publicRole(this.host.peer?.role ?? "looking");
  }
  get serving(): boolean {
    return this.running?.serving ?? false;
  }
  get leads(): boolean {
    const role = this.running?.role;
    return this.serving && (role === "leading" || role === "standalone");
  }
  /** Starts or stops are under way, so what it is now says little of what it will be. */
  get isChanging(): boolean {
    return this.#transitions.isBusy;
  }
  /** It was removed, and does not start again. */
  get hasLeft(): boolean {
    return this.#hasLeft;
  }
  /** The last real transaction, which peers of one state have in common (ruling 11). */
  get zxid(): bigint {
    return BigInt(this.#begun?.replica.lastTxn ?? this.#last?.zxid ?? 0);
  }

  /** As far as is known: a peer that was not up yet may have more in its files. */
  get mark(): Mark | undefined {
    return this.#begun === undefined ? this.#last : markOf(this.#begun);
  }

  status(): PeerStatus {
    const { peer } = this;
    return {
      id: this.id,
      role: this.role,
      epoch: this.#begun?.epoch ?? this.#last?.epoch ?? 0,
      zxid: this.zxid,
      leader: this.running?.leader,
      connections: peer === undefined ? 0 : this.host.connections().length,
      watches: peer?.replica.watches.count ?? 0,
      znodes: peer?.replica.tree.nodeCount ?? 0,
    };
  }

  /** Listens and begins to look for a leader; nothing for a peer that is up. */
  start(): Promise<void> {
    return this.#transitions.next(() => this.#start());
  }

  /** Nothing for a peer that is down. */
  stop(): Promise<void> {
    return this.#transitions.next(() => this.#stop());
  }

  /** Ends it and starts it, and forgets between the two what would survive a crash; nobody else starts or stops it meanwhile. */
  restart({ crash, wipe }: Restart): Promise<void> {
    if (crash) this.kill(); // at once, whatever is under way
    return this.#transitions.next(async () => {
      if (this.#hasLeft) throw wasRemoved(this.id);
      if (crash) this.kill();
      else await this.#stop();
      if (wipe) await this.#wipe();
      await this.#start();
    });
  }

  /** Stops it for good: a start that is under way comes before, and none after. */
  leave(): Promise<void> {
    this.#hasLeft = true;
    return this.stop();
  }

  /**
   * Ends the life as a crash does, and begins another with the state that `next` gives then; nobody starts or stops it meanwhile.
   * Where there is no life to end, `next` is called all the same, and none begins.
   */
  renew(why: string, next: () => Promise<Renewal>): Promise<void> {
    return this.#transitions.next(async () => {
      const wasUp = this.peer !== undefined;
      try {
        if (wasUp) this.#vacate(why);
      } catch (error) {
        next().catch(() => {}); // others wait for it
        throw error;
      }
      try {
        const { snapshot, epoch } = await next();
        if (!wasUp) return;
        await this.storage.replace(snapshot, epoch);
        await this.#begin();
      } catch (error) {
        if (wasUp) this.host.closePorts();
        throw storageError(this.id, "cannot take over the snapshot", error);
      }
    });
  }

  async #start(): Promise<void> {
    if (this.#hasLeft) throw wasRemoved(this.id);
    if (this.peer !== undefined) return;
    try {
      await this.#begin();
    } catch (error) {
      throw startError(this.id, error);
    }
  }

  async #stop(): Promise<void> {
    if (this.peer === undefined) return;
    this.#remember();
    try {
      await this.host.stop();
    } catch (error) {
      throw storageError(this.id, "cannot store what it was given", error);
    } finally {
      this.#options.onChanged(this, "stopped");
    }
  }

  async #wipe(): Promise<void> {
    this.#options.calls.mustBeOpen(); // else its folder would be made again
    await this.storage.wipe();
    this.#last = undefined;
  }

  #vacate(why: string): void {
    this.#remember();
    const { highestSession } = this.#begun?.replica ?? {};
    if (highestSession !== undefined) this.#issued = [...highestSession.values()];
    this.host.vacate();
    this.#options.onChanged(this, why);
  }

  async #begin(): Promise<void> {
    const { calls } = this.#options;
    calls.mustBeOpen(); // else its folder would be made again
    this.failure = undefined;
    const store = await this.storage.open();
    calls.mustBeOpen();
    const makePeer = (): Peer => {
      const peer = this.#options.makePeer(this.#skewMs);
      for (const session of this.#issued) peer.replica.noteSession(session);
      return peer;
    };
    const told = debugStore(store, `${this.#options.ensemble}/${this.id}`);
    await this.host.start(makePeer, told, this.storage.faults);
  }

  /** Resolves when what was asked of it so far is over. */
  settled(): Promise<void> {
    return this.#transitions.next(async () => {});
  }

  /** True when there was a process to kill. */
  kill(): boolean {
    if (this.peer === undefined) return false;
    this.#remember();
    this.host.kill();
    this.#options.onChanged(this, "killed");
    return true;
  }

  pause(): void {
    this.host.pause();
    this.#options.onChanged(this, "paused");
  }

  resume(): void {
    this.host.resume();
    this.#options.onChanged(this, "resumed");
  }

  /** Spoils one of its files, of a peer that is down; false where there is none to spoil. */
  async corrupt(order: CorruptionOrder): Promise<boolean> {
    let found = false;
    await this.#transitions.next(async () => {
      found = await this.storage.corrupt(order);
    });
    return found;
  }

  /** Shifts the wall clock of this life and of those to come. */
  skew(ms: Ms): void {
    this.#skewMs += ms;
    this.host.command({ type: "skew", ms });
  }

  #remember(): void {
    const peer = this.#begun;
    if (peer !== undefined) this.#last = markOf(peer);
  }
}

const markOf = ({ epoch, acceptedEpoch, lastLogged, replica }: Peer): Mark => ({
  epoch,
  acceptedEpoch,
  zxid: replica.lastTxn,
  lastLogged,
});

function startError(sid: Sid, error: unknown): unknown {
  if (codeOf(error) !== "EADDRINUSE") return storageError(sid, "cannot start", error);
  const why = reasonsOf(error);
  return new ZkmsError("ZKMS_PORT_IN_USE", `peer ${sid} cannot start`, {
    why,
    hint: "start it again when the port is free",
    cause: error,
  });
}

export function publicRole(role: PeerRole): Role {
  switch (role) {
    case "leading":
      return "leader";
    case "following":
      return "follower";
    case "observing":
      return "observer";
    default:
      return role;
  }
}
