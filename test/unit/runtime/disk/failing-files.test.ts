// Disks that are full, or that cannot be written: the peer's store says so, and nothing is half there at the next start.
import { describe, expect, test } from "vitest";
import { epochFrom, noSession, zxidOf } from "../../../../src/core/base/ids.ts";
import { OpCode } from "../../../../src/core/protocol/op-codes.ts";
import { LogEntry } from "../../../../src/core/txn/log-entry.ts";
import { DiskStore } from "../../../../src/runtime/disk/disk-store.ts";
import type { Files, OpenFile } from "../../../../src/runtime/disk/files.ts";
import { MemoryFiles } from "../../../../src/runtime/disk/memory-files.ts";

const folder = "/data/version-2";

function storeOn(files: Files): DiskStore {
  return new DiskStore({
    files,
    layout: { snapshots: folder, logs: folder },
    fsync: true,
    loseUnsynced: false,
    roomBytes: 0,
    entryBytesMax: 10_000,
    standalone: true,
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
  store.recover();
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
      expect(String(told)).toMatch(/version-2\/(log\.1|writing\.\d+\.snapshot\.0): ENOSPC/);
      files.room = Number.POSITIVE_INFINITY;
      const again = storeOn(files);
      const { log } = again.recover();
      expect(log.map(({ zxid }) => zxid)).toEqual(log.map((_, index) => index + 1));
      expect(log.length).toBeGreaterThanOrEqual(acked);
      again.append(entry(log.length + 1));
      await again.flush();
      expect(storeOn(files).recover().log).toHaveLength(log.length + 1);
    }
    expect(stopped).toBeGreaterThan(100);
  });
});

test("nothing that comes behind a failed write is done", async () => {
  const files = new FullDisk(0);
  const store = storeOn(files);
  store.recover();
  store.append(entry(1));
  store.saveEpoch("accepted", epochFrom(7));
  await expect(store.flush()).rejects.toThrow("ENOSPC");
  files.room = Number.POSITIVE_INFINITY;
  expect(storeOn(files).recover()).toMatchObject({ acceptedEpoch: 0, log: [] });
});
