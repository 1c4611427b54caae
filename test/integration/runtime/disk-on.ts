import { DiskStore } from "../../../src/runtime/disk/disk-store.ts";
import type { Files } from "../../../src/runtime/disk/files.ts";

const folder = "/data/version-2";

/** The store of a peer that stands alone, for one of its lives. */
export const diskOn = (files: Files): DiskStore =>
  new DiskStore({
    files,
    layout: { snapshots: folder, logs: folder },
    fsync: true,
    loseUnsynced: false,
    roomBytes: 0,
    entryBytesMax: 2_000_000,
    standalone: true,
    snapshotsKept: undefined,
    trustEmpty: false,
  });
