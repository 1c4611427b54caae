// Disks that are full, or that cannot be written: the peer's store says so, and nothing is half there at the next start.
import { describe, expect, test } from "vitest";
import { epochFrom, noSession, zxidOf } from "../../../../src/core/base/ids.ts";
import { OpCode } from "../../../../src/core/protocol/op-codes.ts";
import type { RecoveredWhole } from "../../../../src/core/storage/ports.ts";
import { snapshotPieces } from "../../../../src/core/tree/snapshot.ts";
import { DataTree } from "../../../../src/core/tree/tree.ts";
import { LogEntry } from "../../../../src/core/txn/log-entry.ts";
import { DiskStore } from "../../../../src/runtime/disk/disk-store.ts";
import type { Files, OpenFile } from "../../../../src/runtime/disk/files.ts";
import { MemoryFiles } from "../../../../src/runtime/disk/memory-files.ts";
import { CrashingFiles } from "./crashing-files.ts";

const folder = "/data/version-2";

function storeOn(files: Files, { standalone = true } = {}): DiskStore {
  return new DiskStore({
    files,
    layout: { snapshots: folder, logs: folder },
    fsync: true,
    loseUnsynced: false,
    roomBytes: 0,
    entryBytesMax: 10_000,
    standalone,
    snapshotsKept: undefined,
    trustEmpty: false,
  });
}

const entry = (zxid: number): LogEntry =>
  new LogEntry({
    type: OpCode.error,
    body: { err: -101 },
    session: noSession,
    cxid: 0,
    zxid: zxidOf(zxid),
    time: 0,
    digest: undefined,
  });

/** Files of which every change fails from the moment that `room` is used up; the last write is cut where the room ends. */
class FullDisk extends MemoryFiles {
  room: number;

  constructor(room: number) {
    super();
    this.room = room;
  }

  override async create(path: string): Promise<OpenFile> {
    const file = await super.create(path);
    return {
      write: async (bytes, at) => {
        const fits = Math.min(this.room, bytes.length);
        this.room -= fits;
        await file.write(bytes.subarray(0, fits), at);
        if (fits < bytes.length) throw new Error("ENOSPC: no space left on device, write");
      },
      sync: () => file.sync(),
      close: () => file.close(),
    };
  }
}

async function filled(room: number): Promise<{ files: FullDisk; acked: number; told: unknown }> {
  const files = new FullDisk(room);
  const store = storeOn(files);
  await store.recover();
  let acked = 0;
  try {
    for (let zxid = 1; zxid <= 40; zxid += 2) {
      store.append(entry(zxid));
      store.append(entry(zxid + 1));
      await store.flush();
      acked = zxid + 1;
    }
    return { files, acked, told: undefined };
  } catch (told) {
    await store.crash();
    return { files, acked, told };
  }
}

describe("a full disk", () => {
  test("wherever it ends, is told by the file, and costs nothing that was acknowledged", async () => {
    let stopped = 0;
    for (let room = 0; room < 2500; room += 13) {
      const { files, acked, told } = await filled(room);
      if (told === undefined) continue;
      stopped += 1;
      expect(String(told)).toMatch(
        /version-2\/(log\.1, offset \d+|writing\.\d+\.snapshot\.0): ENOSPC/,
      );
      files.room = Number.POSITIVE_INFINITY;
      const again = storeOn(files);
      const { log } = await again.recover();
      expect(log.map(({ zxid }) => zxid)).toEqual(log.map((_, index) => index + 1));
      expect(log.length).toBeGreaterThanOrEqual(acked);
      again.append(entry(log.length + 1));
      await again.flush();
      expect((await storeOn(files).recover()).log).toHaveLength(log.length + 1);
    }
    expect(stopped).toBeGreaterThan(100);
  });
});

test("nothing that comes behind a failed write is done", async () => {
  const files = new FullDisk(0);
  const store = storeOn(files);
  await store.recover();
  store.append(entry(1));
  store.saveEpoch("accepted", epochFrom(7));
  await expect(store.flush()).rejects.toThrow("ENOSPC");
  files.room = Number.POSITIVE_INFINITY;
  expect(await storeOn(files).recover()).toMatchObject({ acceptedEpoch: 0, log: [] });
});

describe.each(["EROFS", "EACCES", "EPERM"])(
  "a disk on which nothing can be written any more (%s)",
  (errno) => {
    /** Every kind of change, each durable before the next; with the last zxid and the epochs that a crash behind it must leave. */
    const life: readonly (readonly [
      at: string,
      ask: (store: DiskStore) => Promise<void> | void,
    ])[] = [
      ["0 of 0/0", () => {}],
      ["0 of 4/0", (store) => store.saveEpoch("accepted", epochFrom(4))],
      ["0 of 4/4", (store) => store.saveEpoch("current", epochFrom(4))],
      ["2 of 4/4", (store) => void [1, 2].map((zxid) => store.append(entry(zxid)))],
      ["2 of 4/4", (store) => store.saveConfig("version=0", undefined)],
      ["2 of 4/4", (store) => save(store, 2)],
      ["3 of 4/4", (store) => store.append(entry(3))],
      ["2 of 4/4", (store) => store.truncate(zxidOf(2))],
      ["3 of 4/4", (store) => store.append(entry(3))],
    ];

    async function save(store: DiskStore, zxid: number): Promise<void> {
      const draft = store.beginSnapshot(zxidOf(zxid), () => {});
      for (const piece of snapshotPieces(new DataTree())) draft.write(piece);
      await draft.finish({ zxid: zxidOf(zxid), digest: 0 });
      store.saveDraft(draft, zxidOf(zxid), false);
    }

    /** What is said, and what is left, when every change from the given one on is refused. */
    async function refusedFrom(first: number) {
      const files = new CrashingFiles();
      let changes = 0;
      let refused = "";
      files.onChange = (what) => {
        changes += 1;
        if (changes <= first) return;
        refused ||= what;
        throw new Error(`${errno}: not on this disk`);
      };
      const store = storeOn(files, { standalone: false });
      await store.recover();
      let acked = 0;
      let told: unknown;
      try {
        for (const [index, [, ask]] of life.entries()) {
          await ask(store);
          await store.flush();
          acked = index;
        }
      } catch (error) {
        told = error;
      }
      await store.crash();
      return { refused, told, acked, left: storeOn(files.afterDeath(), { standalone: false }) };
    }

    const positionOf = ({ snapshot, log, acceptedEpoch, currentEpoch }: RecoveredWhole): string =>
      `${log.at(-1)?.zxid ?? snapshot?.zxid ?? 0} of ${acceptedEpoch}/${currentEpoch}`;

    test("is told by the file that was to be changed, and what was acknowledged is there", async () => {
      const named = new Set<string>();
      for (let first = 0; ; first += 1) {
        const { refused, told, acked, left } = await refusedFrom(first);
        const position = positionOf(await left.recover());
        if (told === undefined) {
          expect([refused, position]).toEqual(["", "3 of 4/4"]);
          break;
        }
        const said = String(told).replace(/offset \d+/, "offset N");
        named.add(said.replace("StorageError: /data/version-2/", ""));
        const either = life.slice(acked, acked + 2).map(([at]) => at);
        expect(either, `change ${first} refused: ${refused}`).toContain(position);
      }
      const where = [
        "acceptedEpoch",
        "currentEpoch",
        "log.1",
        "log.1, offset N",
        "log.3",
        "log.3, offset N",
        "snapshot.0",
        "snapshot.2",
        "writing.1.snapshot.0",
        "writing.2.snapshot.2",
        "zoo.cfg.dynamic",
      ];
      expect(named).toEqual(new Set(where.map((file) => `${file}: ${errno}: not on this disk`)));
    });
  },
);
