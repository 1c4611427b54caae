// The way to a KDC.
import dns from "node:dns";
import { expect, onTestFinished, test, vi } from "vitest";
import { logIn } from "../../../src/kerberos/kdc.ts";
import { Krb5Conf } from "../../../src/kerberos/krb5-conf.ts";
import { principalOf } from "../../../src/kerberos/principal.ts";
import { fileWith, keyOf, now, realm } from "./stage.ts";

test("a KDC of two addresses that answers at neither is named with the reason of each", async () => {
  const found = ["127.0.0.1", "127.0.0.2"].map((address) => ({ address, family: 4 }));
  const lookup = vi.spyOn(dns, "lookup");
  onTestFinished(() => lookup.mockRestore());
  lookup.mockImplementation(((_: string, __: unknown, done: (...of: unknown[]) => void) => {
    done(null, found);
  }) as typeof dns.lookup);
  const conf = Krb5Conf.read(fileWith(`[realms]\n${realm} = {\nkdc = kdc.test:1\n}\n`));
  const client = principalOf("zkquorum/host", realm);
  await expect(logIn(conf, { client, key: keyOf(1) }, now)).rejects.toThrow(
    /^no KDC of realm ZKMS\.TEST answers: kdc\.test:1 \(connect ECONNREFUSED 127\.0\.0\.1:1, connect ECONNREFUSED 127\.0\.0\.2:1\)$/,
  );
});
