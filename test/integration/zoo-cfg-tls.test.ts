import { appendFileSync, copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { freePorts } from "../../src/apache/free-ports.ts";
import { OpCode } from "../../src/core/protocol/op-codes.ts";
import { certificatesFor } from "../../src/ensemble/certificates.ts";
import { askWord } from "../../src/ensemble/four-letter-word.ts";
import { startPeer } from "../../src/index.ts";
import { RawClient } from "./runtime/raw-client.ts";
import { configFiles } from "./zoo-cfg-files.ts";

const keytoolFiles = join(import.meta.dirname, "..", "unit", "ensemble", "key-stores");

test("the secure port has its keys from PEM files, and lets nobody in without a certificate", async () => {
  const { keys, issue } = await certificatesFor({ kind: "made" }, ["localhost", "127.0.0.1"]);
  const { ca = "", cert, key } = keys;
  const [port = 0] = await freePorts(1);
  using configs = await configFiles(1);
  const [config = ""] = configs.files;
  const inDir = (name: string): string => join(configs.dir, name);
  writeFileSync(inDir("keys.pem"), `${cert}\n${key}`);
  writeFileSync(inDir("trust.pem"), ca);
  appendFileSync(
    config,
    [
      "serverCnxnFactory=org.apache.zookeeper.server.NettyServerCnxnFactory",
      `secureClientPort=${port}`,
      "secureClientPortAddress=127.0.0.1",
      `ssl.keyStore.location=${inDir("keys.pem")}`,
      `ssl.trustStore.location=${inDir("trust.pem")}`,
    ].join("\n"),
  );
  await using peer = await startPeer({ config });
  using bob = await RawClient.openSecure(port, { ca, ...(await issue("bob")) });
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

test("keytool's PKCS12 files are read by Apache's keys, from whoever the certificate is", async () => {
  const [port = 0] = await freePorts(1);
  using configs = await configFiles(1);
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
  using configs = await configFiles(1);
  const [config = ""] = configs.files;
  for (const name of ["keys.pem", "keys.jks"]) writeFileSync(join(configs.dir, name), "");
  const lines = keys.replace("DIR", configs.dir).replace("KEYTOOL", keytoolFiles);
  appendFileSync(config, `secureClientPort=1\n${lines}`);
  await expect(startPeer({ config })).rejects.toMatchObject({
    code: "ZKMS_BAD_OPTIONS",
    message: expect.stringMatching(wanted),
  });
});
