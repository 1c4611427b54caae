import { rm } from "node:fs/promises";
import type { Epoch, Sid } from "../core/base/ids.ts";
import type { EnsembleConfig } from "../core/quorum/config.ts";
import { readConfig } from "../core/quorum/membership.ts";
import { MemoryStore } from "../core/storage/memory.ts";
import type { RecoveredWhole, StoredSnapshot } from "../core/storage/ports.ts";
import type { CorruptionOrder } from "../runtime/disk/corruption.ts";
import type { DataDirectory, StoredFile } from "../runtime/disk/data-directory.ts";
import type { DiskStore } from "../runtime/disk/disk-store.ts";
import { StorageError } from "../runtime/disk/storage-error.ts";
import type { AnyStore } from "../runtime/journal.ts";
import { OrderedFailure, StorageFaults } from "../runtime/storage-faults.ts";
import type { FileSettings } from "./config-keys.ts";
import { ZkmsError } from "./errors.ts";
import type { ResolvedStorage } from "./storage-options.ts";

export interface PeerStorageOptions {
  readonly sid: Sid;
  readonly storage: ResolvedStorage;
  /** undefined in memory. */
  readonly dataDir: string | undefined;
  readonly standalone: boolean;
  readonly juteMaxBuffer: number;
  readonly settings: FileSettings;
}

/** What survives one peer's lives: a store in memory, or a folder, held from the first start to the ensemble's close. */
export class PeerStorage {
  readonly dataDir: string | undefined;
  readonly faults: StorageFaults = new StorageFaults();
  readonly #options: PeerStorageOptions;
  /** undefined: there are files. */
  #memory: MemoryStore | undefined;
  #directory: Promise<DataDirectory> | undefined;
  #store: DiskStore | undefined;

  constructor(options: PeerStorageOptions) {
    const { kind, fsync, loseUnsynced } = options.storage;
    this.dataDir = options.dataDir;
    this.#options = options;
    this.#memory = kind === "memory" && !fsync && !loseUnsynced ? new MemoryStore() : undefined;
  }

  /** For a new life, when the one before is over. */
  async open(): Promise<AnyStore> {
    if (this.#memory !== undefined) return this.#memory;
    await this.#store?.crash();
    const directory = await this.#open();
    this.#store = directory.newStore();
    return this.#store;
  }

  /** For a peer that is down. */
  async wipe(): Promise<void> {
    if (this.#memory !== undefined) {
      this.#memory = new MemoryStore();
      return;
    }
    await this.#store?.crash();
    const directory = await this.#open();
    await directory.wipe();
  }

  /** For a peer that is down: the state is that of the snapshot, in an epoch that begins with it, and nothing else is left. */
  async replace(snapshot: StoredSnapshot, epoch: Epoch): Promise<void> {
    await this.#store?.crash();
    const files = this.#memory === undefined ? (await this.#open()).newStore() : undefined;
    const store = files ?? this.#memory;
    if (!this.#options.standalone) store?.saveEpoch("accepted", epoch);
    store?.saveSnapshot(snapshot, true);
    if (!this.#options.standalone) store?.saveEpoch("current", epoch);
    await files?.flush();
    await files?.close();
  }

  /** For a peer that is down; false where there is no such file, or nothing in it. */
  async corrupt(order: CorruptionOrder): Promise<boolean> {
    if (this.#memory !== undefined) await this.#moveToFiles(this.#memory);
    await this.#store?.crash();
    const directory = await this.#open();
    return (await directory.corrupt(order)) !== undefined;
  }

  /** What was logged, while the peer runs too: of files, what was written so far. */
  async history(): Promise<Pick<RecoveredWhole, "snapshot" | "log">> {
    if (this.#memory !== undefined) {
      const { snapshot, log } = this.#memory.recover();
      return { snapshot, log: [...log] };
    }
    const directory = await this.#open();
    return directory.history();
  }

  async files(): Promise<readonly StoredFile[]> {
    if (this.#memory !== undefined) return [];
    const directory = await this.#open();
    return directory.list();
  }

  /** Who belonged when the peer was up last; undefined where nothing says so, or cannot be read, which its start tells. */
  async savedConfig(): Promise<EnsembleConfig | undefined> {
    if (this.#options.storage.kind === "memory") return undefined;
    const text = await this.#open().then(
      (directory) => directory.savedConfig,
      () => undefined,
    );
    return text === undefined ? undefined : readConfig(text);
  }

  /** For a peer that is down. With `remove` nothing is left. */
  async close({ remove }: { readonly remove: boolean }): Promise<void> {
    await this.#store?.crash();
    const directory = await this.#directory?.catch(() => undefined);
    await directory?.close();
    if (remove && this.dataDir !== undefined)
      await rm(this.dataDir, { recursive: true, force: true });
  }

  /** A store of plain memory has nothing that could be spoiled; files in memory do. The peer lives on them from here on. */
  async #moveToFiles(memory: MemoryStore): Promise<void> {
    const { acceptedEpoch, currentEpoch, config, snapshot, log } = memory.recover();
    const store = (await this.#open()).newStore();
    await store.recover();
    if (!this.#options.standalone) {
      store.saveEpoch("accepted", acceptedEpoch);
      store.saveEpoch("current", currentEpoch);
    }
    if (config !== undefined) store.saveConfig(config, undefined);
    if (snapshot !== undefined) store.saveSnapshot(snapshot, true);
    for (const entry of log) store.append(entry);
    await store.flush();
    await store.close();
    this.#memory = undefined;
  }

  #open(): Promise<DataDirectory> {
    this.#directory ??= this.#openDirectory().catch((error: unknown) => {
      this.#directory = undefined; // the next start may find it mended
      throw error;
    });
    return this.#directory;
  }

  async #openDirectory(): Promise<DataDirectory> {
    const { sid, storage, standalone, juteMaxBuffer, settings } = this.#options;
    const [{ DataDirectory }, { MemoryFiles }] = await Promise.all([
      import("../runtime/disk/data-directory.ts"), // most runs are without files
      import("../runtime/disk/memory-files.ts"),
    ]);
    const inMemory = storage.kind === "memory";
    return await DataDirectory.open({
      ...(inMemory && { files: new MemoryFiles() }),
      dataDir: this.dataDir ?? `/peer${sid}`,
      sid,
      fsync: storage.fsync,
      loseUnsynced: storage.loseUnsynced,
      preAllocSize: inMemory ? 0 : settings.preAllocSize,
      juteMaxBuffer,
      standalone,
      snapshotsKept: inMemory ? 1 : settings.snapshotsKept,
      trustEmpty: settings.trustEmpty,
    });
  }
}

/** An error of a peer's files in the form that users get; any other as it is. */
export function storageError(sid: Sid, verb: string, error: unknown): unknown {
  if (!(error instanceof StorageError || error instanceof OrderedFailure)) return error;
  return new ZkmsError("ZKMS_STORAGE", `peer ${sid} ${verb}: ${error.message}`, { cause: error });
}
