import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { readKeyStores } from "../../../src/ensemble/key-stores.ts";

// Made with keytool of Java 17, password "secret": a key each in rsa.p12 and ec.p12, both certificates in trust.p12.
const fixture = (name: string): string => join(import.meta.dirname, "key-stores", name);
const dir = mkdtempSync(join(tmpdir(), "zkms-key-stores-"));
afterAll(() => rmSync(dir, { recursive: true }));

const file = (name: string, text: string): string => {
  const path = join(dir, name);
  writeFileSync(path, text);
  return path;
};
const stores = (keys: Readonly<Record<string, string>>) =>
  readKeyStores("ssl.quorum.", (key) => keys[key.replace("ssl.quorum.", "")]);
const ofPkcs12 = (name: string) =>
  stores({
    "keyStore.location": fixture(name),
    "keyStore.password": "secret",
    "trustStore.location": fixture("trust.p12"),
    "trustStore.password": "secret",
  });
const subjects = (text = ""): string[] =>
  text.split(/(?<=-----END CERTIFICATE-----)\n/).map((pem) => new X509Certificate(pem).subject);

describe("key stores", () => {
  test.each(["rsa", "ec"])(
    "keytool's PKCS12 files give PEM texts, with a key of %s",
    async (kind) => {
      const keys = await ofPkcs12(`${kind}.p12`);
      const { cert = "", key = "", ca } = keys ?? {};
      expect(new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))).toBe(true);
      expect(subjects(ca)).toEqual(["CN=peer RSA", "CN=peer EC"]);
    },
  );

  test("a PEM file holds certificates and a key, behind a password or not", async () => {
    const { cert = "", key = "" } = (await ofPkcs12("rsa.p12")) ?? {};
    const locked = createPrivateKey(key)
      .export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "word" })
      .toString();
    const expected = { cert, key, ca: undefined };
    const open = file("open.pem", `${cert}\n${key}`);
    expect(await stores({ "keyStore.location": open })).toEqual(expected);
    const keyFirst = file("locked.txt", `${locked}${cert}`);
    const passwordPath = file("password", "word\n");
    const named = { "keyStore.location": keyFirst, "keyStore.type": "pem" };
    expect(await stores({ ...named, "keyStore.passwordPath": passwordPath })).toEqual(expected);
    await expect(stores({ ...named, "keyStore.password": "wrong" })).rejects.toMatchObject({
      code: "ZKMS_BAD_OPTIONS",
      message: expect.stringMatching(/^ssl\.quorum\.keyStore\.location: .*locked\.txt cannot be/),
    });
  });

  test("without a key store there are no keys", async () => {
    expect(await stores({ "trustStore.location": fixture("trust.p12") })).toBe(undefined);
  });

  test("what only Java reads is refused with the command that converts it", async () => {
    const location = file("peer.jks", "");
    await expect(stores({ "keyStore.location": location })).rejects.toMatchObject({
      code: "ZKMS_BAD_OPTIONS",
      hint: `keytool -importkeystore -srckeystore ${location} -srcstoretype JKS -destkeystore ${join(dir, "peer.p12")} -deststoretype PKCS12`,
    });
  });

  test.each([
    ["a missing file", { "keyStore.location": "/none/a.pem" }, /a\.pem cannot be read\n.*ENOENT/],
    ["an unknown ending", { "keyStore.location": fixture("../key-stores.test.ts") }, /none of the/],
    ["a store without a key", { "keyStore.location": fixture("trust.p12") }, /no private key/],
  ])("%s is told", async (_, keys, message) => {
    const store = stores({ "keyStore.password": "secret", ...keys });
    await expect(store).rejects.toMatchObject({
      code: "ZKMS_BAD_OPTIONS",
      message: expect.stringMatching(message),
    });
  });
});
