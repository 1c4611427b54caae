import { join } from "node:path";
import type { Sid } from "../../core/base/ids.ts";
import { reasonsOf } from "../../core/base/reasons.ts";
import type { RecoveredWhole } from "../../core/storage/ports.ts";
import { type CorruptionOrder, corrupted } from "./corruption.ts";
import { type ConfigFiles, DiskStore } from "./disk-store.ts";
import type { Files } from "./files.ts";
import { filesOf, type Layout, layoutOf } from "./layout.ts";
import { lockFolders } from "./lock.ts";
import {
  entriesOf,
  epochFile,
  type History,
  type Reading,
  readHistory,
  readSavedConfig,
  recordsOf,
} from "./recovery.ts";
import { FolderError, StorageError } from "./storage-error.ts";
import { systemFiles } from "./system-files.ts";

export interface DataDirectoryOptions {
  /** Default: the machine's, with a lock against other ensembles. */
  readonly files?: Files;
  readonly dataDir: string;
  /** Where the logs go; default: beside the snapshots. */
  readonly dataLogDir?: string;
  /** Written to `myid`; a folder of another peer is refused. undefined: there is no such file, as for Apache's server alone. */
  readonly sid: Sid | undefined;
  readonly fsync: boolean;
  readonly loseUnsynced: boolean;
  /** Kilobytes of room made in a log at once (`preAllocSize`); 0: none. */
  readonly preAllocSize: number;
  readonly juteMaxBuffer: number;
  readonly standalone: boolean;
  readonly snapshotsKept: number | undefined;
  readonly trustEmpty: boolean;
  /** undefined: nobody starts the peer from files. */
  readonly configFiles?: ConfigFiles | undefined;
}

export interface StoredFile {
  readonly name: string;
  readonly kind: "log" | "snapshot" | "epoch";
  readonly bytes: number;
}

/** One peer's place on a disk, held from `open` to `close`, whatever becomes of the lives that use it. */
export class DataDirectory {
  readonly #options: DataDirectoryOptions;
  readonly #files: Files;
  readonly #layout: Layout;
  readonly #unlock: () => Promise<void>;

  private constructor(options: DataDirectoryOptions, unlock: () => Promise<void>) {
    this.#options = options;
    this.#files = options.files ?? systemFiles;
    this.#layout = layoutOf(options.dataDir, options.dataLogDir);
    this.#unlock = unlock;
  }

  /** Makes the folders where they are missing. Rejects with StorageError. */
  static async open(options: DataDirectoryOptions): Promise<DataDirectory> {
    const { dataDir, dataLogDir = dataDir, files = systemFiles } = options;
    const layout = layoutOf(dataDir, dataLogDir);
    for (const folder of [layout.snapshots, layout.logs]) {
      try {
        await files.makeFolder(folder);
      } catch (error) {
        const what = reasonsOf(error);
        throw new FolderError(folder, what, error);
      }
    }
    const unlock =
      files === systemFiles ? await lockFolders([dataDir, dataLogDir]) : async () => {};
    try {
      const directory = new DataDirectory(options, unlock);
      directory.#checkApart();
      await directory.#claim();
      return directory;
    } catch (error) {
      await unlock();
      throw StorageError.from(dataDir, error);
    }
  }

  /** For one life of the peer; the life before must be over, its store closed or crashed. */
  newStore(): DiskStore {
    const { fsync, loseUnsynced, preAllocSize } = this.#options;
    const { standalone, snapshotsKept, trustEmpty, configFiles } = this.#options;
    return new DiskStore({
      files: this.#files,
      layout: this.#layout,
      fsync,
      loseUnsynced,
      roomBytes: preAllocSize * 1024,
      entryBytesMax: this.#entryBytesMax,
      standalone,
      snapshotsKept,
      trustEmpty,
      configFiles,
    });
  }

  /** The text of the configuration that was in force here last; undefined: that which the peer was started with. */
  get savedConfig(): string | undefined {
    return readSavedConfig({ files: this.#files, layout: this.#layout });
  }

  list(): readonly StoredFile[] {
    const sizeOf = (path: string): number => this.#files.read(path)?.length ?? 0;
    const named = (["snapshot", "log"] as const).flatMap((kind) =>
      filesOf(this.#files, this.#layout, kind).map(({ name, path }) => ({
        name,
        kind,
        bytes: sizeOf(path),
      })),
    );
    const present = this.#files.list(this.#layout.snapshots);
    const epochs = Object.values(epochFile).filter((name) => present.includes(name));
    return [
      ...epochs.map((name) => ({
        name,
        kind: "epoch" as const,
        bytes: sizeOf(join(this.#layout.snapshots, name)),
      })),
      ...named,
    ];
  }

  /** What the files say, without a change to them; a record that is being written is not there yet. */
  async history(): Promise<Pick<RecoveredWhole, "snapshot" | "log">> {
    const read = (): Promise<History> => readHistory(this.#reading);
    const history = await read().catch(read); // a file may be purged while others are read
    return { snapshot: history.snapshot, log: entriesOf(history) };
  }

  /** Removes everything that a peer wrote, but `myid`. */
  async wipe(): Promise<void> {
    for (const folder of new Set([this.#layout.logs, this.#layout.snapshots])) {
      for (const name of this.#files.list(folder)) await this.#files.remove(join(folder, name));
    }
  }

  /** Spoils the newest file that has something to spoil, of a peer that is down; its name, or undefined where there is none. */
  async corrupt({ kind, how }: CorruptionOrder): Promise<string | undefined> {
    const reading = { ...this.#reading, trustEmpty: false };
    for (const found of filesOf(this.#files, this.#layout, kind).reverse()) {
      const lastRecord = kind === "log" ? (await recordsOf(reading, found)).at(-1) : undefined;
      const bytes = await this.#files.load(found.path);
      if (bytes === undefined || (kind === "log" && lastRecord === undefined)) continue;
      const file = await this.#files.create(found.path);
      await file.write(corrupted(bytes, how, lastRecord), 0);
      await file.close();
      return found.name;
    }
    return undefined;
  }

  close(): Promise<void> {
    return this.#unlock();
  }

  get #reading(): Reading {
    return {
      files: this.#files,
      layout: this.#layout,
      entryBytesMax: this.#entryBytesMax,
      trustEmpty: this.#options.trustEmpty,
    };
  }

  /** As Apache's reader: jute.maxbuffer and as much for what is around it. */
  get #entryBytesMax(): number {
    return 2 * this.#options.juteMaxBuffer;
  }

  /** Apache refuses logs among snapshots and the other way round where the folders are not one (FileTxnSnapLog.checkLogDir). */
  #checkApart(): void {
    const { snapshots, logs } = this.#layout;
    if (snapshots === logs) return;
    const misplaced = [
      ...filesOf(this.#files, { snapshots: logs, logs: snapshots }, "log"),
      ...filesOf(this.#files, { snapshots: logs, logs: snapshots }, "snapshot"),
    ];
    const [first] = misplaced;
    if (first !== undefined)
      throw new StorageError(first.path, `a ${first.kind} in the wrong folder`);
  }

  async #claim(): Promise<void> {
    const { sid, dataDir } = this.#options;
    if (sid === undefined) return;
    const path = join(dataDir, "myid");
    const found = this.#files.read(path);
    if (found === undefined) {
      const file = await this.#files.create(path);
      await file.write(Buffer.from(`${sid}\n`), 0);
      await file.close();
      return;
    }
    const [owner = ""] = Buffer.from(found).toString("utf8").split("\n");
    if (owner.trim() !== String(sid)) {
      throw new StorageError(path, `the folder is that of peer ${owner.trim()}, not of ${sid}`);
    }
  }
}
