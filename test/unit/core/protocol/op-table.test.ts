import { expect, test } from "vitest";
import { isWrite, OpCode } from "../../../../src/core/protocol/op-codes.ts";
import { OpTable } from "../../../../src/core/protocol/op-table.ts";

const names = new OpTable(Object.entries(OpCode).map(([name, code]) => [code, name] as const));

test.each(Object.entries(OpCode))("%s is found by its number", (name, code) => {
  expect(names.get(code)).toBe(name);
});

test.each([-2_147_483_648, -17, -16, 0, 10, 127, 128, 1_000, 2_147_483_647])(
  "%i, which a client may send, is nothing",
  (code) => {
    expect(names.get(code)).toBeUndefined();
    expect(isWrite(code)).toBe(false);
  },
);
