import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ProtocolError } from "../../../../src/core/base/assert.ts";
import { FrameSplitter } from "../../../../src/core/jute/frames.ts";
import { Reader } from "../../../../src/core/jute/reader.ts";
import { Writer } from "../../../../src/core/jute/writer.ts";

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

/** The bytes of `payloads` as frames, one after the other. */
function framed(payloads: readonly Uint8Array[]): Uint8Array {
  const writer = new Writer(8);
  for (const payload of payloads) writer.buffer(payload);
  return writer.copy();
}

/** What a splitter makes of a stream that arrives in these chunks. */
function split(chunks: readonly Uint8Array[], lengthMax = 1 << 20): Uint8Array[] {
  const splitter = new FrameSplitter(lengthMax);
  const frames: Uint8Array[] = [];
  for (const chunk of chunks) {
    splitter.push(chunk);
    while (splitter.next()) frames.push(splitter.bytes.slice(splitter.start, splitter.end));
  }
  return frames;
}

/** A stream as one chunk, byte by byte, and cut at the given places. */
function* cuttings(stream: Uint8Array, cuts: readonly number[]): Generator<Uint8Array[]> {
  yield [stream];
  yield Array.from(stream, (byte) => bytes(byte));
  const places = [0, ...cuts.map((cut) => cut % (stream.length + 1)), stream.length].sort(
    (left, right) => left - right,
  );
  yield places.slice(1).map((place, index) => stream.slice(places[index], place));
}

describe("FrameSplitter", () => {
  const payloads = fc.array(fc.uint8Array({ maxLength: 30 }), { maxLength: 6 });

  test("gives the same frames however the stream is cut", () => {
    fc.assert(
      fc.property(payloads, fc.array(fc.nat(300), { maxLength: 8 }), (frames, cuts) => {
        for (const chunks of cuttings(framed(frames), cuts)) expect(split(chunks)).toEqual(frames);
      }),
    );
  });

  test("passes frames of no bytes on, whole and byte by byte", () => {
    const frames = [bytes(), bytes(1), bytes(), bytes()];
    for (const chunks of cuttings(framed(frames), [])) expect(split(chunks)).toEqual(frames);
  });

  test("does not copy a frame that lies whole in a chunk", () => {
    const chunk = framed([bytes(1, 2), bytes(3)]);
    const splitter = new FrameSplitter(10);
    splitter.push(chunk);
    const ranges: unknown[] = [];
    while (splitter.next()) {
      ranges.push([splitter.bytes === chunk, splitter.start, splitter.end]);
    }
    expect(ranges).toEqual([
      [true, 4, 6],
      [true, 10, 11],
    ]);
  });

  test("tells how much it holds back", () => {
    const splitter = new FrameSplitter(10);
    const held: number[] = [];
    for (const byte of framed([bytes(7, 8)])) {
      splitter.push(bytes(byte));
      splitter.next();
      held.push(splitter.held);
    }
    expect(held).toEqual([1, 2, 3, 4, 5, 0]);
  });

  test.each([
    ["below zero", bytes(0xff, 0xff, 0xff, 0xff), "a frame of -1 bytes, the limit is 10"],
    ["above the limit", bytes(0, 0, 0, 11), "a frame of 11 bytes, the limit is 10"],
    ["that is text", new TextEncoder().encode("GET / HTTP"), "a frame of 1195725856 bytes"],
  ])("refuses a length %s", (_what, stream, message) => {
    for (const chunks of cuttings(stream, [2])) {
      expect(() => split(chunks, 10)).toThrow(ProtocolError);
      expect(() => split(chunks, 10)).toThrow(message);
    }
  });

  test("takes a frame of exactly the limit", () => {
    for (const chunks of cuttings(framed([new Uint8Array(10)]), [3])) {
      expect(split(chunks, 10)).toEqual([new Uint8Array(10)]);
    }
  });
});

describe("Reader", () => {
  const reads: readonly [string, (reader: Reader) => unknown, Uint8Array][] = [
    ["byte", (r) => r.byte(), bytes(0xff)],
    ["bool", (r) => r.bool(), bytes(2)],
    ["int", (r) => r.int(), bytes(0xff, 0xff, 0xff, 0xfe)],
    ["long", (r) => r.long(), bytes(0, 0, 0, 1, 0, 0, 0, 2)],
    ["id", (r) => r.id(), bytes(0x80, 0, 0, 0, 0, 0, 0, 1)],
    ["buffer", (r) => [...(r.buffer() ?? [])], bytes(0, 0, 0, 2, 5, 6)],
    ["string", (r) => r.string(), bytes(0, 0, 0, 3, 0x2f, 0xc3, 0xa4)],
    ["nullableString", (r) => r.nullableString(), bytes(0xff, 0xff, 0xff, 0xff)],
    ["vector", (r) => r.vector((element) => element.byte()), bytes(0, 0, 0, 2, 8, 9)],
    ["take", (r) => [...r.take(2)], bytes(3, 4)],
    ["peekInt", (r) => [r.peekInt(), r.int()], bytes(0, 0, 0, 7)],
  ];

  test("reads what Java writes", () => {
    expect(reads.map(([name, read, source]) => [name, read(new Reader(source))])).toEqual([
      ["byte", -1],
      ["bool", true],
      ["int", -2],
      ["long", 2 ** 32 + 2],
      ["id", -(2n ** 63n) + 1n],
      ["buffer", [5, 6]],
      ["string", "/ä"],
      ["nullableString", null],
      ["vector", [8, 9]],
      ["take", [3, 4]],
      ["peekInt", [7, 7]],
    ]);
  });

  test.each(reads)("%s fails wherever its bytes end too early", (_name, read, source) => {
    for (let end = 0; end < source.length; end += 1) {
      expect(() => read(new Reader(source, 0, end))).toThrow(ProtocolError);
    }
  });

  test("does not read past its range into the rest of the chunk", () => {
    const reader = new Reader(bytes(0, 0, 0, 1, 9, 9), 0, 4);
    expect(() => reader.buffer()).toThrow("ends 1 bytes too early");
  });

  test("refuses a length below −1, and null where a value is needed", () => {
    const minusTwo = bytes(0xff, 0xff, 0xff, 0xfe);
    const minusOne = bytes(0xff, 0xff, 0xff, 0xff);
    expect(() => new Reader(minusTwo).buffer()).toThrow("a length of -2");
    expect(() => new Reader(minusTwo).nullableString()).toThrow("a length of -2");
    expect(() => new Reader(minusOne).string()).toThrow("null where a string is needed");
    expect(() => new Reader(minusOne).vector((r) => r.byte())).toThrow(
      "null where a vector is needed",
    );
  });

  test("takes a count below −1 for no elements, and a count too large for its bytes as an error", () => {
    expect(new Reader(bytes(0xff, 0xff, 0xff, 0xfe)).nullableVector((r) => r.byte())).toEqual([]);
    expect(() => new Reader(bytes(0x7f, 0xff, 0xff, 0xff)).vector((r) => r.string())).toThrow(
      ProtocolError,
    );
  });

  test("moves to another range of the same bytes, and to other bytes", () => {
    const one = bytes(1, 2, 3);
    const reader = new Reader(one, 2, 3);
    reader.reset(one, 0, 2);
    const first = [reader.byte(), reader.position, reader.remaining];
    reader.reset(Buffer.from("x/ab").subarray(1), 1, 3);
    expect([first, reader.text(), [...reader.rest()]]).toEqual([[1, 1, 1], "ab", [97, 98]]);
  });

  test("gives views: what the chunk becomes, they become", () => {
    const chunk = bytes(0, 0, 0, 1, 5);
    const view = new Reader(chunk).buffer();
    chunk[4] = 6;
    expect([...(view ?? [])]).toEqual([6]);
  });
});

describe("Writer", () => {
  test("grows, and what it wrote stays", () => {
    const writer = new Writer(1);
    for (let i = 0; i < 100; i += 1) writer.int(i);
    const reader = new Reader(writer.view());
    expect(Array.from({ length: 100 }, () => reader.int())).toEqual(
      Array.from({ length: 100 }, (_, i) => i),
    );
  });

  test("starts again when cleared, and gives its bytes away when detached", () => {
    const writer = new Writer(4);
    writer.int(1);
    const detached = writer.detach(8);
    writer.byte(2);
    const copy = writer.copy();
    writer.clear();
    writer.byte(3);
    expect([[...detached], [...copy], [...writer.view()], writer.capacity]).toEqual([
      [0, 0, 0, 1],
      [2],
      [3],
      8,
    ]);
  });

  test("fills in the length of a frame, also of one around another", () => {
    const writer = new Writer();
    const outer = writer.beginFrame();
    const inner = writer.beginFrame();
    writer.byte(1);
    writer.endFrame(inner);
    writer.endFrame(outer);
    expect([...writer.view()]).toEqual([0, 0, 0, 5, 0, 0, 0, 1, 1]);
  });

  test("writes the same whether long values are left aside or not, and does not copy those", () => {
    const long = Uint8Array.from({ length: 20 }, (_, at) => at);
    const write = (writer: Writer): Writer => {
      writer.raw(long);
      const outer = writer.beginFrame();
      writer.int(1);
      const inner = writer.beginFrame();
      writer.buffer(long);
      writer.buffer(long.subarray(0, 19));
      writer.endFrame(inner);
      writer.raw(long);
      writer.endFrame(outer);
      return writer;
    };
    const plain = write(new Writer(8));
    const sparing = write(new Writer(8, 20));
    const parts = sparing.parts();
    expect(Buffer.concat(parts)).toEqual(Buffer.from(plain.view()));
    expect(parts.filter((part) => part === long).length).toBe(3);
    expect([sparing.view(), sparing.copy(), sparing.length]).toEqual([
      plain.view(),
      plain.copy(),
      plain.length,
    ]);
    expect([plain.isWhole, sparing.isWhole, plain.parts().length]).toEqual([true, false, 1]);
    sparing.clear();
    sparing.byte(7);
    expect([[...sparing.view()], sparing.length, sparing.isWhole]).toEqual([[7], 1, true]);
    expect([...write(new Writer(8, 20)).detach(8)]).toEqual([...plain.view()]);
  });

  test("writes UTF-8 up to U+FFFF, and what lies beyond as Java does: six bytes that are no UTF-8", () => {
    const writer = new Writer();
    writer.string("aé€😀");
    expect(Buffer.from(writer.view()).toString("hex")).toBe("0000000c61c3a9e282aceda0bdedb880");
    expect(new Reader(writer.view()).string()).toBe("aé€\ufffd\ufffd");
  });

  test.each(Array.from({ length: 40 }, (_, length) => length))(
    "reads a text of %i letters, with and without one beyond ASCII",
    (length) => {
      const letters = "/abcdefghijklmnopqrstuvwxyz0123456789-_.".slice(0, length);
      for (const text of [letters, `${letters}é`, `€${letters}`, `${letters}\u007f\u0000`]) {
        const writer = new Writer();
        writer.string(text);
        writer.string("behind");
        const reader = new Reader(writer.view());
        expect(reader.string()).toBe(text);
        expect(reader.string()).toBe("behind");
      }
    },
  );
});
