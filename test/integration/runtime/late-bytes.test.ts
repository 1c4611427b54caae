// What a client sent and the network holds back is read when it comes.
import { expect, test } from "vitest";
import { OpCode } from "../../../src/core/protocol/op-codes.ts";
import { openAcl } from "../../../src/core/tree/acl.ts";
import { startEnsemble } from "../../../src/index.ts";
import { RawClient } from "./raw-client.ts";

const create = (path: string, data: Uint8Array) =>
  [OpCode.create, { path, data, acl: openAcl, flags: 0 }] as const;

test("more than a megabyte that is late is read on when it comes", async () => {
  await using ens = await startEnsemble(1);
  using client = await RawClient.open(ens.peer(1).port);
  await ens.network.shape({ from: "clients", to: 1 }, { latency: 100 });
  const all = [1, 2, 3, 4].map((n) => client.encode(...create(`/${n}`, new Uint8Array(900_000))));
  client.socket.write(Buffer.concat(all));
  for (const _ of all) expect((await client.reply()).err).toBe(0);
});
