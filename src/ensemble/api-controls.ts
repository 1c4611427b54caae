// The vocabulary of the public types, and the controls that an ensemble carries: network, clock, sessions, storage, events.

/** Milliseconds. */
export type Ms = number;
/** A peer's number in its ensemble, from 1. */
export type PeerId = number;
/** What a peer is doing; the last three are the process's state, the others the protocol's. */
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

/**
 * Whom a call is about; roles are resolved when the call is made. "minority": the highest-numbered voters without the leader
 * that are no quorum; "majority": the rest.
 */
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
  /** Real milliseconds, stalls of the event loop left out. Default: the ensemble's `timeouts.wait`. */
  timeout?: Ms;
  signal?: AbortSignal;
}
/** What a fault leaves in your hand. */
export interface Fault extends AsyncDisposable {
  readonly id: number;
  readonly label: string;
  /** Ends the fault; a second time does nothing. */
  undo(): Promise<void>;
}
export type Feature =
  | "clock"
  | "storage-faults"
  | "session-control"
  | "message-match"
  | "snapshot"
  | "transactions"
  | "reconfig";

export interface LinkConditions {
  latency?:
    | Ms
    | { mean: Ms; jitter?: Ms; distribution?: "constant" | "uniform" | "normal" | "exponential" };
  /** Kilobytes a second. */
  bandwidth?: number;
  /** What loss looks like over TCP. */
  stall?: { probability: number; for: Ms };
  reset?: { after?: Ms; probability?: number };
  corrupt?: { probability: number };
}
/** With `from` and `to`: that direction only. */
export interface LinkSelector {
  from?: Target | "clients";
  to?: Target | "clients";
  channel?: "client" | "quorum" | "election";
  direction?: Direction;
}
export interface Network {
  shape(link: LinkSelector, conditions: LinkConditions): Promise<Fault>;
  /** A black hole: bytes wait and are delivered on heal if the connection still lives, as retransmission would. */
  block(link: LinkSelector): Promise<Fault>;
  /** New connections are refused. */
  refuse(link: LinkSelector): Promise<Fault>;
  /** Resets the connections there are, once, and returns how many. */
  reset(link: LinkSelector): Promise<number>;
  /** Holds matching messages back until released: the tool for exact races. */
  hold(
    link: LinkSelector,
    match?: MessageMatch,
  ): Promise<
    Fault & { release(count?: number): Promise<number>; queued(): Promise<readonly Message[]> }
  >;
  /** Acts on the nth matching message (default the first), and with `times` on those behind it; Infinity: on all of them. */
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
  /** "BYTES": what a process of Apache's wrote at once, whatever is in it. */
  type: MessageType | "BYTES";
  zxid?: bigint;
  path?: string;
  bytes: number;
}
export type Verdict = "pass" | "reset" | "crash-sender" | "crash-receiver" | { delay: Ms };

export interface Clock {
  now(): Promise<Ms>;
  /**
   * Moves the ensemble's time forward in steps that keep the quorum alive, and resolves when all work it caused is done.
   * Sessions with a live, unfaulted connection count as pinging ("connected", the default); with "none" they age too.
   */
  advance(ms: Ms, options?: { keepAlive?: "connected" | "none" }): Promise<void>;
  freeze(): Promise<Fault>;
  /** Shifts the wall time that the target stamps on transactions, not its timeouts. */
  skew(target: Target, ms: Ms): Promise<Fault>;
}
/** `id` is signed, as on the wire; look-ups take it unsigned too. */
export interface SessionInfo {
  id: bigint;
  timeout: Ms;
  peer: PeerId | undefined;
  connected: boolean;
  /** Of a peer in read-only mode, which alone knows it. */
  readOnly: boolean;
  ephemerals: string[];
  watches: number;
  expiresIn: Ms;
  remote: string | undefined;
}
/** A session's id (bigint, or hex text), or one of its ephemeral paths (text that starts with "/"), or its client's local port. */
export type SessionMatch = bigint | string | { remotePort: number };
export interface Sessions {
  list(): Promise<SessionInfo[]>;
  get(match: SessionMatch): Promise<SessionInfo | undefined>;
  /** A real expiry, committed through the quorum: ephemerals go, watchers hear of it, the client learns when it reconnects. */
  expire(match: SessionMatch): Promise<SessionInfo>;
  /** Connection loss; the session lives on. */
  disconnect(match: SessionMatch): Promise<void>;
  /** Its connection is frozen (a long collection of garbage, seen from the server); undo to thaw. */
  freeze(match: SessionMatch): Promise<Fault>;
  expireAll(): Promise<number>;
}
/** "append" is one transaction's way into the log; "fsync" is what makes a flush durable, counted also where storage does without. */
export type StorageOp = "append" | "fsync" | "snapshot" | "read";
/** Faults of the peers' disks, in memory as in files. A peer that is down has them too, from its next start on. */
export interface Storage {
  /**
   * The nth such operation (default the first), counted from now on and for each peer by itself, fails, and with `times` those
   * behind it (default 1; Infinity: until undone). A peer whose disk fails crashes: `peer.start()` when it may be well again.
   *
   *     await ens.storage.fail("leader", "fsync"); // and it dies with the next write, before it acknowledges it
   */
  fail(
    target: Target,
    op: StorageOp,
    options?: { error?: "EIO" | "ENOSPC"; nth?: number; times?: number },
  ): Promise<Fault>;
  /** Each such operation takes longer, by the ensemble's clock. */
  slow(target: Target, op: StorageOp, ms: Ms): Promise<Fault>;
  /** The disk is full: whatever is to be written (log, snapshots, epochs) fails with ENOSPC until the fault is undone. */
  fill(target: Target): Promise<Fault>;
  /**
   * Spoils the newest file of the kind, of peers that are down: "bitflip" changes one bit of its last record (of a snapshot: in
   * its middle), "truncate" ends the file there, "torn" leaves zeros from there on. Throws ZKMS_BAD_STATE where a peer is up or
   * has no such file.
   */
  corrupt(
    target: Target,
    options: { file: "log" | "snapshot"; how: "bitflip" | "truncate" | "torn" },
  ): Promise<void>;
  files(
    peer: PeerId,
  ): Promise<{ name: string; kind: "log" | "snapshot" | "epoch"; bytes: number }[]>;
}

export interface EventMap {
  peer: { peer: PeerId; from: Role; to: Role; why?: string };
  election: {
    peer: PeerId;
    round: number;
    vote: PeerId;
    change: "started" | "vote" | "decided";
  };
  leader: { peer: PeerId | undefined; epoch: number };
  commit: { zxid: bigint; op: string; path: string | undefined; session: bigint };
  session: {
    id: bigint;
    change: "created" | "moved" | "disconnected" | "expired" | "closed";
    peer: PeerId | undefined;
  };
  fault: { id: number; label: string; change: "on" | "off" };
  /**
   * A message as it is sent (a client's as it is received), only from `events.on("message", …)` on and until that is disposed:
   * while somebody listens, each leaves by itself, which costs much of the throughput.
   */
  message: Omit<Message, "type"> & { message: Message["type"] };
  /** What a fault makes of the message with the `seq` of `of`; nothing of one that arrives at once, nor of pings. */
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
export interface EventFilter {
  type?: EventType | readonly EventType[];
  /** Events from this `seq` on. */
  since?: number;
  peer?: PeerId;
}
export interface Events {
  on<T extends EventType>(type: T, listener: (event: EventOf<T>) => void): Disposable;
  /** The last events, oldest first, as many as the ring holds of each type; messages without pings. */
  history(filter?: EventFilter): Promise<EnsembleEvent[]>;
  /**
   * What `history()` holds as a picture: peers as lanes, roles and faults as bands, elections, commits and sessions as marks,
   * messages as arrows if they were listened for. What to attach to a failed test. "html" is one file that needs no other, "json"
   * the picture as plain data.
   *
   * @example
   * using messages = ensemble.events.on("message", () => {}); // for the arrows
   * await ensemble.killLeader();
   * await writeFile("timeline.html", await ensemble.events.timeline("html"));
   */
  timeline(format: "text" | "json" | "html"): Promise<string>;
}
