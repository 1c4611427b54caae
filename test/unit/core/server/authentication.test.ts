import { expect, test } from "vitest";
import { authenticate } from "../../../../src/core/server/authentication.ts";
import { bytes } from "./stage.ts";

const address = "127.0.0.1";
const superDigest = "super:D/InIHSb7yEEbrWz8b9l71RjZJU=";
const digest = (text: string): unknown =>
  authenticate("digest", bytes(text), address, superDigest)?.map(
    ({ scheme, id }) => `${scheme} ${id}`,
  );

test("a digest is the user and the hash of both", () => {
  expect(digest("bob:pw")).toEqual(["digest bob:ikIaKsbtGweaHnb/jKn7OHqbunM="]);
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
  expect(authenticate("digest", bytes("super:test"), address, undefined)).toEqual([
    { scheme: "digest", id: superDigest },
  ]);
});

test("an address is added again", () => {
  expect(authenticate("ip", null, address, undefined)).toEqual([{ scheme: "ip", id: address }]);
});

test.each([null, "", "world", "auth", "super", "sasl", "nosuch"])("scheme %j fails", (scheme) => {
  expect(authenticate(scheme, bytes("a:b"), address, superDigest)).toBeUndefined();
});

test("a digest without data fails", () => {
  expect(authenticate("digest", null, address, superDigest)).toBeUndefined();
});
