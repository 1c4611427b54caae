import { expect, test } from "vitest";
import { isWrite, OpCode } from "../../../../src/core/protocol/op-codes.ts";
import { OpTable } from "../../../../src/core/protocol/op-table.ts";

const byName = Object.entries(OpCode);
const names = new OpTable<string>(Object.fromEntries(byName.map(([name, code]) => [code, name])));

test.each(byName)("%s is found by its number", (name, code) => {
  expect(names.get(code)).toBe(name);
});

test.each([-2_147_483_648, -17, -16, 0, 10, 127, 128, 1_000, 2_147_483_647])(
  "%i, which a client may send, is nothing",
  (code) => {
    expect(names.get(code)).toBeUndefined();
    expect(isWrite(code)).toBe(false);
  },
);

test("an operation without a place is a mistake of ours", () => {
  expect(() => new OpTable({ 128: "beyond" })).toThrow("there is a row for each operation");
});
