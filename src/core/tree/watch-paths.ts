import type { ConnectionId } from "../base/ids.ts";
import { ShardedMap } from "../base/sharded-map.ts";
import { type Acl, WatchEventType } from "../protocol/records.ts";
import { parentOf, rootPath } from "./path.ts";
import type { FiredWatch } from "./watches.ts";

/** Bits, since several modes of one connection on one path stand side by side. */
export const WatchMode = { standard: 1, persistent: 2, recursive: 4, any: 7 } as const;

/** One table of watches: which connection watches which path, in which modes. */
export class WatchPaths {
  readonly #byPath = new ShardedMap<Map<ConnectionId, number>>();
  /** Kept, empty, when a connection's last one-shot watch has fired, as Apache does and `wchs` shows. */
  readonly #byConnection = new Map<ConnectionId, ShardedMap<true>>();
  readonly #modesCoexist: boolean;
  #recursiveCount = 0;
  #count = 0;

  constructor(modesCoexist: boolean) {
    this.#modesCoexist = modesCoexist;
  }

  get hasRecursive(): boolean {
    return this.#recursiveCount > 0;
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /** Pairs of path and connection. */
  get count(): number {
    return this.#count;
  }

  get pathCount(): number {
    return this.#byPath.size;
  }

  get connectionCount(): number {
    return this.#byConnection.size;
  }

  connections(): ConnectionId[] {
    return [...this.#byConnection.keys()];
  }

  pathsOf(connection: ConnectionId): string[] {
    return this.#byConnection.get(connection)?.keys() ?? [];
  }

  paths(): string[] {
    return this.#byPath.keys();
  }

  watchersOf(path: string): ConnectionId[] {
    return [...(this.#byPath.get(path)?.keys() ?? [])];
  }

  isWatched(path: string): boolean {
    return this.#byPath.has(path);
  }

  has(path: string, connection: ConnectionId, modes: number): boolean {
    return ((this.#byPath.get(path)?.get(connection) ?? 0) & modes) !== 0;
  }

  add(path: string, connection: ConnectionId, mode: number): void {
    let watchers = this.#byPath.get(path);
    if (watchers === undefined) {
      watchers = new Map();
      this.#byPath.set(path, watchers);
    }
    const before = watchers.get(connection) ?? 0;
    const after = this.#modesCoexist ? before | mode : mode;
    watchers.set(connection, after);
    this.#recursiveCount += recursive(after) - recursive(before);
    if (before !== 0) return;
    this.#count += 1;
    const paths = this.#byConnection.get(connection);
    if (paths !== undefined) return paths.set(path, true);
    const first = new ShardedMap<true>();
    first.set(path, true);
    this.#byConnection.set(connection, first);
  }

  /** Takes these modes away; false when none of them was there. */
  remove(path: string, connection: ConnectionId, modes: number): boolean {
    const watchers = this.#byPath.get(path);
    const before = watchers?.get(connection) ?? 0;
    if (watchers === undefined || (before & modes) === 0) return false;
    this.#reduce(path, watchers, connection, before & ~modes);
    const paths = this.#byConnection.get(connection);
    if (paths?.size === 0) this.#byConnection.delete(connection);
    return true;
  }

  removeConnection(connection: ConnectionId): void {
    const paths = this.#byConnection.get(connection);
    if (paths === undefined) return;
    for (const path of paths.keys()) {
      const watchers = this.#byPath.get(path);
      if (watchers !== undefined) this.#reduce(path, watchers, connection, 0);
    }
    this.#byConnection.delete(connection);
  }

  /**
   * Appends an event for each connection that watches `path`, or recursively one of its ancestors: one event a connection
   * however many of its watches match, none for those that `fired` tells of it already from `toldFrom` on. One-shot watches on
   * the path itself are used up all the same. Recursive watches never hear of changed children.
   */
  trigger(
    path: string,
    type: WatchEventType,
    acl: readonly Acl[] | null,
    fired: FiredWatch[],
    toldFrom: number = fired.length,
  ): void {
    if (this.#count === 0) return;
    const toldBefore = toldFrom < fired.length ? connectionsOf(fired, toldFrom) : nobody;
    const watchers = this.#byPath.get(path);
    if (watchers !== undefined) {
      for (const [connection, modes] of watchers) {
        const hears = type !== WatchEventType.childrenChanged || modes !== WatchMode.recursive;
        if (hears && !toldBefore.has(connection)) fired.push({ connection, type, path, acl });
        if ((modes & WatchMode.standard) !== 0) {
          this.#reduce(path, watchers, connection, modes & ~WatchMode.standard);
        }
      }
    }
    if (this.#recursiveCount === 0 || type === WatchEventType.childrenChanged) return;
    const told = connectionsOf(fired, toldFrom);
    for (let at = path; at !== rootPath; ) {
      at = parentOf(at);
      for (const [connection, modes] of this.#byPath.get(at) ?? nobody) {
        if (recursive(modes) === 0 || told.has(connection)) continue;
        told.add(connection);
        fired.push({ connection, type, path, acl });
      }
    }
  }

  #reduce(
    path: string,
    watchers: Map<ConnectionId, number>,
    connection: ConnectionId,
    modes: number,
  ): void {
    const before = watchers.get(connection) ?? 0;
    this.#recursiveCount += recursive(modes) - recursive(before);
    if (modes !== 0) {
      watchers.set(connection, modes);
      return;
    }
    this.#count -= 1;
    watchers.delete(connection);
    if (watchers.size === 0) this.#byPath.delete(path);
    this.#byConnection.get(connection)?.delete(path);
  }
}

const nobody: ReadonlyMap<ConnectionId, number> = new Map();

const connectionsOf = (fired: readonly FiredWatch[], from: number): Set<ConnectionId> =>
  new Set(fired.slice(from).map((watch) => watch.connection));

const recursive = (modes: number): number => ((modes & WatchMode.recursive) === 0 ? 0 : 1);
