import type { Zxid } from "../base/ids.ts";
import type { Prng } from "../base/prng.ts";
import type { TreeSource } from "../tree/tree-source.ts";
import type { Effect } from "./effects.ts";
import type { Replica } from "./replica.ts";

/** When a peer saves its state, which takes many turns. */
export class Snapshots {
  readonly #replica: Replica;
  readonly #snapCount: number;
  readonly #prng: Prng;
  /** Entries appended since the last snapshot began. */
  #unsnapped = 0;
  #due: number;
  #saving: TreeSource | undefined;

  constructor(replica: Replica, snapCount: number, prng: Prng) {
    this.#replica = replica;
    this.#snapCount = snapCount;
    this.#prng = prng;
    this.#due = this.#draw();
  }

  appended(): void {
    this.#unsnapped += 1;
  }

  /**
   * Only of a serving peer's state, which is all committed: no leader can ask to have it cut off again (ZOOKEEPER-4837). A large
   * tree is saved less often, and not again before it was.
   */
  takeIfDue(out: Effect[]): void {
    if (this.#unsnapped < this.#due) return;
    if (this.#saving !== undefined || this.#unsnapped < this.#replica.tree.nodeCount / 2) return;
    this.#take(false, out);
  }

  saved(zxid: Zxid): void {
    if (this.#saving?.zxid === zxid) this.#saving = undefined;
  }

  /** In place of the log, as a learner's state that came as a snapshot. */
  replaceLog(out: Effect[]): void {
    this.abandon();
    this.#take(true, out);
  }

  /** What is applied from here on may not be committed (ZOOKEEPER-1549): what is not saved yet never will be. */
  abandon(): void {
    this.#saving?.abandon();
    this.#saving = undefined;
  }

  #take(replacesLog: boolean, out: Effect[]): void {
    this.#unsnapped = 0;
    this.#due = this.#draw();
    this.#saving = this.#replica.source();
    out.push({ type: "saveSnapshot", snapshot: this.#saving, replacesLog });
  }

  /** Peers do not save all at once (SyncRequestProcessor.shouldSnapshot). */
  #draw(): number {
    const half = Math.floor(this.#snapCount / 2);
    return this.#snapCount - half + this.#prng.below(half);
  }
}
