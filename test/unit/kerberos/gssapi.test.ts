// Both sides of an exchange of SASL's GSSAPI, with tickets as a KDC would grant them.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LoginStep, SaslAnswer } from "../../../src/core/sasl/mechanism.ts";
import { application, bits, fields, integer, octets } from "../../../src/kerberos/der.ts";
import { KeyUsage } from "../../../src/kerberos/encryption.ts";
import {
  firstToken,
  flagsChecksum,
  flagsChecksumType,
  wrap,
} from "../../../src/kerberos/gss-tokens.ts";
import { type Acceptor, GssapiExchange } from "../../../src/kerberos/gssapi-exchange.ts";
import { GssapiLogin } from "../../../src/kerberos/gssapi-login.ts";
import { Keytab } from "../../../src/kerberos/keytab.ts";
import { apReq, type Credential } from "../../../src/kerberos/messages.ts";
import { principalOf } from "../../../src/kerberos/principal.ts";
import { ReplayCache } from "../../../src/kerberos/replay-cache.ts";
import {
  acceptor,
  fileWith,
  type Granted,
  grant,
  keyOf,
  keytabBytes,
  minutes,
  now,
  realm,
  serviceKey,
  sessionKey,
} from "./stage.ts";

const other = `zkquorum/other@${realm}`;

const tokenOf = (said: SaslAnswer | LoginStep): Uint8Array => {
  if ("token" in said && said.token !== null) return said.token;
  throw new Error(JSON.stringify(said));
};

test("who has a ticket and its key is known, and knows that the server can open the ticket", () => {
  const login = new GssapiLogin(grant(), now);
  const exchange = new GssapiExchange(acceptor());
  const choice = login.take(tokenOf(exchange.answer(login.first)));
  expect(exchange.answer(tokenOf(choice))).toEqual({
    kind: "known",
    token: null,
    user: other,
    authzid: other,
  });
  expect(login.take(null)).toEqual({ kind: "done" });
});

test.each<[string, Granted, Partial<Acceptor>, string]>([
  [
    "a ticket for another service",
    { server: "http/host" },
    {},
    `a ticket for http/host@${realm}, and this peer is zkquorum/host@${realm}`,
  ],
  [
    "a ticket for a name that moves a terminal's cursor",
    { server: "http/\u001b[2J" },
    {},
    "a name that cannot be told",
  ],
  [
    "a ticket for a name that fills a screen",
    { server: `http/${"x".repeat(2000)}` },
    {},
    "a name that cannot be told",
  ],
  [
    "a ticket for a newer key",
    { keyVersion: 3 },
    {},
    `a ticket for a key of zkquorum/host@${realm} (version 3, encryption type 18) that keytab FILE does not have`,
  ],
  [
    "a ticket for a key of another KDC",
    { key: keyOf(8) },
    {},
    `a ticket for another key of zkquorum/host@${realm} (version 2, encryption type 18) than keytab FILE has`,
  ],
  [
    "a ticket that has expired",
    { startTime: now - 60 * minutes, endTime: now - 6 * minutes },
    {},
    `a ticket of ${other} that expired at 2026-01-01T11:54:00.000Z`,
  ],
  [
    "a ticket that begins later",
    { startTime: now + 6 * minutes },
    {},
    `a ticket of ${other} that is not valid before 2026-01-01T12:06:00.000Z`,
  ],
  [
    "a ticket that is not valid yet",
    { flags: 0x0100_0000 },
    {},
    `a ticket of ${other} that is not valid before 2026-01-01T11:59:00.000Z`,
  ],
  [
    "a ticket of another realm's",
    { client: "zkquorum/other@ELSEWHERE.TEST" },
    {},
    `a ticket of zkquorum/other@ELSEWHERE.TEST, and peers are of realm ${realm}`,
  ],
  [
    "a clock too far behind",
    {},
    { now: () => now + 6 * minutes },
    `a proof of ${other} made at 2026-01-01T12:00:00.000Z, and here it is 2026-01-01T12:06:00.000Z: the clocks are too far apart`,
  ],
])("who comes with %s is refused", (_, granted, changes, why) => {
  const peer = acceptor(changes);
  const { first } = new GssapiLogin(grant(granted), now);
  const said = why.replace("FILE", peer.keytab.file);
  expect(new GssapiExchange(peer).answer(first)).toEqual({
    kind: "refused",
    why: `it comes with ${said}`,
  });
});

test.each<[string, Granted, Partial<Acceptor>]>([
  ["a ticket that has just expired", { endTime: now - 4 * minutes }, {}],
  ["a ticket that begins in a moment", { startTime: now + 4 * minutes }, {}],
  ["a clock that is a little behind", {}, { now: () => now + 4 * minutes }],
])("%s is taken: clocks may differ", (_, granted, changes) => {
  const { first } = new GssapiLogin(grant(granted), now);
  expect(new GssapiExchange(acceptor(changes)).answer(first).kind).toBe("challenge");
});

test("a proof is taken once, also after others", () => {
  const peer = acceptor();
  const [login, another] = [new GssapiLogin(grant(), now), new GssapiLogin(grant(), now)];
  for (const { first } of [login, another]) {
    expect(new GssapiExchange(peer).answer(first).kind).toBe("challenge");
  }
  expect(new GssapiExchange(peer).answer(login.first)).toEqual({
    kind: "refused",
    why: `it comes with a proof of ${other} that was shown before`,
  });
});

test("a proof is not taken again while its time is near enough, to the last millisecond", () => {
  const [skew, replays] = [5 * minutes, new ReplayCache()];
  const { first } = new GssapiLogin(grant(), now);
  const at = (ms: number): GssapiExchange =>
    new GssapiExchange(acceptor({ replays, now: () => now + ms }));
  expect(at(0).answer(first).kind).toBe("challenge");
  for (const [ms, why] of [
    [skew, / that was shown before$/],
    [skew + 1, /: the clocks are too far apart$/],
  ] as const) {
    expect(at(ms).answer(first)).toEqual({ kind: "refused", why: expect.stringMatching(why) });
  }
});

test("more proofs than are remembered are refused, until the oldest cannot come again", () => {
  const replays = new ReplayCache({ proofsMax: 2 });
  const skew = 5 * minutes;
  const comes = (ms: number, { first } = new GssapiLogin(grant(), now + ms)) =>
    new GssapiExchange(acceptor({ replays, now: () => now + ms })).answer(first);
  const early = new GssapiLogin(grant(), now - skew);
  const late = new GssapiLogin(grant(), now + skew); // remembered first, and longest
  expect([comes(0, late).kind, comes(0, early).kind]).toEqual(["challenge", "challenge"]);
  expect(comes(0)).toEqual({
    kind: "refused",
    why: `it comes with a proof of ${other} while 2 others are remembered, and no more can be`,
  });
  expect([comes(1).kind, comes(1).kind]).toEqual(["challenge", "refused"]);
  expect(comes(1, late)).toEqual({
    kind: "refused",
    why: `it comes with a proof of ${other} that was shown before`,
  });
});

test("a ticket of somebody else is of no use", () => {
  const stolen: Credential = { ...grant(), sessionKey: keyOf(1) };
  const named: Credential = { ...grant(), client: principalOf("zkquorum/host", realm) };
  for (const credential of [stolen, named]) {
    expect(new GssapiExchange(acceptor()).answer(new GssapiLogin(credential, now).first)).toEqual({
      kind: "refused",
      why: `it comes with a ticket of ${other}, and without the proof that it is its own`,
    });
  }
});

test.each([
  ["zkquorum/elsewhere", `it is zkquorum/elsewhere@${realm}, and peers are of host, other`],
  ["other", `it is other@${realm}, and peers are of host, other`],
  ["zkquorum/other/more", `it is zkquorum/other/more@${realm}, and peers are of host, other`],
])("%s is known and not let in", (client, why) => {
  const login = new GssapiLogin(grant({ client }), now);
  const exchange = new GssapiExchange(acceptor());
  const choice = login.take(tokenOf(exchange.answer(login.first)));
  expect(exchange.answer(tokenOf(choice))).toEqual({ kind: "refused", why });
});

/** A ticket with a proof that nobody can open, sealed as of some type. */
function shownTicket(ticket: Uint8Array, type = 18): Uint8Array {
  const proof = fields({ 0: integer(type), 2: octets(new Uint8Array(64)) });
  const content = { 0: integer(5), 1: integer(14), 2: bits(0), 3: ticket, 4: proof };
  return firstToken(application(14, fields(content)));
}

const shown = (sum: { type: number; value: Uint8Array }): Uint8Array =>
  firstToken(
    apReq(grant(), {
      usage: KeyUsage.authenticator,
      checksum: sum,
      stamp: { at: now, microseconds: 0, nonce: 0 },
    }),
  );

test.each([
  ["nothing", new Uint8Array(0), "a message that is no Kerberos"],
  ["a text", Buffer.from("hello"), "a message that is no Kerberos"],
  [
    "a length that is longer",
    Uint8Array.of(0x60, 0x84, 1, 2, 3, 4),
    "a message that is no Kerberos",
  ],
  [
    "another mechanism's token",
    Buffer.from("600906072b060105050200", "hex"),
    "a token of another mechanism than Kerberos",
  ],
  ["a token without a ticket", firstToken(new Uint8Array(0)), "a message that is no Kerberos"],
  ["another message", firstToken(Buffer.from("6f00", "hex")), "no ticket is shown"],
  [
    "a proof for another protocol",
    shown({ type: 16, value: new Uint8Array(12) }),
    "a proof that is not for GSSAPI",
  ],
])("%s is no beginning", (_, token, why) => {
  const answer = new GssapiExchange(acceptor()).answer(token);
  expect(answer).toEqual({ kind: "refused", why: `it comes with ${why}` });
});

test("whatever of the beginning is changed or cut off, it is refused with a reason, unless it counts for nothing", () => {
  const peer = acceptor();
  const whole = new GssapiLogin(grant(), now).first;
  const ticketAt = Buffer.from(whole).indexOf("zkquorum"); // lengths and tags before it, and it
  const at = fc.oneof(fc.nat({ max: ticketAt + 60 }), fc.nat({ max: whole.length - 1 }));
  fc.assert(
    fc.property(at, fc.integer({ min: 1, max: 255 }), fc.boolean(), (place, change, isCut) => {
      const token = Uint8Array.from(isCut ? whole.subarray(0, place) : whole);
      if (!isCut) token[place] = (token[place] ?? 0) ^ change;
      const answer = new GssapiExchange({ ...peer, replays: new ReplayCache() }).answer(token);
      // The kind of a name and the version of a protocol count for nothing.
      if (answer.kind !== "challenge") expect(answer).toMatchObject({ kind: "refused" });
      else expect([isCut, place < ticketAt + 60]).toEqual([false, true]);
    }),
    { numRuns: 500 },
  );
});

describe("what follows the ticket", () => {
  const key = sessionKey;
  const noWish = Uint8Array.of(1, 0, 0, 0);
  const first = shown({ type: flagsChecksumType, value: flagsChecksum() });
  const side = "initiator";

  /** The key of the session, and numbers from 0. */
  function begun(): GssapiExchange {
    const exchange = new GssapiExchange(acceptor());
    expect(exchange.answer(first).kind).toBe("challenge");
    return exchange;
  }

  test("is taken with the session's own key too, without a name and turned round", () => {
    const known = { kind: "known", token: null, user: other, authzid: other };
    const token = wrap(noWish, { key, sequence: 0, side });
    expect(begun().answer(token)).toEqual(known);
    const turned = Buffer.from(token);
    turned.writeUInt16BE(12, 6);
    turned.set(token.subarray(-12), 16);
    turned.set(noWish, 28);
    expect(begun().answer(turned)).toEqual(known);
  });

  test.each([
    ["nothing", new Uint8Array(0), "a token that wraps nothing"],
    ["less than a head", Buffer.from("0504", "hex"), "a token that wraps nothing"],
    [
      "a head alone",
      Buffer.from("050400ff000c00000000000000000000", "hex"),
      "a token that was changed, or wrapped with another key",
    ],
    [
      "its own side's",
      wrap(noWish, { key, sequence: 0, side: "acceptor" }),
      "a token of the wrong side",
    ],
    [
      "sealed",
      Buffer.from("050402ff000c00000000000000000000", "hex"),
      "a token that is sealed, which was not asked for",
    ],
    [
      "of another key",
      wrap(noWish, { key: serviceKey, sequence: 0, side }),
      "a token that was changed, or wrapped with another key",
    ],
    ["of another place", wrap(noWish, { key, sequence: 1, side }), "a token out of turn"],
    [
      "a wish for a layer",
      wrap(Uint8Array.of(4, 0, 1, 0), { key, sequence: 0, side }),
      "the wish for a layer of security, which peers do not speak",
    ],
  ])("is refused: %s", (_, token, why) => {
    expect(begun().answer(token)).toEqual({ kind: "refused", why: `it comes with ${why}` });
  });

  test("is not waited for twice", () => {
    const exchange = begun();
    exchange.answer(new Uint8Array(0));
    expect(exchange.answer(wrap(noWish, { key, sequence: 0, side }))).toEqual({
      kind: "refused",
      why: "it goes on after the end",
    });
  });
});

describe("who dials goes no further", () => {
  test("with a server that cannot open the ticket", () => {
    const login = new GssapiLogin(grant(), now);
    const offer = wrap(Uint8Array.of(1, 0, 0, 0), {
      key: serviceKey,
      sequence: 0,
      side: "acceptor",
    });
    expect(login.take(offer)).toEqual({
      kind: "failed",
      why: "it answers with a token that was changed, or wrapped with another key",
    });
  });

  test("with one that says nothing, or more than there is", () => {
    const silent = new GssapiLogin(grant(), now);
    expect(silent.take(null)).toMatchObject({ kind: "failed" });
    const login = new GssapiLogin(grant(), now);
    login.take(tokenOf(new GssapiExchange(acceptor()).answer(login.first)));
    expect(login.take(Uint8Array.of(1))).toEqual({
      kind: "failed",
      why: "it goes on when there is nothing more to say",
    });
  });
});

test("a key of a type that is not spoken here is refused, in the keytab as in the ticket", () => {
  const old = { type: 23, value: new Uint8Array(16) };
  const keytab = Keytab.read(fileWith(keytabBytes({ name: "zkquorum/host", key: old })));
  const bytes = Buffer.from(grant().ticket);
  const ofType = (type: number): Uint8Array => {
    const ticket = Buffer.from(bytes);
    ticket[ticket.indexOf(Buffer.from("a003020112a1030201", "hex")) + 4] = type;
    return shownTicket(ticket);
  };
  expect(new GssapiExchange(acceptor({ keytab })).answer(ofType(23))).toEqual({
    kind: "refused",
    why: "it comes with a key of encryption type 23 and 16 bytes",
  });
  const sessionKeys = [keyOf(1, 20), { type: 18, value: new Uint8Array(16) }];
  for (const { type, value } of sessionKeys) {
    const { ticket } = grant({ sessionKey: { type, value } });
    const cut = `a key of encryption type ${type} and ${value.length} bytes`;
    expect(new GssapiExchange(acceptor()).answer(shownTicket(ticket, type))).toEqual({
      kind: "refused",
      why: `it comes with ${cut}`,
    });
  }
});

test("a keytab with both types opens tickets of either", () => {
  const keys = [keyOf(1, 17), keyOf(2, 18)];
  const bytes = keytabBytes(...keys.map((key) => ({ name: "zkquorum/host", key })));
  const keytab = Keytab.read(fileWith(bytes));
  for (const key of keys) {
    const { first } = new GssapiLogin(grant({ key }), now);
    expect(new GssapiExchange(acceptor({ keytab })).answer(first).kind).toBe("challenge");
  }
});
