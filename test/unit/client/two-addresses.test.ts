// Servers that are not there, at a host of several addresses.
import { expect, test } from "vitest";
import { Connection } from "../../../src/client/connection.ts";
import { noSession, zxidOf } from "../../../src/core/base/ids.ts";
import type { ConnectRequest } from "../../../src/core/protocol/connect.ts";
import { connectEnsemble } from "../../../src/index.ts";
import { bothRefuse, everyHostHasTwoAddresses } from "../two-addresses.ts";

const request: ConnectRequest = {
  protocolVersion: 0,
  lastZxidSeen: zxidOf(0),
  timeout: 10_000,
  session: noSession,
  password: new Uint8Array(16),
  readOnly: false,
};

test("a client tells why it was refused at each", async () => {
  everyHostHasTwoAddresses();
  const why = await new Promise<string>((closed) => {
    const listener = { opened() {}, received() {}, closed };
    const options = { answerTime: 60_000, secure: undefined, listener };
    new Connection({ host: "zk.test", port: 1 }, request, options);
  });
  expect(why).toBe(bothRefuse);
});

test("and so does who would drive an ensemble", async () => {
  everyHostHasTwoAddresses();
  await expect(connectEnsemble("http://zk.test:1", { token: "x" })).rejects.toThrow(bothRefuse);
});
