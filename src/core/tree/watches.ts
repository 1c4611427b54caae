import type { ConnectionId } from "../base/ids.ts";
import { type Dialect, dialects } from "../protocol/dialect.ts";
import { type Acl, WatchEventType } from "../protocol/records.ts";
import type { SetWatchesRequest } from "../protocol/requests.ts";
import { parentOf } from "./path.ts";
import type { DataTree } from "./tree.ts";
import { WatchMode, WatchPaths } from "./watch-paths.ts";

/** An event on its way to a connection; dropped there if the connection's ids may not read a node with this ACL. */
export interface FiredWatch {
  readonly connection: ConnectionId;
  readonly type: WatchEventType;
  readonly path: string;
  /** Of the node that changed; null lets everybody read. */
  readonly acl: readonly Acl[] | null;
}

/** What checkWatches and removeWatches ask for. */
export const WatcherType = {
  children: 1,
  data: 2,
  any: 3,
  persistent: 4,
  recursive: 5,
} as const;
export type WatcherType = (typeof WatcherType)[keyof typeof WatcherType];

/** A persistent watch of addWatch: with or without all that is below the path. */
export const AddWatchMode = { persistent: 0, recursive: 1 } as const;
export type AddWatchMode = (typeof AddWatchMode)[keyof typeof AddWatchMode];

/**
 * The watches of a peer's clients: the data table (getData, exists, addWatch) and the child table (getChildren, addWatch
 * persistent). They belong to connections, not to sessions.
 */
export class WatchTable {
  readonly data: WatchPaths;
  readonly child: WatchPaths;
  readonly #dialect: Dialect;

  constructor(dialect: Dialect = dialects["3.9"]) {
    this.#dialect = dialect;
    this.data = new WatchPaths(dialect.watchModesCoexist);
    this.child = new WatchPaths(dialect.watchModesCoexist);
  }

  /** Watches in both tables. */
  get count(): number {
    return this.data.count + this.child.count;
  }

  addData(path: string, connection: ConnectionId): void {
    this.data.add(path, connection, WatchMode.standard);
  }

  addChild(path: string, connection: ConnectionId): void {
    this.child.add(path, connection, WatchMode.standard);
  }

  addPersistent(path: string, connection: ConnectionId, mode: AddWatchMode): void {
    if (mode === AddWatchMode.persistent) {
      this.data.add(path, connection, WatchMode.persistent);
      this.child.add(path, connection, WatchMode.persistent);
    } else {
      this.data.add(path, connection, WatchMode.recursive);
      if (!this.#dialect.watchModesCoexist) this.child.add(path, connection, WatchMode.recursive);
    }
  }

  check(path: string, type: WatcherType, connection: ConnectionId): boolean {
    if (!this.#dialect.watchModesCoexist) return this.#checkLeniently(path, type, connection);
    switch (type) {
      case WatcherType.children:
        return this.child.has(path, connection, WatchMode.standard);
      case WatcherType.data:
        return this.data.has(path, connection, WatchMode.standard);
      case WatcherType.persistent:
        return this.data.has(path, connection, WatchMode.persistent);
      case WatcherType.recursive:
        return this.data.has(path, connection, WatchMode.recursive);
      case WatcherType.any:
        return (
          this.data.has(path, connection, WatchMode.any) ||
          this.child.has(path, connection, WatchMode.any)
        );
    }
  }

  /**
   * 3.8 walks up from the path as it checks it, further than one step where recursive watches are about, and stumbles where it
   * finds no slash (PathParentIterator).
   */
  checkStumbles(path: string, type: WatcherType): boolean {
    if (this.#dialect.watchModesCoexist || path === "" || path.startsWith("/")) return false;
    if (!path.includes("/")) return true;
    const walksOn = (table: WatchPaths): boolean => table.hasRecursive && !table.isWatched(path);
    if (type === WatcherType.children) return walksOn(this.child);
    if (type === WatcherType.data) return walksOn(this.data);
    return walksOn(this.child) || walksOn(this.data);
  }

  /** False when there was nothing to remove. */
  remove(path: string, type: WatcherType, connection: ConnectionId): boolean {
    const standard = this.#dialect.watchModesCoexist ? WatchMode.standard : WatchMode.any;
    switch (type) {
      case WatcherType.children:
        return this.child.remove(path, connection, standard);
      case WatcherType.data:
        return this.data.remove(path, connection, standard);
      case WatcherType.persistent:
        return this.#removeBoth(path, connection, WatchMode.persistent);
      case WatcherType.recursive:
        return this.data.remove(path, connection, WatchMode.recursive);
      case WatcherType.any:
        return this.#removeBoth(path, connection, WatchMode.any);
    }
  }

  removeConnection(connection: ConnectionId): void {
    this.data.removeConnection(connection);
    this.child.removeConnection(connection);
  }

  // The three changes that fire, each in Apache's order: data table, the node's child table, the parent's child table.

  created(change: NodeChange, fired: FiredWatch[]): void {
    this.data.trigger(change.path, WatchEventType.created, change.acl, fired);
    this.#fireParent(change, fired);
  }

  deleted(change: NodeChange, fired: FiredWatch[]): void {
    const { path, acl } = change;
    if (this.data.isEmpty && this.child.isEmpty) return;
    const toldFrom = fired.length;
    this.data.trigger(path, WatchEventType.deleted, acl, fired);
    this.child.trigger(path, WatchEventType.deleted, acl, fired, toldFrom);
    this.#fireParent(change, fired);
  }

  dataChanged(path: string, acl: readonly Acl[] | null, fired: FiredWatch[]): void {
    this.data.trigger(path, WatchEventType.dataChanged, acl, fired);
  }

  /**
   * Registers again after a reconnect; what was missed since `relativeZxid` is fired instead, unfiltered by ACL. Watches for
   * nodes to come fire whenever the node is there, persistent ones never (DataTree.setWatches).
   */
  restore(
    tree: DataTree,
    connection: ConnectionId,
    request: SetWatchesRequest,
    fired: FiredWatch[],
  ): void {
    const fire = (type: WatchEventType, path: string): void => {
      fired.push({ connection, type, path, acl: null });
    };
    for (const path of request.data) {
      const node = tree.get(path);
      if (node === undefined) fire(WatchEventType.deleted, path);
      else if (node.mzxid > request.relativeZxid) fire(WatchEventType.dataChanged, path);
      else this.addData(path, connection);
    }
    for (const path of request.exist) {
      if (tree.get(path) !== undefined) fire(WatchEventType.created, path);
      else this.addData(path, connection);
    }
    for (const path of request.child) {
      const node = tree.get(path);
      if (node === undefined) fire(WatchEventType.deleted, path);
      else if (node.pzxid > request.relativeZxid) fire(WatchEventType.childrenChanged, path);
      else this.addChild(path, connection);
    }
    for (const path of request.persistent) {
      this.addPersistent(path, connection, AddWatchMode.persistent);
    }
    for (const path of request.recursive) {
      this.addPersistent(path, connection, AddWatchMode.recursive);
    }
  }

  #fireParent(change: NodeChange, fired: FiredWatch[]): void {
    if (this.child.isEmpty) return;
    const parent = parentOf(change.path);
    this.child.trigger(parent, WatchEventType.childrenChanged, change.parentAcl, fired);
  }

  #removeBoth(path: string, connection: ConnectionId, modes: number): boolean {
    const fromChild = this.child.remove(path, connection, modes);
    return this.data.remove(path, connection, modes) || fromChild;
  }

  /** 3.8: anybody's watch on the path will do. */
  #checkLeniently(path: string, type: WatcherType, connection: ConnectionId): boolean {
    const isIn = (table: WatchPaths): boolean =>
      table.isWatched(path) || table.has(path, connection, WatchMode.recursive);
    if (type === WatcherType.children) return isIn(this.child);
    if (type === WatcherType.data) return isIn(this.data);
    return isIn(this.child) || isIn(this.data);
  }
}

/** A node that came or went, with the ACLs that decide who may hear of it. */
export interface NodeChange {
  readonly path: string;
  readonly acl: readonly Acl[] | null;
  readonly parentAcl: readonly Acl[] | null;
}
