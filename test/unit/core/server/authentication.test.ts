import { describe, expect, test } from "vitest";
import { connectionIdOf } from "../../../../src/core/base/ids.ts";
import { md5 } from "../../../../src/core/base/md5.ts";
import { ErrorCode } from "../../../../src/core/protocol/error-codes.ts";
import { OpCode } from "../../../../src/core/protocol/op-codes.ts";
import { Authentication, authenticate } from "../../../../src/core/server/authentication.ts";
import { Connection } from "../../../../src/core/server/connection.ts";
import { bytes } from "./stage.ts";

const address = "127.0.0.1";
const superDigest = "super:D/InIHSb7yEEbrWz8b9l71RjZJU=";
const digest = (text: string): unknown => {
  const ids = authenticate("digest", { auth: bytes(text), address }, { superDigest });
  return typeof ids === "string" ? ids : ids?.map(({ scheme, id }) => `${scheme} ${id}`);
};

test("a digest is the user and the hash of both", () => {
  expect(digest("bob:pw")).toEqual(["digest bob:ikIaKsbtGweaHnb/jKn7OHqbunM="]);
});

test("a digest may be of another hash, and so may the super user's", () => {
  const options = { superDigest: "bob:mFIN705h49CRioANaL/new==", hash: md5 };
  expect(authenticate("digest", { auth: bytes("bob:pw"), address }, options)).toEqual([
    { scheme: "super", id: "" },
    { scheme: "digest", id: "bob:mFIN705h49CRioANaL/new==" },
  ]);
});

test("a digest without a colon, or empty, is taken as it is", () => {
  expect(digest("bob")).toEqual(["digest bob:SBgazSKz7a68ikR4aKfffOYpkgo="]);
  expect(digest("")).toEqual(["digest :2jmj7l5rSw0yVb/vlWAYkK/YBwk="]);
});

test("a digest of characters outside the basic plane is of their UTF-8", () => {
  expect(digest("a:\u{1f600}")).toEqual(["digest a:GnXOVRZcqfY+xuUCmBXNfnxM4zs="]);
});

test("the super digest brings the super id too", () => {
  expect(digest("super:test")).toEqual(["super ", `digest ${superDigest}`]);
  expect(
    authenticate("digest", { auth: bytes("super:test"), address }, { superDigest: undefined }),
  ).toEqual([{ scheme: "digest", id: superDigest }]);
});

test.each([
  ["blue", "blue", []],
  ["another of its names", "green", []],
  ["nothing", "", []],
  ["no data", null, []],
  ["a name of others", "red", "elsewhere"],
])("an ensemble called %s", (_, name, expected) => {
  const options = { superDigest, ensembleNames: new Set(["blue", "green"]) };
  const auth = name === null ? null : bytes(name);
  expect(authenticate("ensemble", { auth, address }, options)).toEqual(expected);
});

test("an address is added again", () => {
  expect(authenticate("ip", { auth: null, address }, { superDigest })).toEqual([
    { scheme: "ip", id: address },
  ]);
});

test.each([null, "", "world", "auth", "super", "sasl", "ensemble", "nosuch"])(
  "scheme %j fails",
  (scheme) => {
    expect(authenticate(scheme, { auth: bytes("a:b"), address }, { superDigest })).toBeUndefined();
  },
);

test("a digest fails where the scheme is off, the super user's too", () => {
  const options = { superDigest, digestEnabled: false };
  const credentials = { auth: bytes("super:test"), address };
  expect(authenticate("digest", credentials, options)).toBeUndefined();
});

test("a digest without data fails", () => {
  expect(authenticate("digest", { auth: null, address }, { superDigest })).toBeUndefined();
});

describe("who fails at SASL", () => {
  const sasl = { users: new Map([["bob", "secret"]]), seed: "" };
  const kept = { err: ErrorCode.OK, refusal: undefined };
  const failed = { err: ErrorCode.AUTHFAILED, refusal: "authentication failed" };
  const required = { ...failed, err: ErrorCode.SESSIONCLOSEDREQUIRESASLAUTH };

  test.each([
    ["is sent away", {}, failed],
    ["stays where that is allowed", { allowSaslFailedClients: true }, kept],
    [
      "is sent away where SASL is required",
      { allowSaslFailedClients: true, requiredSchemes: new Set(["sasl"]) },
      required,
    ],
    [
      "stays where another scheme is required",
      { allowSaslFailedClients: true, requiredSchemes: new Set(["digest"]) },
      kept,
    ],
  ])("%s, without an id", (_, options, expected) => {
    const authentication = new Authentication({ superDigest, sasl, ...options });
    const connection = new Connection(connectionIdOf(1), { address, port: 1 }, 0);
    const say = (token: string) =>
      authentication.answer(connection, {
        xid: 1,
        type: OpCode.sasl,
        body: { token: bytes(token) },
      });
    say("");
    const { reply, ids, refusal } = say("username=eve");
    expect({ err: reply?.err, refusal }).toEqual(expected);
    expect([reply?.body, ids]).toEqual([{ token: null }, []]);
  });
});
