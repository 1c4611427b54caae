import { once } from "node:events";
import { connect } from "node:net";
import { connect as connectSecure } from "node:tls";
import { expect, test, vi } from "vitest";
import { freePorts } from "../../src/apache/free-ports.ts";
import { ErrorCode } from "../../src/core/protocol/error-codes.ts";
import { OpCode } from "../../src/core/protocol/op-codes.ts";
import { type Ensemble, type EnsembleTls, startEnsemble } from "../../src/index.ts";
import { rfc2253 } from "../../src/runtime/tls-gate.ts";
import { RawClient } from "./runtime/raw-client.ts";

function tlsOf(ens: Ensemble): EnsembleTls {
  if (ens.tls === undefined) throw new Error("no secure ports");
  return ens.tls;
}
const portOf = (ens: Ensemble, id = 1): number => ens.peer(id).ports.secure ?? 0;
const create = (path: string, scheme = "world", id = "anyone") =>
  [
    OpCode.create,
    { path, data: Buffer.from("data"), acl: [{ perms: 31, scheme, id }], flags: 0 },
  ] as const;
/** What `mntr` tells of clients whose TLS came to nothing. */
const authFailures = async (ens: Ensemble): Promise<string | undefined> =>
  /zk_auth_failed_count\t(\d+)/.exec(await ens.peer(1).fourLetterWord("mntr"))?.[1];
const read = (client: RawClient, path: string) =>
  client.request(OpCode.getData, { path, watch: false });

test("the secure port speaks ZooKeeper inside TLS, beside the plain one", async () => {
  await using ens = await startEnsemble(3, { tls: true });
  const { ca, connectString } = tlsOf(ens);
  expect(connectString).toBe(ens.peers.map((peer) => `127.0.0.1:${peer.ports.secure}`).join(","));
  using secure = await RawClient.openSecure(portOf(ens), { ca });
  expect((await secure.request(...create("/a"))).err).toBe(0);
  const zk = await ens.connect({ to: 1 });
  expect((await zk.get("/a")).data.toString()).toBe("data");
  expect((await secure.request(OpCode.whoAmI, {})).body).toEqual({
    clients: [{ scheme: "ip", user: "127.0.0.1" }],
  });
  expect(await ens.peer(1).fourLetterWord("conf")).toContain(`secureClientPort=${portOf(ens)}\n`);
  await zk.close();
});

test("certificates are of the machine's date, whatever date the test has been given", async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: new Date("2001-01-01") });
  try {
    await using ens = await startEnsemble(1, { tls: true });
    using secure = await RawClient.openSecure(portOf(ens), { ca: tlsOf(ens).ca });
    expect((await secure.request(...create("/a"))).err).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});

test("a megabyte crosses, in replies that come in one go", async () => {
  await using ens = await startEnsemble(1, { tls: true });
  using client = await RawClient.openSecure(portOf(ens), { ca: tlsOf(ens).ca });
  const data = Buffer.alloc(100_000, "x");
  const [op, body] = create("/big");
  await client.request(op, { ...body, data });
  for (let i = 0; i < 10; i += 1) client.send(OpCode.getData, { path: "/big", watch: false });
  // Compared as one: a matcher looks at each byte, which takes seconds for a megabyte.
  const isWhole = async (): Promise<boolean> => {
    const { body: read } = await client.reply();
    return read !== undefined && "data" in read && data.equals(read.data as Uint8Array);
  };
  for (let i = 0; i < 10; i += 1) expect(await isWhole()).toBe(true);
});

test("a client's certificate is an x509 id, in whoAmI and in ACLs", async () => {
  await using ens = await startEnsemble(1, { tls: true });
  const { ca, issue } = tlsOf(ens);
  using bob = await RawClient.openSecure(portOf(ens), { ca, ...(await issue("bob")) });
  using stranger = await RawClient.openSecure(portOf(ens), { ca });
  expect((await bob.request(OpCode.whoAmI, {})).body).toEqual({
    clients: [
      { scheme: "ip", user: "127.0.0.1" },
      { scheme: "x509", user: "CN=bob" },
    ],
  });
  expect((await bob.request(...create("/named", "x509", "CN=bob"))).err).toBe(0);
  expect((await bob.request(...create("/auth", "auth", ""))).err).toBe(0);
  for (const path of ["/named", "/auth"]) {
    expect([(await read(bob, path)).err, (await read(stranger, path)).err]).toEqual([
      ErrorCode.OK,
      ErrorCode.NOAUTH,
    ]);
  }
});

test("a certificate of another authority is not let in", async () => {
  await using ens = await startEnsemble(1, { tls: true });
  await using other = await startEnsemble(1, { tls: true });
  const stolen = await tlsOf(other).issue("bob");
  const client = RawClient.openSecure(portOf(ens), { ca: tlsOf(ens).ca, ...stolen });
  await expect(client).rejects.toThrow("closed");
  expect(await authFailures(ens)).toBe("1");
});

test("with files of one's own clients need a certificate, unless it says otherwise", async () => {
  await using maker = await startEnsemble(1, { tls: true });
  const { ca, issue } = tlsOf(maker);
  const tls = { ca, ...(await issue("server")) };
  const checkServerIdentity = () => undefined; // its certificate names no host
  await using strict = await startEnsemble(1, { tls });
  const bare = RawClient.openSecure(portOf(strict), { ca, checkServerIdentity });
  await expect(bare).rejects.toThrow("closed");
  expect(await authFailures(strict)).toBe("1");
  const own = { ca, checkServerIdentity, ...(await issue("bob")) };
  using client = await RawClient.openSecure(portOf(strict), own);
  expect((await client.request(...create("/a"))).err).toBe(0);
  await strict.peer(1).fourLetterWord("srst");
  expect(await authFailures(strict)).toBe("1"); // ServerStats.reset leaves it
  await expect(tlsOf(strict).issue("eve")).rejects.toMatchObject({ code: "ZKMS_UNSUPPORTED" });
  await using open = await startEnsemble(1, { tls: { ...tls, clientAuth: "none" } });
  using anybody = await RawClient.openSecure(portOf(open), { ca, checkServerIdentity });
  expect((await anybody.request(...create("/a"))).err).toBe(0);
});

test("plain bytes on the secure port are closed, and a four-letter word needs TLS", async () => {
  await using ens = await startEnsemble(1, { tls: true });
  using plain = await RawClient.connect(portOf(ens));
  plain.sendHandshake();
  await plain.closed();
  expect(plain.waiting).toBe(0);
  expect(await authFailures(ens)).toBe("1");
  const secure = connectSecure({ port: portOf(ens), host: "127.0.0.1", ca: tlsOf(ens).ca });
  secure.write("ruok");
  const [answer] = await once(secure, "data");
  expect(String(answer)).toBe("imok");
  secure.destroy();
});

test("faults reach secure clients: dropped, frozen, refused while the peer is down", async () => {
  await using ens = await startEnsemble(3, { tls: true });
  const { ca } = tlsOf(ens);
  const { secure } = ens.peer(1).ports;
  using dropped = await RawClient.openSecure(portOf(ens), { ca });
  expect(await ens.peer(1).dropConnections()).toBe(1);
  expect(await dropped.closed()).toBe("ECONNRESET");
  using frozen = await RawClient.openSecure(portOf(ens), { ca });
  await ens.peer(1).pause();
  const created = frozen.request(...create("/a"));
  await ens.waitForQuorum();
  expect(frozen.waiting).toBe(0);
  await ens.peer(1).resume();
  expect((await created).err).toBe(0);
  await ens.peer(1).kill();
  expect(await frozen.closed()).toBe("ECONNRESET");
  await expect(RawClient.openSecure(portOf(ens), { ca })).rejects.toThrow("ECONNREFUSED");
  await ens.peer(1).start();
  expect(ens.peer(1).ports.secure).toBe(secure);
  using again = await RawClient.openSecure(portOf(ens), { ca });
  expect((await read(again, "/a")).err).toBe(0);
});

test("an ensemble closes under a handshake that never ends", async () => {
  const ens = await startEnsemble(1, { tls: true });
  const silent = connect(portOf(ens), "127.0.0.1");
  silent.on("error", () => {}).resume();
  await once(silent, "connect");
  const closed = once(silent, "close");
  await ens.close();
  await closed;
});

test("a certificate's subject is written as Java does, the last attribute first", () => {
  expect(rfc2253("C=DE\nO=Test\\, Inc.\nOU=apps\nCN=client one")).toBe(
    "CN=client one,OU=apps,O=Test\\, Inc.,C=DE",
  );
});

test("the secure port can be chosen by Apache's key", async () => {
  const [first = 0] = await freePorts(1);
  await using ens = await startEnsemble(1, { tls: true, config: { secureClientPort: first } });
  expect([portOf(ens), tlsOf(ens).connectString]).toEqual([first, `127.0.0.1:${first}`]);
  const again = startEnsemble(1, { tls: true, config: { secureClientPort: first } });
  await expect(again).rejects.toMatchObject({
    code: "ZKMS_PORT_IN_USE",
    message: expect.stringContaining(`port 127.0.0.1:${first} of peer 1 is in use`),
  });
});

test("without the option there is no such port", async () => {
  await using ens = await startEnsemble(1);
  expect([ens.tls, ens.peer(1).ports.secure]).toEqual([undefined, undefined]);
});
