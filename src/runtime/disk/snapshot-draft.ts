import { SnapshotFileWriter, type StateEnd } from "../../core/storage/snapshot-file.ts";
import type { SnapshotDraft } from "../journal.ts";
import type { Files, OpenFile } from "./files.ts";
import { StorageError } from "./storage-error.ts";

/** Pieces that wait to be written, before no more are wanted. */
const waitingBytesMax = 1024 * 1024;

/** A snapshot file in the making, under a name that nobody takes for one. */
export class FileDraft implements SnapshotDraft {
  readonly path: string;
  readonly #files: Files;
  readonly #fsync: boolean;
  readonly #onDrained: () => void;
  readonly #format = new SnapshotFileWriter();
  readonly #file: Promise<OpenFile>;
  #waitingBytes = 0;
  #at = 0;
  /** Everything asked for so far. */
  #done: Promise<void>;
  #isClosed = false;

  /** `onDrained`: more pieces are wanted. */
  constructor(options: { files: Files; path: string; fsync: boolean; onDrained: () => void }) {
    this.path = options.path;
    this.#files = options.files;
    this.#fsync = options.fsync;
    this.#onDrained = options.onDrained;
    this.#file = options.files.create(options.path);
    this.#done = this.#write(this.#format.header());
    this.#done.catch(() => {}); // told by `finish`
  }

  get isFull(): boolean {
    return this.#waitingBytes > waitingBytesMax;
  }

  write(piece: Uint8Array): void {
    this.#then(() => this.#write(this.#format.piece(piece)), piece.length);
  }

  /** The whole is durable when this is done, though its name may not be. */
  async finish(end: StateEnd): Promise<void> {
    this.#then(async () => {
      await this.#write(this.#format.end(end));
      if (this.#fsync) await (await this.#file).sync();
    }, 0);
    try {
      await this.#done;
    } catch (error) {
      throw StorageError.from(this.path, error);
    } finally {
      await this.close();
    }
  }

  /** Nobody wants it any more. */
  async abandon(): Promise<void> {
    await this.close();
    await this.#files.remove(this.path);
  }

  /** When what is under way is over. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#done.catch(() => {});
    const file = await this.#file.catch(() => undefined);
    await file?.close();
  }

  #then(act: () => Promise<void>, bytes: number): void {
    this.#waitingBytes += bytes;
    this.#done = this.#done.then(async () => {
      if (!this.#isClosed) await act();
      const wasFull = this.isFull;
      this.#waitingBytes -= bytes;
      if (wasFull && !this.isFull) this.#onDrained();
    });
    this.#done.catch(() => this.#onDrained()); // told by `finish`, which must be reached
  }

  async #write(bytes: Uint8Array): Promise<void> {
    const file = await this.#file;
    await file.write(bytes, this.#at);
    this.#at += bytes.length;
  }
}
