import { chmodSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { startEnsemble } from "../../src/index.ts";
import { tempFolder } from "./temp-folder.ts";

const tree = Object.fromEntries(
  Array.from({ length: 40 }, (_, folder) => [
    `folder-${folder}`,
    Object.fromEntries(Array.from({ length: 100 }, (_, node) => [`n${node}`, "x".repeat(100)])),
  ]),
);

describe.each(["memory", "disk"] as const)("snapshots in %s", (kind) => {
  test("a wiped follower is given a state that changes meanwhile, and has all of it", async () => {
    await using ens = await startEnsemble(3, { storage: { kind } });
    await ens.seedTree(tree);
    for (let i = 0; i < 6; i += 1) await ens.seedTree({ [`more-${i}`]: tree["folder-0"] ?? {} });
    const [follower] = await ens.followers();
    await using client = await ens.connect({ to: "leader" });
    let writes = 0;
    let isBack = false;
    const writing = (async () => {
      while (!isBack) {
        await client.set(`/folder-${writes % 40}/n0`, String(writes));
        await client.create(`/folder-${writes % 40}/new-${writes}`, "");
        if (writes % 2 === 0) await client.delete(`/folder-${writes % 40}/new-${writes}`);
        writes += 1;
      }
    })();
    await follower?.restart({ wipe: true });
    isBack = true;
    await writing;
    await ens.waitForConverged(); // equal digests
    expect(await follower?.fourLetterWord("mntr")).toMatch(/digest_mismatches_count\s+0/);
  });

  test("what was saved while it changed is what it was when everything starts anew", async () => {
    const dir = kind === "disk" ? { dir: tempFolder() } : {};
    await using ens = await startEnsemble(3, {
      storage: { kind, fsync: true, ...dir },
      snapCount: 40,
    });
    await using client = await ens.connect({ to: "leader" });
    for (let i = 0; i < 150; i += 1) {
      await client.create(`/n${i}`, String(i));
      if (i % 3 === 0) await client.delete(`/n${i}`);
      else await client.set(`/n${i}`, `${i}!`);
    }
    const before = await ens.dump();
    const files = await ens.storage.files(1);
    expect(files.filter((file) => file.kind === "snapshot").length).toBeGreaterThan(0);
    await ens.kill("all");
    await ens.start();
    expect(await ens.dump()).toEqual(before);
    await ens.waitForConverged();
  });
});

test("with autopurge three snapshots stay, and the logs that go on from the oldest", async () => {
  const config = { "autopurge.purgeInterval": 1, "autopurge.snapRetainCount": 3 };
  const options = { storage: { kind: "disk" }, snapCount: 10, config } as const;
  await using ens = await startEnsemble(1, options);
  await using client = await ens.connect();
  await client.create("/a");
  for (let i = 0; i < 200; i += 1) await client.set("/a", String(i));
  const kinds = (await ens.storage.files(1)).map(({ kind }) => kind);
  expect(kinds.filter((kind) => kind === "snapshot").length).toBeLessThanOrEqual(4);
  expect(kinds.filter((kind) => kind === "log").length).toBeLessThanOrEqual(5);
  await ens.restart();
  expect(await ens.dump()).toEqual({ a: "199" });
  // Each of those that stay is enough, with the logs that stay.
  for (let spoiled = 0; spoiled < 2; spoiled += 1) {
    await ens.peer(1).stop();
    const newest = (await ens.storage.files(1)).findLast(({ kind }) => kind === "snapshot");
    rmSync(join(ens.peer(1).dataDir ?? "", "version-2", newest?.name ?? ""));
    await ens.peer(1).start();
    expect(await ens.dump()).toEqual({ a: "199" });
  }
});

describe("a leader that was cut off with writes of its own", () => {
  test("gives them up on disk too when it comes back, and they stay gone", async () => {
    await using ens = await startEnsemble(3, { storage: { kind: "disk", fsync: true } });
    await ens.seedTree({ a: "0" });
    const old = await ens.leader();
    const client = await ens.connect({ to: "leader" });
    await ens.isolate(old.id);
    client.set("/a", "lost").catch(() => {}); // nobody but its leader hears of it
    await ens.waitForLeader({ not: old.id });
    await ens.heal();
    await ens.seedTree({ b: "1" });
    await ens.waitForConverged();
    await client.close();
    await ens.restart();
    expect(await ens.dump()).toEqual({ a: "0", b: "1" });
  });
});

describe("files that are damaged", () => {
  test("keep a peer from starting, with file and offset, and the others serve", async () => {
    await using ens = await startEnsemble(3, { storage: { kind: "disk" } });
    await ens.seedTree({ a: "0" });
    const [follower] = await ens.followers();
    await follower?.stop();
    const folder = join(follower?.dataDir ?? "", "version-2");
    const log = (await ens.storage.files(follower?.id ?? 0)).find(({ kind }) => kind === "log");
    const path = join(folder, log?.name ?? "");
    writeFileSync(path, Buffer.alloc(40, 0x5a));
    await expect(follower?.start()).rejects.toMatchObject({
      code: "ZKMS_STORAGE",
      message: expect.stringContaining(
        `peer ${follower?.id} cannot start: ${path}, offset 0: no header of a log`,
      ),
    });
    await ens.waitForQuorum();
    await follower?.restart({ wipe: true });
    await ens.waitForConverged();
  });

  test.skipIf(process.getuid?.() === 0)("or cannot be written are told at the start", async () => {
    const dir = tempFolder();
    chmodSync(dir, 0o500);
    const start = startEnsemble(1, { storage: { kind: "disk", dir } });
    await expect(start).rejects.toMatchObject({ code: "ZKMS_STORAGE" });
  });
});
