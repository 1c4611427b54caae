import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AssertionError, assert, present, unreachable } from "../../../../src/core/base/assert.ts";
import { Deque } from "../../../../src/core/base/deque.ts";
import { type Due, Heap } from "../../../../src/core/base/heap.ts";
import {
  counterMax,
  counterOf,
  epochFrom,
  epochMax,
  epochOf,
  formatSession,
  formatZxid,
  longMin,
  makeZxid,
  nextZxid,
  sessionIdOf,
  zxidOf,
  zxidUntrusted,
} from "../../../../src/core/base/ids.ts";
import { Prng } from "../../../../src/core/base/prng.ts";

describe("assertions", () => {
  test("say what was expected", () => {
    expect(() => assert(false, "a quorum")).toThrow(new AssertionError("a quorum"));
    expect(() => present(undefined, "the leader")).toThrow("the leader is missing");
    expect(present(0, "a number")).toBe(0);
  });

  test("print an unexpected member of a union, ids included", () => {
    const value = { type: "odd", session: 5n } as never;
    expect(() => unreachable(value)).toThrow('unreachable: {"type":"odd","session":"5n"}');
  });
});

describe("Deque", () => {
  const step = fc.oneof(
    fc.nat().map((value) => ({ push: value })),
    fc.constant("shift" as const),
  );

  test("behaves as an array", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const deque = new Deque<number>();
        const array: number[] = [];
        for (const one of steps) {
          if (one === "shift") expect(deque.shift()).toBe(array.shift());
          else {
            deque.push(one.push);
            array.push(one.push);
          }
          expect([deque.length, deque.first(), deque.last()]).toEqual([
            array.length,
            array[0],
            array.at(-1),
          ]);
        }
        expect([...deque]).toEqual(array);
        expect(array.map((_, index) => deque.at(index))).toEqual(array);
      }),
    );
  });

  test("has nothing outside its ends, and nothing once cleared", () => {
    const deque = new Deque<string>();
    deque.push("a");
    expect([deque.at(-1), deque.at(1)]).toEqual([undefined, undefined]);
    deque.clear();
    expect([deque.length, deque.first(), deque.last(), deque.shift()]).toEqual([
      0,
      undefined,
      undefined,
      undefined,
    ]);
  });

  test("keeps its order when it grows around the end of its ring", () => {
    const deque = new Deque<number>();
    for (let i = 0; i < 12; i += 1) deque.push(i);
    for (let i = 0; i < 12; i += 1) deque.shift();
    const items = Array.from({ length: 40 }, (_, index) => index);
    for (const item of items) deque.push(item);
    expect([...deque]).toEqual(items);
  });
});

describe("Heap", () => {
  test("pops by time, and at equal times in order of arrival", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20)), (times) => {
        const heap = new Heap<Due>();
        const due = times.map((at, sequence) => ({ at, sequence }));
        for (const item of due) heap.push(item);
        const popped: Due[] = [];
        for (let item = heap.first(); item !== undefined; item = heap.first()) {
          expect(heap.pop()).toBe(item);
          popped.push(item);
        }
        expect(popped).toEqual(due.sort((l, r) => l.at - r.at || l.sequence - r.sequence));
        expect([heap.length, heap.pop()]).toEqual([0, undefined]);
      }),
    );
  });
});

describe("Prng", () => {
  const draw = (prng: Prng): number[] => Array.from({ length: 8 }, () => prng.below(1000));

  test("gives the same choices for the same seed", () => {
    expect(draw(new Prng("9f31c2"))).toEqual(draw(new Prng("9f31c2")));
    expect(draw(new Prng("9f31c2"))).not.toEqual(draw(new Prng("9f31c3")));
  });

  test("splits into streams that do not depend on what was drawn before", () => {
    const one = new Prng("seed");
    const other = new Prng("seed");
    draw(other);
    expect(draw(one.split("disk"))).toEqual(draw(other.split("disk")));
    expect(draw(one.split("disk"))).not.toEqual(draw(one.split("network")));
  });

  test("a split stream is that of a seed with the same name behind a slash", () => {
    const deep = new Prng("seed").split("faults").split("120ms:crash:2");
    expect(draw(deep)).toEqual(draw(new Prng("seed/faults/120ms:crash:2")));
  });

  test("stays within its bounds and reaches both ends", () => {
    const prng = new Prng("bounds");
    const drawn = Array.from({ length: 1000 }, () => prng.between(3, 6));
    expect([...new Set(drawn)].sort()).toEqual([3, 4, 5, 6]);
    expect([prng.chance(0), prng.chance(1), prng.pick(["only"])]).toEqual([false, true, "only"]);
  });
});

describe("zxids", () => {
  test.each([
    [0, 0],
    [1, 1],
    [5, counterMax],
    [epochMax, counterMax],
  ])("epoch %i and counter %i are kept", (epoch, counter) => {
    const zxid = makeZxid(epochFrom(epoch), counter);
    expect([epochOf(zxid), counterOf(zxid), Number.isSafeInteger(zxid)]).toEqual([
      epoch,
      counter,
      true,
    ]);
  });

  test("order by epoch, then by counter", () => {
    const zxid = makeZxid(epochFrom(1), counterMax);
    expect(nextZxid(zxid)).toBe(makeZxid(epochFrom(2), 0));
    expect(zxid < makeZxid(epochFrom(2), 0)).toBe(true);
  });

  test("of nobody and of non-voters have an epoch and a counter too", () => {
    expect([epochOf(zxidUntrusted), counterOf(zxidUntrusted)]).toEqual([-1, counterMax]);
    expect(epochOf(zxidOf(longMin))).toBe(-(2 ** 31));
  });

  test("print as Apache prints them", () => {
    expect([
      formatZxid(makeZxid(epochFrom(1), 17)),
      formatZxid(zxidUntrusted),
      formatZxid(zxidOf(longMin)),
      formatSession(sessionIdOf(0x8000_0000_0000_0001n)),
    ]).toEqual(["0x100000011", "0xffffffffffffffff", "0x8000000000000000", "0x8000000000000001"]);
  });

  test("session ids are signed, whichever way they are given", () => {
    expect(sessionIdOf(0xffff_ffff_ffff_ffffn)).toBe(-1n);
  });
});
