import { expect, test } from "vitest";
import { addressIn } from "../../../src/runtime/election-conversation.ts";

test.each([
  ["127.0.0.1:3888", { host: "127.0.0.1", port: 3888 }],
  ["[::1]:3888", { host: "::1", port: 3888 }],
  ["zk1.example:3888", { host: "zk1.example", port: 3888 }],
  ["0.0.0.0:3888|10.0.0.7:3889", { host: "10.0.0.7", port: 3889 }],
  ["[::]:3888|10.0.0.7:3889", { host: "10.0.0.7", port: 3889 }],
  ["0.0.0.0:3888", undefined],
  ["", undefined],
  ["nonsense", undefined],
  ["host:99999", undefined],
])("the address to call back in %o is %o", (text, expected) => {
  expect(addressIn(text)).toEqual(expected);
});
