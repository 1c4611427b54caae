import type { Zxid } from "../../src/core/base/ids.ts";
import { OpCode, Xid } from "../../src/core/protocol/op-codes.ts";
import { type WatchEvent, WatchEventType } from "../../src/core/protocol/records.ts";
import type { Reply } from "../../src/core/protocol/replies.ts";
import type { Request } from "../../src/core/protocol/requests.ts";
import { AddWatchMode } from "../../src/core/tree/watches.ts";

/** What a client library remembers of its watches, to set them again on another connection. */
export class WatchBook {
  readonly #data = new Set<string>();
  readonly #exist = new Set<string>();
  readonly #child = new Set<string>();
  readonly #persistent = new Set<string>();
  readonly #recursive = new Set<string>();

  answered(request: Request, { err }: Reply): void {
    switch (request.type) {
      case OpCode.getData:
        if (request.body.watch && err === 0) this.#data.add(request.body.path);
        return;
      case OpCode.exists:
        if (request.body.watch) (err === 0 ? this.#data : this.#exist).add(request.body.path);
        return;
      case OpCode.getChildren2:
        if (request.body.watch && err === 0) this.#child.add(request.body.path);
        return;
      case OpCode.addWatch: {
        const { path, type } = request.body;
        if (err !== 0) return;
        (type === AddWatchMode.recursive ? this.#recursive : this.#persistent).add(path);
        return;
      }
      default:
        return;
    }
  }

  fired({ type, path }: WatchEvent): void {
    if (type !== WatchEventType.childrenChanged) {
      this.#data.delete(path);
      this.#exist.delete(path);
    }
    if (type === WatchEventType.childrenChanged || type === WatchEventType.deleted) {
      this.#child.delete(path);
    }
  }

  clear(): void {
    for (const paths of this.#all) paths.clear();
  }

  /** The request that sets them again; undefined: there are none. */
  restoring(lastZxid: Zxid): Request | undefined {
    if (this.#all.every(({ size }) => size === 0)) return undefined;
    const lasts = this.#persistent.size + this.#recursive.size > 0;
    return {
      xid: Xid.setWatches,
      type: lasts ? OpCode.setWatches2 : OpCode.setWatches,
      body: {
        relativeZxid: lastZxid,
        data: [...this.#data],
        exist: [...this.#exist],
        child: [...this.#child],
        persistent: [...this.#persistent],
        recursive: [...this.#recursive],
      },
    };
  }

  get #all(): readonly Set<string>[] {
    return [this.#data, this.#exist, this.#child, this.#persistent, this.#recursive];
  }
}
