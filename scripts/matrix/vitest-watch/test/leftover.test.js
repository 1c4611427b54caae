import { expect, inject, test } from "vitest";
import { connect } from "zookeeper-memory-server/client";

test("what the last run left is gone", async () => {
  const client = await connect(inject("zookeeper"));
  expect((await client.children("/")).children).toEqual(["zookeeper"]);
  await client.create("/leftover", "");
  await client.close();
});
