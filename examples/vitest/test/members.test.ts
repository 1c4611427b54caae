import { expect } from "vitest";
import { test } from "zookeeper-memory-server/vitest";
import { join, members } from "../src/members.ts";
import { close, open, readAndWatch } from "../src/zookeeper.ts";

// All test files of the run share one ensemble; what a test does in its namespace, no other test sees.

test("a change reaches whoever watches", async ({ zk, zkClient }) => {
  await zk.seedTree({ colour: "red" });
  const reader = await open(zk.connectString);

  const { text, changed } = await readAndWatch(reader, "/colour");
  expect(text).toBe("red");
  await zkClient.set("/colour", "blue");

  expect((await changed).getPath()).toBe("/colour");
  expect((await readAndWatch(reader, "/colour")).text).toBe("blue");
  await close(reader);
});

test("a member leaves with its session", async ({ zk }) => {
  const [alice, bob] = await Promise.all([open(zk.connectString), open(zk.connectString)]);
  await join(alice, "/workers", "alice");
  await join(bob, "/workers", "bob");
  expect(await zk.dump()).toEqual({ workers: { alice: "", bob: "" } });

  const changed = new Promise<void>((resolve) => {
    members(bob, "/workers", resolve).then((names) => expect(names).toEqual(["alice", "bob"]));
  });
  await close(alice);
  await changed;

  expect(await members(bob, "/workers")).toEqual(["bob"]);
  await close(bob);
});
