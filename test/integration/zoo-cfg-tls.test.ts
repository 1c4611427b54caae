import { execFile } from "node:child_process";
import { appendFileSync, copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { freePorts } from "../../src/apache/free-ports.ts";
import { makeJavaHome } from "../../src/cli/java/java-home.ts";
import { OpCode } from "../../src/core/protocol/op-codes.ts";
import { certificatesFor } from "../../src/ensemble/certificates.ts";
import { askWord } from "../../src/ensemble/four-letter-word.ts";
import { startPeer } from "../../src/index.ts";
import { RawClient } from "./runtime/raw-client.ts";
import { configFiles } from "./zoo-cfg-files.ts";

const run = promisify(execFile);
const keytoolFiles = join(import.meta.dirname, "..", "unit", "ensemble", "key-stores");

/** One server alone with a secure port beside the plain one, and its keys in PEM files; clients have to show theirs. */
async function securePeer() {
  const { keys, issue } = await certificatesFor({ kind: "made" }, ["localhost", "127.0.0.1"]);
  const [port = 0] = await freePorts(1);
  const configs = await configFiles(1);
  const [config = ""] = configs.files;
  const written = (name: string, text = ""): string => {
    writeFileSync(join(configs.dir, name), text);
    return join(configs.dir, name);
  };
  const trusted = written("trust.pem", keys.ca);
  appendFileSync(
    config,
    [
      "serverCnxnFactory=org.apache.zookeeper.server.NettyServerCnxnFactory",
      `secureClientPort=${port}`,
      "secureClientPortAddress=127.0.0.1",
      `ssl.keyStore.location=${written("keys.pem", `${keys.cert}\n${keys.key}`)}`,
      `ssl.trustStore.location=${trusted}`,
    ].join("\n"),
  );
  const peer = await startPeer({ config });
  const bob = await issue("bob");
  return {
    dir: configs.dir,
    port,
    clientPort: peer.clientPort,
    ca: keys.ca ?? "",
    bob,
    files: { trusted, bob: written("bob.pem", `${bob.cert}\n${bob.key}`) },
    [Symbol.asyncDispose]: async () => {
      await peer[Symbol.asyncDispose]();
      await configs[Symbol.asyncDispose]();
    },
  };
}

test("the secure port has its keys from PEM files, and lets nobody in without a certificate", async () => {
  await using peer = await securePeer();
  const { port, ca } = peer;
  using bob = await RawClient.openSecure(port, { ca, ...peer.bob });
  expect((await bob.request(OpCode.whoAmI, {})).body).toEqual({
    clients: [
      { scheme: "ip", user: "127.0.0.1" },
      { scheme: "x509", user: "CN=bob" },
    ],
  });
  await expect(RawClient.openSecure(port, { ca })).rejects.toThrow();
  const address = { host: "127.0.0.1", port: peer.clientPort, timeout: 5_000 };
  expect(await askWord("srvr", address)).toContain("Mode: standalone");
});

test("FourLetterWordMain asks the secure port by the keys of Apache's client", async () => {
  await using peer = await securePeer();
  const source = join(process.cwd(), "src/cli/java/main.ts");
  const program = [process.execPath, "--import", import.meta.resolve("tsx"), source];
  const java = join(makeJavaHome(program, peer.dir), "bin", "java");
  const trust = `-Dzookeeper.ssl.trustStore.location=${peer.files.trusted}`;
  const own = `-Dzookeeper.ssl.keyStore.location=${peer.files.bob}`;
  const main = "org.apache.zookeeper.client.FourLetterWordMain";
  const word = ["-cp", "x", main, "localhost", String(peer.port), "srvr", "true"];
  const [asked, stranger] = await Promise.allSettled([
    run(java, [trust, own, ...word]),
    run(java, [trust, ...word]),
  ]);
  expect(asked).toMatchObject({ value: { stdout: expect.stringContaining("Mode: standalone") } });
  expect(stranger).toMatchObject({ reason: { stdout: "" } });
});

test("keytool's PKCS12 files are read by Apache's keys, from whoever the certificate is", async () => {
  const [port = 0] = await freePorts(1);
  await using configs = await configFiles(1);
  const [config = ""] = configs.files;
  const keyStore = join(configs.dir, "keys");
  copyFileSync(join(keytoolFiles, "rsa.p12"), keyStore);
  writeFileSync(join(configs.dir, "password"), "secret\n");
  appendFileSync(
    config,
    [
      `secureClientPort=${port}`,
      `ssl.keyStore.location=${keyStore}`,
      "ssl.keyStore.type=PKCS12",
      `ssl.keyStore.passwordPath=${join(configs.dir, "password")}`,
      "ssl.clientAuth=none",
      "ssl.enabledProtocols=TLSv1.3",
      "ssl.ciphersuites=TLS_AES_128_GCM_SHA256",
    ].join("\n"),
  );
  await using _peer = await startPeer({ config });
  const old = RawClient.openSecure(port, { rejectUnauthorized: false, maxVersion: "TLSv1.2" });
  await expect(old).rejects.toThrow();
  const other = { rejectUnauthorized: false, ciphers: "TLS_AES_256_GCM_SHA384" };
  await expect(RawClient.openSecure(port, other)).rejects.toThrow();
  using client = await RawClient.openSecure(port, { rejectUnauthorized: false });
  expect((await client.request(OpCode.whoAmI, {})).body).toEqual({
    clients: [{ scheme: "ip", user: "127.0.0.1" }],
  });
});

test.each([
  ["", /zoo-1\.cfg: secureClientPort needs ssl\.keyStore\.location/],
  [
    "ssl.keyStore.location=KEYTOOL/rsa.p12\nssl.keyStore.password=secret\nssl.clientAuth=maybe",
    /ssl\.clientAuth=maybe is none/,
  ],
  [
    "ssl.keyStore.location=DIR/keys.jks",
    /zoo-1\.cfg: ssl\.keyStore\.location: .*keys\.jks is of type JKS[\s\S]*keytool -importkeystore .*-deststoretype PKCS12/,
  ],
])("a peer does not start without the keys of its secure port: %s", async (keys, wanted) => {
  await using configs = await configFiles(1);
  const [config = ""] = configs.files;
  for (const name of ["keys.pem", "keys.jks"]) writeFileSync(join(configs.dir, name), "");
  const lines = keys.replace("DIR", configs.dir).replace("KEYTOOL", keytoolFiles);
  appendFileSync(config, `secureClientPort=1\n${lines}`);
  await expect(startPeer({ config })).rejects.toMatchObject({
    code: "ZKMS_BAD_OPTIONS",
    message: expect.stringMatching(wanted),
  });
});
