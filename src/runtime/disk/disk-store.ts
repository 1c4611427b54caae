import { dirname, join } from "node:path";
import { type Epoch, type Zxid, zxidZero } from "../../core/base/ids.ts";
import { fileName } from "../../core/storage/file-names.ts";
import type { RecoveredWhole, StoredSnapshot } from "../../core/storage/ports.ts";
import { snapshotPieces } from "../../core/tree/snapshot.ts";
import { DataTree } from "../../core/tree/tree.ts";
import type { LogEntry } from "../../core/txn/log-entry.ts";
import type { FlushingStore } from "../journal.ts";
import type { Files } from "./files.ts";
import { draftOf, filesOf, isDraft, type Layout } from "./layout.ts";
import { LogAppender } from "./log-appender.ts";
import {
  configFile,
  entriesOf,
  epochFile,
  type Reading,
  reaches,
  readEpochs,
  readHistory,
  readSavedConfig,
  recordsOf,
  snapshotsBeyond,
} from "./recovery.ts";
import { replaceFile } from "./replace-file.ts";
import { obsoleteFiles } from "./retention.ts";
import { FileDraft } from "./snapshot-draft.ts";
import { StorageError } from "./storage-error.ts";

export interface DiskStoreOptions {
  readonly files: Files;
  readonly layout: Layout;
  /** What `flush` says is durable is, whatever happens to the power. Otherwise the system writes when it likes. */
  readonly fsync: boolean;
  /** A crash takes what was not synced, as a power cut may. */
  readonly loseUnsynced: boolean;
  /** Bytes of room made in a log at once; 0: none. */
  readonly roomBytes: number;
  readonly entryBytesMax: number;
  /** No epochs are kept: a server alone has none. */
  readonly standalone: boolean;
  /** How many snapshots stay, with the logs that go on from the oldest of them; undefined: all. */
  readonly snapshotsKept: number | undefined;
  readonly trustEmpty: boolean;
  /** undefined: nobody starts the peer from files. */
  readonly configFiles?: ConfigFiles | undefined;
}

/** Where a configuration stands besides, for who starts the peer the next time. */
export interface ConfigFiles {
  /** Never rejects. */
  save(text: string, next: string | undefined): Promise<void>;
}

type Task =
  | { readonly type: "append"; readonly entries: LogEntry[] }
  | { readonly type: "truncate"; readonly after: Zxid }
  | { readonly type: "epoch"; readonly which: "accepted" | "current"; readonly epoch: Epoch }
  | { readonly type: "config"; readonly text: string; readonly next: string | undefined }
  | { readonly type: "snapshot"; readonly snapshot: StoredSnapshot; readonly replacesLog: boolean }
  | {
      readonly type: "draft";
      readonly draft: FileDraft;
      readonly zxid: Zxid;
      readonly replacesLog: boolean;
    }
  | { readonly type: "remove"; readonly path: string };

/**
 * One life's hold on a peer's files. What is asked is done in order at `flush`, each part durable before the next begins, so that
 * a crash finds the files as they were after some beginning of it.
 */
export class DiskStore implements FlushingStore {
  readonly #options: DiskStoreOptions;
  readonly #files: Files;
  readonly #log: LogAppender;
  #tasks: Task[] = [];
  /** Snapshots in the making; others of their kind were left by a crash. */
  readonly #drafts = new Set<FileDraft>();
  #draftCount = 0;
  /** The file that is being changed, for errors. */
  #at: string;
  #flushing: Promise<void> | undefined;
  /** The flush under way makes the log durable. */
  #syncs = true;
  /** Closed or crashed: from then on no task is begun. */
  #over: Promise<void> | undefined;

  constructor(options: DiskStoreOptions) {
    this.#options = options;
    this.#files = options.files;
    this.#log = new LogAppender(options.files, options.layout.logs, options.roomBytes);
    this.#at = options.layout.logs;
  }

  /** What the files say; what they lack to be read again is put right by the next flush. Throws StorageError. */
  async recover(): Promise<RecoveredWhole> {
    const history = await readHistory(this.#reading);
    const { snapshot, lastZxid, blankLog } = history;
    if (blankLog !== undefined) this.#tasks.push({ type: "remove", path: blankLog.path });
    if (snapshot === undefined) {
      this.#tasks.push({ type: "snapshot", snapshot: emptySnapshot(), replacesLog: false });
    }
    const epochs = readEpochs(this.#reading, lastZxid);
    for (const which of this.#options.standalone ? [] : epochs.unsaved) {
      this.saveEpoch(which, epochs[which]);
    }
    return {
      acceptedEpoch: epochs.accepted,
      currentEpoch: epochs.current,
      config: readSavedConfig(this.#reading),
      snapshot,
      log: entriesOf(history),
    };
  }

  append(entry: LogEntry): void {
    const last = this.#tasks.at(-1);
    if (last?.type === "append") last.entries.push(entry);
    else this.#tasks.push({ type: "append", entries: [entry] });
  }

  truncate(after: Zxid): void {
    this.#tasks.push({ type: "truncate", after });
  }

  saveEpoch(which: "accepted" | "current", epoch: Epoch): void {
    this.#tasks.push({ type: "epoch", which, epoch });
  }

  saveConfig(text: string, next: string | undefined): void {
    this.#tasks.push({ type: "config", text, next });
  }

  saveSnapshot(snapshot: StoredSnapshot, replacesLog: boolean): void {
    this.#tasks.push({ type: "snapshot", snapshot, replacesLog });
  }

  beginSnapshot(zxid: Zxid, onDrained: () => void): FileDraft {
    return this.#begin(zxid, onDrained);
  }

  saveDraft(draft: FileDraft, zxid: Zxid, replacesLog: boolean): void {
    this.#tasks.push({ type: "draft", draft, zxid, replacesLog });
  }

  flush({ sync }: { readonly sync: boolean } = { sync: true }): Promise<void> {
    this.#syncs = sync;
    this.#flushing = this.#flush();
    return this.#flushing;
  }

  close(): Promise<void> {
    this.#over ??= this.#end();
    return this.#over;
  }

  /** After `close` it has nothing left to do. */
  crash(): Promise<void> {
    this.#over ??= this.#die();
    return this.#over;
  }

  /** What is under way ends, nothing more is begun. */
  async #die(): Promise<void> {
    await this.#flushing?.catch(() => {}); // whoever flushed has heard of it
    await this.#end();
    if (this.#options.loseUnsynced) await this.#log.loseUnsynced();
  }

  async #end(): Promise<void> {
    await this.#log.roll();
    for (const draft of this.#drafts) await draft.close();
  }

  // ------------------------------------------------------------------ tasks

  async #flush(): Promise<void> {
    const tasks = this.#tasks;
    this.#tasks = [];
    for (const task of tasks) {
      if (this.#over !== undefined) return;
      try {
        await this.#perform(task);
      } catch (error) {
        throw StorageError.from(this.#at, error);
      }
    }
  }

  async #perform(task: Task): Promise<void> {
    switch (task.type) {
      case "append":
        return this.#append(task.entries);
      case "truncate":
        return this.#truncate(task.after);
      case "epoch":
        return this.#save(epochFile[task.which], String(task.epoch));
      case "config":
        await this.#save(configFile, task.text);
        return await this.#options.configFiles?.save(task.text, task.next);
      case "snapshot":
        return this.#saveSnapshot(task.snapshot, task.replacesLog);
      case "draft":
        return this.#adoptDraft(task.draft, task.zxid, task.replacesLog);
      case "remove":
        return this.#remove(task.path);
    }
  }

  async #append(entries: readonly LogEntry[]): Promise<void> {
    try {
      await this.#log.append(entries);
      const syncs = this.#options.fsync && this.#syncs;
      if (syncs && this.#over === undefined) await this.#log.sync();
    } catch (error) {
      throw StorageError.from(this.#log.path ?? this.#options.layout.logs, error);
    }
  }

  async #save(name: string, text: string): Promise<void> {
    const path = join(this.#options.layout.snapshots, name);
    this.#at = path;
    await replaceFile(this.#files, path, Buffer.from(text), { sync: this.#options.fsync });
  }

  async #saveSnapshot(snapshot: StoredSnapshot, replacesLog: boolean): Promise<void> {
    const draft = this.#begin(snapshot.zxid, () => {});
    for (const chunk of snapshot.chunks) draft.write(chunk);
    await draft.finish(snapshot.end ?? { zxid: snapshot.zxid, digest: 0 });
    await this.#adoptDraft(draft, snapshot.zxid, replacesLog);
  }

  /**
   * A snapshot beside the log: the log begins a new file, so that older ones can go. In the log's place: what the log holds above
   * it was never committed, for a leader of a later epoch does not have it, and goes first. From then on a crash finds the old
   * state or the new one.
   */
  async #adoptDraft(draft: FileDraft, zxid: Zxid, replacesLog: boolean): Promise<void> {
    const { layout, snapshotsKept } = this.#options;
    await this.#log.roll();
    if (replacesLog) await this.#cutLogs(zxid);
    const name = fileName("snapshot", zxid);
    await this.#rename(draft.path, join(layout.snapshots, name));
    this.#drafts.delete(draft);
    await this.#removeForgottenDrafts();
    if (!replacesLog) {
      if (snapshotsKept === undefined) return;
      for (const path of obsoleteFiles(this.#files, layout, snapshotsKept))
        await this.#remove(path);
      return;
    }
    for (const kind of ["snapshot", "log"] as const) {
      const obsolete = filesOf(this.#files, layout, kind).filter((file) => file.name !== name);
      for (const { path } of obsolete.reverse()) await this.#remove(path);
    }
  }

  /**
   * Nothing where the files cannot give the state at `after`: then the peer must be given everything anew. Until the last
   * removal a crash finds the state before, or a later one than `after` of the same history, to be truncated again.
   */
  async #truncate(after: Zxid): Promise<void> {
    await this.#log.roll();
    if (!(await reaches(this.#reading, after))) return;
    const { later, mixed } = await snapshotsBeyond(this.#reading, after);
    for (const path of mixed) await this.#remove(path);
    await this.#cutLogs(after);
    for (const path of later) await this.#remove(path);
  }

  /** Cuts what is above `zxid` off the logs, the newest first, so that no hole is ever left. */
  async #cutLogs(zxid: Zxid): Promise<void> {
    const logs = filesOf(this.#files, this.#options.layout, "log");
    for (const file of logs.filter((log) => log.zxid > zxid).reverse()) {
      await this.#remove(file.path);
    }
    const last = logs.findLast((log) => log.zxid <= zxid);
    const records = last === undefined ? [] : await recordsOf(this.#reading, last);
    const record = records.find(({ entry }) => entry.zxid > zxid);
    if (last === undefined || record === undefined) return;
    this.#at = last.path;
    await this.#files.cut(last.path, record.start);
  }

  // ------------------------------------------------------------------ steps

  #begin(zxid: Zxid, onDrained: () => void): FileDraft {
    const { files, layout, fsync } = this.#options;
    this.#draftCount += 1;
    const path = join(layout.snapshots, draftOf(fileName("snapshot", zxid), this.#draftCount));
    const draft = new FileDraft({ files, path, fsync, onDrained });
    this.#drafts.add(draft);
    return draft;
  }

  async #removeForgottenDrafts(): Promise<void> {
    const { snapshots } = this.#options.layout;
    const paths = this.#files
      .list(snapshots)
      .filter(isDraft)
      .map((name) => join(snapshots, name));
    const inWork = new Set([...this.#drafts].map(({ path }) => path));
    for (const path of paths) if (!inWork.has(path)) await this.#remove(path);
  }

  async #rename(from: string, to: string): Promise<void> {
    this.#at = to;
    await this.#files.rename(from, to);
    await this.#syncFolderOf(to);
  }

  async #remove(path: string): Promise<void> {
    this.#at = path;
    await this.#files.remove(path);
    await this.#syncFolderOf(path);
  }

  async #syncFolderOf(path: string): Promise<void> {
    if (this.#options.fsync) await this.#files.syncFolder(dirname(path));
  }

  get #reading(): Reading {
    return this.#options;
  }
}

/** Without a snapshot Apache takes logs for the rest of a lost history. */
function emptySnapshot(): StoredSnapshot {
  const chunks = [...snapshotPieces(new DataTree())];
  return { zxid: zxidZero, chunks, end: { zxid: zxidZero, digest: 0 } };
}
