import { expect, inject, test } from "vitest";
import { join, members } from "../src/members.ts";
import { ask, close, open, readAndWatch } from "../src/zookeeper.ts";

// The ensemble is shared by all test files of the run: each test uses paths of its own.

test("a change reaches whoever watches", async () => {
  const [writer, reader] = await Promise.all([
    open(inject("zookeeper")),
    open(inject("zookeeper")),
  ]);
  await ask<string>((done) => writer.create("/colour", Buffer.from("red"), done));

  const { text, changed } = await readAndWatch(reader, "/colour");
  expect(text).toBe("red");
  await ask((done) => writer.setData("/colour", Buffer.from("blue"), done));

  expect((await changed).getPath()).toBe("/colour");
  expect((await readAndWatch(reader, "/colour")).text).toBe("blue");
  await Promise.all([close(writer), close(reader)]);
});

test("a member leaves with its session", async () => {
  const [alice, bob] = await Promise.all([open(inject("zookeeper")), open(inject("zookeeper"))]);
  await join(alice, "/workers", "alice");
  await join(bob, "/workers", "bob");

  const changed = new Promise<void>((resolve) => {
    members(bob, "/workers", resolve).then((names) => expect(names).toEqual(["alice", "bob"]));
  });
  await close(alice);
  await changed;

  expect(await members(bob, "/workers")).toEqual(["bob"]);
  await close(bob);
});
