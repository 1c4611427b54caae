import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  crcBytes,
  crcInt,
  crcLong,
  crcStart,
  crcText,
  crcValue,
} from "../../../../src/core/base/crc32.ts";
import { hex, md5 } from "../../../../src/core/base/md5.ts";
import { base64, sha1 } from "../../../../src/core/base/sha1.ts";
import { ShardedMap } from "../../../../src/core/base/sharded-map.ts";
import { utf8Bytes } from "../../../../src/core/base/utf8.ts";

const anyBytes = fc.uint8Array({ maxLength: 200 });
const basicPlane = fc.string({
  unit: fc.integer({ min: 1, max: 0xd7ff }).map((c) => String.fromCharCode(c)),
});

describe("CRC-32", () => {
  test("of bytes is zlib's, however they are cut", () => {
    const many = fc.uint8Array({ minLength: 500, maxLength: 540 });
    const pieces = fc.array(fc.oneof(anyBytes, many), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(pieces, (cut) => {
        const whole = Buffer.concat(cut);
        expect(crcValue(cut.reduce(crcBytes, crcStart))).toBe(crc32(whole));
        expect(crcValue(crcBytes(crcStart, whole))).toBe(crc32(whole));
      }),
    );
  });

  test("of text is that of its UTF-8", () => {
    fc.assert(
      fc.property(basicPlane, (text) => {
        expect(crcValue(crcText(crcStart, text))).toBe(crc32(Buffer.from(text)));
      }),
    );
  });

  test("of numbers is that of their big-endian bytes", () => {
    const bytes = Buffer.alloc(12);
    fc.assert(
      fc.property(fc.integer(), fc.maxSafeInteger(), (int, long) => {
        bytes.writeInt32BE(int);
        bytes.writeBigInt64BE(BigInt(long), 4);
        expect(crcValue(crcLong(crcInt(crcStart, int), long))).toBe(crc32(bytes));
      }),
    );
  });
});

describe("SHA-1", () => {
  test("of any bytes is the one everybody computes", () => {
    const long = fc.uint8Array({ minLength: 50, maxLength: 70 });
    fc.assert(
      fc.property(fc.oneof(anyBytes, long), (bytes) => {
        const expected = createHash("sha1").update(bytes).digest();
        expect(Buffer.from(sha1(bytes))).toEqual(expected);
        expect(base64(bytes)).toBe(Buffer.from(bytes).toString("base64"));
      }),
    );
  });
});

test("MD5 of any bytes is the one everybody computes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 140 }), (bytes) => {
      expect(hex(md5(bytes))).toBe(createHash("md5").update(bytes).digest("hex"));
    }),
  );
});

test("UTF-8 of any text, characters outside the basic plane in four bytes", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      expect(Buffer.from(utf8Bytes(text))).toEqual(Buffer.from(text));
    }),
  );
});

describe("a sharded map", () => {
  test("is a map, whatever it grows to", () => {
    const map = new ShardedMap<number>();
    for (let i = 0; i < 40_000; i += 1) map.set(`/node-${i}`, i);
    for (let i = 0; i < 40_000; i += 2) map.delete(`/node-${i}`);
    map.set("/node-1", -1);
    expect(map.size).toBe(20_000);
    expect([map.get("/node-0"), map.get("/node-1"), map.get("/node-3")]).toEqual([
      undefined,
      -1,
      3,
    ]);
    expect([map.has("/node-2"), map.has("/node-39999"), map.delete("/node-2")]).toEqual([
      false,
      true,
      false,
    ]);
    const odd = Array.from({ length: 20_000 }, (_, i) => `/node-${i * 2 + 1}`);
    expect(new Set(map.keys())).toEqual(new Set(odd));
  });
});
