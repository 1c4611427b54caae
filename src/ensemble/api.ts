// The public types. Every control is async and takes plain data, because test runners run tests in other processes than their
// setup, and the same interface is to work from there.
import type { ClientOptions, ZooKeeperClient } from "../client/index.ts";
import type {
  Clock,
  Direction,
  EnsembleEvent,
  Events,
  Fault,
  Feature,
  LinkConditions,
  Ms,
  Network,
  PeerId,
  Role,
  SessionMatch,
  Sessions,
  Storage,
  Target,
  WaitOptions,
} from "./api-controls.ts";
import type { Nemesis } from "./api-nemesis.ts";
import type { TransactionLog } from "./api-transactions.ts";

export interface EnsembleOptions {
  /** Voting peers: a count (default 3) or one entry a peer. 1 is a standalone server, as in Apache ZooKeeper. */
  peers?: number | readonly PeerOptions[];
  /** Non-voting peers, numbered after the voters. Default 0. */
  observers?: number;
  /** Appears in logs, in the ensemble's id and in the names of temporary folders. */
  name?: string;
  /**
   * Seeds every random choice, such as a fault's delays: the same seed draws the same choices, though not the same timing of
   * TCP. Default: the environment's ZKMS_SEED, or a random one, printed with every error.
   */
  seed?: number | string;
  /** "embedded" (default) is ours; "apache" drives real Apache ZooKeeper processes through the same interface. */
  engine?: "embedded" | "apache" | ApacheEngine;
  /** Whose answers to give where Apache's versions differ. Default "3.9". */
  emulate?: "3.8" | "3.9";
  /** The address to bind. Default "127.0.0.1". */
  host?: string;
  /** The host name written into connect strings, for clients in containers. Default: `host`. */
  advertisedHost?: string;
  /** The first client port, or one a peer; 0 (default) binds ephemeral ports and keeps them for the ensemble's life. */
  clientPort?: number | readonly number[];
  /** "tcp" (default): peers speak ZooKeeper's election and quorum protocols on loopback. "memory" leaves out the sockets. */
  peerLinks?: "tcp" | "memory";
  /** Default 100. Time counts only while the event loop turns: a debugger's pause or a blocked loop ages nothing. */
  tickTime?: Ms;
  /** How long a learner may take to join its leader, in ticks. Default 50. */
  initLimit?: number;
  /** How far a learner may fall behind its leader, in ticks. Default 20. */
  syncLimit?: number;
  /** Default: two ticks. */
  minSessionTimeout?: Ms;
  /** Default 60 000, where Apache's is 20 ticks. */
  maxSessionTimeout?: Ms;
  /** Connections one client address may have to a peer. Default 0: no limit. */
  maxClientCnxns?: number;
  /** The longest request, in bytes. Default 1 048 575. */
  juteMaxBuffer?: number;
  /** Transactions between two snapshots. Default 100 000. */
  snapCount?: number;
  /** Where peers keep their log and snapshots. Default "memory": it survives a peer's crash, not the process. */
  storage?: "memory" | StorageOptions;
  /** "manual": from the moment the start resolves time stands still unless `clock.advance` moves it. Default "real". */
  clock?: "real" | "manual";
  /** Standing conditions on every link. */
  network?: LinkConditions;
  /** Default { id: "super", password: "super" }; false: none. */
  superUser?: { id: string; password: string } | false;
  /**
   * A peer that has found no leader for two seconds (a tick, if that is longer) serves clients that asked for no more than to read,
   * from what it has; its role is "readonly". Their sessions are local ones, so this turns `localSessions` on unless that is false,
   * and has them upgraded for ephemerals. Default false.
   */
  readOnlyMode?: boolean;
  /** Default true: TTL nodes are allowed, for which Apache needs extendedTypesEnabled. */
  ttlNodes?: boolean;
  /**
   * Who belongs may change, by `addPeer` and `removePeer` and by clients' reconfig requests (as the super user, unless the ACL of
   * /zookeeper/config says otherwise). Default true, for which Apache needs reconfigEnabled.
   */
  reconfig?: boolean;
  /**
   * New sessions are known to the peer that made them alone: no transaction, no zxid, and no way to take one along to another peer.
   * Ephemerals need `config: { localSessionsUpgradingEnabled: true }`; a session that makes one becomes an ordinary one. Not of
   * an ensemble of one peer. Default: as `readOnlyMode`.
   */
  localSessions?: boolean;
  /** Passwords by name for SASL DIGEST-MD5 on the client port; it also admits the scheme "sasl" in ACLs. */
  sasl?: { digest: Readonly<Record<string, string>> };
  /**
   * A secure client port beside the plain one, and the scheme "x509" in ACLs. With true, a certificate authority is made for this
   * run (which needs the package `node-forge`), and clients may show a certificate of its making: see `ens.tls`. Else PEM texts or
   * paths of PEM files; `ca` vouches for clients, who need a certificate by default, as with Apache.
   */
  tls?: boolean | { ca: string; cert: string; key: string; clientAuth?: "none" | "want" | "need" };
  /** The four-letter words that peers answer. Default "*": all. */
  fourLetterWords?: "*" | readonly string[];
  /**
   * Each peer's AdminServer: JSON over HTTP at `http://HOST:PORT/commands`, by `peer.ports.admin`; `port` is the first peer's, the
   * others follow, 0 (default) binds ephemeral ones. Off by default.
   */
  admin?: boolean | { port?: number };
  /**
   * The control API for other processes: every verb of the ensemble as HTTP and JSON, at `ens.controlUrl`, and `connectEnsemble`.
   * Off by default, loopback only, behind a token, random unless given: `ens.controlToken`.
   */
  control?: boolean | { port?: number; token?: string };
  /**
   * Keys of zoo.cfg and system properties by Apache's names, with or without "zookeeper." in front, as numbers, booleans or the
   * text of the file: `{ enforceQuota: true, "znode.container.checkIntervalMs": 1000 }`. A key that has an option of its own may
   * stand here too; one that nobody knows, or that is not supported, is refused.
   */
  config?: Readonly<Record<string, string | number | boolean>>;
  /** How long the start, each wait and the close may take. Defaults 10 000, 4 000 and 5 000. */
  timeouts?: { start?: Ms; wait?: Ms; close?: Ms };
  /** An open ensemble holds the process only while a call on it is pending; true: all the time. Default false. */
  keepAlive?: boolean;
  /** Hears every event from the first one on; messages only while somebody listens for them with `events.on`. */
  onEvent?: (event: EnsembleEvent) => void;
  /** Ends the start, and all that it opened, with the signal's reason. */
  signal?: AbortSignal;
}

export interface PeerOptions {
  id?: PeerId;
  type?: "participant" | "observer";
  /** Weight in a hierarchical quorum; a peer of weight 0 is never elected. */
  weight?: number;
  /** Group in a hierarchical quorum. */
  group?: number;
  clientPort?: number;
  /** Shifts the wall time that this peer stamps on transactions. */
  clockSkew?: Ms;
  /** Default: the ensemble's. */
  storage?: "memory" | StorageOptions;
  config?: EnsembleOptions["config"];
  /** false: configured, but not started until `peer.start()`. */
  start?: boolean;
}

export interface StorageOptions {
  kind: "memory" | "disk";
  /**
   * Apache's own layout: the ensemble's has a folder `peer1`, `peer2`, … for each peer, a peer's own is that folder. Default: a
   * temporary one.
   */
  dir?: string;
  /**
   * Whether the files stay when the ensemble closes; "on-failure": when a call on it failed. Default: true for a folder of one's
   * own, false for a temporary one.
   */
  keep?: boolean | "on-failure";
  /** disk: a real fsync before every ack; memory: its effect is modelled. Default false. */
  fsync?: boolean;
  /** kill() loses what was not synced. Default: true when `fsync` is true. */
  loseUnsynced?: boolean;
}

/** Real Apache ZooKeeper processes behind the same interface. */
export interface ApacheEngine {
  readonly kind: "apache";
  readonly classpath?: string;
  readonly java?: string;
  readonly jvmArgs?: readonly string[];
}

/** All peers, their faults, their time and their sessions. */
export interface Ensemble extends AsyncDisposable {
  readonly id: string;
  readonly seed: string;
  readonly engine: "embedded" | "apache";
  /** host:port of every peer, observers last; stable over kills and restarts; a reconfiguration may change it. */
  readonly connectString: string;
  readonly peers: readonly Peer[];
  /** Where the control API is, for `connectEnsemble` and curl; undefined without the option `control`. */
  readonly controlUrl: string | undefined;
  /** What it asks for: `Authorization: Bearer TOKEN`. */
  readonly controlToken: string | undefined;
  /** The secure ports; undefined without the option `tls`. */
  readonly tls: EnsembleTls | undefined;
  readonly network: Network;
  readonly clock: Clock;
  readonly sessions: Sessions;
  readonly storage: Storage;
  readonly events: Events;
  readonly nemesis: Nemesis;
  /** Engines differ; an unsupported call throws ZKMS_UNSUPPORTED. Throws ZKMS_BAD_OPTIONS for a name that is no feature. */
  supports(feature: Feature): boolean;
  /** Throws ZKMS_NO_SUCH_PEER for an id that no peer has. */
  peer(id: PeerId): Peer;
  /** The serving leader, or the standalone peer; waits for one. */
  leader(options?: WaitOptions): Promise<Peer>;
  /** The peers that follow now. */
  followers(): Promise<Peer[]>;
  /** The peers that observe now. */
  observers(): Promise<Peer[]>;
  status(): Promise<EnsembleStatus>;

  /** Stops every peer in good order; their state is kept. */
  stop(): Promise<void>;
  /** Starts every peer that is down; resolves as `startEnsemble` does. */
  start(): Promise<void>;
  /** Stops and starts all peers at once, or with `rolling` one after the other, the leader last, so that the quorum lives on. */
  restart(options?: { rolling?: boolean }): Promise<void>;
  /** Frees every socket, timer and temporary folder; idempotent; a leak is an error that names it. */
  close(): Promise<void>;

  /** Crashes the leader; with `waitForNew` (default true) resolves when another leader serves. */
  killLeader(
    options?: WaitOptions & { waitForNew?: boolean },
  ): Promise<{ killed: Peer; leader: Peer | undefined }>;
  kill(target: Target): Promise<Peer[]>;
  /** partition([1], [2, 3]): no bytes pass between the sides. One side: cut from all the rest. Clients are not cut. */
  partition(...sides: readonly Target[]): Promise<Fault>;
  /** Cuts the target from the other peers (default), from clients, or from both; `direction` as the target sees it. */
  isolate(
    target: Target,
    options?: { from?: "peers" | "clients" | "all"; direction?: Direction },
  ): Promise<Fault>;
  /**
   * Ends every fault on links, clocks, sessions and storage, not kills and pauses. Connections that survived the stall go on
   * where they stopped.
   */
  heal(): Promise<void>;

  waitForLeader(options?: WaitOptions & { not?: PeerId }): Promise<Peer>;
  waitForNoLeader(options?: WaitOptions): Promise<void>;
  /** Resolves when a write has committed that was proposed after the call. */
  waitForQuorum(options?: WaitOptions): Promise<void>;
  /** Every running peer serves, and has the same last transaction and the same tree digest. */
  waitForConverged(options?: WaitOptions): Promise<{ zxid: bigint }>;
  waitForSessionGone(match: SessionMatch, options?: WaitOptions): Promise<void>;
  /** Asks `check` again after every event until it gives something true; it may be async, and a throw counts as not yet. */
  waitFor(what: string, check: () => unknown, options?: WaitOptions): Promise<void>;

  /** Tree, ACLs and counters of a quorum; not sessions, nor what ends with them. */
  snapshot(): Promise<Snapshot>;
  /**
   * Back to a snapshot, of this ensemble or another, or to one that was JSON meanwhile: nodes, ACLs and Stats are exactly its own,
   * while zxids and the configuration go on. Clients see what they would if all servers crashed and came back with it: the connection
   * breaks, and when they are back their session has expired. Faults stay, and peers that are down are given it when they start.
   *
   *     const seeded = await ens.snapshot();
   *     afterEach(() => ens.restore(seeded));
   *
   * Throws ZKMS_BAD_OPTIONS for what is no snapshot, ZKMS_BAD_STATE where no quorum is up.
   */
  restore(snapshot: Snapshot): Promise<void>;
  /**
   * What the ensemble has committed, as plain data: what `check` of `zookeeper-memory-server/check` judges a history by. It waits
   * for a leader, and reads its log from there.
   */
  transactions(): Promise<TransactionLog>;
  /** A clean slate between tests, without a reboot: faults off, peers up, sessions expired, tree empty. */
  reset(options?: {
    faults?: boolean;
    peers?: boolean;
    sessions?: boolean;
    data?: boolean;
  }): Promise<void>;
  /** The tree below `path` as the leader has it, in a stable order: fit for snapshot assertions. */
  dump(path?: string): Promise<TreeLiteral>;
  /** Creates every node of `tree` below `path`, parents first; a node that is there gets the data. */
  seedTree(tree: TreeLiteral, path?: string): Promise<void>;
  /** A chroot of its own for one test or one worker. */
  namespace(name?: string): Promise<Namespace>;
  /** A small promise client for assertions; the code under test brings its own. Looks for a server as long as any wait. */
  connect(options?: ClientOptions): Promise<ZooKeeperClient>;

  /**
   * Starts a new peer, lets it join by a reconfiguration, and resolves when it serves; `connectString`
   * and `peers` name it from then on.
   */
  addPeer(options?: PeerOptions): Promise<Peer>;
  /** Takes a peer out by a reconfiguration, the leader too, and stops it. */
  removePeer(peer: PeerId): Promise<void>;
}

/** What clients need to use the secure ports. */
export interface EnsembleTls {
  /** host:port of every peer's secure port. */
  readonly connectString: string;
  /** The authority's certificate, in PEM. */
  readonly ca: string;
  /** A client's certificate, with which it is `x509:CN=commonName`; only where the authority was made for this run. */
  issue(commonName: string): Promise<IssuedCertificate>;
}
/** In PEM. */
export interface IssuedCertificate {
  readonly cert: string;
  readonly key: string;
}

export interface Peer {
  readonly id: PeerId;
  readonly type: "participant" | "observer";
  readonly host: string;
  readonly port: number;
  /** host:port */
  readonly address: string;
  /** Where it listens; a reconfiguration may move it. */
  readonly ports: {
    client: number;
    quorum?: number;
    election?: number;
    admin?: number;
    secure?: number;
  };
  readonly dataDir: string | undefined;
  role(): Promise<Role>;
  status(): Promise<PeerStatus>;
  /** Resolves when the peer serves, or looks for a leader where too few peers are up. */
  start(): Promise<void>;
  /** Closes its connections in good order; its state is kept. */
  stop(): Promise<void>;
  /** A crash: connections are reset, what was in memory is gone. */
  kill(): Promise<void>;
  /** A frozen process: its sockets stay open, and nothing moves. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Stops the peer (with `crash` as `kill` does) and starts it, with `wipe` from an empty store. */
  restart(options?: { crash?: boolean; wipe?: boolean }): Promise<void>;
  /** Resolves when the peer has the role, and serves in it where the role is one that serves. */
  waitForRole(role: Role, options?: WaitOptions): Promise<void>;
  /** Sends a four-letter word to the client port and returns the answer. */
  fourLetterWord(word: string): Promise<string>;
  /** Resets connections (by default those of clients only) and returns how many. */
  dropConnections(options?: { clients?: boolean; peers?: boolean }): Promise<number>;
}
export interface PeerStatus {
  id: PeerId;
  role: Role;
  epoch: number;
  zxid: bigint;
  leader: PeerId | undefined;
  connections: number;
  watches: number;
  znodes: number;
}
export interface EnsembleStatus {
  leader: PeerId | undefined;
  epoch: number;
  quorum: boolean;
  now: Ms;
  peers: PeerStatus[];
  faults: string[];
}

export interface Namespace extends AsyncDisposable {
  readonly path: string;
  /** host:port,host:port/path */
  readonly connectString: string;
  connect(options?: ClientOptions): Promise<ZooKeeperClient>;
  dump(): Promise<TreeLiteral>;
  seedTree(tree: TreeLiteral): Promise<void>;
  clear(): Promise<void>;
  close(): Promise<void>;
}
/** Nodes by name; the key "", which no node can have, holds a node's own data beside its children. */
export type TreeLiteral = { [name: string]: string | Uint8Array | null | TreeLiteral };
/** A state of an ensemble, which stays what it is; in JSON it can be kept in a file. */
export interface Snapshot {
  /** Its last transaction. */
  readonly zxid: bigint;
  /** Its size. */
  readonly bytes: number;
  toJSON(): unknown;
}
