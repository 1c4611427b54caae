// A peer's store is asked for what peers ask for, and the power is cut before every single change of its files: what is found then
// is what it had acknowledged, or some of what it was asked for since.
import { describe, expect, test } from "vitest";
import {
  type Epoch,
  epochFrom,
  epochOf,
  formatZxid,
  makeZxid,
  nextZxid,
  noSession,
  type Zxid,
  zxidZero,
} from "../../../../src/core/base/ids.ts";
import { Prng } from "../../../../src/core/base/prng.ts";
import { OpCode } from "../../../../src/core/protocol/op-codes.ts";
import { logFileHeader, logHeaderBytes } from "../../../../src/core/storage/log-file.ts";
import type { RecoveredWhole, StoredSnapshot } from "../../../../src/core/storage/ports.ts";
import { openAcl } from "../../../../src/core/tree/acl.ts";
import { apply } from "../../../../src/core/tree/apply.ts";
import { SnapshotLoader, snapshotPieces } from "../../../../src/core/tree/snapshot.ts";
import { DataTree } from "../../../../src/core/tree/tree.ts";
import { WatchTable } from "../../../../src/core/tree/watches.ts";
import { LogEntry } from "../../../../src/core/txn/log-entry.ts";
import { DiskStore } from "../../../../src/runtime/disk/disk-store.ts";
import type { Files } from "../../../../src/runtime/disk/files.ts";
import type { MemoryFiles } from "../../../../src/runtime/disk/memory-files.ts";
import type { FileDraft } from "../../../../src/runtime/disk/snapshot-draft.ts";
import { CrashingFiles } from "./crashing-files.ts";

const folder = "/data/version-2";
const storeOn = (files: Files, fsync: boolean): DiskStore =>
  new DiskStore({
    files,
    layout: { snapshots: folder, logs: folder },
    fsync,
    loseUnsynced: false,
    roomBytes: 512,
    entryBytesMax: 10_000,
    standalone: false,
    snapshotsKept: 2,
    trustEmpty: false,
  });

/** Small ones, so that a snapshot has several. */
const pieceBytes = 200;

/** Where a peer is: how far its history goes, and its epochs. */
interface Position {
  readonly last: Zxid;
  readonly accepted: Epoch;
  readonly current: Epoch;
}
const positionOf = ({ acceptedEpoch, currentEpoch, snapshot, log }: RecoveredWhole): Position => ({
  last: log.at(-1)?.zxid ?? snapshot?.zxid ?? zxidZero,
  accepted: acceptedEpoch,
  current: currentEpoch,
});

const keyOf = ({ last, accepted, current }: Position): string =>
  `${formatZxid(last)} of ${accepted}/${current}`;

function applied(tree: DataTree, entries: readonly LogEntry[]): DataTree {
  const to = { tree, watches: new WatchTable(), fired: [] };
  for (const { txn } of entries) apply(to, txn);
  return tree;
}

function loaded(snapshot: StoredSnapshot | undefined): DataTree {
  if (snapshot === undefined) return new DataTree();
  const loader = new SnapshotLoader();
  for (const chunk of snapshot.chunks) loader.push(chunk);
  const tree = loader.finish();
  tree.lastApplied = snapshot.zxid;
  return tree;
}

/** What a peer asked of its store, and what may be found after a power cut. */
class Life {
  readonly files = new CrashingFiles();
  readonly prng: Prng;
  readonly fsync: boolean;
  store: DiskStore;
  /** The history from its beginning. */
  history: LogEntry[] = [];
  /** What that has led to. */
  #tree = new DataTree();
  /** The end of what the last snapshot holds, and of what the last one holds that was made in pieces. */
  snapshotAt: Zxid = zxidZero;
  mixedUntil: Zxid = zxidZero;
  position: Position = { last: zxidZero, accepted: epochFrom(0), current: epochFrom(0) };
  /** Of every history that there ever was. */
  readonly digests = new Map<Zxid, number>([[zxidZero, new DataTree().digest]]);
  /** Positions that a power cut may leave now. */
  possible = new Set<string>();
  #making:
    | {
        readonly draft: FileDraft;
        readonly zxid: Zxid;
        readonly pieces: Iterator<Uint8Array, void, void>;
      }
    | undefined;
  constructor(prng: Prng, fsync: boolean) {
    this.prng = prng;
    this.fsync = fsync;
    this.store = storeOn(this.files, fsync);
    this.possible.add(keyOf(this.position));
  }

  #moved(change: Partial<Position>): void {
    this.position = { ...this.position, ...change };
    this.possible.add(keyOf(this.position));
  }

  append(): void {
    const { last, current } = this.position;
    const zxid = epochOf(last) === current ? nextZxid(last) : makeZxid(current, 1);
    const path = `/n${this.prng.below(6)}`;
    const create = this.prng.chance(0.5);
    const entry = new LogEntry({
      type: create ? OpCode.create : OpCode.setData,
      body: create
        ? { path, data: data(this.prng), acl: openAcl, ephemeral: false, parentCversion: -1 }
        : { path, data: data(this.prng), version: this.prng.below(100) },
      session: noSession,
      cxid: 0,
      zxid,
      time: 0,
      digest: undefined,
    } as LogEntry["txn"]);
    this.history.push(entry);
    applied(this.#tree, [entry]);
    this.digests.set(zxid, this.#tree.digest);
    this.store.append(entry);
    this.#moved({ last: zxid });
  }

  /** A new epoch is promised, then adopted. */
  epoch(): void {
    const epoch = epochFrom(this.position.accepted + 1);
    this.store.saveEpoch("accepted", epoch);
    this.#moved({ accepted: epoch });
    this.store.saveEpoch("current", epoch);
    this.#moved({ current: epoch });
  }

  snapshot(): void {
    this.store.saveSnapshot(this.#stateAt(this.position.last), false);
    this.snapshotAt = this.position.last;
  }

  /** As a peer saves a large tree: in pieces, each as the tree is by then, while what comes behind it is logged. */
  beginSnapshot(): void {
    if (this.#making !== undefined) return;
    const zxid = this.position.last;
    const draft = this.store.beginSnapshot(zxid, () => {});
    this.#making = { draft, zxid, pieces: snapshotPieces(this.#tree, pieceBytes) };
  }

  /** A piece more of it; when it is whole it takes its place behind all that was asked meanwhile. */
  async goOnWithSnapshot(): Promise<void> {
    if (this.#making === undefined) return;
    const { draft, zxid, pieces } = this.#making;
    const { done, value } = pieces.next();
    if (done !== true) return draft.write(value);
    this.#making = undefined;
    const { last } = this.position;
    const finished = draft.finish({ zxid: last, digest: this.#tree.digest });
    this.store.saveDraft(draft, zxid, false);
    this.snapshotAt = last;
    this.mixedUntil = last;
    await finished;
  }

  /** Whoever cuts off what it holds, or goes, wants it no more. */
  async abandonSnapshot(): Promise<void> {
    await this.#making?.draft.abandon();
    this.#making = undefined;
  }

  /** A leader cuts off the end, though not behind the snapshot. */
  truncate(): void {
    const fixed = this.history.filter(({ zxid }) => zxid <= this.snapshotAt).length;
    const kept = this.prng.between(fixed, this.history.length);
    const zxid = this.history[kept - 1]?.zxid ?? zxidZero;
    this.store.truncate(zxid);
    this.#forget(kept, zxid);
  }

  /**
   * A leader gives its state: of a beginning of this history, perhaps with more behind it than this peer had. A snapshot that was
   * made in pieces holds nothing that it lacks: it was a serving peer's, and all of it committed.
   */
  replace(): void {
    const fixed = this.history.filter(({ zxid }) => zxid <= this.mixedUntil).length;
    const kept = this.prng.between(fixed, this.history.length);
    const zxid = this.history[kept - 1]?.zxid ?? zxidZero;
    this.store.saveSnapshot(this.#stateAt(zxid), true);
    this.#forget(kept, zxid);
    this.snapshotAt = zxid;
  }

  async flush(): Promise<void> {
    await this.store.flush();
    this.possible = new Set([keyOf(this.position)]);
  }

  async restart(): Promise<void> {
    await this.store.close();
    this.store = storeOn(this.files, this.fsync);
    this.check("a restart", await this.store.recover(), this.possible);
  }

  check(when: string, recovered: RecoveredWhole, possible: ReadonlySet<string>): void {
    const { snapshot, log } = recovered;
    const position = positionOf(recovered);
    const { last } = position;
    const found = keyOf(position);
    if (!possible.has(found)) {
      throw new Error(`${found} after ${when}, not one of ${[...possible].join(", ")}`);
    }
    const { digest } = applied(loaded(snapshot), log);
    if (digest !== this.digests.get(last)) throw new Error(`another tree after ${when}: ${found}`);
  }

  #forget(kept: number, zxid: Zxid): void {
    // The end goes piece by piece.
    for (const { zxid: last } of this.history.slice(kept)) {
      this.possible.add(keyOf({ ...this.position, last }));
    }
    this.history = this.history.slice(0, kept);
    this.#tree = applied(new DataTree(), this.history);
    this.#moved({ last: zxid });
    this.epoch(); // whoever goes on numbers anew
  }

  #stateAt(zxid: Zxid): StoredSnapshot {
    const entries = this.history.filter((entry) => entry.zxid <= zxid);
    const tree = applied(new DataTree(), entries);
    return {
      zxid,
      chunks: [...snapshotPieces(tree, pieceBytes)],
      end: { zxid, digest: tree.digest },
    };
  }
}

const data = (prng: Prng): Uint8Array => new Uint8Array(prng.below(200)).fill(prng.below(256));

/** Apache's server does not start beside a log without one. */
function expectLogsWithHeaders(files: MemoryFiles, before: string): void {
  for (const name of files.list(folder).filter((each) => each.startsWith("log."))) {
    const head = files.read(`${folder}/${name}`)?.subarray(0, logHeaderBytes);
    expect(head, `${name} before "${before}"`).toEqual(logFileHeader());
  }
}

/** Asks for something, now and then flushes; looks at what is left before every change. Returns how many there were. */
async function live(seed: string, fsync: boolean): Promise<number> {
  const prng = new Prng(seed);
  const life = new Life(prng.split("asked"), fsync);
  await life.store.recover();
  const cuts = prng.split("cuts");
  let changes = 0;
  const startsAgain: Promise<void>[] = [];
  const look = async (when: string, left: MemoryFiles): Promise<void> => {
    const possible = new Set(life.possible);
    const first = storeOn(left, fsync);
    const recovered = await first.recover();
    life.check(when, recovered, possible);
    const found = new Set([keyOf(positionOf(recovered))]);
    await first.flush(); // puts right what it found
    await first.close();
    life.check(`the start after ${when}`, await storeOn(left, fsync).recover(), found);
  };
  life.files.onChange = (what) => {
    changes += 1;
    expectLogsWithHeaders(life.files.afterDeath(), what);
    const when = (how: string): string => `${how} before "${what}" (seed ${seed})`;
    startsAgain.push(look(when("death"), life.files.afterDeath()));
    if (fsync) startsAgain.push(look(when("a power cut"), life.files.afterPowerCut(cuts)));
  };
  const { prng: asked } = life;
  for (let step = 0; step < 60; step += 1) {
    for (let count = asked.between(1, 6); count > 0; count -= 1) await life.goOnWithSnapshot();
    const dice = asked.float();
    if (dice >= 0.7 && (dice < 0.8 || dice >= 0.95)) await life.abandonSnapshot();
    if (dice < 0.5) for (let count = asked.between(1, 5); count > 0; count -= 1) life.append();
    else if (dice < 0.6) life.epoch();
    else if (dice < 0.62) life.snapshot();
    else if (dice < 0.7) life.beginSnapshot();
    else if (dice < 0.75) life.truncate();
    else if (dice < 0.8) life.replace();
    else if (dice < 0.95) await life.flush();
    else {
      await life.flush();
      await life.restart();
    }
  }
  await life.flush();
  await Promise.all(startsAgain);
  return changes;
}

describe("whenever it ends, a store gives what it acknowledged, and nothing by halves", () => {
  test.each([
    ["with fsync, also when the power is cut", true],
    ["without, when the process dies", false],
  ])("%s", async (_, fsync) => {
    const seeds = Number(process.env["ZKMS_CRASH_SEEDS"] ?? 8); // more when something here was changed
    let changes = 0;
    for (let seed = 0; seed < seeds; seed += 1) changes += await live(String(seed), fsync);
    expect(changes).toBeGreaterThan(seeds * 40);
  });
});
