// SASL DIGEST-MD5: one story, told to our peer as 3.8 and to a real server.
import { expect, test } from "vitest";
import { errorName } from "../../src/core/protocol/error-codes.ts";
import { OpCode } from "../../src/core/protocol/op-codes.ts";
import { startEnsemble } from "../../src/index.ts";
import { login } from "../integration/login.ts";
import { RawClient } from "../integration/runtime/raw-client.ts";
import { engines } from "./engines.ts";

const password = 'a "quoted" \\ one';
const sasl = { digest: { bob: password, root: "rootsecret", super: "supersecret" } };

test.each(engines)("who logs in, and what that opens: %s", async (_, options) => {
  const config = { superUser: "root" };
  await using ens = await startEnsemble(1, { ...options, emulate: "3.8", sasl, config });
  const { port } = ens.peer(1);
  const as = async (user: string, secret: string): Promise<RawClient> => {
    const client = await RawClient.open(port);
    expect(await login(client, user, secret)).toMatchObject({ err: 0, zxid: 0 });
    return client;
  };
  const create = async (client: RawClient, path: string, scheme: string, id: string | null) => {
    const body = { path, data: null, acl: [{ perms: 31, scheme, id }], flags: 0 };
    return errorName((await client.request(OpCode.create, body)).err);
  };
  const read = async (client: RawClient, path: string): Promise<string> =>
    errorName((await client.request(OpCode.getData, { path, watch: false })).err);
  const identities = async (client: RawClient): Promise<string[]> => {
    const { body } = await client.request(OpCode.whoAmI, {});
    const { clients } = body as { clients: readonly { scheme: string; user: string }[] };
    return clients.map(({ scheme, user }) => `${scheme}:${user}`).sort();
  };

  using bob = await as("bob", password);
  using root = await as("root", "rootsecret");
  using any = await as("super", "supersecret");
  using stranger = await RawClient.open(port);
  expect([await identities(bob), await identities(root), await identities(any)]).toEqual([
    ["ip:127.0.0.1", "sasl:bob"],
    ["ip:127.0.0.1", "sasl:root", "super:"],
    ["ip:127.0.0.1", "sasl:super"],
  ]);

  const taken = ["bob", "bob@REALM", "bob/host@REALM", "bob/host", "", "@x", "x@", "a b"];
  for (const [index, id] of taken.entries()) {
    expect([id, await create(bob, `/taken-${index}`, "sasl", id)]).toEqual([id, "OK"]);
  }
  for (const id of ["a@b@c", "a/b/c@D", "bob@REALM/x"]) {
    expect([id, await create(bob, "/refused", "sasl", id)]).toEqual([id, "INVALIDACL"]);
  }
  expect(await create(bob, "/refused", "sasl", null)).toBe("MARSHALLINGERROR");

  await create(bob, "/named", "sasl", "bob");
  await create(bob, "/auth", "auth", "");
  await create(bob, "/others", "sasl", "ann");
  await create(bob, "/digest", "digest", "ann:x");
  const seen = [];
  for (const client of [bob, root, any, stranger]) {
    for (const path of ["/named", "/auth", "/others", "/digest"]) {
      seen.push((await read(client, path)) === "OK");
    }
  }
  expect(seen).toEqual([
    ...[true, true, false, false], // bob
    ...[true, true, true, true], // a super user
    ...[true, true, true, false], // "super" among SASL's own users
    ...[false, false, false, false],
  ]);

  for (const [user, secret] of [
    ["bob", "wrong"],
    ["nobody", "x"],
  ] as const) {
    using eve = await RawClient.open(port);
    expect(await login(eve, user, secret)).toEqual({ err: -115, zxid: 0, token: null });
    expect(await eve.closed()).toBe("end");
  }
  await expect(login(bob, "bob", password)).rejects.toThrow("closed"); // once is enough
});
