// The way to a KDC.
import { expect, test } from "vitest";
import { logIn } from "../../../src/kerberos/kdc.ts";
import { Krb5Conf } from "../../../src/kerberos/krb5-conf.ts";
import { principalOf } from "../../../src/kerberos/principal.ts";
import { bothRefuse, everyHostHasTwoAddresses } from "../two-addresses.ts";
import { fileWith, keyOf, now, realm } from "./stage.ts";

test("a KDC of two addresses that answers at neither is named with the reason of each", async () => {
  everyHostHasTwoAddresses();
  const conf = Krb5Conf.read(fileWith(`[realms]\n${realm} = {\nkdc = kdc.test:1\n}\n`));
  const client = principalOf("zkquorum/host", realm);
  await expect(logIn(conf, { client, key: keyOf(1) }, now)).rejects.toThrow(
    `no KDC of realm ${realm} answers: kdc.test:1 (${bothRefuse})`,
  );
});
