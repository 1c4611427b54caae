// Servers that are not there, at a host of several addresses.
import { expect, test } from "vitest";
import { Connection } from "../../../src/client/connection.ts";
import { connectEnsemble } from "../../../src/index.ts";
import { newSession } from "../../frames.ts";
import { bothRefuse, everyHostHasTwoAddresses } from "../two-addresses.ts";

test("a client tells why it was refused at each", async () => {
  everyHostHasTwoAddresses();
  const why = await new Promise<string>((closed) => {
    const listener = { opened() {}, received() {}, closed };
    const options = { answerTime: 60_000, secure: undefined, listener };
    new Connection({ host: "zk.test", port: 1 }, newSession, options);
  });
  expect(why).toBe(bothRefuse);
});

test("and so does who would drive an ensemble", async () => {
  everyHostHasTwoAddresses();
  await expect(connectEnsemble("http://zk.test:1", { token: "x" })).rejects.toThrow(bothRefuse);
});
