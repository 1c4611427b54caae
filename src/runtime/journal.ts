import type { Zxid } from "../core/base/ids.ts";
import type { QuorumEffect } from "../core/quorum/effects.ts";
import type { PeerEvent } from "../core/server/effects.ts";
import type { SnapshotSource, Store } from "../core/storage/ports.ts";
import type { StateEnd } from "../core/storage/snapshot-file.ts";
import type { Slices } from "./slices.ts";
import type { Inbox, Turn } from "./turn.ts";

/** A store whose changes are durable only when `flush` resolves: files. Flushes do not overlap. */
export interface FlushingStore extends Store {
  flush(): Promise<void>;
  /** `onDrained`: a draft that was full is not any more. */
  beginSnapshot(zxid: Zxid, onDrained: () => void): SnapshotDraft;
  /** As `saveSnapshot`, with the next flush, of a draft that is finished. */
  saveDraft(draft: SnapshotDraft, zxid: Zxid, replacesLog: boolean): void;
  /** After the last flush. */
  close(): Promise<void>;
  /** In place of `close`: the process is gone, in the middle of whatever was under way. Resolves when nothing is any more. */
  crash(): Promise<void>;
}

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

/** To be read from the store when all that was asked before is durable. */
const reload = Symbol("reload");

/**
 * What one peer asks of its store: done at once, answered in order when durable, a turn's appends with one answer. Snapshots alone
 * take many turns, and are answered when they are saved.
 */
export class Journal {
  readonly #store: Store;
  readonly #turn: Turn;
  readonly #inbox: Inbox;
  readonly #slices: Slices;
  readonly #onError: (error: unknown) => void;
  #answers: (Answer | typeof reload)[] = [];
  /** The last entry appended, while its answer is not among the answers. */
  #appendedUpTo: Zxid | undefined;
  /** Something was asked that nobody waits for. */
  #owesFlush = false;
  #flushing: Promise<void> | undefined;

  constructor(options: {
    readonly store: Store;
    readonly turn: Turn;
    readonly inbox: Inbox;
    readonly slices: Slices;
    readonly onError: (error: unknown) => void;
  }) {
    this.#store = options.store;
    this.#turn = options.turn;
    this.#inbox = options.inbox;
    this.#slices = options.slices;
    this.#onError = options.onError;
  }

  take(effect: StorageEffect): void {
    const store = this.#store;
    if (effect.type !== "append") this.#noteAppended();
    switch (effect.type) {
      case "append":
        store.append(effect.entry);
        this.#appendedUpTo = effect.entry.zxid;
        return;
      case "saveEpoch":
        store.saveEpoch(effect.which, effect.epoch);
        this.#answers.push({ type: "epochSaved", which: effect.which, epoch: effect.epoch });
        return;
      case "saveConfig":
        this.#owesFlush = true;
        return store.saveConfig(effect.text);
      case "saveSnapshot":
        if (isFlushing(store)) this.#draft(store, effect.snapshot, effect.replacesLog);
        else this.#collect(effect.snapshot, effect.replacesLog);
        return;
      case "truncate":
        store.truncate(effect.after);
        this.#answers.push(reload);
        return;
      case "reload":
        this.#answers.push(reload);
        return;
    }
  }

  /** At the end of a turn: what was asked becomes durable. */
  settle(): void {
    if (this.#flushing !== undefined) return;
    this.#noteAppended();
    if (this.#answers.length === 0 && !this.#owesFlush) return;
    this.#owesFlush = false;
    const answers = this.#answers;
    this.#answers = [];
    if (!isFlushing(this.#store)) return this.#answer(answers);
    this.#flushing = this.#store.flush().then(
      () => {
        this.#flushing = undefined;
        this.#answer(answers);
        if (this.isBusy) this.#turn.enter(); // more was asked meanwhile
      },
      (error: unknown) => {
        this.#flushing = undefined;
        this.#onError(error);
      },
    );
  }

  /** Something is not durable yet. */
  get isBusy(): boolean {
    return (
      this.#answers.length > 0 ||
      this.#owesFlush ||
      this.#appendedUpTo !== undefined ||
      this.#flushing !== undefined
    );
  }

  /** Makes everything durable and closes the store; answers go to nobody any more. */
  async close(): Promise<void> {
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
    this.#answers = [];
    if (isFlushing(this.#store)) this.#store.crash().catch(this.#onError);
  }

  /** Nothing else was asked since the last entry: one answer is due for all of them. */
  #noteAppended(): void {
    if (this.#appendedUpTo === undefined) return;
    this.#answers.push({ type: "appended", upTo: this.#appendedUpTo });
    this.#appendedUpTo = undefined;
  }

  #answer(answers: readonly (Answer | typeof reload)[]): void {
    for (const answer of answers) {
      if (answer !== reload) this.#turn.post(this.#inbox, answer);
      else this.#reload();
    }
  }

  #reload(): void {
    try {
      this.#turn.post(this.#inbox, { type: "reloaded", recovered: this.#store.recover() });
    } catch (error) {
      this.#onError(error);
    }
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
      this.#store.saveSnapshot({ zxid: source.zxid, chunks, end: source.end() }, replacesLog);
      this.#saved(source);
      return "done";
    });
  }

  #draft(store: FlushingStore, source: SnapshotSource, replacesLog: boolean): void {
    const draft = store.beginSnapshot(source.zxid, () => this.#slices.wake());
    this.#slices.add(() => {
      if (draft.isFull && !source.isAbandoned) return "waiting";
      const piece = source.next();
      if (source.isAbandoned) {
        draft.abandon().catch(this.#onError);
        return "done";
      }
      if (piece !== undefined) {
        draft.write(piece);
        return "more";
      }
      draft.finish(source.end()).then(() => {
        store.saveDraft(draft, source.zxid, replacesLog);
        this.#saved(source);
      }, this.#onError);
      return "done";
    });
  }

  #saved({ zxid }: SnapshotSource): void {
    this.#noteAppended();
    this.#answers.push({ type: "snapshotSaved", zxid });
    this.#turn.enter();
  }
}

const isFlushing = (store: Store): store is FlushingStore =>
  "flush" in store && typeof store.flush === "function";
