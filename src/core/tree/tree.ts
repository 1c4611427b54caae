import { assert, present } from "../base/assert.ts";
import { ByteBlocks } from "../base/byte-blocks.ts";
import { keepable } from "../base/bytes.ts";
import { noSession, type SessionId, type Zxid, zxidZero } from "../base/ids.ts";
import { Decoder } from "../base/pieces.ts";
import { utf8Bytes } from "../base/utf8.ts";
import type { Acl } from "../protocol/records.ts";
import { openAcl, readOnlyAcl } from "./acl.ts";
import { AclCache, type NumberedAcl } from "./acl-cache.ts";
import { contentChecksum, nodeDigest } from "./digest.ts";
import { lasts } from "./lasting.ts";
import { configPath, quotaPath, rootPath, zookeeperPath } from "./path.ts";
import { PathIndex } from "./path-index.ts";
import { Quotas } from "./quotas.ts";
import { IntAt } from "./row-block.ts";
import { ownerKind, type Znode, type ZnodeFields } from "./znode.ts";
import { ZnodeRows } from "./znode-rows.ts";

const noPaths: readonly string[] = Object.freeze([]);
const emptyData = new Uint8Array(0);

/**
 * The replicated state: nodes by path, sessions with their timeouts. Keeps its parts consistent (child lists, ephemerals, ACL
 * sharing, size, digest); what a transaction means is decided in `apply`.
 */
export class DataTree {
  /** The newest transaction whose effects are all here. */
  lastApplied: Zxid = zxidZero;
  readonly quotas: Quotas = new Quotas(this);
  /** Paths of containers and of TTL nodes: those that the reaper looks at. */
  readonly containers: Set<string> = new Set();
  readonly ttls: Set<string> = new Set();
  readonly #sessions = new Map<SessionId, number>();
  /** No entry where a session has none. */
  readonly #ephemerals = new Map<SessionId, Set<string>>();
  #acls = new AclCache();
  /** Of paths and of data. */
  readonly #bytes = new ByteBlocks();
  #rows = new ZnodeRows(this.#bytes);
  #index = new PathIndex(this.#rows);
  #root: Znode;
  #digest = 0;
  #ephemeralCount = 0;
  #size = 0;

  /** "bare": nothing but a root, for a snapshot to fill. */
  constructor(content: "system nodes" | "bare" = "system nodes") {
    this.#root = this.#rows.add(rootPath);
    this.#root.fill(builtIn);
    this.giveData(this.#root, builtIn.data);
    this.#enter(rootPath, this.#root, builtIn.data);
    if (content === "system nodes") this.addMissingSystemNodes();
  }

  get root(): Znode {
    return this.#root;
  }

  /** The root of a tree that has nothing else yet is as the fields say. */
  restoreRoot(fields: ZnodeFields): void {
    assert(this.#index.size === 1, "a root is restored before it has children");
    const root = this.#root;
    root.fill(fields);
    root.acl = fields.acl && this.#acls.use(fields.acl);
    this.setData(rootPath, root, fields.data);
    this.updateDigest(rootPath, root);
  }

  /** The nodes that every tree has; their creation counts nowhere. */
  addMissingSystemNodes(): void {
    for (const path of [zookeeperPath, quotaPath]) {
      if (this.get(path) === undefined) this.insert(path, builtIn);
    }
    if (this.get(configPath) !== undefined) return;
    const config = this.insert(configPath, builtIn);
    config.aversion = -1;
    this.setAcl(config, readOnlyAcl);
  }

  /** The empty path is another name of the root, as in Apache. */
  get(path: string): Znode | undefined {
    if (path === "") return this.#root;
    const id = this.#index.find(path);
    return id === 0 ? undefined : this.#rows.at(id);
  }

  /** The node above, where there is one; of a path that holds a slash. */
  parentOf(path: string): Znode | undefined {
    const slashAt = path.lastIndexOf("/");
    if (slashAt <= 0) return this.#root;
    const id = this.#index.find(path, slashAt);
    return id === 0 ? undefined : this.#rows.at(id);
  }

  /** The names of a node's children, an array of their own. */
  childNames(node: Znode): string[] {
    const names = new Decoder();
    for (const child of this.childrenOf(node)) names.add(child.slashAndName);
    return names.text().split("/").slice(1);
  }

  /** In the order in which they came; none may come or go meanwhile. */
  *childrenOf(node: Znode): Generator<Znode, void, void> {
    for (let id = node.int(IntAt.firstChild); id !== 0; ) {
      const child = this.#rows.at(id);
      yield child;
      id = child.int(IntAt.nextSibling);
    }
  }

  /** All nodes, parents before their children; they may come and go meanwhile. */
  nodes(): Generator<Znode, void, void> {
    return this.#rows.inOrder();
  }

  /** Sessions that are neither closed nor expired, with their timeouts in milliseconds. */
  get sessions(): ReadonlyMap<SessionId, number> {
    return this.#sessions;
  }

  openSession(session: SessionId, timeout: number): void {
    this.#sessions.set(session, timeout);
  }

  dropSession(session: SessionId): void {
    this.#sessions.delete(session);
  }

  /** The paths of a session's ephemerals, a copy. */
  ephemeralsOf(session: SessionId): readonly string[] {
    const paths = this.#ephemerals.get(session);
    return paths === undefined ? noPaths : [...paths];
  }

  get ephemerals(): ReadonlyMap<SessionId, ReadonlySet<string>> {
    return this.#ephemerals;
  }

  get ephemeralCount(): number {
    return this.#ephemeralCount;
  }

  /** As Apache counts, which keeps the root under two keys. */
  get nodeCount(): number {
    return this.#index.size + 1;
  }

  /** The lengths of all paths and data, as Apache counts them: what becomes of a quota's stats is left out. */
  get approximateSize(): number {
    return this.#size;
  }

  /** The sum of all node digests. */
  get digest(): number {
    return this.#digest;
  }

  /** The lists in use, besides the open one, with their numbers in a snapshot. */
  get acls(): readonly NumberedAcl[] {
    return this.#acls.all;
  }

  aclIdOf(node: Znode): number {
    return this.#acls.idOf(node.acl);
  }

  /**
   * Gives a node its data: a copy, as what came with a request holds on to the whole of a socket's chunk; of large data the memory
   * they came in, into which nobody writes any more.
   */
  giveData(node: Znode, data: Uint8Array | null): void {
    if (data === null) return node.setData(null, 0, 0);
    const kept = keepable(data, 0, data.length);
    if (kept !== undefined) return node.setData(kept, 0, kept.length);
    const block = this.#bytes.place(data);
    node.setData(block, this.#bytes.placedAt, data.length);
  }

  /** A new node, with its data as by `giveData`; its parent is there, whose Stat is the caller's, who may have it at hand. */
  insert(path: string, fields: ZnodeFields, parent: Znode = this.#parentOf(path)): Znode {
    const node = this.#rows.add(path);
    node.fill(fields);
    node.acl = fields.acl && this.#acls.use(fields.acl);
    this.giveData(node, fields.data);
    this.#rows.link(parent, node);
    this.#enter(path, node, fields.data);
    switch (ownerKind(node.owner)) {
      case "session":
        this.#own(path, node.owner);
        break;
      case "container":
        this.containers.add(path);
        break;
      case "ttl":
        this.ttls.add(path);
        break;
      case "none":
        break;
    }
    return node;
  }

  /** Unlinks a node without children. The parent's Stat is the caller's. */
  remove(path: string, node: Znode, parent: Znode = this.#parentOf(path)): void {
    this.#rows.unlink(parent, node);
    this.#leave(path, node);
    switch (ownerKind(node.owner)) {
      case "session":
        return this.#disown(path, node.owner);
      case "container":
        this.containers.delete(path);
        return;
      case "ttl":
        this.ttls.delete(path);
        return;
      case "none":
        return;
    }
  }

  setData(path: string, node: Znode, data: Uint8Array | null): void {
    this.#size += (data?.length ?? 0) - node.dataLength;
    this.rewriteData(path, node, data);
  }

  /** Behind the back of who counts sizes: a quota's stats (DataTree.updateQuotaStat). */
  rewriteData(path: string, node: Znode, data: Uint8Array | null): void {
    this.giveData(node, data);
    node.content = contentChecksum(path, data);
  }

  setAcl(node: Znode, acl: readonly Acl[]): void {
    const shared = this.#acls.use(acl);
    this.#acls.release(node.acl);
    node.acl = shared;
  }

  /** To be called when fields of a node's Stat, or its data, have changed. */
  updateDigest(path: string, node: Znode): void {
    this.#digest -= node.digest;
    node.digest = nodeDigest(path, node);
    this.#digest += node.digest;
  }

  /** Writes the configuration into its node, which is not replicated: each peer does it when the configuration takes effect. */
  setConfigNode(text: string, version: Zxid, time = 0): void {
    const node = present(this.get(configPath), configPath);
    this.setData(configPath, node, utf8Bytes(text));
    node.version = -1;
    node.mzxid = version;
    node.mtime = time;
  }

  /**
   * A tree of its own with the same content; data, lists and paths are shared, which nobody writes into. Made at once: for small
   * trees.
   */
  copy(): DataTree {
    const copy = this.branch();
    copy.#rows.ownAll();
    return copy;
  }

  /** As `copy`, of a tree that nobody changes any more: nodes are shared until the branch looks at them. */
  branch(): DataTree {
    const branch = new DataTree("bare");
    branch.lastApplied = this.lastApplied;
    branch.#rows = this.#rows.borrow(branch.#bytes);
    branch.#index = this.#index.copy(branch.#rows);
    branch.#root = branch.#rows.at(this.#root.id);
    branch.#acls = this.#acls.copy();
    for (const path of this.containers) branch.containers.add(path);
    for (const path of this.ttls) branch.ttls.add(path);
    for (const [session, timeout] of this.#sessions) branch.openSession(session, timeout);
    for (const [session, paths] of this.#ephemerals) {
      branch.#ephemerals.set(session, new Set(paths));
    }
    branch.#ephemeralCount = this.#ephemeralCount;
    branch.#digest = this.#digest;
    branch.#size = this.#size;
    branch.quotas.restore();
    return branch;
  }

  /** A copy without sessions and with those nodes that last: what `snapshotPieces` calls lasting. */
  copyOfLasting(): DataTree {
    const copy = this.copy();
    for (const session of this.#sessions.keys()) copy.dropSession(session);
    const leaving = [...copy.nodes()].filter((node) => !lasts(node));
    for (const node of leaving.reverse()) copy.remove(pathOf(node), node); // children first
    copy.addMissingSystemNodes();
    copy.quotas.restore();
    return copy;
  }

  /** All nodes below `path`, the node itself not counted. */
  descendantsOf(node: Znode): number {
    if (node.id === this.#root.id) return this.#index.size - 1;
    let count = 0;
    const waiting: Znode[] = [node];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      count += next.childCount;
      for (const child of this.childrenOf(next)) if (child.childCount > 0) waiting.push(child);
    }
    return count;
  }

  #parentOf(path: string): Znode {
    return present(this.parentOf(path), "the parent of a node");
  }

  /** `data` are those that it was given. */
  #enter(path: string, node: Znode, data: Uint8Array | null): void {
    node.content = contentChecksum(path, data);
    node.digest = nodeDigest(path, node);
    this.#digest += node.digest;
    this.#size += sizeOf(path, node);
    this.#index.add(path, node.id);
  }

  #leave(path: string, node: Znode): void {
    this.#digest -= node.digest;
    this.#size -= sizeOf(path, node);
    this.#acls.release(node.acl);
    this.#index.remove(path);
    this.#rows.remove(node);
  }

  #own(path: string, session: SessionId): void {
    const paths = this.#ephemerals.get(session);
    if (paths === undefined) this.#ephemerals.set(session, new Set([path]));
    else paths.add(path);
    this.#ephemeralCount += 1;
  }

  #disown(path: string, session: SessionId): void {
    const paths = this.#ephemerals.get(session);
    if (paths === undefined || !paths.delete(path)) return;
    this.#ephemeralCount -= 1;
    if (paths.size === 0) this.#ephemerals.delete(session);
  }
}

const builtIn: ZnodeFields = {
  data: emptyData,
  acl: null,
  owner: noSession,
  zxid: zxidZero,
  time: 0,
};

/** What clients are shown for a node's ACL. */
export const shownAcl = (node: Znode): readonly Acl[] => node.acl ?? openAcl;

const pathOf = (node: Znode): string => {
  const path = new Decoder();
  path.add(node.path);
  return path.text();
};

const sizeOf = (path: string, node: Znode): number => path.length + node.dataLength;
