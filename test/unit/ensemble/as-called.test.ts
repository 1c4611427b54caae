import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { asCalled } from "../../../src/ensemble/as-called.ts";

test("lists and plain objects are copied, of any realm, and of any depth", () => {
  const given = { peers: [{ id: 1 }], bare: Object.assign(Object.create(null), { a: 1 }) };
  const called = asCalled(given);
  const foreign = runInNewContext("({ list: [{ id: 1 }] })");
  const calledAbroad = asCalled(foreign);
  Object.assign(given.peers[0] ?? {}, { id: 2 });
  given.bare.a = 2;
  foreign.list[0].id = 2;
  expect(called).toEqual({ peers: [{ id: 1 }], bare: { a: 1 } });
  expect(calledAbroad).toEqual({ list: [{ id: 1 }] });
});

test("what is known by its identity is not", () => {
  const given = { signal: AbortSignal.timeout(1), bytes: Uint8Array.of(1), check: () => {} };
  const called = asCalled(given) as typeof given;
  expect(called.signal).toBe(given.signal);
  expect(called.bytes).toBe(given.bytes);
  expect(called.check).toBe(given.check);
});

test("nothing that an object has by inheritance is lost, from a bare one either", () => {
  const defaults = Object.assign(Object.create(null), { peers: 3 });
  const called = asCalled(Object.create(defaults)) as { peers: number };
  expect(called.peers).toBe(3);
});

test("a key of any name is kept, to be refused by it", () => {
  const called = asCalled(JSON.parse('{ "__proto__": { "peers": 3 } }')) as object;
  expect(Object.keys(called)).toEqual(["__proto__"]);
  expect("peers" in called).toBe(false);
});

test("an object that holds itself is copied once", () => {
  const given: { self?: unknown } = {};
  given.self = given;
  const called = asCalled(given) as typeof given;
  expect(called).not.toBe(given);
  expect(called.self).toBe(called);
});
