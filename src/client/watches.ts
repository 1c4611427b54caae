import type { Zxid } from "../core/base/ids.ts";
import { WatchEventType } from "../core/protocol/records.ts";
import type { SetWatchesRequest } from "../core/protocol/requests.ts";
import { parentOf } from "../core/tree/path.ts";
import type { Watch } from "./types.ts";

/** "exist" waits for a node to appear; the last two stay until removed. */
export type WatchKind = "data" | "exist" | "child" | "persistent" | "recursive";

/**
 * The client's side of watches: the server knows one watch a path and kind, and only for the life of a connection; the
 * callbacks are here.
 */
export class Watches {
  readonly #paths: { readonly [K in WatchKind]: Map<string, Set<Watch>> } = {
    data: new Map(),
    exist: new Map(),
    child: new Map(),
    persistent: new Map(),
    recursive: new Map(),
  };

  add(kind: WatchKind, path: string, watch: Watch): void {
    const watches = this.#paths[kind].get(path);
    if (watches === undefined) this.#paths[kind].set(path, new Set([watch]));
    else watches.add(watch);
  }

  /** True when it was the last of its kind on the path. */
  remove(kind: WatchKind, path: string, watch: Watch): boolean {
    const watches = this.#paths[kind].get(path);
    if (watches === undefined || !watches.delete(watch) || watches.size > 0) return false;
    return this.#paths[kind].delete(path);
  }

  isWatched(path: string): boolean {
    return Object.values(this.#paths).some((paths) => paths.has(path));
  }

  /** Whom an event is for; one-shot watches are used up by it (ZKWatchManager.materialize). */
  take(type: number, path: string): Iterable<Watch> {
    const { data, exist, child, persistent, recursive } = this.#paths;
    const isChildEvent = type === WatchEventType.childrenChanged;
    const told = new Set(persistent.get(path));
    const oneShot = isChildEvent ? [child] : [data, exist];
    if (type === WatchEventType.deleted) oneShot.push(child);
    for (const paths of oneShot) {
      for (const watch of paths.get(path) ?? []) told.add(watch);
      paths.delete(path);
    }
    if (isChildEvent || recursive.size === 0) return told;
    for (let at = path; ; at = parentOf(at)) {
      for (const watch of recursive.get(at) ?? []) told.add(watch);
      if (at === "/") return told;
    }
  }

  removeAll(kind: WatchKind, path: string): void {
    this.#paths[kind].delete(path);
  }

  /** What a new connection has to be told, in requests of which none is too large for a server. */
  toRequests(relativeZxid: Zxid): SetWatchesRequest[] {
    const requests: SetWatchesRequest[] = [];
    let lists = emptyLists();
    let length = 0;
    for (const kind of watchKinds) {
      for (const path of this.#paths[kind].keys()) {
        if (length > 0 && length + path.length > pathCharactersMax) {
          requests.push({ relativeZxid, ...lists });
          lists = emptyLists();
          length = 0;
        }
        lists[kind].push(path);
        length += path.length;
      }
    }
    if (length > 0) requests.push({ relativeZxid, ...lists });
    return requests;
  }

  clear(): void {
    for (const paths of Object.values(this.#paths)) paths.clear();
  }
}

/** As Apache's client: a request stays far below a server's `jute.maxbuffer`. */
const pathCharactersMax = 128 * 1024;
const watchKinds: readonly WatchKind[] = ["data", "exist", "child", "persistent", "recursive"];
const emptyLists = (): { [K in WatchKind]: string[] } => ({
  data: [],
  exist: [],
  child: [],
  persistent: [],
  recursive: [],
});
