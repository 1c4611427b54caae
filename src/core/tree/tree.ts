import { assert, present } from "../base/assert.ts";
import { ByteBlocks } from "../base/byte-blocks.ts";
import { noSession, type SessionId, type Zxid, zxidZero } from "../base/ids.ts";
import { ShardedMap } from "../base/sharded-map.ts";
import { utf8Bytes } from "../base/utf8.ts";
import type { Acl } from "../protocol/records.ts";
import { openAcl, readOnlyAcl } from "./acl.ts";
import { AclCache, type NumberedAcl } from "./acl-cache.ts";
import { contentChecksum, nodeDigest } from "./digest.ts";
import {
  childPath,
  configPath,
  nameOf,
  parentOf,
  quotaPath,
  rootPath,
  zookeeperPath,
} from "./path.ts";
import { Quotas } from "./quotas.ts";
import { ownerKind, Znode, type ZnodeFields, ZnodeRows } from "./znode.ts";

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
  #root: Znode = new Znode({ ...builtIn, acl: null });
  /** Paths of containers and of TTL nodes: those that the reaper looks at. */
  readonly containers: Set<string> = new Set();
  readonly ttls: Set<string> = new Set();
  readonly #nodes = new ShardedMap<Znode>();
  readonly #sessions = new Map<SessionId, number>();
  /** No entry where a session has none. */
  readonly #ephemerals = new Map<SessionId, Set<string>>();
  readonly #acls = new AclCache();
  readonly #blocks = new ByteBlocks();
  readonly #rows = new ZnodeRows();
  #digest = 0;
  #ephemeralCount = 0;
  #size = 0;

  /** "bare": nothing but a root, for a snapshot to fill. */
  constructor(content: "system nodes" | "bare" = "system nodes") {
    this.#enterRoot();
    if (content === "system nodes") this.addMissingSystemNodes();
  }

  get root(): Znode {
    return this.#root;
  }

  /** Takes the place of the root while it has no children yet. */
  replaceRoot(node: Znode): void {
    assert(this.#nodes.size === 1, "a root is replaced before it has children");
    this.#leave(rootPath, this.#root);
    this.#root = node;
    this.#enterRoot();
  }

  /** The nodes that every tree has; their creation counts nowhere. */
  addMissingSystemNodes(): void {
    for (const path of [zookeeperPath, quotaPath]) {
      if (!this.#nodes.has(path)) this.insert(path, new Znode({ ...builtIn, acl: null }));
    }
    if (this.#nodes.has(configPath)) return;
    const config = new Znode({ ...builtIn, acl: this.shareAcl(readOnlyAcl) });
    config.aversion = -1;
    this.insert(configPath, config);
  }

  /** The empty path is another name of the root, as in Apache. */
  get(path: string): Znode | undefined {
    return path === "" ? this.#root : this.#nodes.get(path);
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
    return this.#nodes.size + 1;
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

  /** The list to give to a new Znode: one for all nodes with equal ACLs. */
  shareAcl(acl: readonly Acl[]): readonly Acl[] {
    return this.#acls.use(acl);
  }

  /** A node that is not linked yet, with a copy of its data; its ACL came from `shareAcl`. */
  makeNode(fields: ZnodeFields): Znode {
    const node = new Znode(fields, this.#rows);
    this.giveData(node, fields.data);
    return node;
  }

  /** Gives a node its data: a copy, as what came with a request holds on to the whole of a socket's chunk. */
  giveData(node: Znode, data: Uint8Array | null): void {
    if (data === null) return node.setData(null, 0, 0);
    const block = this.#blocks.place(data);
    node.setData(block, this.#blocks.placedAt, data.length);
  }

  /** Links a new node; its parent is there. The parent's Stat is the caller's. */
  insert(path: string, node: Znode): void {
    node.content = contentChecksum(path, node.data);
    node.digest = nodeDigest(path, node);
    this.#link(path, node);
  }

  /** Of a node whose checksums are right. */
  #link(path: string, node: Znode): void {
    const parent = present(this.get(parentOf(path)), "the parent of a new node");
    if (parent.children === undefined) parent.children = new ShardedMap();
    parent.children.set(nameOf(path), node);
    this.#enter(path, node);
    switch (ownerKind(node.owner)) {
      case "session":
        return this.#own(path, node.owner);
      case "container":
        this.containers.add(path);
        return;
      case "ttl":
        this.ttls.add(path);
        return;
      case "none":
        return;
    }
  }

  /** Unlinks a node without children. The parent's Stat is the caller's. */
  remove(path: string, node: Znode): void {
    this.get(parentOf(path))?.children?.delete(nameOf(path));
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

  /** A tree of its own with the same content; data, lists and paths are shared, which nobody writes into. Made at once: for small trees. */
  copy(): DataTree {
    const copy = new DataTree("bare");
    for (const [session, timeout] of this.#sessions) copy.openSession(session, timeout);
    const waiting: { readonly path: string; readonly node: Znode }[] = [
      { path: rootPath, node: this.#root },
    ];
    for (const { path, node } of waiting) {
      const twin = node.copy(node.acl === null ? null : copy.shareAcl(node.acl), copy.#rows);
      if (path === rootPath) copy.replaceRoot(twin);
      else copy.#link(path, twin);
      if (node.children === undefined) continue;
      for (const [name, child] of node.children) {
        waiting.push({ path: childPath(path, name), node: child });
      }
    }
    copy.quotas.restore();
    copy.lastApplied = this.lastApplied;
    return copy;
  }

  /** All nodes below `path`, the node itself not counted. */
  descendantsOf(node: Znode): number {
    if (node === this.#root) return this.#nodes.size - 1;
    let count = 0;
    const waiting: Znode[] = [node];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (next.children === undefined) continue;
      count += next.children.size;
      for (const [, child] of next.children) waiting.push(child);
    }
    return count;
  }

  #enterRoot(): void {
    this.#root.content = contentChecksum(rootPath, this.#root.data);
    this.#root.digest = nodeDigest(rootPath, this.#root);
    this.#enter(rootPath, this.#root);
  }

  #enter(path: string, node: Znode): void {
    this.#digest += node.digest;
    this.#size += sizeOf(path, node);
    this.#nodes.set(path, node);
  }

  #leave(path: string, node: Znode): void {
    this.#nodes.delete(path);
    this.#digest -= node.digest;
    this.#size -= sizeOf(path, node);
    this.#acls.release(node.acl);
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

const builtIn = { data: emptyData, owner: noSession, zxid: zxidZero, time: 0 };

/** What clients are shown for a node's ACL. */
export const shownAcl = (node: Znode): readonly Acl[] => node.acl ?? openAcl;

const sizeOf = (path: string, node: Znode): number => path.length + node.dataLength;
