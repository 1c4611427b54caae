import { expect, inject, test } from "vitest";
import { connect } from "zookeeper-memory-server/client";

// Without fixtures there is the connect string; the tests see to it themselves that they are apart.

test("the connect string is injected, and in the environment", async () => {
  expect(process.env["ZOOKEEPER_CONNECT"]).toBe(inject("zookeeper"));
  const client = await connect(inject("zookeeper"));
  await client.create("/without-fixtures", "blue");
  expect((await client.get("/without-fixtures")).data.toString()).toBe("blue");
  await client.delete("/without-fixtures");
  await client.close();
});
