import { join } from "node:path";
import {
  type Epoch,
  epochFrom,
  epochOf,
  formatZxid,
  makeZxid,
  nextZxid,
  type Zxid,
  zxidZero,
} from "../../core/base/ids.ts";
import { isBlankLog, type LogRecord, readLogFile } from "../../core/storage/log-file.ts";
import type { StoredSnapshot } from "../../core/storage/ports.ts";
import { readSnapshotFile } from "../../core/storage/snapshot-file.ts";
import type { LogEntry } from "../../core/txn/log-entry.ts";
import { betweenTurns } from "../between-turns.ts";
import type { Files } from "./files.ts";
import { type FoundFile, filesOf, type Layout } from "./layout.ts";
import { StorageError } from "./storage-error.ts";

export interface Reading {
  readonly files: Files;
  readonly layout: Layout;
  /** The longest entry that Apache would read. */
  readonly entryBytesMax: number;
  /** Logs without any snapshot are believed to begin at the beginning (`snapshot.trust.empty`). */
  readonly trustEmpty: boolean;
}

/** One log file with those of its records that are part of a history. */
export interface ReadLog {
  readonly file: FoundFile;
  readonly records: readonly LogRecord[];
}

/** What the files say, in full: a snapshot and the logs that go on from it. */
export interface History {
  /** undefined: there is none, and nothing in the logs. */
  readonly snapshot: StoredSnapshot | undefined;
  readonly logs: readonly ReadLog[];
  /** The newest file, when a crash came before its first record. */
  readonly blankLog: FoundFile | undefined;
  readonly lastZxid: Zxid;
}

/** No more snapshots than that are tried (FileSnap.findNValidSnapshots). */
const snapshotsTriedMax = 100;

/**
 * The newest snapshot that is whole, and every later transaction (FileTxnSnapLog.restore). `until`: only what is not above it.
 * Throws StorageError where Apache would not start, and for a hole in the log, which Apache does not notice.
 */
export async function readHistory(reading: Reading, until?: Zxid): Promise<History> {
  const { files, layout } = reading;
  const snapshot = await newestSnapshot(reading, until);
  const from = snapshot?.zxid ?? zxidZero;
  const logs: ReadLog[] = [];
  let blankLog: FoundFile | undefined;
  let last = from;
  const found = logsFrom(filesOf(files, layout, "log"), from);
  for (const file of found) {
    const bytes = await bytesOf(reading, file);
    if (file === found.at(-1) && isBlankLog(bytes)) {
      blankLog = file;
      break;
    }
    const records: LogRecord[] = [];
    for (const record of await recordsIn(bytes, reading, file)) {
      const { zxid } = record.entry;
      if (until !== undefined && zxid > until) break;
      if (zxid <= last) continue; // in the snapshot, or twice, which Apache only warns of
      if (zxid !== nextZxid(last) && zxid !== makeZxid(epochOf(zxid), 1)) {
        const what = `offset ${record.start}: ${formatZxid(zxid)} follows ${formatZxid(last)}: what was between them is missing`;
        throw new StorageError(file.path, what);
      }
      last = zxid;
      records.push(record);
    }
    logs.push({ file, records });
  }
  if (snapshot === undefined && last !== zxidZero && !reading.trustEmpty) {
    const what = `logs but no snapshot, without which nobody knows what was before them`;
    throw new StorageError(layout.snapshots, what);
  }
  return { snapshot, logs, blankLog, lastZxid: last };
}

export const entriesOf = ({ logs }: History): LogEntry[] =>
  logs.flatMap(({ records }) => records.map(({ entry }) => entry));

/** Whether the files can give the state at `zxid` and nothing above it. */
export async function reaches(reading: Reading, zxid: Zxid): Promise<boolean> {
  try {
    return (await readHistory(reading, zxid)).lastZxid === zxid;
  } catch (error) {
    if (error instanceof StorageError) return false;
    throw error;
  }
}

/** The newest file that begins at or before the first transaction wanted, and all behind it (FileTxnLog.getLogFiles). */
export function logsFrom(logs: readonly FoundFile[], above: Zxid): readonly FoundFile[] {
  const first = logs.findLastIndex(({ zxid }) => zxid <= nextZxid(above));
  return logs.slice(Math.max(first, 0));
}

/** All records of a log file, in no history yet. */
export async function recordsOf(reading: Reading, file: FoundFile): Promise<readonly LogRecord[]> {
  return recordsIn(await bytesOf(reading, file), reading, file);
}

async function recordsIn(
  bytes: Uint8Array,
  { entryBytesMax }: Reading,
  { path }: FoundFile,
): Promise<readonly LogRecord[]> {
  try {
    return await betweenTurns(readLogFile(bytes, entryBytesMax));
  } catch (error) {
    throw StorageError.from(path, error);
  }
}

/** What the system says of a file that cannot be read does not always name it. */
async function bytesOf({ files }: Reading, { path }: FoundFile): Promise<Uint8Array> {
  try {
    return (await files.load(path)) ?? new Uint8Array(0);
  } catch (error) {
    throw StorageError.from(path, error);
  }
}

function readNamed(files: Files, path: string): Uint8Array | undefined {
  try {
    return files.read(path);
  } catch (error) {
    throw StorageError.from(path, error);
  }
}

async function newestSnapshot(
  reading: Reading,
  until: Zxid | undefined,
): Promise<StoredSnapshot | undefined> {
  const { files, layout } = reading;
  let failure: StorageError | undefined;
  const newestFirst = filesOf(files, layout, "snapshot").reverse().slice(0, snapshotsTriedMax);
  for (const file of newestFirst) {
    try {
      const bytes = await bytesOf(reading, file);
      if (!looksWhole(file.name, bytes)) continue;
      const snapshot = await readSnapshot(bytes, file);
      if (until === undefined || newestIn(snapshot) <= until) return snapshot;
    } catch (error) {
      failure ??= StorageError.from(file.path, error);
    }
  }
  if (failure === undefined) return undefined;
  const what = `no snapshot can be read; of the newest: ${failure.message}`;
  throw new StorageError(failure.file, what, failure);
}

async function readSnapshot(bytes: Uint8Array, file: FoundFile): Promise<StoredSnapshot> {
  const { chunks, end } = await betweenTurns(readSnapshotFile(await unpacked(file.name, bytes)));
  return { zxid: file.zxid, chunks, end };
}

const newestIn = ({ zxid, end }: StoredSnapshot): number => Math.max(zxid, end?.zxid ?? 0);

/**
 * Snapshots that hold transactions above `zxid`, the newest first: `later` ones are named so, `mixed` ones were taken while they
 * were applied. What cannot be read is nothing to go back to, and is left alone.
 */
export async function snapshotsBeyond(
  reading: Reading,
  zxid: Zxid,
): Promise<{ readonly later: readonly string[]; readonly mixed: readonly string[] }> {
  const newestFirst = filesOf(reading.files, reading.layout, "snapshot").reverse();
  const later = newestFirst.filter((file) => file.zxid > zxid);
  const mixed: FoundFile[] = [];
  for (const file of newestFirst) {
    if (file.zxid <= zxid && (await isMixed(reading, file, zxid))) mixed.push(file);
  }
  return { later: later.map(({ path }) => path), mixed: mixed.map(({ path }) => path) };
}

async function isMixed(reading: Reading, file: FoundFile, zxid: Zxid): Promise<boolean> {
  try {
    return newestIn(await readSnapshot(await bytesOf(reading, file), file)) > zxid;
  } catch {
    return false;
  }
}

/** What Apache looks at before it tries a snapshot (SnapStream.isValidSnapshot): others may be half written. */
function looksWhole(name: string, bytes: Uint8Array): boolean {
  if (name.endsWith(".gz")) return bytes[0] === 0x1f && bytes[1] === 0x8b;
  if (name.endsWith(".snappy")) return true;
  const tail = bytes.subarray(-5);
  return bytes.length >= 10 && [0, 0, 0, 1, 0x2f].every((byte, index) => tail[index] === byte);
}

async function unpacked(name: string, bytes: Uint8Array): Promise<Uint8Array> {
  if (name.endsWith(".gz")) {
    const { gunzip } = await import("node:zlib");
    return await new Promise((resolve, reject) => {
      gunzip(bytes, (error, whole) => (error === null ? resolve(whole) : reject(error)));
    });
  }
  if (name.endsWith(".snappy")) throw new Error("snapshots in snappy's format cannot be read here");
  return bytes;
}

export interface Epochs {
  readonly accepted: Epoch;
  readonly current: Epoch;
  /** Which of them the files do not say, so that they are to be saved. */
  readonly unsaved: readonly ("accepted" | "current")[];
}

export const epochFile = { accepted: "acceptedEpoch", current: "currentEpoch" } as const;

/** QuorumPeer.loadDataBase. */
export function readEpochs({ files, layout }: Reading, lastZxid: Zxid): Epochs {
  const ofLog = epochOf(lastZxid);
  const pathOf = (name: string): string => join(layout.snapshots, name);
  const savedAccepted = readEpoch(files, pathOf(epochFile.accepted));
  const savedCurrent = readEpoch(files, pathOf(epochFile.current));
  let current = savedCurrent ?? ofLog;
  if (ofLog > current) {
    // A crash came between the history of an epoch and the note that it was adopted. A transaction of an epoch proves it was.
    const draft = readEpoch(files, pathOf(`${epochFile.current}.tmp`)) ?? savedAccepted ?? current;
    if (draft < ofLog) {
      const what = `epoch ${current} is below that of the last transaction, ${formatZxid(lastZxid)}`;
      throw new StorageError(pathOf(epochFile.current), what);
    }
    current = ofLog;
  }
  const accepted = savedAccepted ?? current;
  if (accepted < current) {
    const what = `epoch ${accepted} is below currentEpoch, ${current}`;
    throw new StorageError(pathOf(epochFile.accepted), what);
  }
  const unsaved = (["accepted", "current"] as const).filter((which) =>
    which === "accepted" ? savedAccepted !== accepted : savedCurrent !== current,
  );
  return { accepted, current, unsaved };
}

/** Beside the epochs, since a peer has no zoo.cfg of its own to keep it by. */
export const configFile = "zoo.cfg.dynamic";

/** The text of the configuration in force; undefined where none was saved. */
export function readSavedConfig({
  files,
  layout,
}: Pick<Reading, "files" | "layout">): string | undefined {
  const bytes = readNamed(files, join(layout.snapshots, configFile));
  return bytes && Buffer.from(bytes).toString("utf8");
}

function readEpoch(files: Files, path: string): Epoch | undefined {
  const bytes = readNamed(files, path);
  if (bytes === undefined) return undefined;
  const [line = ""] = Buffer.from(bytes).toString("utf8").split("\n");
  if (!/^\d+$/.test(line.trim())) throw new StorageError(path, `"${line}" is no epoch`);
  return epochFrom(Number(line));
}
