import { describe, expect, test } from "vitest";
import { ProtocolError } from "../../../../src/core/base/assert.ts";
import { decode, encode } from "../../../../src/core/jute/record.ts";
import { ConnectResponse, refusal } from "../../../../src/core/protocol/connect.ts";
import { ErrorCode, errorName, isDefinite } from "../../../../src/core/protocol/error-codes.ts";
import { isWrite, OpCode, opName } from "../../../../src/core/protocol/op-codes.ts";
import { MultiReply } from "../../../../src/core/protocol/replies.ts";
import {
  AuthRequest,
  MultiRequest,
  requestCodecs,
} from "../../../../src/core/protocol/requests.ts";

const hex = (text: string): Uint8Array => Buffer.from(text, "hex");

describe("names", () => {
  test("of codes and operations, known or not", () => {
    expect([errorName(-101), errorName(0), errorName(-9999)]).toEqual([
      "NONODE",
      "OK",
      "ERROR-9999",
    ]);
    expect([opName(1), opName(-11), opName(99)]).toEqual(["create", "closeSession", "op 99"]);
  });
});

test("only a lost connection, a timeout or an expired session leave open what became of a request", () => {
  const open = Object.entries(ErrorCode).filter(([, code]) => !isDefinite(code));
  expect(open.map(([name]) => name)).toEqual([
    "CONNECTIONLOSS",
    "OPERATIONTIMEOUT",
    "SESSIONEXPIRED",
    "REQUESTTIMEOUT",
  ]);
});

test("sync and reads take no zxid", () => {
  const writes = Object.values(OpCode).filter(isWrite);
  expect(writes.map(opName).sort()).toEqual([
    "closeSession",
    "create",
    "create2",
    "createContainer",
    "createSession",
    "createTtl",
    "delete",
    "deleteContainer",
    "multi",
    "reconfig",
    "setAcl",
    "setData",
  ]);
});

test("every operation of clients but check has a request", () => {
  const without = Object.values(OpCode).filter((op) => !(op in requestCodecs));
  expect(without.map(opName)).toEqual(["error", "check"]);
});

test("a refused session is answered with zeros, and without the byte that an old client did not send", () => {
  expect([
    encode(ConnectResponse, refusal(undefined)).length,
    encode(ConnectResponse, refusal(true)).length,
  ]).toEqual([36, 37]);
});

test("auth ignores the type in front", () => {
  expect(decode(AuthRequest, hex("00000007ffffffffffffffff"))).toEqual({
    scheme: null,
    auth: null,
  });
});

describe("a multi", () => {
  test("without its end is refused", () => {
    expect(() => decode(MultiRequest, hex("0000000d00ffffffff000000012f00000001"))).toThrow(
      ProtocolError,
    );
  });

  test("with an operation that it cannot hold is refused, in request and reply", () => {
    expect(() => decode(MultiRequest, hex("0000000900ffffffff"))).toThrow("op 9 in a multi");
    expect(() => decode(MultiReply, hex("0000000900ffffffff"))).toThrow("a multi result of type 9");
  });
});
