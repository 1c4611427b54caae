import { expect, test } from "vitest";
import { Slices } from "../../../src/runtime/slices.ts";

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise(setImmediate);
}

const surface = (error: unknown): never => {
  throw error;
};

test("work whose process was ended by other work of the same slice is not gone on with", async () => {
  const slices = new Slices(surface);
  const did: string[] = [];
  slices.add(() => {
    did.push("ends the process");
    slices.close();
    return "done";
  });
  slices.add(() => {
    did.push("goes on");
    return "done";
  });
  await turns(3);
  expect(did).toEqual(["ends the process"]);
});

test("who waits for work hears that its process has ended, paused or not", async () => {
  function* endless(): Generator<void, string, void> {
    for (;;) yield;
  }
  const slices = new Slices(surface);
  const running = slices.run(endless());
  await turns(2);
  slices.pause();
  const paused = slices.run(endless());
  slices.close();
  expect(await Promise.all([running, paused])).toEqual([undefined, undefined]);
});
