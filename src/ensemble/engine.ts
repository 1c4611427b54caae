import type {
  EnsembleStatus,
  Peer,
  PeerOptions,
  PeerStatus,
  Snapshot,
  TreeLiteral,
} from "./api.ts";
import type { Feature, PeerId, Role, SessionMatch, Target, WaitOptions } from "./api-controls.ts";
import type { TransactionLog } from "./api-transactions.ts";
import type { Field } from "./nemesis/draw.ts";
import type { Pass } from "./nemesis/run.ts";

/** At once where the peers are in this process; where they must be asked, later. */
type Soon<T> = T | Promise<T>;

/** What an ensemble does to its peers, in the way of those that run them: in this process, or as Apache's servers. */
export interface Engine {
  readonly name: "embedded" | "apache";
  /** As of now: a standalone peer has fewer. */
  readonly features: readonly Feature[];
  readonly peers: readonly Peer[];
  inRole(role: "follower" | "observer"): Soon<readonly PeerId[]>;
  /** Those that an election can count on without a start; whether on one that is paused is the engine's to say. */
  electable(): readonly PeerId[];
  /** All serve as far as they know, and nobody is being started or stopped. */
  areAllServing(): Soon<boolean>;
  field(): Field;
  status(): Soon<EnsembleStatus>;

  /** Starts those that are down, and waits until they are ready; those that are paused stay so. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Those that are paused go on. */
  resume(): void;
  /** Throws for a target that stands for nobody by mistake; returns those that were not down already. */
  kill(target: Target): Soon<readonly PeerId[]>;
  /** Frees everything; called once. */
  close(): Promise<void>;
  /** Lets the ensemble's time pass. */
  readonly pass: Pass;

  sessionGone(match: SessionMatch, options: WaitOptions | undefined): Promise<void>;
  snapshot(): Promise<Snapshot>;
  restore(snapshot: Snapshot): Promise<void>;
  transactions(): Promise<TransactionLog>;
  addPeer(options: PeerOptions): Promise<Peer>;
  removePeer(id: PeerId): Promise<void>;
}

export interface Restart {
  readonly crash: boolean;
  readonly wipe: boolean;
}

/** What is done to one peer, and known of it. */
export interface PeerVerbs {
  readonly id: PeerId;
  readonly type: "participant" | "observer";
  /** The name by which clients know it, and the address that its ports are bound to. */
  readonly host: string;
  readonly boundHost: string;
  readonly ports: Peer["ports"];
  readonly dataDir: string | undefined;
  /** Of its process. */
  readonly state: "running" | "paused" | "stopped" | "crashed";
  /** As last seen; `askRole` looks. */
  readonly role: Role;
  askRole(): Soon<Role>;
  status(): Soon<PeerStatus>;
  /** Starts it where it is down, and waits until it is ready. */
  start(): Promise<void>;
  stop(): Promise<void>;
  kill(): Soon<void>;
  /** Ends it, by a crash or not, and starts it, without its state where it is wiped; nobody else starts or stops it meanwhile. */
  restart(how: Restart): Promise<void>;
  /** Of one that runs, and the next of one that is paused. */
  pause(): void;
  resume(): void;
  untilRole(role: Role, options: WaitOptions | undefined): Promise<void>;
  /** How many. */
  dropConnections(kinds: { readonly clients: boolean; readonly peers: boolean }): number;
}

/** The states that can be waited for; who leads is known by its id. */
export interface StandingVerbs {
  leader(
    options: (WaitOptions & { readonly not?: PeerId }) | undefined,
  ): Promise<{ readonly id: PeerId }>;
  noLeader(options: WaitOptions | undefined): Promise<void>;
  quorum(options: WaitOptions | undefined): Promise<void>;
  converged(options: WaitOptions | undefined): Promise<{ zxid: bigint }>;
  condition(what: string, check: () => unknown, options: WaitOptions | undefined): Promise<void>;
}

/** What the tree holds, and how it is changed from outside. */
export interface ContentVerbs {
  dump(path: string): Promise<TreeLiteral>;
  seed(literal: TreeLiteral, path: string): Promise<void>;
  /** Deletes all nodes below the path, and with `self` its own. False: there were none. */
  clear(path: string, options: { readonly self: boolean }): Promise<boolean>;
}
