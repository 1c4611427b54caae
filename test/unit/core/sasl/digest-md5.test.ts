import { describe, expect, test } from "vitest";
import { Prng } from "../../../../src/core/base/prng.ts";
import {
  clientService,
  DigestMd5,
  nonceFrom,
  responseOf,
} from "../../../../src/core/sasl/digest-md5.ts";
import { bytes } from "../server/stage.ts";

const realm = "zk-sasl-md5";
const uri = "zookeeper/zk-sasl-md5";

describe("proofs are computed as", () => {
  test("RFC 2831's example has them", () => {
    const secret = {
      user: "chris",
      realm: "elwood.innosoft.com",
      password: "secret",
      nonce: "OA6MG9tEQGm2hh",
      cnonce: "OA6MHXh6VqTrRk",
      authzid: undefined,
    };
    expect([
      responseOf(secret, "AUTHENTICATE:imap/elwood.innosoft.com"),
      responseOf(secret, ":imap/elwood.innosoft.com"),
    ]).toEqual(["d388dad90d4bbd760a152321f2143af7", "ea40f60335c427b5527b84dbabcdfffd"]);
  });

  // sasl-step2 of the golden frames, recorded from Apache.
  test("Apache has them", () => {
    const secret = {
      user: "bob",
      realm,
      password: "bobsecret",
      nonce: "X6eWcc5VWPi7JM31P8O22oDBXt4XNDkpr3oFCwo2",
      cnonce: "MDEyMzQ1Njc4OWFi",
      authzid: undefined,
    };
    expect([responseOf(secret, `AUTHENTICATE:${uri}`), responseOf(secret, `:${uri}`)]).toEqual([
      "2d5d1f5743b3349c34f31159813333b6",
      "604300234714e684b6a134ebfbafafcc",
    ]);
  });
});

const users = new Map([
  ["bob", "bobsecret"],
  ["zoë", "crème"],
]);

const exchangeOf = (chance: Prng): DigestMd5 =>
  new DigestMd5({ service: clientService, users, nonce: nonceFrom(chance) });

interface Response {
  readonly user?: string;
  readonly password?: string;
  /** In place of what a correct client sends. */
  readonly changes?: Readonly<Record<string, string | undefined>>;
}

/** The answer to a client's response to the challenge, as text. */
function login({ user = "bob", password = "bobsecret", changes = {} }: Response) {
  const exchange = exchangeOf(new Prng("seed"));
  const nonce = nonceOf(exchange.answer(new Uint8Array(0)));
  const cnonce = "MDEyMzQ1Njc4OWFi";
  const authzid = changes["authzid"];
  const secret = { user, realm, password, nonce, cnonce, authzid };
  const directives = {
    charset: "utf-8",
    username: user,
    realm,
    nonce,
    nc: "00000001",
    cnonce,
    "digest-uri": uri,
    maxbuf: "65536",
    response: responseOf(secret, `AUTHENTICATE:${uri}`),
    qop: "auth",
    ...changes,
  };
  const bare = new Set(["charset", "nc", "maxbuf", "response", "qop"]);
  const text = Object.entries(directives)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${bare.has(key) ? value : JSON.stringify(value)}`)
    .join(",");
  const answer = exchange.answer(bytes(text));
  if (answer.kind !== "known") return answer.kind;
  const isProof = textOf(answer) === `rspauth=${responseOf(secret, `:${uri}`)}`;
  return { user: answer.user, isProof };
}

const textOf = (answer: ReturnType<DigestMd5["answer"]>): string =>
  answer.kind === "refused" ? answer.why : Buffer.from(answer.token ?? []).toString();
const nonceOf = (answer: ReturnType<DigestMd5["answer"]>): string =>
  /^realm="zk-sasl-md5",nonce="([\w+/]{40})",charset=utf-8,algorithm=md5-sess$/.exec(
    textOf(answer),
  )?.[1] ?? "";

test("a user who knows the password is told that the server does too", () => {
  expect(login({})).toEqual({ user: "bob", isProof: true });
  expect(login({ user: "zoë", password: "crème" })).toEqual({ user: "zoë", isProof: true });
});

test("who asks to act for another stays who they are", () => {
  expect(login({ changes: { authzid: "alice" } })).toEqual({ user: "bob", isProof: true });
});

test.each<[string, Response]>([
  ["a wrong password", { password: "wrong" }],
  ["an unknown user", { user: "eve" }],
  ["another realm", { changes: { realm: "elsewhere" } }],
  ["another nonce", { changes: { nonce: "old" } }],
  ["a second use of the nonce", { changes: { nc: "00000002" } }],
  ["another quality", { changes: { qop: "auth-int" } }],
  ["another service", { changes: { "digest-uri": "zookeeper/localhost" } }],
  ["no client's nonce", { changes: { cnonce: undefined } }],
  ["no user", { changes: { username: undefined } }],
  ["what is no list of directives", { changes: { nc: '1",' } }],
])("%s fails", (_, response) => {
  expect(login(response)).toBe("refused");
});

test("every challenge is new, and a token after the end fails", () => {
  const chance = new Prng("seed");
  const [first, second] = [exchangeOf(chance), exchangeOf(chance)];
  const challenges = [first, second].map((exchange) => nonceOf(exchange.answer(bytes("hello"))));
  expect(new Set(challenges).size).toBe(2);
  expect([first.answer(bytes("")), first.answer(bytes(""))]).toMatchObject([
    { kind: "refused" },
    { kind: "refused" },
  ]);
});
