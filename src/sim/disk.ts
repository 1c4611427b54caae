import { type Epoch, type Zxid, zxidZero } from "../core/base/ids.ts";
import type { Effect, PeerEvent } from "../core/server/effects.ts";
import { MemoryStore } from "../core/storage/memory.ts";
import type { RecoveredWhole, SnapshotSource, StoredSnapshot } from "../core/storage/ports.ts";

export type DiskEffect = Effect & {
  readonly type: "append" | "truncate" | "reload" | "saveEpoch" | "saveConfig" | "saveSnapshot";
};
export type DiskAnswer = PeerEvent & {
  readonly type: "appended" | "epochSaved" | "snapshotSaved" | "reloaded";
};

/** What a disk may do wrong. No protocol survives these: they show that the checks would notice. */
export interface DiskLies {
  /** Says that an append is durable while it is not. */
  readonly answersAppendsEarly?: boolean;
  /** Says that an epoch is saved while it is not. */
  readonly answersEpochsEarly?: boolean;
  /** A crash takes back what was durable: so many entries of the log. */
  readonly losesSynced?: number;
  /** A restart finds no epoch promised but the one that was adopted. */
  readonly forgetsPromises?: boolean;
}

/** What can be done at once: a snapshot that is whole, or whatever was asked. */
type Task =
  | Exclude<DiskEffect, { readonly type: "saveSnapshot" }>
  | {
      readonly type: "saveSnapshot";
      readonly snapshot: StoredSnapshot;
      readonly replacesLog: boolean;
    };

interface Pending {
  readonly effect: Task;
  answered: boolean;
}

/** A snapshot in the making; what waits to be synced when it is whole goes before it. */
interface Draft {
  readonly source: SnapshotSource;
  readonly replacesLog: boolean;
  readonly chunks: Uint8Array[];
}

/** So many pieces of each snapshot are made between two moments: its parts are of different ones. */
const piecesAtOnce = 8;

/**
 * One peer's disk. What is asked waits in order, unsynced, until `sync` makes a part of it durable; a crash keeps a drawn
 * beginning of what waits, as a power cut would: a torn record counts as none.
 */
export class Disk {
  #store = new MemoryStore();
  readonly #lies: DiskLies;
  readonly #answersInTime: boolean;
  #pending: Pending[] = [];
  #drafts: Draft[] = [];
  acceptedEpoch: Epoch;
  currentEpoch: Epoch;
  /** The last transaction that a crash cannot take: of the log, else of the snapshot. */
  lastDurable: Zxid = zxidZero;

  constructor(lies: DiskLies = {}) {
    this.#lies = lies;
    this.#answersInTime = !lies.answersAppendsEarly && !lies.answersEpochsEarly;
    const { acceptedEpoch, currentEpoch } = this.#store.recover();
    this.acceptedEpoch = acceptedEpoch;
    this.currentEpoch = currentEpoch;
  }

  get unsynced(): number {
    return this.#pending.length + this.#drafts.length;
  }

  recover(): RecoveredWhole {
    const recovered = wholeOf(this.#store);
    if (this.#lies.forgetsPromises !== true) return recovered;
    return { ...recovered, acceptedEpoch: recovered.currentEpoch };
  }

  ask(effect: DiskEffect): void {
    if (effect.type !== "saveSnapshot") this.#pending.push({ effect, answered: false });
    else {
      const { snapshot: source, replacesLog } = effect;
      this.#drafts.push({ source, replacesLog, chunks: [] });
    }
    this.#goOnWithDrafts();
  }

  /** The answers that an honest disk would not give yet. */
  takeLies(): DiskAnswer[] {
    const answers: DiskAnswer[] = [];
    if (this.#answersInTime) return answers;
    for (const pending of this.#pending) {
      const { type } = pending.effect;
      const early =
        (type === "append" && this.#lies.answersAppendsEarly) ||
        (type === "saveEpoch" && this.#lies.answersEpochsEarly);
      if (!early || pending.answered) continue;
      pending.answered = true;
      addAnswer(pending.effect, this.#store, answers);
    }
    return answers;
  }

  /** Makes the oldest `count` of what waits durable and answers for it; appends in a row are answered once. */
  sync(count: number): DiskAnswer[] {
    const answers: DiskAnswer[] = [];
    for (const { effect, answered } of this.#pending.splice(0, count)) {
      this.#perform(effect);
      if (!answered) addAnswer(effect, this.#store, answers);
    }
    this.#goOnWithDrafts();
    return answers;
  }

  /** Power is cut: of what waits, the oldest `kept` are on the disk. */
  crash(kept: number): void {
    for (const { effect } of this.#pending.slice(0, kept)) this.#perform(effect);
    this.#pending = [];
    this.#drafts = [];
    if (this.#lies.losesSynced !== undefined) this.#forget(this.#lies.losesSynced);
  }

  /** An empty disk in place of this one. */
  wipe(): void {
    this.#store = new MemoryStore();
    this.#pending = [];
    this.#drafts = [];
    const { acceptedEpoch, currentEpoch } = this.#store.recover();
    this.acceptedEpoch = acceptedEpoch;
    this.currentEpoch = currentEpoch;
    this.lastDurable = zxidZero;
  }

  #goOnWithDrafts(): void {
    if (this.#drafts.length === 0) return;
    this.#drafts = this.#drafts.filter(({ source, replacesLog, chunks }) => {
      for (let count = piecesAtOnce; count > 0; count -= 1) {
        const piece = source.next();
        if (source.isAbandoned) return false;
        if (piece !== undefined) chunks.push(piece);
        else {
          const snapshot = { zxid: source.zxid, chunks, end: source.end() };
          const effect: Task = { type: "saveSnapshot", snapshot, replacesLog };
          this.#pending.push({ effect, answered: false });
          return false;
        }
      }
      return true;
    });
  }

  #perform(effect: Task): void {
    switch (effect.type) {
      case "append":
        this.#store.append(effect.entry);
        this.lastDurable = effect.entry.zxid;
        return;
      case "truncate":
        this.#store.truncate(effect.after);
        this.#findLast();
        return;
      case "saveEpoch":
        this.#store.saveEpoch(effect.which, effect.epoch);
        if (effect.which === "accepted") this.acceptedEpoch = effect.epoch;
        else this.currentEpoch = effect.epoch;
        return;
      case "saveSnapshot":
        this.#store.saveSnapshot(effect.snapshot, effect.replacesLog);
        this.#findLast();
        return;
      case "saveConfig":
        return this.#store.saveConfig(effect.text);
      case "reload":
        return;
    }
  }

  #findLast(): void {
    const { log, snapshot } = wholeOf(this.#store);
    this.lastDurable = log.at(-1)?.zxid ?? snapshot?.zxid ?? zxidZero;
  }

  #forget(count: number): void {
    const { log } = wholeOf(this.#store);
    const last = log[log.length - 1 - count];
    if (last === undefined) return;
    this.#store.truncate(last.zxid);
    this.#findLast();
  }
}

function wholeOf(store: MemoryStore): RecoveredWhole {
  const recovered = store.recover();
  return { ...recovered, log: [...recovered.log] };
}

function addAnswer(effect: Task, store: MemoryStore, answers: DiskAnswer[]): void {
  switch (effect.type) {
    case "append": {
      const upTo = effect.entry.zxid;
      if (answers.at(-1)?.type === "appended") answers.pop();
      answers.push({ type: "appended", upTo });
      return;
    }
    case "saveEpoch":
      answers.push({ type: "epochSaved", which: effect.which, epoch: effect.epoch });
      return;
    case "saveSnapshot":
      answers.push({ type: "snapshotSaved", zxid: effect.snapshot.zxid });
      return;
    case "saveConfig":
      return;
    case "truncate":
    case "reload":
      answers.push({ type: "reloaded", recovered: wholeOf(store) });
      return;
  }
}
