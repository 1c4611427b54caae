import { type Epoch, epochFrom, type Zxid } from "../base/ids.ts";
import type { LogEntry } from "../txn/log-entry.ts";
import type { Recovered, Store, StoredSnapshot } from "./ports.ts";

/** A store that outlives its peer's crashes but not the process. */
export class MemoryStore implements Store {
  #acceptedEpoch: Epoch = epochFrom(0);
  #currentEpoch: Epoch = epochFrom(0);
  #snapshot: StoredSnapshot | undefined;
  /** Ascending; all above the snapshot's zxid. */
  #log: LogEntry[] = [];

  recover(): Recovered {
    return {
      acceptedEpoch: this.#acceptedEpoch,
      currentEpoch: this.#currentEpoch,
      snapshot: this.#snapshot,
      log: [...this.#log],
    };
  }

  append(entry: LogEntry): void {
    this.#log.push(entry);
  }

  truncate(after: Zxid): void {
    this.#log.length = this.#positionAbove(after);
    if (this.#snapshot !== undefined && this.#snapshot.zxid > after) this.#snapshot = undefined;
  }

  saveEpoch(which: "accepted" | "current", epoch: Epoch): void {
    if (which === "accepted") this.#acceptedEpoch = epoch;
    else this.#currentEpoch = epoch;
  }

  saveSnapshot(snapshot: StoredSnapshot, replacesLog: boolean): void {
    this.#snapshot = snapshot;
    this.#log = replacesLog ? [] : this.#log.slice(this.#positionAbove(snapshot.zxid));
  }

  /** The index of the first entry above `zxid`. */
  #positionAbove(zxid: Zxid): number {
    let low = 0;
    let high = this.#log.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#log[middle] as LogEntry).zxid > zxid) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
