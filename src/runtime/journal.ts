import type { Zxid } from "../core/base/ids.ts";
import type { Parts } from "../core/base/parts.ts";
import type { QuorumEffect } from "../core/quorum/effects.ts";
import type { PeerEvent, Restored } from "../core/server/effects.ts";
import type { Replica } from "../core/server/replica.ts";
import type { Recovered, SnapshotSource, Store } from "../core/storage/ports.ts";
import type { StateEnd } from "../core/storage/snapshot-file.ts";
import { oneSlice } from "./between-turns.ts";
import type { Slices } from "./slices.ts";
import type { OrderedFailure, StorageFaults, StoreOp } from "./storage-faults.ts";
import type { Inbox, Turn } from "./turn.ts";

/** A store whose changes are durable only when `flush` resolves: files. Flushes do not overlap. */
export interface FlushingStore extends Omit<Store, "recover"> {
  recover(): Promise<Recovered>;
  /** Without `sync` all is written, and nothing of the log is durable for it: its fsync failed. */
  flush(options?: { readonly sync: boolean }): Promise<void>;
  /** `onDrained`: a draft that was full is not any more. */
  beginSnapshot(zxid: Zxid, onDrained: () => void): SnapshotDraft;
  /** As `saveSnapshot`, with the next flush, of a draft that is finished. */
  saveDraft(draft: SnapshotDraft, zxid: Zxid, replacesLog: boolean): void;
  /** After the last flush. */
  close(): Promise<void>;
  /** In place of `close`: the process is gone, in the middle of whatever was under way. Resolves when nothing is any more. */
  crash(): Promise<void>;
}

export type AnyStore = Store | FlushingStore;

/** A snapshot in the making, written beside everything else that a store does. */
export interface SnapshotDraft {
  /** Its pieces are not written as fast as they come. */
  readonly isFull: boolean;
  write(piece: Uint8Array): void;
  finish(end: StateEnd): Promise<void>;
  abandon(): Promise<void>;
}

export type StorageEffect = Extract<
  QuorumEffect,
  { readonly type: "append" | "truncate" | "reload" | "saveEpoch" | "saveConfig" | "saveSnapshot" }
>;

type Answer = Extract<
  PeerEvent,
  { readonly type: "appended" | "epochSaved" | "snapshotSaved" | "reloaded" }
>;

/** What is told, or done, when all that was asked before is durable; of a snapshot only while somebody waits for it. */
type Owed =
  | Exclude<Answer, { readonly type: "snapshotSaved" }>
  | { readonly type: "whole"; readonly source: SnapshotSource }
  | typeof reload;

/** What is made durable together, with what is answered when it is. */
interface Batch {
  readonly answers: readonly Owed[];
  /** What becomes of it in place of the answers. */
  readonly failure: OrderedFailure | undefined;
}

/** To be read from the store when all that was asked before is durable. */
const reload = Symbol("reload");

/**
 * What one peer asks of its store: done at once, answered in order when durable, a turn's appends with one answer. Snapshots and
 * states that are read anew take many turns, and are answered when they are there. Faults of the disk come true here, whatever the store is made of.
 */
export class Journal {
  readonly #store: AnyStore;
  readonly #turn: Turn;
  readonly #inbox: Inbox;
  readonly #slices: Slices;
  readonly #faults: StorageFaults;
  readonly #restoring: (recovered: Recovered) => Parts<Replica>;
  readonly #onError: (error: unknown) => void;
  #answers: Owed[] = [];
  /** The last entry appended, while its answer is not among the answers. */
  #appendedUpTo: Zxid | undefined;
  /** Something was asked that nobody waits for. */
  #owesFlush = false;
  #flushing: Promise<void> | undefined;
  /** The disk has failed: nothing more is asked of it, and the next flush tells. */
  #failure: OrderedFailure | undefined;
  /** By how much a slow disk takes longer for what was asked since the last flush. */
  #slowMs = 0;
  /** A flush waits for a slow disk. */
  #isSlowed = false;
  /** Files are read, or a state is made of them. */
  #isReading = false;
  /** What a slow disk does later, at the ensemble's time. */
  readonly #waits = new Set<{ readonly dueAt: number; readonly go: () => void }>();
  #isOver = false;

  constructor(options: {
    readonly store: AnyStore;
    readonly turn: Turn;
    readonly inbox: Inbox;
    readonly slices: Slices;
    readonly faults: StorageFaults;
    /** Makes a state of what the store holds. */
    readonly restoring: (recovered: Recovered) => Parts<Replica>;
    readonly onError: (error: unknown) => void;
  }) {
    this.#store = options.store;
    this.#turn = options.turn;
    this.#inbox = options.inbox;
    this.#slices = options.slices;
    this.#faults = options.faults;
    this.#restoring = options.restoring;
    this.#onError = options.onError;
  }

  /** What the store holds, at the beginning of a life; undefined: the life has ended before. */
  async recover(): Promise<Restored | undefined> {
    const failure = this.#faults.strike("read");
    const ms = this.#faults.costOf("read");
    if (ms > 0) await new Promise<void>((resolve) => this.#after(ms, resolve));
    if (failure !== undefined) throw failure;
    return this.#restored();
  }

  /** Reads the store, and makes a state of it between the steps. */
  async #restored(): Promise<Restored | undefined> {
    this.#isReading = true;
    try {
      const recovered = await this.#store.recover();
      return this.#isOver ? undefined : await this.#restoredFrom(recovered);
    } catch (error) {
      if (this.#isOver) return undefined;
      throw error;
    } finally {
      this.#isReading = false;
    }
  }

  /** A small state is there within the turn: a peer that starts, or looks anew, is not to miss what its fellows say. */
  #restoredFrom(recovered: Recovered): Restored | Promise<Restored | undefined> {
    const parts = this.#restoring(recovered);
    const { done, value } = oneSlice(parts);
    if (done === true) return restoredOf(recovered, value);
    return this.#slices.run(parts).then((made) => made && restoredOf(recovered, made));
  }

  take(effect: StorageEffect): void {
    const store = this.#store;
    if (effect.type !== "append") this.#noteAppended();
    switch (effect.type) {
      case "append":
        if (this.#fails("append")) return;
        store.append(effect.entry);
        this.#appendedUpTo = effect.entry.zxid;
        return;
      case "saveEpoch":
        if (this.#fails("epoch")) return;
        store.saveEpoch(effect.which, effect.epoch);
        this.#answers.push({ type: "epochSaved", which: effect.which, epoch: effect.epoch });
        return;
      case "saveConfig":
        if (this.#fails("epoch")) return;
        this.#owesFlush = true;
        return store.saveConfig(effect.text, effect.next);
      case "saveSnapshot":
        if (isFlushing(store)) this.#draft(store, effect.snapshot, effect.replacesLog);
        else this.#collect(effect.snapshot, effect.replacesLog);
        return;
      case "truncate":
        store.truncate(effect.after);
        return this.#oweReload();
      case "reload":
        return this.#oweReload();
    }
  }

  /** At the end of a turn: what was asked becomes durable. */
  settle(): void {
    if (this.#flushing !== undefined || this.#isSlowed) return;
    this.#noteAppended();
    if (!this.#isAsked) return;
    if (this.#answers.length > 0 || this.#owesFlush) this.#fails("fsync");
    const batch = { answers: this.#answers, failure: this.#failure };
    const ms = this.#slowMs;
    this.#answers = [];
    this.#owesFlush = false;
    this.#slowMs = 0;
    if (ms === 0) return this.#flush(batch);
    this.#isSlowed = true;
    this.#after(ms, () => {
      this.#isSlowed = false;
      if (!this.#isOver) this.#flush(batch);
    });
  }

  /** When a slow disk is done with something; Infinity: it has nothing to do. */
  get dueAt(): number {
    let dueAt = Infinity;
    for (const wait of this.#waits) dueAt = Math.min(dueAt, wait.dueAt);
    return dueAt;
  }

  wake(now: number): void {
    for (const wait of this.#waits) {
      if (wait.dueAt > now) continue;
      this.#waits.delete(wait);
      wait.go();
    }
  }

  /** Something is not durable yet, or not read, and will be without time going by. */
  get isBusy(): boolean {
    if (this.#isReading) return true;
    if (this.#isSlowed) return false;
    return this.#flushing !== undefined || this.#appendedUpTo !== undefined || this.#isAsked;
  }

  /** Makes everything durable and closes the store; answers go to nobody any more. */
  async close(): Promise<void> {
    this.#end();
    await this.#flushing;
    this.#answers = [];
    this.#appendedUpTo = undefined;
    if (!isFlushing(this.#store)) return;
    try {
      await this.#store.flush();
    } finally {
      await this.#store.close();
    }
  }

  /** The process is gone; who opens the store again waits until this one is over. */
  crash(): void {
    this.#end();
    this.#answers = [];
    if (isFlushing(this.#store)) this.#store.crash().catch(this.#onError);
  }

  /** Nobody waits for a slow disk any more. */
  #end(): void {
    this.#isOver = true;
    for (const { go } of this.#waits) go();
    this.#waits.clear();
  }

  get #isAsked(): boolean {
    return this.#answers.length > 0 || this.#owesFlush || this.#failure !== undefined;
  }

  /** Whether the disk fails, now or since a while; where it does not, it may be slow. */
  #fails(op: StoreOp): boolean {
    if (this.#failure !== undefined) return true;
    this.#failure = this.#faults.strike(op);
    this.#slowMs += this.#faults.costOf(op);
    return this.#failure !== undefined;
  }

  #after(ms: number, go: () => void): void {
    this.#waits.add({ dueAt: this.#turn.enter() + ms, go });
  }

  #flush(batch: Batch): void {
    if (!isFlushing(this.#store)) return this.#finish(batch);
    this.#flushing = this.#store.flush({ sync: batch.failure?.op !== "fsync" }).then(
      () => {
        this.#flushing = undefined;
        if (this.#isOver) return;
        this.#finish(batch);
        if (this.isBusy) this.#turn.enter(); // more was asked meanwhile
      },
      (error: unknown) => {
        this.#flushing = undefined;
        this.#onError(error);
      },
    );
  }

  #finish({ answers, failure }: Batch): void {
    if (failure !== undefined) return this.#onError(failure);
    for (const answer of answers) {
      if (answer === reload) this.#reload();
      else if (answer.type !== "whole") this.#turn.post(this.#inbox, answer);
      else if (!answer.source.isAbandoned) {
        this.#turn.post(this.#inbox, { type: "snapshotSaved", zxid: answer.source.zxid });
      }
    }
  }

  #oweReload(): void {
    this.#slowMs += this.#faults.costOf("read");
    this.#answers.push(reload);
  }

  /** Nothing else was asked since the last entry: one answer is due for all of them. */
  #noteAppended(): void {
    if (this.#appendedUpTo === undefined) return;
    this.#answers.push({ type: "appended", upTo: this.#appendedUpTo });
    this.#appendedUpTo = undefined;
  }

  #reload(): void {
    const failure = this.#faults.strike("read");
    if (failure !== undefined) return this.#onError(failure);
    const post = (restored: Restored | undefined): void => {
      if (restored !== undefined) this.#turn.post(this.#inbox, { type: "reloaded", ...restored });
    };
    const store = this.#store;
    const restored = isFlushing(store) ? this.#restored() : this.#restoredFrom(store.recover());
    if (restored instanceof Promise) restored.then(post, this.#onError);
    else post(restored);
  }

  #collect(source: SnapshotSource, replacesLog: boolean): void {
    const chunks: Uint8Array[] = [];
    this.#slices.add(() => {
      const piece = source.next();
      if (source.isAbandoned) return "done";
      if (piece !== undefined) {
        chunks.push(piece);
        return "more";
      }
      this.#whole(source, {
        keep: () => {
          const snapshot = { zxid: source.zxid, chunks, end: source.end() };
          this.#store.saveSnapshot(snapshot, replacesLog);
          this.#saved(source);
        },
        drop: () => {},
      });
      return "done";
    });
  }

  #draft(store: FlushingStore, source: SnapshotSource, replacesLog: boolean): void {
    const draft = store.beginSnapshot(source.zxid, () => this.#slices.wake());
    const drop = (): void => void draft.abandon().catch(this.#onError);
    this.#slices.add(() => {
      if (draft.isFull && !source.isAbandoned) return "waiting";
      const piece = source.next();
      if (source.isAbandoned) {
        drop();
        return "done";
      }
      if (piece !== undefined) {
        draft.write(piece);
        return "more";
      }
      this.#whole(source, {
        keep: () => {
          draft.finish(source.end()).then(() => {
            if (source.isAbandoned) return drop();
            store.saveDraft(draft, source.zxid, replacesLog);
            this.#saved(source);
          }, this.#onError);
        },
        drop,
      });
      return "done";
    });
  }

  /** All pieces of a snapshot are there: now a disk that fails or is slow tells. */
  #whole(
    source: SnapshotSource,
    { keep, drop }: { readonly keep: () => void; readonly drop: () => void },
  ): void {
    const failure = this.#failure ?? this.#faults.strike("snapshot");
    if (failure !== undefined) {
      this.#failure = failure;
      this.#turn.enter();
      return drop();
    }
    const ms = this.#faults.costOf("snapshot");
    if (ms === 0) return keep();
    this.#after(ms, () => {
      if (this.#isOver) return;
      if (source.isAbandoned) drop();
      else keep();
    });
  }

  #saved(source: SnapshotSource): void {
    this.#noteAppended();
    this.#answers.push({ type: "whole", source });
    this.#turn.enter();
  }
}

/** Without what the state was made of. */
const restoredOf = (recovered: Recovered, made: Replica): Restored => ({
  recovered: { ...recovered, snapshot: undefined, log: [] },
  made,
});

export const isFlushing = (store: AnyStore): store is FlushingStore =>
  "flush" in store && typeof store.flush === "function";
