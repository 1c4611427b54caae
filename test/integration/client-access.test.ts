// The small client where a server wants to know who it is: TLS and SASL.
import { describe, expect, onTestFinished, test } from "vitest";
import { connect } from "../../src/client/index.ts";
import { type Ensemble, type EnsembleTls, startEnsemble } from "../../src/index.ts";
import { reached } from "./client-server.ts";

function tlsOf(ens: Ensemble): EnsembleTls {
  if (ens.tls === undefined) throw new Error("no secure ports");
  return ens.tls;
}

describe("a client that speaks TLS", () => {
  test("trusts the ensemble's authority, and is known by its certificate", async () => {
    await using ens = await startEnsemble(3, { tls: true });
    const bob = await ens.connect({ tls: await tlsOf(ens).issue("bob") });
    const nobody = await ens.connect({ tls: true });
    expect([await bob.whoAmI(), await nobody.whoAmI()]).toEqual([
      [
        { scheme: "ip", user: "127.0.0.1" },
        { scheme: "x509", user: "CN=bob" },
      ],
      [{ scheme: "ip", user: "127.0.0.1" }],
    ]);
    await bob.create("/a", "secret", { acl: [{ scheme: "x509", id: "CN=bob", perms: 31 }] });
    await nobody.sync();
    await expect(nobody.get("/a")).rejects.toMatchObject({ code: "NOAUTH" });
  });

  test("comes back to another peer, still known", async () => {
    await using ens = await startEnsemble(3, { tls: true });
    const bob = await ens.connect({ tls: await tlsOf(ens).issue("bob") });
    const { sessionId } = bob;
    const acl = [{ scheme: "auth", id: "", perms: 31 }];
    await bob.create("/mine", "", { mode: "ephemeral", acl });
    await ens.killLeader();
    expect((await bob.get("/mine")).stat.ephemeralOwner).toBe(sessionId);
  });

  test("connects by a connect string of secure ports and an authority's file text", async () => {
    await using ens = await startEnsemble(1, { tls: true });
    const { connectString, ca } = tlsOf(ens);
    await using zk = await connect(connectString, { tls: { ca } });
    expect(zk.state).toBe("connected");
  });

  test("does not take a server that its authority does not know, nor one of another name", async () => {
    await using ens = await startEnsemble(1, { tls: true });
    const { connectString, ca } = tlsOf(ens);
    const strange = connect(connectString, { tls: true, connectTimeout: 300 });
    await expect(strange).rejects.toThrow(
      /no server answered .*self-signed certificate .*tls: \{ ca \}/,
    );
    const { cert, key } = await tlsOf(ens).issue("nameless");
    await using other = await startEnsemble(1, { tls: { ca, cert, key, clientAuth: "none" } });
    const to = tlsOf(other).connectString;
    const nameless = connect(to, { tls: { ca }, connectTimeout: 300 });
    await expect(nameless).rejects.toThrow(/no server answered .*altnames/);
    await using zk = await connect(to, { tls: { ca, hostnameVerification: false } });
    expect(zk.state).toBe("connected");
  });

  test("is told where there is no secure port, and what is missing", async () => {
    await using ens = await startEnsemble(1);
    await expect(ens.connect({ tls: true })).rejects.toThrow(
      "option tls: true has no secure port to go to\n  try     startEnsemble({ tls: true })",
    );
    await expect(connect("127.0.0.1:1", { tls: { cert: "-----BEGIN" } })).rejects.toThrow(
      "has a certificate without its key",
    );
    await expect(connect("127.0.0.1:1", { tls: { ca: "/no/such/file" } })).rejects.toThrow(
      'option tls.ca: "/no/such/file" is neither a PEM text nor a file that can be read',
    );
  });
});

describe("a client that logs in by SASL", () => {
  const users = { bob: 'bob\'s "secret"', super: "root" };

  test("is who it says before anything else is asked, and again after a reconnect", async () => {
    await using ens = await startEnsemble(3, {
      sasl: { digest: users },
      config: { sessionRequireClientSASLAuth: true },
    });
    const zk = await ens.connect({ sasl: { user: "bob", password: users.bob } });
    await zk.create("/mine", "1", { acl: [{ scheme: "sasl", id: "bob", perms: 31 }] });
    const lost = reached(zk, "disconnected");
    for (const peer of ens.peers) await peer.dropConnections();
    await lost;
    expect((await zk.get("/mine")).data.toString()).toBe("1");
    expect(await zk.whoAmI()).toContainEqual({ scheme: "sasl", user: "bob" });
  });

  test.each([
    ["a wrong password", { user: "bob", password: "wrong" }],
    ["an unknown user", { user: "eve", password: "secret" }],
  ])("%s ends it", async (_what, sasl) => {
    await using ens = await startEnsemble(1, { sasl: { digest: users } });
    await expect(ens.connect({ sasl })).rejects.toMatchObject({
      code: "AUTHFAILED",
      message: "connect: the server refused the user or the password",
    });
  });

  test("a server without SASL ends it", async () => {
    await using ens = await startEnsemble(1);
    await expect(ens.connect({ sasl: { user: "bob", password: "x" } })).rejects.toMatchObject({
      code: "AUTHFAILED",
      message: "connect: the server does not speak SASL",
    });
  });

  test("without a login, one that is required ends the client's requests", async () => {
    await using ens = await startEnsemble(1, {
      sasl: { digest: users },
      config: { sessionRequireClientSASLAuth: true },
    });
    const zk = await ens.connect();
    onTestFinished(() => zk.close());
    await expect(zk.get("/")).rejects.toMatchObject({ code: "SESSIONCLOSEDREQUIRESASLAUTH" });
  });
});
