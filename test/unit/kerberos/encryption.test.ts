import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  checksum,
  decrypt,
  encrypt,
  folded,
  isChecksum,
  KeyUsage,
} from "../../../src/kerberos/encryption.ts";
import { keyOf } from "./stage.ts";

describe("n-fold", () => {
  // RFC 3961, A.1
  test.each([
    ["012345", 8, "be072631276b1955"],
    ["password", 7, "78a07b6caf85fa"],
    ["Rough Consensus, and Running Code", 8, "bb6ed30870b7f0e0"],
    ["password", 21, "59e4a8ca7c0385c3c37b3f6d2000247cb6e6bd5b3e"],
    ["Q", 21, "518a54a215a8452a518a54a215a8452a518a54a215"],
    ["ba", 21, "fb25d531ae8974499f52fd92ea9857c4ba24cf297e"],
    ["kerberos", 16, "6b65726265726f737b9b5b2b93132b93"],
  ])("%s to %i bytes", (words, length, hex) => {
    expect(Buffer.from(folded(Buffer.from(words), length)).toString("hex")).toBe(hex);
  });
});

const keys = fc.constantFrom(keyOf(1, 18), keyOf(2, 17));
const bytes = fc.uint8Array({ maxLength: 100 });

test("what is encrypted is decrypted with the same key for the same use, whatever its length, and not when a byte of it changed", () => {
  fc.assert(
    fc.property(keys, bytes, fc.nat(), (key, plain, at) => {
      const sealed = Uint8Array.from(encrypt(key, KeyUsage.ticket, plain));
      expect(sealed).toHaveLength(16 + plain.length + 12);
      expect(decrypt(key, KeyUsage.ticket, sealed)).toEqual(Buffer.from(plain));
      expect(decrypt(key, KeyUsage.asRep, sealed)).toBeUndefined();
      expect(decrypt(keyOf(3, key.type), KeyUsage.ticket, sealed)).toBeUndefined();
      sealed[at % sealed.length] = (sealed[at % sealed.length] ?? 0) ^ 1;
      expect(decrypt(key, KeyUsage.ticket, sealed)).toBeUndefined();
      expect(decrypt(key, KeyUsage.ticket, sealed.subarray(0, 27))).toBeUndefined();
    }),
    { numRuns: 50 },
  );
});

test("a checksum is one key's, one use's and one text's", () => {
  const [key, data] = [keyOf(1), Buffer.from("text")];
  const usage = KeyUsage.wrapOfInitiator;
  const sum = checksum(key, usage, data);
  expect(isChecksum(sum, key, { usage, data })).toBe(true);
  expect(isChecksum(sum, keyOf(2), { usage, data })).toBe(false);
  expect(isChecksum(sum, key, { usage: KeyUsage.wrapOfAcceptor, data })).toBe(false);
  expect(isChecksum(sum, key, { usage, data: Buffer.from("test") })).toBe(false);
  expect(isChecksum(sum.subarray(1), key, { usage, data })).toBe(false);
});
