// What a KDC is asked, and which of its answers is taken.
import { describe, expect, test } from "vitest";
import {
  application,
  bits,
  Fields,
  fields,
  integer,
  list,
  octets,
  readApplication,
  text,
  time,
} from "../../../src/kerberos/der.ts";
import { encrypt, KeyUsage } from "../../../src/kerberos/encryption.ts";
import { asReq, type Credential, readGrant } from "../../../src/kerberos/messages.ts";
import { type Principal, principalOf } from "../../../src/kerberos/principal.ts";
import { grant, keyOf, minutes, nameOf, now, realm, sessionKey } from "./stage.ts";

const client = principalOf("zkquorum/other", realm);
const server = principalOf(`krbtgt/${realm}`, realm);
const stamp = { at: now, microseconds: 0, nonce: 7 };

test.each([17, 18])(
  "who has a key of type %i asks for an answer that is sealed with it",
  (type) => {
    const asked = readApplication(asReq({ client, server }, keyOf(1, type), stamp), 10);
    if (asked === undefined) throw new Error("no AS-REQ");
    const types = new Fields(asked).fields(4).list(8);
    expect(types.map(({ content }) => [...content])).toEqual([[type]]);
  },
);

interface Answered {
  readonly client?: Principal;
  readonly server?: Principal;
  readonly nonce?: number;
}

/** An AS-REP, which is right where `answered` changes nothing. */
function answer(answered: Answered = {}, { ticket } = grant()): Uint8Array {
  const { client: whose = client, server: whom = server, nonce = stamp.nonce } = answered;
  const inside = application(
    25,
    fields({
      0: fields({ 0: integer(sessionKey.type), 1: octets(sessionKey.value) }),
      1: list(),
      2: integer(nonce),
      4: bits(0),
      5: time(now),
      7: time(now + 60 * minutes),
      9: text(whom.realm),
      10: nameOf(whom),
    }),
  );
  return application(
    11,
    fields({
      0: integer(5),
      1: integer(11),
      3: text(whose.realm),
      4: nameOf(whose),
      5: ticket,
      6: fields({ 0: integer(18), 2: octets(encrypt(keyOf(1), KeyUsage.asRep, inside)) }),
    }),
  );
}

describe("a KDC's answer", () => {
  const read = (answered?: Answered, key = keyOf(1)): Credential =>
    readGrant(answer(answered), "as", { key, nonce: stamp.nonce, client, server });

  test("is a ticket, and what its owner has to know of it", () => {
    const granted = grant();
    const question = { key: keyOf(1), nonce: stamp.nonce, client, server };
    expect(readGrant(answer({}, granted), "as", question)).toEqual({
      client,
      server,
      ticket: granted.ticket,
      sessionKey: { type: 18, value: Buffer.from(sessionKey.value) },
      startTime: now,
      endTime: now + 60 * minutes,
    });
  });

  test.each<[string, Answered, string]>([
    ["another question", { nonce: 8 }, "the KDC answers another question"],
    [
      "a question for another server's ticket",
      { server: principalOf("http/host", realm) },
      `the KDC grants a ticket of zkquorum/other@${realm} for http/host@${realm}, which was not asked for`,
    ],
    [
      "a question of another client",
      { client: principalOf("eve", realm) },
      `the KDC grants a ticket of eve@${realm} for krbtgt/${realm}@${realm}, which was not asked for`,
    ],
  ])("to %s is refused", (_, answered, why) => {
    expect(() => read(answered)).toThrow(why);
  });

  test("that is sealed with another key is refused", () => {
    expect(() => read({}, keyOf(2))).toThrow("the KDC's answer is sealed with another key");
  });
});
