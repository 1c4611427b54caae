import { type ConnectionId, connectionIdOf } from "../base/ids.ts";
import { ShardedMap } from "../base/sharded-map.ts";
import { type Acl, WatchEventType } from "../protocol/records.ts";
import { parentOf, rootPath } from "./path.ts";
import type { FiredWatch } from "./watches.ts";

/** Bits, since several modes of one connection on one path stand side by side. */
export const WatchMode = { standard: 1, persistent: 2, recursive: 4, any: 7 } as const;

/**
 * Who watches a path, in which modes: one connection, as a number whose low bits are its modes, or several. Most paths have one, of
 * which there may be a million: as maps of one entry they took 220 bytes each, and half the time of their making.
 */
type Watchers = number | Map<ConnectionId, number>;

/** One table of watches: which connection watches which path, in which modes. */
export class WatchPaths {
  readonly #byPath = new ShardedMap<Watchers>();
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
    return Array.from(each(this.#byPath.get(path)), ([connection]) => connection);
  }

  isWatched(path: string): boolean {
    return this.#byPath.has(path);
  }

  has(path: string, connection: ConnectionId, modes: number): boolean {
    return (modesOf(this.#byPath.get(path), connection) & modes) !== 0;
  }

  add(path: string, connection: ConnectionId, mode: number): void {
    const watchers = this.#byPath.get(path);
    const before = modesOf(watchers, connection);
    const after = this.#modesCoexist ? before | mode : mode;
    this.#put(path, watchers, connection, after);
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
    const before = modesOf(watchers, connection);
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
    for (const [connection, modes] of each(watchers)) {
      const hears = type !== WatchEventType.childrenChanged || modes !== WatchMode.recursive;
      if (hears && !toldBefore.has(connection)) fired.push({ connection, type, path, acl });
      if (watchers !== undefined && (modes & WatchMode.standard) !== 0) {
        this.#reduce(path, watchers, connection, modes & ~WatchMode.standard);
      }
    }
    if (this.#recursiveCount === 0 || type === WatchEventType.childrenChanged) return;
    const told = connectionsOf(fired, toldFrom);
    for (let at = path; at !== rootPath; ) {
      at = parentOf(at);
      for (const [connection, modes] of each(this.#byPath.get(at))) {
        if (recursive(modes) === 0 || told.has(connection)) continue;
        told.add(connection);
        fired.push({ connection, type, path, acl });
      }
    }
  }

  #put(
    path: string,
    watchers: Watchers | undefined,
    connection: ConnectionId,
    modes: number,
  ): void {
    if (watchers instanceof Map) {
      watchers.set(connection, modes);
      return;
    }
    const [others] = each(watchers);
    const isSole = others === undefined || others[0] === connection;
    this.#byPath.set(
      path,
      isSole ? sole(connection, modes) : new Map([others, [connection, modes]]),
    );
  }

  #reduce(path: string, watchers: Watchers, connection: ConnectionId, modes: number): void {
    this.#recursiveCount += recursive(modes) - recursive(modesOf(watchers, connection));
    if (modes !== 0) return this.#put(path, watchers, connection, modes);
    this.#count -= 1;
    if (watchers instanceof Map) watchers.delete(connection);
    if (!(watchers instanceof Map) || watchers.size === 0) this.#byPath.delete(path);
    this.#byConnection.get(connection)?.delete(path);
  }
}

const modesMax = 8;

const sole = (connection: ConnectionId, modes: number): Watchers => connection * modesMax + modes;

/** Connections with their modes, in the order in which they came; they may go meanwhile. */
/** Of most paths that a write changes, while any are watched. */
const noWatchers: readonly [] = [];

function each(watchers: Watchers | undefined): Iterable<readonly [ConnectionId, number]> {
  if (watchers === undefined) return noWatchers;
  if (watchers instanceof Map) return watchers;
  return [[connectionIdOf(Math.floor(watchers / modesMax)), watchers % modesMax]];
}

function modesOf(watchers: Watchers | undefined, connection: ConnectionId): number {
  if (watchers === undefined) return 0;
  if (watchers instanceof Map) return watchers.get(connection) ?? 0;
  return Math.floor(watchers / modesMax) === connection ? watchers % modesMax : 0;
}

const nobody: ReadonlySet<ConnectionId> = new Set();

const connectionsOf = (fired: readonly FiredWatch[], from: number): Set<ConnectionId> =>
  new Set(fired.slice(from).map((watch) => watch.connection));

const recursive = (modes: number): number => ((modes & WatchMode.recursive) === 0 ? 0 : 1);
