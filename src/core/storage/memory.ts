import { type Epoch, epochFrom, type Zxid, zxidOf } from "../base/ids.ts";
import type { LogEntry } from "../txn/log-entry.ts";
import { EntryBlocks } from "./entry-blocks.ts";
import type { Recovered, Store, StoredSnapshot } from "./ports.ts";

/** A store that outlives its peer's crashes but not the process. */
export class MemoryStore implements Store {
  #acceptedEpoch: Epoch = epochFrom(0);
  #currentEpoch: Epoch = epochFrom(0);
  #config: string | undefined;
  #snapshot: StoredSnapshot | undefined;
  readonly #log = new EntryBlocks();

  recover(): Recovered {
    const above = this.#snapshot?.zxid ?? zxidOf(-1);
    return {
      acceptedEpoch: this.#acceptedEpoch,
      currentEpoch: this.#currentEpoch,
      config: this.#config,
      snapshot: this.#snapshot,
      log: { [Symbol.iterator]: () => this.#log.above(above) },
    };
  }

  append(entry: LogEntry): void {
    this.#log.append(entry);
  }

  truncate(after: Zxid): void {
    if (this.#snapshot === undefined || this.#snapshot.zxid <= after) this.#log.truncate(after);
  }

  saveEpoch(which: "accepted" | "current", epoch: Epoch): void {
    if (which === "accepted") this.#acceptedEpoch = epoch;
    else this.#currentEpoch = epoch;
  }

  saveConfig(text: string): void {
    this.#config = text;
  }

  saveSnapshot(snapshot: StoredSnapshot, replacesLog: boolean): void {
    this.#snapshot = snapshot;
    if (replacesLog) this.#log.clear();
    else this.#log.dropUpTo(snapshot.zxid);
  }
}
