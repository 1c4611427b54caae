import type { Zxid } from "../core/base/ids.ts";
import type { QuorumEffect } from "../core/quorum/effects.ts";
import type { PeerEvent } from "../core/server/effects.ts";
import type { Store } from "../core/storage/ports.ts";
import type { Inbox, Turn } from "./turn.ts";

/** A store whose changes are durable only when `flush` resolves: files. Flushes do not overlap. */
export interface FlushingStore extends Store {
  flush(): Promise<void>;
  /** After the last flush. */
  close(): Promise<void>;
  /** In place of `close`: the process is gone, in the middle of whatever was under way. Resolves when nothing is any more. */
  crash(): Promise<void>;
}

export type StorageEffect = Extract<
  QuorumEffect,
  { readonly type: "append" | "truncate" | "reload" | "saveEpoch" | "saveConfig" | "saveSnapshot" }
>;

type Answer = Extract<
  PeerEvent,
  { readonly type: "appended" | "epochSaved" | "snapshotSaved" | "reloaded" }
>;

/** What one peer asks of its store: done at once, answered in order when durable, a turn's appends with one answer. */
export class Journal {
  readonly #store: Store;
  readonly #turn: Turn;
  readonly #inbox: Inbox;
  readonly #onError: (error: unknown) => void;
  #answers: Answer[] = [];
  /** The last entry appended, while its answer is not among the answers. */
  #appendedUpTo: Zxid | undefined;
  /** Something was asked that nobody waits for. */
  #owesFlush = false;
  #flushing: Promise<void> | undefined;

  constructor(options: {
    readonly store: Store;
    readonly turn: Turn;
    readonly inbox: Inbox;
    readonly onError: (error: unknown) => void;
  }) {
    this.#store = options.store;
    this.#turn = options.turn;
    this.#inbox = options.inbox;
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
        store.saveSnapshot(effect.snapshot, effect.replacesLog);
        this.#answers.push({ type: "snapshotSaved", zxid: effect.snapshot.zxid });
        return;
      case "truncate":
        store.truncate(effect.after);
        this.#answers.push({ type: "reloaded", recovered: store.recover() });
        return;
      case "reload":
        this.#answers.push({ type: "reloaded", recovered: store.recover() });
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

  #answer(answers: readonly Answer[]): void {
    for (const answer of answers) this.#turn.post(this.#inbox, answer);
  }
}

const isFlushing = (store: Store): store is FlushingStore =>
  "flush" in store && typeof store.flush === "function";
