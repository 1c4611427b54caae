import { describe, expect, test } from "vitest";
import { Keytab } from "../../../src/kerberos/keytab.ts";
import { Krb5Conf } from "../../../src/kerberos/krb5-conf.ts";
import { principalOf } from "../../../src/kerberos/principal.ts";
import { fileWith, keyOf, keytabBytes, realm } from "./stage.ts";

describe("a keytab", () => {
  const own = principalOf("zkquorum/host", realm);
  const keytab = (): Keytab =>
    Keytab.read(
      fileWith(
        keytabBytes(
          { name: "zkquorum/host", key: keyOf(1), version: 1 },
          { name: "zkquorum/host", key: keyOf(2, 17), version: 300 },
          { name: "zkquorum/host", key: keyOf(3), version: 300 },
          { name: "old", key: { type: 23, value: new Uint8Array(16) } },
        ),
      ),
    );

  test("logs in with the newest key of the best type", () => {
    expect(keytab().newestKey(own)).toEqual({ type: 18, value: Buffer.alloc(32, 3) });
  });

  test.each([
    [18, 1, 1],
    [18, 300, 3],
    [18, undefined, 3],
    [17, 300, 2],
    [17, 1, undefined],
    [23, 300, undefined],
  ])("opens what was sealed in type %i with version %s", (type, version, byte) => {
    expect(keytab().keyOf(own, type, version)?.value[0]).toBe(byte);
  });

  test.each([
    ["stranger", / has no key of stranger@ZKMS\.TEST, but of zkquorum\/host@ZKMS\.TEST, old@/],
    ["old", / has keys of old@ZKMS\.TEST in encryption types 23 only/],
  ])("without a key for %s says what it has", (name, why) => {
    expect(() => keytab().newestKey(principalOf(name, realm))).toThrow(why);
  });

  test.each([
    ["is not there", undefined, / cannot be read$/],
    ["is of text", "text", / is no keytab$/],
    ["is empty", "", / is no keytab$/],
    [
      "ends in the middle",
      keytabBytes({ name: "a", key: keyOf(1) }).slice(0, -40),
      / is no keytab$/,
    ],
  ])("that %s is refused", (_, content, why) => {
    const file = content === undefined ? "/none/keytab" : fileWith(content);
    expect(() => Keytab.read(file)).toThrow(why);
  });
});

describe("a krb5.conf", () => {
  const text = `# of a test
[libdefaults]
    default_realm = A.TEST
    clockskew = 60
[realms]
    A.TEST = {
        kdc = one.a.test
        kdc = 127.0.0.1:8888
        admin_server = one.a.test
    }
    B.TEST = {
        kdc = [::1]:99
    }
    C.TEST = {
        admin_server = one.c.test
    }
`;

  test("says where the KDCs of a realm are, and how far clocks may be apart", () => {
    const conf = Krb5Conf.read(fileWith(text));
    expect([conf.defaultRealm, conf.clockSkewMs]).toEqual(["A.TEST", 60_000]);
    expect(conf.kdcsOf("A.TEST")).toEqual([
      { host: "one.a.test", port: 88 },
      { host: "127.0.0.1", port: 8888 },
    ]);
    expect(conf.kdcsOf("B.TEST")).toEqual([{ host: "::1", port: 99 }]);
    expect(() => conf.kdcsOf("C.TEST")).toThrow(/ names no kdc of realm C\.TEST$/);
    const empty = Krb5Conf.read(fileWith(""));
    expect(empty.clockSkewMs).toBe(300_000);
    expect(() => empty.defaultRealm).toThrow(/ names no default realm$/);
  });
});
