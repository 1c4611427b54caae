import { assert } from "../base/assert.ts";
import {
  counterOf,
  type Epoch,
  epochOf,
  makeZxid,
  type SessionId,
  type Zxid,
  zxidOf,
  zxidZero,
} from "../base/ids.ts";
import { type Parts, partBytes, piecesOf } from "../base/parts.ts";
import type { Dialect } from "../protocol/dialect.ts";
import { OpCode } from "../protocol/op-codes.ts";
import { type EnsembleConfig, formatConfig } from "../quorum/config.ts";
import { CommittedLog, type History } from "../quorum/history.ts";
import { configOf, type Membership } from "../quorum/membership.ts";
import type { Recovered, StoredSnapshot } from "../storage/ports.ts";
import { apply, type Target, type TxnResult } from "../tree/apply.ts";
import { configPath } from "../tree/path.ts";
import { SnapshotLoader } from "../tree/snapshot.ts";
import { DataTree } from "../tree/tree.ts";
import { TreeSource } from "../tree/tree-source.ts";
import { type FiredWatch, WatchTable } from "../tree/watches.ts";
import type { LogEntry } from "../txn/log-entry.ts";
import type { ZxidDigest } from "./figures.ts";

/** A digest is kept of every transaction whose zxid is a multiple of that (DataTree.DIGEST_LOG_INTERVAL). */
const digestInterval = 128;
const digestsMax = 1024;

interface ReplicaOptions {
  readonly pieceBytes?: number | undefined;
  readonly tree?: "system nodes" | "bare";
}

/** One peer's copy of the replicated state: the tree, its watches, and the transactions that led to it last. */
export class Replica implements History, Target {
  tree: DataTree;
  readonly watches: WatchTable;
  /** Watches that applied entries fired, until whoever tells of them takes them away. */
  readonly fired: FiredWatch[] = [];
  committed: CommittedLog = new CommittedLog();
  /** What this peer votes with: the last transaction in its log, applied or not. */
  lastLogged: Zxid = zxidZero;
  /**
   * The last transaction applied, never the epoch's own zxid: what peers of one state have in common (ruling 11). 0 while a
   * leader's snapshot has named nothing but its epoch.
   */
  lastTxn: Zxid = zxidZero;
  /** How often the digest of a transaction was not that of the tree after it. */
  digestMismatches = 0;
  /** For `hash`, the oldest first. */
  digests: ZxidDigest[] = [];
  /** The highest session id seen by each peer that made sessions, in the log and the sessions alive (ruling 8). */
  readonly highestSession: Map<bigint, SessionId> = new Map();
  #membership: Membership | undefined;
  readonly #dialect: Dialect;
  readonly #pieceBytes: number | undefined;
  /** Before the last reconfiguration in the history. */
  #configBefore: EnsembleConfig | undefined;
  /** What `config` was read from last, and found; each change brings other bytes. */
  #configData: Uint8Array | null = null;
  #config: EnsembleConfig | undefined;
  #loader: SnapshotLoader | undefined;
  /** Below, the tree may hold later transactions' doings, and no digest can be compared. */
  #mixedUntil: Zxid = zxidZero;

  /**
   * Without a membership, standing alone, a peer leaves /zookeeper/config as it was made; `pieceBytes`: of a snapshot's pieces.
   * The tree is "bare" where another takes its place before anybody looks.
   */
  constructor(
    membership: Membership | undefined,
    dialect: Dialect,
    { pieceBytes, tree = "system nodes" }: ReplicaOptions = {},
  ) {
    this.#dialect = dialect;
    this.#pieceBytes = pieceBytes;
    this.#membership = membership;
    this.watches = new WatchTable(dialect);
    this.tree = new DataTree(tree);
  }

  get lastApplied(): Zxid {
    return this.tree.lastApplied;
  }

  clear(): void {
    this.#loader = undefined; // a snapshot whose link broke is no beginning of another
    this.#adopt(new DataTree(), zxidZero);
  }

  /**
   * What the history proves to be in force: a reconfiguration is proposed only when the one before it is, and an epoch proposes
   * only when what it began with is.
   */
  get configInForce(): EnsembleConfig | undefined {
    const { config } = this;
    const isOlder = config !== undefined && epochOf(config.version) < epochOf(this.lastTxn);
    return isOlder ? config : this.#configBefore;
  }

  /** The configuration that the state holds, in force or under way. */
  get config(): EnsembleConfig | undefined {
    const node = this.tree.get(configPath);
    if (node?.hasStill(this.#configData) !== true) {
      this.#configData = node?.data ?? null;
      this.#config = configOf(this.#configData);
    }
    return this.#config;
  }

  /** The configuration in force is another; `time` is the wall clock's. */
  configure(membership: Membership, time: number): void {
    this.#membership = membership;
    this.#writeConfig(time);
  }

  /** Makes the state that a store holds: of its snapshot, and of every entry of its log, committed or not. For `become`. */
  *restoring(
    recovered: Recovered,
    membership: Membership | undefined = this.#membership,
  ): Parts<Replica> {
    const { snapshot, log } = recovered;
    const tree = snapshot === undefined ? "system nodes" : "bare";
    const made = new Replica(membership, this.#dialect, { tree });
    if (snapshot !== undefined) {
      yield* made.#begin(snapshot);
      made.#mixedUntil = snapshot.end?.zxid ?? made.#mixedUntil;
    } else made.#writeConfig(0);
    let bytes = 0;
    for (const entry of log) {
      if (entry.zxid <= made.lastTxn) continue;
      made.lastLogged = entry.zxid;
      made.apply(entry, false);
      bytes += entry.bytes.length;
      if (bytes < partBytes) continue;
      yield;
      bytes = 0;
    }
    if (made.config?.version === membership?.committed.version) made.#writeConfig(0);
    made.settle();
    return made;
  }

  *#begin({ zxid, chunks, tree }: StoredSnapshot): Parts<void> {
    if (tree instanceof DataTree) {
      this.#adopt(tree.branch(), zxid);
      return;
    }
    for (const chunk of chunks) {
      for (const piece of piecesOf(chunk)) {
        this.load(piece, false, zxidZero);
        yield;
      }
    }
    this.load(new Uint8Array(0), true, zxid);
  }

  /** Takes over the state of another, which nobody uses any more. Watches stay. */
  become(made: Replica): void {
    this.#loader = undefined; // a snapshot whose link broke is no beginning of another
    this.tree = made.tree;
    this.committed = made.committed;
    this.lastLogged = made.lastLogged;
    this.lastTxn = made.lastTxn;
    this.digests = made.digests;
    this.digestMismatches += made.digestMismatches;
    this.#membership = made.#membership;
    this.#configBefore = made.#configBefore;
    this.#configData = made.#configData;
    this.#config = made.#config;
    this.#mixedUntil = made.#mixedUntil;
    for (const session of made.highestSession.values()) this.noteSession(session);
  }

  /** A piece of a snapshot; with `last` the state is whole, as of `zxid`. Throws ProtocolError for what is no snapshot. */
  load(bytes: Uint8Array, last: boolean, zxid: Zxid): void {
    this.#loader ??= new SnapshotLoader();
    this.#loader.push(bytes);
    if (!last) return;
    const tree = this.#loader.finish();
    this.#loader = undefined;
    this.#adopt(tree, zxid);
    this.#mixedUntil = zxidOf(Number.POSITIVE_INFINITY);
  }

  source(): TreeSource {
    return new TreeSource(this.tree, this.#pieceBytes);
  }

  /** The tree may hold some of later transactions' doings. */
  get isMixed(): boolean {
    return this.lastTxn < this.#mixedUntil;
  }

  /** The state is exact: whatever a snapshot that changed while it was made held too early was applied. */
  settle(): void {
    this.#mixedUntil = zxidZero;
  }

  /** Applies a committed entry; watches that it fires are appended to `fired`. The result is made if it is `asked` for. */
  apply(entry: LogEntry, asked: boolean): TxnResult {
    const { txn } = entry;
    assert(txn.zxid > this.lastTxn, "transactions are applied in zxid order");
    if (txn.type === OpCode.reconfig) this.#configBefore = this.config;
    const result = apply(this, txn, asked);
    this.lastTxn = txn.zxid;
    if (this.lastLogged < txn.zxid) this.lastLogged = txn.zxid;
    this.committed.push(entry);
    if (txn.type === OpCode.createSession) this.noteSession(txn.session);
    // Reported, never fatal: an operator may have mended the tree by hand (DataTree.compareDigest).
    if (!this.isMixed) {
      if (txn.digest !== undefined && txn.digest.tree !== this.tree.digest) {
        this.digestMismatches += 1;
      }
      if (txn.zxid % digestInterval === 0) this.#noteDigest(txn.zxid);
    }
    return result;
  }

  /** A leader's tree counts from its epoch's own zxid once it is established. */
  establish(epoch: Epoch): void {
    this.tree.lastApplied = makeZxid(epoch, 0);
  }

  #adopt(tree: DataTree, zxid: Zxid): void {
    this.tree = tree;
    this.#configBefore = undefined;
    this.#writeConfig(0);
    tree.lastApplied = zxid;
    this.lastLogged = zxid;
    this.lastTxn = counterOf(zxid) === 0 ? zxidZero : zxid;
    this.committed.clear();
    this.digests.length = 0;
    for (const session of tree.sessions.keys()) this.noteSession(session);
  }

  /**
   * QuorumPeer.initConfigInZKDatabase. A later configuration in the state stays: it is under way, and who has it in his history
   * must know (decision 6); one of the same version does not: its addresses are those of the peer's last life. Where
   * reconfiguration is disabled the peer's own always counts (ZOOKEEPER-2819).
   */
  #writeConfig(time: number): void {
    const membership = this.#membership;
    if (membership === undefined) return;
    const { committed, text, isFixed } = membership;
    const present = this.config;
    const version = present?.version ?? -1;
    if (!isFixed && version > committed.version) return;
    if (!isFixed && present === committed) return;
    const isSame = present !== undefined && version === committed.version;
    if (!isFixed && isSame && formatConfig(present) === text) return;
    this.tree.setConfigNode(text, committed.version, time);
    this.#configData = this.tree.get(configPath)?.data ?? null;
    this.#config = committed;
  }

  #noteDigest(zxid: Zxid): void {
    this.digests.push({ zxid, digest: this.tree.digest });
    if (this.digests.length > digestsMax) this.digests.shift();
  }

  /** It was given out. */
  noteSession(session: SessionId): void {
    const maker = session >> 56n;
    const highest = this.highestSession.get(maker);
    if (highest === undefined || session > highest) this.highestSession.set(maker, session);
  }
}
