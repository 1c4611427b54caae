import { describe, expect, test } from "vitest";
import { MemoryFiles } from "../../../../src/runtime/disk/memory-files.ts";
import { obsoleteFiles } from "../../../../src/runtime/disk/retention.ts";

const folders = { snapshots: "/data/version-2", logs: "/logs/version-2" };

/** What goes of these files, by name, where so many snapshots stay. */
function purged(kept: number, snapshots: readonly string[], logs: readonly string[]): string[] {
  const paths = [
    ...snapshots.map((zxid) => `${folders.snapshots}/snapshot.${zxid}`),
    ...logs.map((zxid) => `${folders.logs}/log.${zxid}`),
    `${folders.snapshots}/currentEpoch`,
    `${folders.logs}/notes`,
  ];
  const files = new MemoryFiles(new Map(paths.map((path) => [path, new Uint8Array(1)])));
  return obsoleteFiles(files, folders, kept).map((path) => path.slice(path.lastIndexOf("/") + 1));
}

describe("a purge takes", () => {
  test.each([
    ["nothing where there are no more snapshots than stay", 3, ["0", "5", "9"], ["1", "6"], []],
    [
      "older snapshots, and logs that end where the oldest left goes on",
      3,
      ["0", "5", "9", "c"],
      ["1", "6", "a", "d"],
      ["snapshot.0", "log.1"],
    ],
    [
      "no log that goes on in the middle of one",
      3,
      ["0", "5", "9", "c"],
      ["1", "4", "8", "d"],
      ["snapshot.0", "log.1"],
    ],
    ["no log where the only one is needed", 3, ["0", "5", "9", "c"], ["1"], ["snapshot.0"]],
    [
      "what is of epochs before, too",
      3,
      ["100000005", "10000000f", "200000003", "200000009", "300000002"],
      ["100000001", "100000010", "200000001", "200000004", "300000001"],
      [
        "snapshot.100000005",
        "snapshot.10000000f",
        "log.100000001",
        "log.100000010",
        "log.200000001",
      ],
    ],
  ])("%s", (_, kept, snapshots, logs, gone) => {
    expect(purged(kept, snapshots, logs)).toEqual(gone);
  });
});
