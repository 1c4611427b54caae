import { expect } from "vitest";
import { join, members } from "../src/members.ts";
import { test } from "./with-client.ts";

test("a client of one's own, beside the fixtures it stands on", async ({ client, zk }) => {
  await join(client, "/workers", "alice");
  expect(await members(client, "/workers")).toEqual(["alice"]);
  expect(Object.keys(await zk.dump())).toEqual(["workers"]);
});
