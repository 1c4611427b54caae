import { present } from "../base/assert.ts";
import { Deque } from "../base/deque.ts";
import type { SessionId, Zxid } from "../base/ids.ts";
import type { Acl } from "../protocol/records.ts";
import { contentChecksum, nodeDigest } from "../tree/digest.ts";
import { parentOf, rootPath } from "../tree/path.ts";
import type { DataTree } from "../tree/tree.ts";
import type { NodeState } from "../tree/znode.ts";
import { Change, ChangesByPath } from "./changes.ts";

/** A node that a proposed transaction creates. */
export interface Creation {
  readonly path: string;
  readonly parentPath: string;
  readonly data: Uint8Array | null;
  readonly acl: readonly Acl[];
  readonly owner: SessionId;
  readonly parentCversion: number;
  readonly zxid: Zxid;
  readonly time: number;
}

/**
 * The leader's view of the tree as it will be when every proposed transaction is applied: changes in flight laid over the tree
 * (`outstandingChanges`). A pipelined create, create, delete is judged as if each had been applied.
 */
export class PendingChanges {
  readonly #tree: DataTree;
  readonly #byPath = new ChangesByPath();
  /** All changes that are not applied, oldest first. */
  readonly #inOrder = new Deque<Change>();
  /** Of the tree as it will be. Means nothing while nothing is pending: then the tree's own counts. */
  #digest = 0;
  /** What a failing multi has to put back for each of its changes: the one before it of that path. */
  #undo: { readonly before: Change | undefined; readonly digest: number }[] = [];
  #mayRollBack = false;

  constructor(tree: DataTree) {
    this.#tree = tree;
  }

  /** Changes in flight. */
  get size(): number {
    return this.#inOrder.length;
  }

  /** The tree digest after all that is proposed. */
  get digest(): number {
    return this.#inOrder.length === 0 ? this.#tree.digest : this.#digest;
  }

  /** The node as it will be; undefined if it will not be there. */
  get(path: string): NodeState | undefined {
    const key = path === "" ? rootPath : path;
    const change = this.#byPath.get(key);
    if (change === undefined) return this.#tree.get(key);
    return change.exists ? change : undefined;
  }

  /** `parent` is its parent as it will be. */
  create(creation: Creation, parent: NodeState): void {
    const { path, zxid, time } = creation;
    const after = new Change(creation.parentPath, zxid, parent);
    after.childCount += 1;
    after.cversion = creation.parentCversion;
    after.pzxid = zxid;
    this.#put(after, parent);
    const { data, acl, owner } = creation;
    const node = new Change(path, zxid, {
      dataLength: data?.length ?? 0,
      acl,
      owner,
      czxid: zxid,
      mzxid: zxid,
      pzxid: zxid,
      ctime: time,
      mtime: time,
      version: 0,
      cversion: 0,
      aversion: 0,
      childCount: 0,
      content: contentChecksum(path, data),
      digest: 0,
    });
    this.#put(node, this.#byPath.get(path)); // one that was deleted, if any
  }

  /** The node and its parent are there. */
  delete(path: string, zxid: Zxid): void {
    const parentPath = parentOf(path);
    const parent = present(this.get(parentPath), parentPath);
    const after = new Change(parentPath, zxid, parent);
    after.childCount -= 1;
    after.pzxid = zxid;
    this.#put(after, parent);
    const node = present(this.get(path), path);
    const gone = new Change(path, zxid, node);
    gone.exists = false;
    this.#put(gone, node);
  }

  /** `before` is the node as it will be without this. */
  setData(path: string, before: NodeState, data: Uint8Array | null, to: NewVersion): void {
    const node = new Change(path, to.zxid, before);
    node.dataLength = data?.length ?? 0;
    node.content = contentChecksum(path, data);
    node.version = to.version;
    node.mzxid = to.zxid;
    node.mtime = to.time;
    this.#put(node, before);
  }

  /** `before` is the node as it will be without this. */
  setAcl(path: string, before: NodeState, acl: readonly Acl[], to: NewVersion): void {
    const node = new Change(path, to.zxid, before);
    node.acl = acl;
    node.aversion = to.version;
    this.#put(node, before);
  }

  /** The ephemerals that closing the session removes, creates in flight included. */
  ephemeralsOf(session: SessionId): readonly string[] {
    const paths = new Set(this.#tree.ephemeralsOf(session));
    for (const change of this.#inOrder) {
      if (!change.exists) paths.delete(change.path);
      else if (change.owner === session) paths.add(change.path);
    }
    return [...paths];
  }

  /** Forgets what transactions up to `zxid` changed: the tree has it now. */
  applied(zxid: Zxid): void {
    for (let head = this.#inOrder.first(); head !== undefined && head.by <= zxid; ) {
      this.#inOrder.shift();
      if (!head.isHidden) this.#byPath.remove(head);
      head = this.#inOrder.first();
    }
  }

  clear(): void {
    this.#inOrder.clear();
    this.#byPath.clear();
  }

  /** From here to `commit`, changes can be rolled back: a multi fails as a whole. */
  begin(): void {
    this.#mayRollBack = true;
  }

  commit(): void {
    this.#mayRollBack = false;
    this.#undo = [];
  }

  /** Takes back every change since `begin`, sequence numbers included: they will be handed out again. */
  rollback(): void {
    for (let step = this.#undo.pop(); step !== undefined; step = this.#undo.pop()) {
      const { before, digest } = step;
      this.#byPath.remove(present(this.#inOrder.pop(), "the change to be undone"));
      if (before !== undefined) {
        this.#byPath.add(before);
        before.isHidden = false;
      }
      this.#digest = digest;
    }
    this.#mayRollBack = false;
  }

  /** `before` is what stands there so far, in the tree or over it. */
  #put(change: Change, before: NodeState | undefined): void {
    const { path } = change;
    const digest = this.digest;
    const hidden = before instanceof Change ? before : undefined;
    if (this.#mayRollBack) this.#undo.push({ before: hidden, digest });
    if (hidden !== undefined) {
      hidden.isHidden = true;
      this.#byPath.remove(hidden);
    }
    change.digest = change.exists ? nodeDigest(path, change) : 0;
    this.#digest = digest - (before?.digest ?? 0) + change.digest;
    this.#inOrder.push(change);
    this.#byPath.add(change);
  }
}

/** The version that a node has after a change, and when it got it. */
export interface NewVersion {
  readonly version: number;
  readonly zxid: Zxid;
  readonly time: number;
}
