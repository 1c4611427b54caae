// A disk that takes its time: what arrives meanwhile is made durable together, and nobody hears of it before.
import { expect, test } from "vitest";
import { OpCode } from "../../../src/core/protocol/op-codes.ts";
import { openAcl } from "../../../src/core/tree/acl.ts";
import type { OpenFile } from "../../../src/runtime/disk/files.ts";
import { MemoryFiles } from "../../../src/runtime/disk/memory-files.ts";
import { diskOn } from "./disk-on.ts";
import { RawClient } from "./raw-client.ts";
import { TestWorld } from "./world-of.ts";

/** Counts what is done to logs; their syncs wait while `gate` does. */
class LogCounter extends MemoryFiles {
  writes = 0;
  syncs = 0;
  gate: Promise<void> | undefined;
  onSync: () => void = () => {};

  override async create(path: string): Promise<OpenFile> {
    const file = await super.create(path);
    if (!/\blog\b/.test(path)) return file; // also as a draft, which is named once its header is there
    return {
      write: (bytes, at) => {
        this.writes += 1;
        return file.write(bytes, at);
      },
      sync: async () => {
        this.syncs += 1;
        this.onSync();
        await this.gate;
        return file.sync();
      },
      close: () => file.close(),
    };
  }
}

test("writes that arrive while the disk works share one append and one fsync, and are acknowledged behind it", async () => {
  await using test = await TestWorld.of(1);
  const files = new LogCounter();
  await test.start(1, diskOn(files));
  await test.until(() => test.host(1).peer?.serving === true);
  const { client: port } = test.host(1).ports;
  using writer = await RawClient.open(port);
  using reader = await RawClient.open(port);
  await writer.request(OpCode.create, {
    path: "/a",
    data: new Uint8Array(1),
    acl: openAcl,
    flags: 0,
  });
  const set = () =>
    writer.send(OpCode.setData, { path: "/a", data: new Uint8Array(9), version: -1 });
  const version = async () => {
    const { body } = await reader.request(OpCode.exists, { path: "/a", watch: false });
    return (body as { stat: { version: number } }).stat.version;
  };

  let open: () => void = () => {};
  files.gate = new Promise((resolve) => {
    open = resolve;
  });
  const begun = new Promise<void>((resolve) => {
    files.onSync = resolve;
  });
  set();
  await begun;
  const before = { writes: files.writes, syncs: files.syncs };
  const count = 200;
  for (let i = 1; i < count; i += 1) set();
  // Reads go on, of what is durable: not even the write whose bytes are in the file is answered.
  for (let i = 0; i < 20; i += 1) expect(await version()).toBe(0);
  expect([writer.waiting, files.writes, files.syncs]).toEqual([0, before.writes, before.syncs]);

  open();
  for (let i = 0; i < count; i += 1) expect((await writer.reply()).err).toBe(0);
  expect(await version()).toBe(count);
  // One for all of them, or some for those that were still on their way.
  expect(files.syncs - before.syncs).toBeLessThan(10);
  expect(files.writes - before.writes).toBe(files.syncs - before.syncs);
});
