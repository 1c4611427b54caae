import { join } from "node:path";
import type { Zxid } from "../../core/base/ids.ts";
import { Writer } from "../../core/jute/writer.ts";
import { fileName } from "../../core/storage/file-names.ts";
import { logFileHeader, logHeaderBytes, writeRecord } from "../../core/storage/log-file.ts";
import type { LogEntry } from "../../core/txn/log-entry.ts";
import type { Files, OpenFile } from "./files.ts";
import { draftOf } from "./layout.ts";
import { StorageError } from "./storage-error.ts";

/** Room is made when no more than this is left of it (FilePadding). */
const roomBytesMin = 4096;
/** A buffer that grew beyond this in a burst is not kept. */
const bufferBytesKept = 1024 * 1024;

interface LogFile {
  readonly path: string;
  readonly file: OpenFile;
  /** Where the next record goes. */
  end: number;
  /** With the room made in advance. */
  length: number;
  synced: number;
}

/** Writes the log: a file from its first append on, until it is rolled. */
export class LogAppender {
  readonly #files: Files;
  readonly #folder: string;
  /** Bytes of room that are made at once; 0: none. */
  readonly #roomBytes: number;
  #writer = new Writer(4096);
  #open: LogFile | undefined;
  /** Files whose last bytes may not be durable, with how many are. */
  readonly #unsynced = new Map<string, number>();

  constructor(files: Files, folder: string, roomBytes: number) {
    this.#files = files;
    this.#folder = folder;
    this.#roomBytes = roomBytes;
  }

  /** The file that appends go to, or where they were going. */
  get path(): string | undefined {
    return this.#open?.path;
  }

  async append(entries: readonly LogEntry[]): Promise<void> {
    const [first] = entries;
    if (first === undefined) return;
    const writer = this.#writer;
    writer.clear();
    const log = this.#open ?? (await this.#begin(first.zxid));
    for (const { bytes } of entries) writeRecord(writer, bytes);
    try {
      await this.#makeRoom(log, log.end + writer.length);
      await log.file.write(writer.view(), log.end);
    } catch (error) {
      throw StorageError.from(log.path, error, { offset: log.end });
    }
    log.end += writer.length;
    if (writer.capacity > bufferBytesKept) this.#writer = new Writer(4096);
  }

  async sync(): Promise<void> {
    const log = this.#open;
    if (log === undefined || log.synced === log.end) return;
    try {
      await log.file.sync();
    } catch (error) {
      throw StorageError.from(log.path, error, { offset: log.synced });
    }
    if (log.synced === 0) await this.#files.syncFolder(this.#folder);
    log.synced = log.end;
    this.#unsynced.delete(log.path);
  }

  /** The next append begins a file. */
  async roll(): Promise<void> {
    const log = this.#open;
    this.#open = undefined;
    await log?.file.close();
  }

  /** After a crash that loses what was not synced: what is left is cut where a power cut would have cut it at the worst. */
  async loseUnsynced(): Promise<void> {
    for (const [path, length] of this.#unsynced) {
      if (length > 0) await this.#files.cut(path, length);
      else await this.#files.remove(path);
    }
    this.#unsynced.clear();
  }

  /**
   * It has its name when it has its header: Apache's server does not start beside a log without one (FileHeader.deserialize), and
   * a process may be killed between any two changes.
   */
  async #begin(zxid: Zxid): Promise<LogFile> {
    const path = join(this.#folder, fileName("log", zxid));
    const draft = join(this.#folder, draftOf("log", 0)); // what a crash leaves of one, the next one takes
    try {
      const file = await this.#files.create(draft);
      try {
        await file.write(logFileHeader(), 0);
        await this.#files.rename(draft, path);
      } catch (error) {
        await file.close();
        throw error;
      }
      this.#open = { path, file, end: logHeaderBytes, length: logHeaderBytes, synced: 0 };
      return this.#open;
    } catch (error) {
      throw StorageError.from(path, error, { offset: 0 });
    }
  }

  /** One zero byte at the new end, as Apache does: the system fills in the rest. */
  async #makeRoom(log: LogFile, end: number): Promise<void> {
    if (!this.#unsynced.has(log.path)) this.#unsynced.set(log.path, log.synced);
    if (this.#roomBytes <= 0 || end + roomBytesMin < log.length) return;
    while (end + roomBytesMin >= log.length) log.length += this.#roomBytes;
    await log.file.write(new Uint8Array(1), log.length - 1);
  }
}
