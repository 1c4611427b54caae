import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import type { EnsembleStatus } from "../../../src/ensemble/api.ts";
import { codeOf, ZkmsError } from "../../../src/ensemble/errors.ts";

const status: EnsembleStatus = {
  leader: undefined,
  epoch: 1,
  quorum: false,
  now: 7,
  peers: [],
  faults: [],
};

describe("ZkmsError", () => {
  const error = new ZkmsError("ZKMS_WAIT_TIMEOUT", "no leader after 4000 ms", {
    peers: "1 looking round 4 zxid 0x100000007 | 2 crashed 3120 ms ago",
    why: "1 of 2 voters is up, which is no quorum",
    hint: "ensemble.peer(2).start()",
    seed: "9f31c2",
    status,
    cause: "a cause",
  });
  const text = `ZkmsError [ZKMS_WAIT_TIMEOUT]: no leader after 4000 ms
  peers   1 looking round 4 zxid 0x100000007 | 2 crashed 3120 ms ago
  why     1 of 2 voters is up, which is no quorum
  try     ensemble.peer(2).start()
  replay  seed 9f31c2
  docs    zookeeper-memory-server/docs/errors.md#zkms_wait_timeout`;

  test("has one shape: what was asked, who is where, why, how to go on, the seed", () => {
    expect(String(error)).toBe(text);
    expect(error.stack?.startsWith(text)).toBe(true);
  });

  test("carries the same as fields, which are not printed twice", () => {
    const { name, code, hint, seed, cause } = error;
    expect({ name, code, hint, seed, status: error.status, cause }).toEqual({
      name: "ZkmsError",
      code: "ZKMS_WAIT_TIMEOUT",
      hint: "ensemble.peer(2).start()",
      seed: "9f31c2",
      status,
      cause: "a cause",
    });
    expect(error.docs).toBe("zookeeper-memory-server/docs/errors.md#zkms_wait_timeout");
    expect(inspect(error)).not.toContain("status");
    expect(Object.keys(error)).toEqual(["code"]);
  });

  test("leaves out the lines that have nothing to say", () => {
    expect(new ZkmsError("ZKMS_CLOSED", "it is closed").message).toBe(
      "it is closed\n  docs    zookeeper-memory-server/docs/errors.md#zkms_closed",
    );
  });

  test.each([
    [error, "ZKMS_WAIT_TIMEOUT"],
    [{ code: "EADDRINUSE" }, "EADDRINUSE"],
    [{ code: 5 }, undefined],
    [null, undefined],
    ["text", undefined],
  ])("codeOf finds the code of anything that has one", (value, code) => {
    expect(codeOf(value)).toBe(code);
  });
});
