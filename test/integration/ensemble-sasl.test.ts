import { expect, test } from "vitest";
import { ErrorCode } from "../../src/core/protocol/error-codes.ts";
import { OpCode } from "../../src/core/protocol/op-codes.ts";
import { startEnsemble } from "../../src/index.ts";
import { login, tokenOf } from "./login.ts";
import { RawClient } from "./runtime/raw-client.ts";

const sasl = { digest: { bob: "bobsecret", super: "supersecret" } };
const create = (path: string, scheme: string, id: string) => ({
  path,
  data: new Uint8Array(0),
  acl: [{ perms: 31, scheme, id }],
  flags: 0,
});

test("whoever knows the password is a sasl id, in whoAmI and in ACLs", async () => {
  await using ens = await startEnsemble(3, { sasl });
  const [peer] = await ens.followers();
  using bob = await RawClient.open(peer?.port ?? 0);
  using stranger = await RawClient.open(peer?.port ?? 0);
  using root = await RawClient.open(peer?.port ?? 0);
  expect(await login(bob, "bob", "bobsecret")).toEqual({
    err: 0,
    zxid: 0,
    token: expect.stringMatching(/^rspauth=[0-9a-f]{32}$/),
  });
  expect((await bob.request(OpCode.whoAmI, {})).body).toEqual({
    clients: [
      { scheme: "ip", user: "127.0.0.1" },
      { scheme: "sasl", user: "bob" },
    ],
  });
  await login(root, "super", "supersecret");
  expect((await bob.request(OpCode.create, create("/named", "sasl", "bob"))).err).toBe(0);
  expect((await bob.request(OpCode.create, create("/auth", "auth", ""))).err).toBe(0);
  await stranger.request(OpCode.sync, { path: "/" });
  for (const path of ["/named", "/auth"]) {
    const read = (client: RawClient) => client.request(OpCode.getData, { path, watch: false });
    expect([(await read(bob)).err, (await read(stranger)).err, (await read(root)).err]).toEqual([
      ErrorCode.OK,
      ErrorCode.NOAUTH,
      ErrorCode.OK,
    ]);
  }
});

test("a wrong password is answered, and the connection closed", async () => {
  await using ens = await startEnsemble(1, { sasl });
  using client = await RawClient.open(ens.peers[0]?.port ?? 0);
  expect(await login(client, "bob", "wrong")).toEqual({
    err: ErrorCode.AUTHFAILED,
    zxid: 0,
    token: null,
  });
  expect(await client.closed()).toBe("end");
});

test("a token of null closes without an answer", async () => {
  await using ens = await startEnsemble(1, { sasl });
  using client = await RawClient.open(ens.peers[0]?.port ?? 0);
  client.send(OpCode.sasl, { token: null });
  expect([await client.closed(), client.waiting]).toEqual(["end", 0]);
});

test("without users every token is answered with none, and no ACL may name the scheme", async () => {
  await using ens = await startEnsemble(1);
  using client = await RawClient.open(ens.peers[0]?.port ?? 0);
  const { err, body } = await client.request(OpCode.sasl, { token: new Uint8Array(0) });
  expect([err, tokenOf(body)]).toEqual([0, null]);
  const reply = await client.request(OpCode.create, create("/named", "sasl", "bob"));
  expect(reply.err).toBe(ErrorCode.INVALIDACL);
});
