import { describe, expect, test } from "vitest";
import { Reader } from "../../src/core/jute/reader.ts";
import { ErrorCode } from "../../src/core/protocol/error-codes.ts";
import { OpCode } from "../../src/core/protocol/op-codes.ts";
import { ReplyHeader } from "../../src/core/protocol/records.ts";
import { type Ensemble, startEnsemble } from "../../src/index.ts";
import { framed } from "../frames.ts";
import { login } from "./login.ts";
import { RawClient } from "./runtime/raw-client.ts";

const portOf = (ens: Ensemble): number => ens.peers[0]?.port ?? 0;
const refusal = { zxid: 0, err: ErrorCode.SESSIONCLOSEDREQUIRESASLAUTH };
const ping = [OpCode.ping, {}] as const;
const exists = [OpCode.exists, { path: "/", watch: false }] as const;

describe("where clients have to log in", () => {
  test("by SASL, nothing else is answered before, a ping neither", async () => {
    await using ens = await startEnsemble({
      peers: 1,
      sasl: { digest: { bob: "secret", super: "old" } },
      config: {
        sessionRequireClientSASLAuth: true,
        "SASLAuthenticationProvider.superPassword": "new",
        "DigestAuthenticationProvider.enabled": false,
      },
    });
    for (const [op, body] of [ping, exists]) {
      using client = await RawClient.open(portOf(ens));
      expect(await client.request(op, body)).toMatchObject(refusal);
      expect(await client.closed()).toBe("end");
    }
    const unreadable = framed((w) => {
      w.int(1);
      w.int(OpCode.exists); // whose body is missing
    });
    const unknown = framed((w) => {
      w.int(1);
      w.int(99);
    });
    for (const bytes of [unreadable, unknown]) {
      using client = await RawClient.open(portOf(ens));
      client.socket.write(bytes);
      expect(ReplyHeader.read(new Reader(await client.frame()))).toMatchObject(refusal);
      expect(await client.closed()).toBe("end");
    }
    using bob = await RawClient.open(portOf(ens));
    expect((await login(bob, "bob", "secret")).err).toBe(0);
    expect((await bob.request(...exists)).err).toBe(0);
    const acl = [{ perms: 31, scheme: "digest", id: "bob:hash" }];
    const create = { path: "/bobs", data: null, acl, flags: 0 };
    expect((await bob.request(OpCode.create, create)).err).toBe(ErrorCode.INVALIDACL);
    const digest = { type: 0, scheme: "digest", auth: Buffer.from("bob:secret") };
    expect((await bob.request(OpCode.auth, digest)).err).toBe(ErrorCode.AUTHFAILED);
    using root = await RawClient.open(portOf(ens));
    expect((await login(root, "super", "new")).err).toBe(0);
    using eve = await RawClient.open(portOf(ens));
    expect(await login(eve, "eve", "secret")).toEqual({ ...refusal, token: null });
  });

  test("by one of the schemes listed, an auth packet may be it", async () => {
    await using ens = await startEnsemble({
      peers: 1,
      config: { "enforce.auth.enabled": true, "enforce.auth.schemes": "sasl, digest" },
    });
    const zk = await ens.connect({ auth: [{ scheme: "digest", auth: "bob:secret" }] });
    await zk.create("/a");
    using client = await RawClient.open(portOf(ens));
    expect(await client.request(...exists)).toMatchObject(refusal);
    await zk.close();
  });
});

describe("super users", () => {
  const closed = {
    path: "/closed",
    data: null,
    acl: [{ perms: 1, scheme: "ip", id: "10.0.0.1" }],
    flags: 0,
  };

  test("of SASL, and who fails at it stays as nobody where that is allowed", async () => {
    await using ens = await startEnsemble({
      peers: 1,
      sasl: { digest: { root: "secret", bob: "secret" } },
      config: { superUser: "root", allowSaslFailedClients: true, letAnySaslUserDoX: "any" },
    });
    const shared = { ...closed, path: "/shared", acl: [{ perms: 3, scheme: "sasl", id: "any" }] };
    const write = { path: "/shared", data: null, version: -1 };
    const reads: number[] = [];
    for (const user of ["root", "bob"]) {
      using client = await RawClient.open(portOf(ens));
      await login(client, user, "secret");
      await client.request(OpCode.create, closed);
      reads.push((await client.request(OpCode.getData, { path: "/closed", watch: false })).err);
      await client.request(OpCode.create, shared);
      expect((await client.request(OpCode.setData, write)).err).toBe(0);
      expect((await client.request(OpCode.getData, { path: "/shared", watch: true })).err).toBe(0);
    }
    expect(reads).toEqual([ErrorCode.OK, ErrorCode.NOAUTH]);
    using eve = await RawClient.open(portOf(ens));
    expect(await login(eve, "eve", "secret")).toEqual({ err: 0, zxid: 0, token: null });
    expect((await eve.request(OpCode.setData, write)).err).toBe(ErrorCode.NOAUTH);
  });

  test("by certificate", async () => {
    await using ens = await startEnsemble({
      peers: 1,
      tls: true,
      config: { "X509AuthenticationProvider.superUser": "CN=root" },
    });
    if (ens.tls === undefined) throw new Error("no secure ports");
    const { ca, issue } = ens.tls;
    const reads: number[] = [];
    for (const name of ["root", "bob"]) {
      const options = { ca, ...(await issue(name)) };
      using client = await RawClient.openSecure(ens.peer(1).ports.secure ?? 0, options);
      await client.request(OpCode.create, closed);
      reads.push((await client.request(OpCode.getData, { path: "/closed", watch: false })).err);
    }
    expect(reads).toEqual([ErrorCode.OK, ErrorCode.NOAUTH]);
  });
});

test("digest ids are of the hash digestAlg; who looks for another ensemble is hung up on", async () => {
  await using ens = await startEnsemble({
    peers: 1,
    config: {
      "DigestAuthenticationProvider.digestAlg": "SHA-256",
      ensembleAuthName: "blue, green",
    },
  });
  const bob = await ens.connect({ auth: [{ scheme: "digest", auth: "bob:pw" }] });
  const id = "bob:lXdkgIa9O1CDDWAryQ0pe9wUYi2LkG6M7Uocn/Vyn2g=";
  await bob.create("/bobs", "1", { acl: [{ scheme: "digest", id, perms: 31 }] });
  expect((await bob.get("/bobs")).data.toString()).toBe("1");
  const root = await ens.connect({ auth: [{ scheme: "digest", auth: "super:super" }] });
  expect((await root.get("/bobs")).data.toString()).toBe("1");
  await Promise.all([bob.close(), root.close()]);
  using client = await RawClient.open(portOf(ens));
  const name = (text: string) => ({ type: 0, scheme: "ensemble", auth: Buffer.from(text) });
  expect(await client.request(OpCode.auth, name("green"))).toMatchObject({ zxid: 0, err: 0 });
  client.send(OpCode.auth, name("red"));
  expect([await client.closed(), client.waiting]).toEqual(["end", 0]);
});

test("skipACL: no list keeps anybody out", async () => {
  await using ens = await startEnsemble({ peers: 1, config: { skipACL: "yes" } });
  const zk = await ens.connect();
  const watched = new Promise((resolve) => void zk.exists("/mine", { watch: resolve }));
  await zk.create("/mine", "1", { acl: [{ scheme: "digest", id: "bob:hash", perms: 1 }] });
  await zk.set("/mine", "2");
  expect((await zk.get("/mine")).data.toString()).toBe("2");
  expect(await watched).toMatchObject({ type: "created" });
  await zk.close();
});

test("nio.sessionlessCnxnTimeout: how long a connection may be without a session", async () => {
  await using ens = await startEnsemble({
    peers: 1,
    config: { "nio.sessionlessCnxnTimeout": 20 },
  });
  using mute = await RawClient.connect(portOf(ens));
  expect(await mute.closed()).toBe("end");
});

test("maxCnxns: one connection more is closed without a byte, whatever its address", async () => {
  await using ens = await startEnsemble({ peers: 1, config: { maxCnxns: 2 } });
  using first = await RawClient.open(portOf(ens));
  using _second = await RawClient.open(portOf(ens));
  using third = await RawClient.connect(portOf(ens));
  await third.closed();
  expect(third.waiting).toBe(0);
  first.close();
  await ens.waitFor(
    "a connection is free",
    async () => (await ens.status()).peers[0]?.connections === 1,
  );
  using fourth = await RawClient.open(portOf(ens));
  expect((await fourth.request(...exists)).err).toBe(0);
  fourth.close();
  await ens.waitFor("it is free again", async () => {
    return (await ens.status()).peers[0]?.connections === 1;
  });
  expect(await ens.peer(1).fourLetterWord("mntr")).toContain("zk_connection_rejected\t1\n");
});
