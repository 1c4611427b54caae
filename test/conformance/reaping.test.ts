import { expect, test } from "vitest";
import type { StatReply } from "../../src/core/protocol/replies.ts";
import { answers, inFewTries, send } from "./places.ts";
import { RawClient } from "./raw-client.ts";
import {
  type Ask,
  addWatch,
  create,
  createContainer,
  createTtl,
  exists,
  multi,
  remove,
  setData,
} from "./requests.ts";
import { target } from "./targets.ts";

const folder = `/reaping-${process.pid}`;
let count = 0;

/** Does this in a folder of its own, then tells so many of its nodes that are deleted, by the events of a recursive watch. */
async function deleted(
  deletions: number,
  steps: (path: string) => readonly Ask[],
): Promise<string[]> {
  const { reaping } = await target();
  count += 1;
  const path = `${folder}-${count}`;
  const client = await RawClient.open(reaping);
  const actor = await RawClient.open(reaping);
  await answers(client, create(path));
  await answers(client, addWatch(path, 1));
  for (const step of steps(path)) expect((await answers(actor, step)).join()).toMatch(/^ok/);
  const told: string[] = [];
  while (told.length < deletions) {
    const frame = await client.next();
    if (frame.kind !== "event" || frame.event.type !== 2) continue;
    told.push(frame.event.path.slice(path.length));
  }
  await client.end();
  await actor.end();
  return told.sort();
}

test("a container goes when its last child has gone", async () => {
  const told = await deleted(2, (path) => [
    createContainer(`${path}/c`),
    create(`${path}/c/x`),
    remove(`${path}/c/x`),
  ]);
  expect(told).toEqual(["/c", "/c/x"]);
});

test("a TTL node goes when its time is over, whoever waits longer", async () => {
  const told = await deleted(2, (path) => [
    createTtl(`${path}/long`, 3_600_000),
    createTtl(`${path}/short`, 1),
    createTtl(`${path}/sequential-`, 10, { flags: 6 }),
  ]);
  expect(told).toEqual(["/sequential-0000000002", "/short"]);
});

test("containers within containers go one after the other", async () => {
  const told = await deleted(3, (path) => [
    createContainer(`${path}/c`),
    createContainer(`${path}/c/d`),
    create(`${path}/c/d/x`),
    remove(`${path}/c/d/x`),
  ]);
  expect(told).toEqual(["/c", "/c/d", "/c/d/x"]);
});

test("an unused container and a node with children stay", async () => {
  const { reaping } = await target();
  const client = await RawClient.open(reaping);
  const path = `${folder}-stays`;
  await answers(client, create(path));
  await answers(client, createContainer(`${path}/unused`));
  // In one, for without its child the parent may go at once.
  const parent = multi(createTtl(`${path}/parent`, 1), create(`${path}/parent/child`));
  await answers(client, parent);
  // When this one is gone, the others have been looked at with it.
  await answers(client, createTtl(`${path}/witness`, 1));
  const witness = await answers(client, exists(`${path}/witness`, true));
  if (witness.join().startsWith("ok")) await client.next();
  expect((await answers(client, exists(`${path}/unused`))).join()).toMatch(/^ok/);
  expect((await answers(client, exists(`${path}/parent`))).join()).toMatch(/^ok/);
  await answers(client, remove(`${path}/parent/child`));
  const left = await answers(client, exists(`${path}/parent`, true));
  if (left.join().startsWith("ok")) await client.next();
  expect((await answers(client, exists(`${path}/parent`))).join()).toMatch(/^NONODE/);
  await client.end();
});

test("new data gives a TTL node its time again", async () => {
  await inFewTries((earlier) => renewed(500 * 2 ** earlier), { triesMax: 6 });
});

/** New data came in time, when half of it was over: then the node has lived so long from there on, and is gone. */
async function renewed(ttl: number): Promise<{ got: StatReply["stat"] } | { spoiled: string }> {
  const { reaping } = await target();
  const client = await RawClient.open(reaping);
  count += 1;
  const path = `${folder}-${count}`;
  const deletionOf = async (name: string): Promise<void> => {
    for (;;) {
      const frame = await client.next();
      if (frame.kind === "closed") throw new Error(`${name} was never deleted`);
      if (frame.kind === "event" && frame.event.type === 2 && frame.event.path === name) return;
    }
  };
  await answers(client, create(path));
  await answers(client, addWatch(path, 1));
  const both = multi(createTtl(`${path}/a`, ttl), createTtl(`${path}/half`, ttl / 2));
  await answers(client, both);
  await deletionOf(`${path}/half`);
  const reply = (await client.until(send(client, setData(`${path}/a`, "x")))).at(-1);
  if (reply?.kind !== "reply" || reply.reply.err !== 0) {
    await client.end();
    const saw = reply?.kind === "reply" ? `error ${reply.reply.err}` : `${reply?.kind}`;
    return { spoiled: `a TTL of ${ttl} ms: new data got ${saw}` };
  }
  await deletionOf(`${path}/a`);
  const { stat } = reply.reply.body as StatReply;
  expect(stat.mtime - stat.ctime).toBeGreaterThan(ttl / 2);
  expect(Date.now() - stat.mtime).toBeGreaterThan(ttl);
  await client.end();
  return { got: stat };
}
