// What this package promises its users, which its own types are compared with in `contract.test.ts`. What is ours beyond it is
// listed in decision 8; a line that differs from the promise names the decision that changed it.

export function startEnsemble(peers?: number, options?: EnsembleOptions): Promise<Ensemble>;
export function startEnsemble(options: EnsembleOptions): Promise<Ensemble>;
export function startPeer(options: {
  config: string;
  signal?: AbortSignal;
}): Promise<AsyncDisposable & { readonly clientPort: number; role(): Promise<Role> }>;
export type Ms = number;
export type PeerId = number;
export type Role =
  | "leader"
  | "follower"
  | "observer"
  | "looking"
  | "readonly"
  | "standalone"
  | "stopped"
  | "crashed"
  | "paused";
export interface EnsembleOptions {
  peers?: number | readonly PeerOptions[];
  observers?: number;
  name?: string;
  seed?: number | string;
  engine?: "embedded" | "apache" | ApacheEngine;
  emulate?: "3.8" | "3.9";
  host?: string;
  advertisedHost?: string;
  clientPort?: number | readonly number[];
  peerLinks?: "tcp" | "memory";
  tickTime?: Ms;
  initLimit?: number;
  syncLimit?: number;
  minSessionTimeout?: Ms;
  maxSessionTimeout?: Ms;
  maxClientCnxns?: number;
  juteMaxBuffer?: number;
  snapCount?: number;
  storage?: "memory" | StorageOptions;
  clock?: "real" | "manual";
  network?: LinkConditions;
  superUser?: { id: string; password: string } | false;
  readOnlyMode?: boolean;
  ttlNodes?: boolean;
  reconfig?: boolean;
  localSessions?: boolean;
  sasl?: { digest: Readonly<Record<string, string>> };
  tls?: boolean | { ca: string; cert: string; key: string; clientAuth?: "none" | "want" | "need" };
  fourLetterWords?: "*" | readonly string[];
  admin?: boolean | { port?: number };
  control?: boolean | { port?: number; token?: string };
  config?: Readonly<Record<string, string | number | boolean>>;
  timeouts?: { start?: Ms; wait?: Ms; close?: Ms };
  keepAlive?: boolean;
  onEvent?: (event: EnsembleEvent) => void;
  signal?: AbortSignal;
}
export interface PeerOptions {
  id?: PeerId;
  type?: "participant" | "observer";
  weight?: number;
  group?: number;
  clientPort?: number;
  clockSkew?: Ms;
  storage?: "memory" | StorageOptions;
  config?: EnsembleOptions["config"];
  start?: boolean;
}
export interface StorageOptions {
  kind: "memory" | "disk";
  dir?: string;
  keep?: boolean | "on-failure";
  fsync?: boolean;
  loseUnsynced?: boolean;
}
export interface Ensemble extends AsyncDisposable {
  readonly id: string;
  readonly seed: string;
  readonly engine: "embedded" | "apache";
  readonly connectString: string;
  readonly peers: readonly Peer[];
  readonly controlUrl: string | undefined;
  readonly network: Network;
  readonly clock: Clock;
  readonly sessions: Sessions;
  readonly storage: Storage;
  readonly events: Events;
  supports(feature: Feature): boolean;
  peer(id: PeerId): Peer;
  leader(options?: WaitOptions): Promise<Peer>;
  followers(): Promise<Peer[]>;
  observers(): Promise<Peer[]>;
  status(): Promise<EnsembleStatus>;
  stop(): Promise<void>;
  start(): Promise<void>;
  restart(options?: { rolling?: boolean }): Promise<void>;
  close(): Promise<void>;
  killLeader(
    options?: WaitOptions & { waitForNew?: boolean },
  ): Promise<{ killed: Peer; leader: Peer | undefined }>;
  kill(target: Target): Promise<Peer[]>;
  partition(...sides: readonly Target[]): Promise<Fault>;
  isolate(
    target: Target,
    options?: { from?: "peers" | "clients" | "all"; direction?: Direction },
  ): Promise<Fault>;
  heal(): Promise<void>;
  waitForLeader(options?: WaitOptions & { not?: PeerId }): Promise<Peer>;
  waitForNoLeader(options?: WaitOptions): Promise<void>;
  waitForQuorum(options?: WaitOptions): Promise<void>;
  waitForConverged(options?: WaitOptions): Promise<{ zxid: bigint }>;
  waitForSessionGone(match: SessionMatch, options?: WaitOptions): Promise<void>;
  waitFor(what: string, check: () => unknown, options?: WaitOptions): Promise<void>;
  snapshot(): Promise<Snapshot>;
  restore(snapshot: Snapshot): Promise<void>;
  reset(options?: {
    faults?: boolean;
    peers?: boolean;
    sessions?: boolean;
    data?: boolean;
  }): Promise<void>;
  dump(path?: string): Promise<TreeLiteral>;
  seedTree(tree: TreeLiteral, path?: string): Promise<void>;
  namespace(name?: string): Promise<Namespace>;
  connect(options?: ClientOptions): Promise<ZooKeeperClient>;
  addPeer(options?: PeerOptions): Promise<Peer>;
  removePeer(peer: PeerId): Promise<void>;
}
export type Target =
  | PeerId
  | readonly PeerId[]
  | "leader"
  | "followers"
  | "observers"
  | "minority"
  | "majority"
  | "all";
export type Direction = "both" | "in" | "out";
export interface WaitOptions {
  timeout?: Ms;
  signal?: AbortSignal;
}
export interface Fault extends AsyncDisposable {
  readonly id: number;
  readonly label: string;
  undo(): Promise<void>;
}
export type Feature =
  | "clock"
  | "storage-faults"
  | "session-control"
  | "message-match"
  | "snapshot"
  | "reconfig";
export interface Peer {
  readonly id: PeerId;
  readonly type: "participant" | "observer";
  readonly host: string;
  readonly port: number;
  readonly address: string;
  readonly ports: { client: number; quorum?: number; election?: number; admin?: number };
  readonly dataDir: string | undefined;
  role(): Promise<Role>;
  status(): Promise<PeerStatus>;
  start(): Promise<void>;
  stop(): Promise<void>;
  kill(): Promise<void>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  restart(options?: { crash?: boolean; wipe?: boolean }): Promise<void>;
  waitForRole(role: Role, options?: WaitOptions): Promise<void>;
  fourLetterWord(word: string): Promise<string>;
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
export interface LinkConditions {
  latency?:
    | Ms
    | { mean: Ms; jitter?: Ms; distribution?: "constant" | "uniform" | "normal" | "exponential" };
  bandwidth?: number;
  stall?: { probability: number; for: Ms };
  reset?: { after?: Ms; probability?: number };
  corrupt?: { probability: number };
}
export interface LinkSelector {
  from?: Target | "clients";
  to?: Target | "clients";
  channel?: "client" | "quorum" | "election";
  direction?: Direction;
}
export interface Network {
  shape(link: LinkSelector, conditions: LinkConditions): Promise<Fault>;
  block(link: LinkSelector): Promise<Fault>;
  refuse(link: LinkSelector): Promise<Fault>;
  reset(link: LinkSelector): Promise<number>;
  hold(
    link: LinkSelector,
    match?: MessageMatch,
  ): Promise<
    Fault & { release(count?: number): Promise<number>; queued(): Promise<readonly Message[]> }
  >;
  on(
    match: MessageMatch & LinkSelector,
    verdict: Verdict,
    options?: { times?: number },
  ): Promise<Fault>;
}
export interface MessageMatch {
  type?: MessageType | readonly MessageType[];
  path?: string;
  session?: bigint;
  nth?: number;
}
export type MessageType =
  | "NOTIFICATION"
  | "FOLLOWERINFO"
  | "OBSERVERINFO"
  | "LEADERINFO"
  | "ACKEPOCH"
  | "NEWLEADER"
  | "UPTODATE"
  | "DIFF"
  | "TRUNC"
  | "SNAP"
  | "REQUEST"
  | "PROPOSAL"
  | "ACK"
  | "COMMIT"
  | "INFORM"
  | "PING"
  | "REVALIDATE"
  | "SYNC"
  | "CONNECT"
  | "CLIENT_REQUEST"
  | "REPLY"
  | "WATCH_EVENT";
export interface Message {
  from: PeerId | "client";
  to: PeerId | "client";
  type: MessageType | "BYTES";
  zxid?: bigint;
  path?: string;
  bytes: number;
}
export type Verdict = "pass" | "reset" | "crash-sender" | "crash-receiver" | { delay: Ms };
export interface Clock {
  now(): Promise<Ms>;
  advance(ms: Ms, options?: { keepAlive?: "connected" | "none" }): Promise<void>;
  freeze(): Promise<Fault>;
  skew(target: Target, ms: Ms): Promise<Fault>;
}
export interface SessionInfo {
  id: bigint;
  timeout: Ms;
  peer: PeerId | undefined;
  connected: boolean;
  readOnly: boolean;
  ephemerals: string[];
  watches: number;
  expiresIn: Ms;
  remote: string | undefined;
}
export type SessionMatch = bigint | string | { remotePort: number };
export interface Sessions {
  list(): Promise<SessionInfo[]>;
  get(match: SessionMatch): Promise<SessionInfo | undefined>;
  expire(match: SessionMatch): Promise<SessionInfo>;
  disconnect(match: SessionMatch): Promise<void>;
  freeze(match: SessionMatch): Promise<Fault>;
  expireAll(): Promise<number>;
}
export type StorageOp = "append" | "fsync" | "snapshot" | "read";
export interface Storage {
  fail(
    target: Target,
    op: StorageOp,
    options?: { error?: "EIO" | "ENOSPC"; nth?: number; times?: number },
  ): Promise<Fault>;
  slow(target: Target, op: StorageOp, ms: Ms): Promise<Fault>;
  corrupt(
    target: Target,
    options: { file: "log" | "snapshot"; how: "bitflip" | "truncate" | "torn" },
  ): Promise<void>;
  files(
    peer: PeerId,
  ): Promise<{ name: string; kind: "log" | "snapshot" | "epoch"; bytes: number }[]>;
}
export interface Namespace extends AsyncDisposable {
  readonly path: string;
  readonly connectString: string;
  connect(options?: ClientOptions): Promise<ZooKeeperClient>;
  dump(): Promise<TreeLiteral>;
  seedTree(tree: TreeLiteral): Promise<void>;
  clear(): Promise<void>;
  close(): Promise<void>;
}
export type TreeLiteral = { [name: string]: string | Uint8Array | null | TreeLiteral };
export interface Snapshot {
  readonly zxid: bigint;
  readonly bytes: number;
  toJSON(): unknown;
}
export interface EventMap {
  peer: { peer: PeerId; from: Role; to: Role; why?: string };
  election: { peer: PeerId; round: number; vote: PeerId; change: "started" | "vote" | "decided" };
  leader: { peer: PeerId | undefined; epoch: number };
  commit: { zxid: bigint; op: string; path: string | undefined; session: bigint };
  session: {
    id: bigint;
    change: "created" | "moved" | "disconnected" | "expired" | "closed";
    peer: PeerId | undefined;
  };
  fault: { id: number; label: string; change: "on" | "off" };
  message: Omit<Message, "type"> & { message: Message["type"] }; // decision 4
  // Beyond the promise, as decision 8 says.
  delivery: {
    of: number;
    from: Message["from"];
    to: Message["to"];
    change: "held" | "arrived" | "lost";
  };
  clock: { now: Ms; by: Ms };
  log: { peer: PeerId; level: "debug" | "info" | "warn" | "error"; text: string };
}
export type EventType = keyof EventMap;
export type EventOf<T extends EventType> = EventMap[T] & { type: T; seq: number; at: Ms };
export type EnsembleEvent = { [T in EventType]: EventOf<T> }[EventType];
export interface Events {
  on<T extends EventType>(type: T, listener: (event: EventOf<T>) => void): Disposable;
  history(filter?: {
    type?: EventType | readonly EventType[];
    since?: number;
    peer?: PeerId;
  }): Promise<EnsembleEvent[]>;
  timeline(format: "text" | "json" | "html"): Promise<string>;
}
export class ZkmsError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly seed: string | undefined;
  readonly status: EnsembleStatus | undefined;
}
export type ErrorCode =
  | "ZKMS_BAD_OPTIONS"
  | "ZKMS_PORT_IN_USE"
  | "ZKMS_START_TIMEOUT"
  | "ZKMS_BAD_STATE"
  | "ZKMS_CLOSED"
  | "ZKMS_WAIT_TIMEOUT"
  | "ZKMS_NO_SUCH_PEER"
  | "ZKMS_NO_SUCH_SESSION"
  | "ZKMS_UNSUPPORTED"
  | "ZKMS_SHARED"
  | "ZKMS_LEAK"
  | "ZKMS_ENGINE"
  | "ZKMS_STORAGE"
  | "ZKMS_CONTROL"
  | "ZKMS_CHECK";
export interface ClientOptions {
  to?: Target;
  sessionTimeout?: Ms;
  readOnly?: boolean;
  chroot?: string;
  auth?: readonly { scheme: string; auth: string }[];
}
export type ClientState =
  | "connecting"
  | "connected"
  | "connectedReadOnly"
  | "disconnected"
  | "expired"
  | "authFailed"
  | "closed";
export type CreateMode =
  | "persistent"
  | "ephemeral"
  | "persistentSequential"
  | "ephemeralSequential"
  | "container"
  | "persistentWithTtl"
  | "persistentSequentialWithTtl";
export interface Acl {
  scheme: string;
  id: string;
  perms: number;
}
export interface Stat {
  czxid: bigint;
  mzxid: bigint;
  pzxid: bigint;
  ctime: Date;
  mtime: Date;
  version: number;
  cversion: number;
  aversion: number;
  ephemeralOwner: bigint;
  dataLength: number;
  numChildren: number;
}
export interface WatchEvent {
  type: "created" | "deleted" | "dataChanged" | "childrenChanged";
  path: string;
  zxid: bigint | undefined;
}
export type Watch = (event: WatchEvent) => void;
export interface ZooKeeperClient extends AsyncDisposable {
  readonly sessionId: bigint;
  readonly state: ClientState;
  create(
    path: string,
    data?: string | Uint8Array,
    options?: { mode?: CreateMode; ttl?: Ms; acl?: readonly Acl[]; parents?: boolean },
  ): Promise<string>;
  get(path: string, options?: { watch?: Watch }): Promise<{ data: Buffer; stat: Stat }>;
  set(path: string, data: string | Uint8Array, options?: { version?: number }): Promise<Stat>;
  delete(path: string, options?: { version?: number; recursive?: boolean }): Promise<void>;
  exists(path: string, options?: { watch?: Watch }): Promise<Stat | null>;
  children(path: string, options?: { watch?: Watch }): Promise<{ children: string[]; stat: Stat }>;
  getAcl(path: string): Promise<{ acl: Acl[]; stat: Stat }>;
  setAcl(path: string, acl: readonly Acl[], options?: { version?: number }): Promise<Stat>;
  addAuth(scheme: string, auth: string): Promise<void>;
  multi(ops: readonly MultiOp[]): Promise<MultiResult[]>;
  sync(path?: string): Promise<void>;
  addWatch(
    path: string,
    mode: "persistent" | "persistentRecursive",
    watch: Watch,
  ): Promise<AsyncDisposable>;
  onState(listener: (state: ClientState) => void): Disposable;
  close(): Promise<void>;
}
export type MultiOp =
  | {
      op: "create";
      path: string;
      data?: string | Uint8Array;
      mode?: CreateMode;
      acl?: readonly Acl[];
      ttl?: Ms;
    }
  | { op: "set"; path: string; data: string | Uint8Array; version?: number }
  | { op: "delete" | "check"; path: string; version?: number };
export type MultiResult = { path?: string; stat?: Stat; error?: string };
export class ZooKeeperError extends Error {
  readonly code: string;
  readonly path: string | undefined;
}
export interface ApacheEngine {
  readonly kind: "apache";
  readonly classpath?: string;
  readonly java?: string;
  readonly jvmArgs?: readonly string[];
}
export function apache(options?: Omit<ApacheEngine, "kind">): ApacheEngine;
