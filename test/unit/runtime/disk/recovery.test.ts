// What becomes of damaged files, as a server of Apache's was seen to treat them; peer 2 of the directory that it wrote.
import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { atOnce } from "../../../../src/core/base/parts.ts";
import { readLogFile } from "../../../../src/core/storage/log-file.ts";
import { DiskStore } from "../../../../src/runtime/disk/disk-store.ts";
import { MemoryFiles } from "../../../../src/runtime/disk/memory-files.ts";

const folder = "/peer2/version-2";
const source = new URL("../../../golden/data/java-datadir/peer2/version-2/", import.meta.url);
const last = 0x20000000b;

type Content = Map<string, Uint8Array>;
const intact = (): Content =>
  new Map(
    readdirSync(source).map((name) => [`${folder}/${name}`, readFileSync(new URL(name, source))]),
  );

function storeOn(files: MemoryFiles, { trustEmpty = false } = {}): DiskStore {
  return new DiskStore({
    files,
    layout: { snapshots: folder, logs: folder },
    fsync: true,
    loseUnsynced: false,
    roomBytes: 0,
    entryBytesMax: 2 * 1_048_575,
    standalone: false,
    snapshotsKept: undefined,
    trustEmpty,
  });
}

interface Found {
  readonly snapshot: string;
  readonly last: string;
  readonly epochs: string;
}
const whole: Found = { snapshot: "100000033", last: last.toString(16), epochs: "2/2" };

/** What a start finds; what it puts right must be found by the next one too. */
async function start(content: Content, options = {}): Promise<Found> {
  const files = new MemoryFiles(content);
  const first = await found(storeOn(files, options));
  const store = storeOn(files, options);
  await store.recover();
  await store.flush();
  await store.close();
  expect(await found(storeOn(files, options))).toMatchObject({
    last: first.last,
    epochs: first.epochs,
  });
  return first;
}

async function found(store: DiskStore): Promise<Found> {
  const { snapshot, log, acceptedEpoch, currentEpoch } = await store.recover();
  return {
    snapshot: snapshot?.zxid.toString(16) ?? "none",
    last: (log.at(-1)?.zxid ?? snapshot?.zxid ?? 0).toString(16),
    epochs: `${acceptedEpoch}/${currentEpoch}`,
  };
}

const bytesOf = (content: Content, name: string): Uint8Array =>
  content.get(`${folder}/${name}`) ?? new Uint8Array(0);

/** Changes a copy of one file. */
const change =
  (name: string, edit: (bytes: Uint8Array) => Uint8Array) =>
  (content: Content): void => {
    content.set(`${folder}/${name}`, edit(bytesOf(content, name).slice()));
  };
const remove =
  (name: string) =>
  (content: Content): void =>
    void content.delete(`${folder}/${name}`);
const cut = (name: string, bytes: number) => change(name, (all) => all.subarray(0, bytes));
const text = (name: string, line: string) => change(name, () => Buffer.from(line));
const flip = (name: string, at: number) =>
  change(name, (bytes) => {
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    return bytes;
  });
const removeSnapshots = (content: Content): void => {
  for (const path of content.keys()) if (path.includes("snapshot.")) content.delete(path);
};

const newest = "log.200000001";
const records = atOnce(readLogFile(bytesOf(intact(), newest), 1_000_000));
const [firstRecord, lastRecord] = [records[0], records.at(-1)];
const endOf = (bytes: number): number => (lastRecord?.end ?? 0) - bytes;
const beforeLast = (last - 1).toString(16);

describe("a start finds", () => {
  test.each<[string, (content: Content) => void, Partial<Found>]>([
    ["everything that is there", () => {}, {}],
    [
      "all but the last record where that is cut short",
      cut(newest, endOf(3)),
      { last: beforeLast },
    ],
    [
      "all but the last record where zeros are over it",
      change(newest, (bytes) => bytes.fill(0, endOf(20))),
      { last: beforeLast },
    ],
    [
      "nothing of a file behind a record without its end mark",
      flip(newest, (firstRecord?.end ?? 0) - 1),
      { last: "100000035" },
    ],
    ["what was before a newest log of no bytes", cut(newest, 0), { last: "100000035" }],
    ["what was before a newest log with half a header", cut(newest, 9), { last: "100000035" }],
    [
      "what was before a newest log with half a header and zeros",
      change(newest, (bytes) => bytes.fill(0, 3)),
      { last: "100000035" },
    ],
    ["what was before a newest log that is only a header", cut(newest, 16), { last: "100000035" }],
    [
      "an older snapshot where a bit of the newest is wrong",
      flip("snapshot.100000033", 700),
      { snapshot: "100000017" },
    ],
    [
      "an older snapshot where the newest is cut",
      cut("snapshot.100000033", 900),
      { snapshot: "100000017" },
    ],
    [
      "a snapshot that was packed",
      (content) => {
        content.set(
          `${folder}/snapshot.100000033.gz`,
          gzipSync(bytesOf(content, "snapshot.100000033")),
        );
        content.delete(`${folder}/snapshot.100000033`);
      },
      {},
    ],
    [
      "an older snapshot where a packed one is cut",
      (content) => {
        const packed = gzipSync(bytesOf(content, "snapshot.100000033"));
        content.set(`${folder}/snapshot.100000033.gz`, packed.subarray(0, 300));
        content.delete(`${folder}/snapshot.100000033`);
      },
      { snapshot: "100000017" },
    ],
    [
      "an older snapshot where the newest is packed in a way that is not known here",
      (content) => {
        content.set(`${folder}/snapshot.100000033.snappy`, Buffer.from("82534e4150505900", "hex"));
        content.delete(`${folder}/snapshot.100000033`);
      },
      { snapshot: "100000017" },
    ],
    [
      "the newest snapshot without its digest",
      change("snapshot.100000033", (bytes) => bytes.subarray(0, -33)),
      {},
    ],
    ["currentEpoch in the last zxid", remove("currentEpoch"), {}],
    ["acceptedEpoch in the last zxid", remove("acceptedEpoch"), {}],
    ["currentEpoch behind acceptedEpoch, where a crash left it", text("currentEpoch", "1"), {}],
    [
      "nothing in an empty folder",
      (content) => content.clear(),
      { snapshot: "none", last: "0", epochs: "0/0" },
    ],
  ])("%s", async (_, damage, expected) => {
    const content = intact();
    damage(content);
    expect(await start(content)).toEqual({ ...whole, ...expected });
  });

  test("a draft of currentEpoch, where the file is behind", async () => {
    const content = intact();
    text("currentEpoch", "1")(content);
    text("acceptedEpoch", "2")(content);
    text("currentEpoch.tmp", "2")(content);
    expect(await start(content)).toEqual(whole);
  });

  test("logs without a snapshot, where these are trusted to begin at the beginning", async () => {
    const content = intact();
    removeSnapshots(content);
    expect(await start(content, { trustEmpty: true })).toEqual({ ...whole, snapshot: "none" });
  });
});

describe("a start is refused, with file and offset,", () => {
  test.each<[string, (content: Content) => void, string]>([
    [
      "for a bit inside the last record",
      flip(newest, endOf(5)),
      `${newest}, offset ${lastRecord?.start}: a checksum that is wrong`,
    ],
    [
      "for a bit inside the first record",
      flip(newest, 40),
      `${newest}, offset 16: a checksum that is wrong`,
    ],
    ["for another header", flip(newest, 1), `${newest}, offset 0: no header of a log`],
    [
      "for an older log of no bytes",
      cut("log.100000035", 0),
      "log.100000035, offset 0: no header of a log",
    ],
    [
      "for a log that is missing in the middle",
      (content) => {
        remove("snapshot.100000033")(content);
        remove("log.100000019")(content);
      },
      "log.100000035: offset 16: 0x100000035 follows 0x100000018: what was between them is missing",
    ],
    ["for logs without a snapshot", removeSnapshots, `${folder}: logs but no snapshot`],
    [
      "when no snapshot can be read",
      (content) => {
        for (const name of ["snapshot.0", "snapshot.100000017", "snapshot.100000033"])
          flip(name, 30)(content);
      },
      "snapshot.100000033: no snapshot can be read; of the newest:",
    ],
    [
      "for a currentEpoch behind a log of an epoch never promised",
      (content) => {
        text("currentEpoch", "1")(content);
        text("acceptedEpoch", "1")(content);
      },
      "currentEpoch: epoch 1 is below that of the last transaction, 0x20000000b",
    ],
    [
      "for an acceptedEpoch below currentEpoch",
      (content) => {
        text("currentEpoch", "3")(content);
        text("acceptedEpoch", "2")(content);
      },
      "acceptedEpoch: epoch 2 is below currentEpoch, 3",
    ],
    ["for an epoch that is none", text("currentEpoch", "two"), 'currentEpoch: "two" is no epoch'],
  ])("%s", async (_, damage, told) => {
    const content = intact();
    damage(content);
    await expect(found(storeOn(new MemoryFiles(content)))).rejects.toThrow(told);
  });
});

describe("a file that the system does not give", () => {
  /** It says no more than that. */
  class Unreadable extends MemoryFiles {
    readonly #name: string;

    constructor(name: string) {
      super(intact());
      this.#name = name;
    }

    override read(path: string): Uint8Array | undefined {
      if (path.endsWith(this.#name)) throw new Error("EIO: i/o error, read");
      return super.read(path);
    }
  }

  test.each([newest, "currentEpoch"])(
    "is named, and keeps the peer from starting: %s",
    async (name) => {
      const told = `${folder}/${name}: EIO: i/o error, read`;
      await expect(found(storeOn(new Unreadable(name)))).rejects.toThrow(told);
    },
  );

  test("is done without where it is a snapshot, and an older one goes on to the same end", async () => {
    const files = new Unreadable("snapshot.100000033");
    expect(await found(storeOn(files))).toEqual({ ...whole, snapshot: "100000017" });
  });
});

describe("a truncation", () => {
  const truncated = async (after: number, content = intact()): Promise<Found> => {
    const files = new MemoryFiles(content);
    const store = storeOn(files);
    await store.recover();
    store.truncate(after as never);
    await store.flush();
    return found(store);
  };

  test.each([last, last - 1, 0x200000001, 0x100000035, 0x100000033])(
    "to %i leaves what is not above it",
    async (after) => {
      expect(await truncated(after)).toMatchObject({
        last: after.toString(16),
        snapshot: "100000033",
      });
    },
  );

  test("to what is below a snapshot goes back to an older one", async () => {
    expect(await truncated(0x100000020)).toMatchObject({
      last: "100000020",
      snapshot: "100000017",
    });
  });

  test("to what nobody knows, or what is in no log any more, leaves everything as it is", async () => {
    const without = intact();
    remove("snapshot.100000017")(without);
    remove("snapshot.0")(without);
    expect(await truncated(0x100000020, without)).toMatchObject({ last: last.toString(16) });
    expect(await truncated(0x100000099)).toMatchObject({ last: last.toString(16) });
  });
});
