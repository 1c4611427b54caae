// A disk that takes its time to be read: what happens to a peer before its life has begun.
import { expect, test } from "vitest";
import { MemoryFiles } from "../../../src/runtime/disk/memory-files.ts";
import { diskOn } from "./disk-on.ts";
import { TestWorld } from "./world-of.ts";

/** Once held, it gives no file before it is let go. */
class HeldFiles extends MemoryFiles {
  #gate: Promise<void> | undefined;
  #onAsked: () => void = () => {};
  letGo: () => void = () => {};

  /** Resolves when a file is asked for. */
  hold(): Promise<void> {
    this.#gate = new Promise((resolve) => {
      this.letGo = resolve;
    });
    return new Promise((resolve) => {
      this.#onAsked = resolve;
    });
  }

  override async load(path: string): Promise<Uint8Array | undefined> {
    this.#onAsked();
    await this.#gate;
    return super.load(path);
  }
}

/** A peer with a life behind it, whose files are being read for the next one. */
async function beginsAgain(test: TestWorld): Promise<{ files: HeldFiles; started: Promise<void> }> {
  const files = new HeldFiles();
  await test.start(1, diskOn(files));
  await test.until(() => test.host(1).peer?.serving === true);
  await test.host(1).stop();
  const asked = files.hold();
  const started = test.start(1, diskOn(files));
  await asked;
  return { files, started };
}

test("who is paused while its files are read has started all the same, and serves when it is resumed", async () => {
  await using test = await TestWorld.of(1);
  const { files, started } = await beginsAgain(test);
  const host = test.host(1);
  host.pause();
  files.letGo();
  await started;
  expect([host.state, host.peer?.role]).toEqual(["paused", "stopped"]);
  host.resume();
  await test.until(() => host.peer?.serving === true);
});

test("who is killed while its files are read never begins, and the next life does", async () => {
  await using test = await TestWorld.of(1);
  const { files, started } = await beginsAgain(test);
  const host = test.host(1);
  host.kill();
  const next = test.start(1, diskOn(files));
  files.letGo();
  await Promise.all([started, next]);
  expect(host.state).toBe("running");
  await test.until(() => host.peer?.serving === true);
});

test("time that is moved by hand stands while files are read", async () => {
  await using test = await TestWorld.of(1);
  const { files, started } = await beginsAgain(test);
  const before = test.world.clock.now();
  let isOver = false;
  const advanced = test.world.clock.advance(10_000).then(() => {
    isOver = true;
  });
  for (let turns = 0; turns < 100; turns += 1) await new Promise(setImmediate);
  expect(isOver).toBe(false);
  files.letGo();
  await Promise.all([started, advanced]);
  expect(test.world.clock.now()).toBeGreaterThanOrEqual(before + 10_000);
});
