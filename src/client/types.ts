import type { Ms, Target } from "../ensemble/api-controls.ts";

export interface ClientOptions {
  /** Which peers to connect to, default "all"; the client moves among them. */
  to?: Target;
  /** Wanted; the server clamps it to its own bounds. Default 30_000. */
  sessionTimeout?: Ms;
  /** Also take a server that has no quorum and serves reads only. */
  readOnly?: boolean;
  /** A path in front of every path; it is not created. */
  chroot?: string;
  /** Presented before anything else, and again after each reconnect. */
  auth?: readonly { scheme: string; auth: string }[];
  /**
   * Speak TLS: to the secure ports, where an ensemble is asked. True is enough there for one with
   * `tls: true`; from elsewhere give its `ens.tls.ca`. A client that is to be known by its certificate shows one.
   */
  tls?: boolean | ClientTls;
  /** Log in by SASL DIGEST-MD5 on every connection, before anything else is asked. */
  sasl?: { user: string; password: string };
}

/** PEM texts, or paths of files that hold them. */
export interface ClientTls {
  /** Whom to trust; default: the ensemble's own authority, else those that Node trusts. */
  ca?: string;
  cert?: string;
  key?: string;
  /** Whether the server's certificate must name the host that was dialled. Default true. */
  hostnameVerification?: boolean;
}

/** "expired" and "authFailed" are the end, which only `close()` follows; "closed" is final. */
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

/** Who may do what; `perms` is a sum of READ 1, WRITE 2, CREATE 4, DELETE 8 and ADMIN 16. */
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
  /** The session that the node dies with; 0n for a node that outlives sessions. */
  ephemeralOwner: bigint;
  dataLength: number;
  numChildren: number;
}

export interface WatchEvent {
  type: "created" | "deleted" | "dataChanged" | "childrenChanged";
  path: string;
  /** The transaction that fired it; undefined from servers before 3.9, and for what was missed while disconnected. */
  zxid: bigint | undefined;
}
/** Called before the reply to any later request is seen; for `get`, `exists` and `children` at most once. */
export type Watch = (event: WatchEvent) => void;

/**
 * A small client for assertions in tests. A call made while disconnected waits for the next connection, at most a session
 * timeout; one that was under way when the connection broke fails with CONNECTIONLOSS, and may have been carried out.
 */
export interface ZooKeeperClient extends AsyncDisposable {
  /** Signed, as on the wire. */
  readonly sessionId: bigint;
  readonly state: ClientState;
  /**
   * Resolves with the path, with its number where the mode is sequential. `parents` creates missing ancestors, open to all. Data that
   * is null is what other clients send where they are given none; it reads as no bytes here, and as nothing at all there.
   */
  create(
    path: string,
    data?: string | Uint8Array | null,
    options?: { mode?: CreateMode; ttl?: Ms; acl?: readonly Acl[]; parents?: boolean },
  ): Promise<string>;
  get(path: string, options?: { watch?: Watch }): Promise<{ data: Buffer; stat: Stat }>;
  /** Any version unless one is given. */
  set(
    path: string,
    data: string | Uint8Array | null,
    options?: { version?: number },
  ): Promise<Stat>;
  /** `recursive` deletes what is below first; another client's node that appears meanwhile makes it fail with NOTEMPTY. */
  delete(path: string, options?: { version?: number; recursive?: boolean }): Promise<void>;
  /** null where there is no node; the watch then waits for its creation. */
  exists(path: string, options?: { watch?: Watch }): Promise<Stat | null>;
  /** Names only, sorted. */
  children(path: string, options?: { watch?: Watch }): Promise<{ children: string[]; stat: Stat }>;
  getAcl(path: string): Promise<{ acl: Acl[]; stat: Stat }>;
  setAcl(path: string, acl: readonly Acl[], options?: { version?: number }): Promise<Stat>;
  addAuth(scheme: string, auth: string): Promise<void>;
  /** All or nothing; throws ZooKeeperError when any op failed, with the results attached. */
  multi(ops: readonly MultiOp[]): Promise<MultiResult[]>;
  /** Several reads in one request. Each stands alone: one that fails has its error in the results. */
  multiRead(ops: readonly ReadOp[]): Promise<ReadResult[]>;
  /** Waits until this server has seen all that was committed before. */
  sync(path?: string): Promise<void>;
  /** Fires until it is disposed of; "persistentRecursive" for the node and all below it, without childrenChanged. */
  addWatch(
    path: string,
    mode: "persistent" | "persistentRecursive",
    watch: Watch,
  ): Promise<AsyncDisposable>;
  /**
   * Whether the server keeps a watch of this connection on the path. Servers before 3.9 do not know the last two types, and tell
   * of any connection's.
   */
  checkWatches(path: string, type?: WatchType): Promise<boolean>;
  /** Ends watches on the path, here and at the server; NOWATCHER where there is none. */
  removeWatches(path: string, type?: WatchType): Promise<void>;
  /** The paths of this session's ephemeral nodes that start so, sorted; a text, not a path. Default: all of them. */
  getEphemerals(prefix?: string): Promise<string[]>;
  /** How many nodes are below, at any depth. */
  getAllChildrenNumber(path: string): Promise<number>;
  /** Who the server takes this connection for. */
  whoAmI(): Promise<{ scheme: string; user: string }[]>;
  /** The ensemble's configuration, /zookeeper/config, whatever the chroot is. */
  getConfig(options?: { watch?: Watch }): Promise<{ config: string; stat: Stat }>;
  /** Changes who belongs to the ensemble, and resolves with the new configuration; that takes WRITE on /zookeeper/config. */
  reconfig(change: Reconfig): Promise<{ config: string; stat: Stat }>;
  onState(listener: (state: ClientState) => void): Disposable;
  /** Ends the session, so its ephemeral nodes go at once; idempotent. */
  close(): Promise<void>;
}

export type MultiOp =
  | {
      op: "create";
      path: string;
      data?: string | Uint8Array | null;
      mode?: CreateMode;
      acl?: readonly Acl[];
      ttl?: Ms;
    }
  | { op: "set"; path: string; data: string | Uint8Array | null; version?: number }
  | { op: "delete" | "check"; path: string; version?: number };

/** `error` is Apache's name: in a failed multi the culprit's own, RUNTIMEINCONSISTENCY for what came after it. */
export type MultiResult = { path?: string; stat?: Stat; error?: string };

export type ReadOp = { op: "get" | "children"; path: string };

/** `error` is Apache's name, and then there is nothing else. */
export type ReadResult = { data?: Buffer; stat?: Stat; children?: string[]; error?: string };

/** "data" and "children" are those of get, exists and children; "any" is all of them and the lasting ones. */
export type WatchType = "children" | "data" | "any" | "persistent" | "persistentRecursive";

/** Either who joins and leaves, or all members; a server is written as in zoo.cfg, `server.4=host:port:port:role;port`. */
export interface Reconfig {
  joining?: readonly string[];
  leaving?: readonly number[];
  members?: readonly string[];
  /** Only if the configuration still has this version. */
  fromConfig?: bigint;
}
