// What crosses to another process comes out as it went in, by way of JSON.
import { describe, expect, test } from "vitest";
import { ZooKeeperError } from "../../../src/client/errors.ts";
import { decodeArguments, encodeArguments } from "../../../src/control/arguments.ts";
import { snapshot, transactionLog, treeLiteral } from "../../../src/control/content-values.ts";
import { ensembleEvent, eventType } from "../../../src/control/event-values.ts";
import { type Crossing, noHandles } from "../../../src/control/shape.ts";
import { type ReceiverName, table } from "../../../src/control/table.ts";
import { ensembleStatus, sessionInfo } from "../../../src/control/values.ts";
import { decodeError, encodeError } from "../../../src/control/wire-error.ts";
import { ZkmsError } from "../../../src/ensemble/errors.ts";
import { eventTypes } from "../../../src/ensemble/events.ts";
import { startEnsemble } from "../../../src/index.ts";

const overJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
const across = (shape: Crossing, value: unknown): unknown =>
  shape.decode(overJson(shape.encode(value, noHandles)), noHandles);

const peerStatus = { id: 1, role: "leader", epoch: 2, zxid: 0x2_0000_0001n, leader: 1 };
const counts = { connections: 0, watches: 0, znodes: 5 };
const status = {
  leader: undefined,
  epoch: 2,
  quorum: false,
  now: 12.5,
  peers: [{ ...peerStatus, ...counts }],
  faults: ["#1 partition 1 | 2,3"],
};

describe("a value", () => {
  test.each([
    ["a status", ensembleStatus, status],
    [
      "a session, whose id is signed",
      sessionInfo,
      {
        id: -(2n ** 56n),
        timeout: 30_000,
        peer: undefined,
        connected: false,
        readOnly: false,
        ephemerals: ["/a"],
        watches: 1,
        expiresIn: 3,
        remote: undefined,
      },
    ],
    [
      "a commit",
      ensembleEvent,
      { type: "commit", seq: 1, at: 2, zxid: 1n, op: "create", path: undefined, session: -1n },
    ],
    [
      "a crash",
      ensembleEvent,
      { type: "peer", seq: 1, at: 2, peer: 3, from: "leader", to: "crashed" },
    ],
    [
      "a tree with bytes",
      treeLiteral,
      {
        text: "a",
        none: null,
        bytes: Uint8Array.of(0, 255),
        both: { "": Uint8Array.of(254), below: "" },
        base64: { base64: "a node of this name" },
      },
    ],
    ["bytes of the top", treeLiteral, { "": Uint8Array.of(255) }],
  ])("%s", (_, shape, value) => {
    expect(across(shape, value)).toEqual(value);
  });

  test("that is a log of transactions stays one", async () => {
    await using ensemble = await startEnsemble(1);
    const zk = await ensemble.connect();
    await zk.create("/a", new Uint8Array([0, 255]), { mode: "ephemeral" });
    await zk.multi([{ op: "set", path: "/a", data: "x" }]);
    const log = await ensemble.transactions();
    expect(log.transactions.map(({ op }) => op)).toEqual(
      expect.arrayContaining(["createSession", "create", "multi"]),
    );
    expect(across(transactionLog, log)).toEqual(log);
  });

  test("that is a snapshot stays one", () => {
    const json = { format: "f", version: 1, zxid: "0x10", data: "AAAA" };
    const crossed = across(snapshot, { zxid: 16n, bytes: 3, toJSON: () => json });
    expect(crossed).toMatchObject({ zxid: 16n, bytes: 3 });
    expect(overJson(crossed)).toEqual(json);
  });

  test.each([
    ["a tree", treeLiteral, ["no", "tree"]],
    ["a status", ensembleStatus, "no status"],
    ["an event", ensembleEvent, { type: "none" }],
    ["a snapshot", snapshot, { data: 5 }],
  ])("that is not %s passes as it is", (_, shape, value) => {
    expect(across(shape, value)).toEqual(value);
  });
});

test("every type of events is one that listeners may name", () => {
  expect(eventType.schema).toEqual({ enum: eventTypes });
});

describe("arguments", () => {
  const { signal } = new AbortController();
  const crossed = (receiver: ReceiverName, name: string, args: readonly unknown[]): unknown[] => {
    const verb = table[receiver].verbs[name];
    if (verb === undefined) throw new Error(`there is no ${receiver}.${name}`);
    const { body } = encodeArguments(verb, args, noHandles);
    return decodeArguments(verb, overJson(body), { scope: noHandles, signal });
  };

  test.each([
    ["ensemble", "partition", [[1], "leader", 3]],
    ["ensemble", "isolate", [[1, 2], { from: "clients", direction: "in" }]],
    ["ensemble", "killLeader", [{ waitForNew: false, signal }]],
    ["ensemble", "waitForSessionGone", [{ remotePort: 5 }, { timeout: 3, signal }]],
    ["peer", "restart", [{ crash: true, wipe: true }]],
    ["network", "on", [{ type: ["ACK"], to: "leader", session: -5n }, { delay: 3 }, { times: 2 }]],
    ["network", "hold", [{ from: "clients" }, { path: "/a", nth: 2 }]],
    ["network", "shape", [{ to: 1 }, { latency: { mean: 3, jitter: 1 } }]],
    ["storage", "fail", ["leader", "append", { nth: 3, times: Infinity }]],
    ["network", "on", [{ type: "PING" }, "pass", { times: Infinity }]],
    ["clock", "skew", [2, -500]],
  ] as const)("of %s.%s", (receiver, name, args) => {
    expect(crossed(receiver, name, args)).toEqual(args);
  });

  test("a session's id is text, which every verb takes", () => {
    expect(crossed("sessions", "expire", [-1n])).toEqual(["0xffffffffffffffff"]);
  });

  test("an option that nobody knows is refused before it is sent", () => {
    const { verbs } = table.ensemble;
    const send = (): unknown =>
      verbs["isolate"] && encodeArguments(verbs["isolate"], [1, { form: "peers" }], noHandles);
    expect(send).toThrow('option form: "peers" is an option nobody knows\n  try     from');
  });
});

describe("an error", () => {
  const retold = (error: unknown): unknown => decodeError(overJson(encodeError(error)));

  test("of ours has its text, code, hint, seed and status", () => {
    const error = new ZkmsError("ZKMS_WAIT_TIMEOUT", "no leader", {
      why: "why",
      hint: "how",
      seed: "5",
    });
    expect(retold(error)).toMatchObject({
      name: "ZkmsError",
      code: "ZKMS_WAIT_TIMEOUT",
      message: error.message,
      docs: "zookeeper-memory-server/docs/errors.md#zkms_wait_timeout",
      hint: "how",
      seed: "5",
    });
    const withStatus = new ZkmsError("ZKMS_BAD_STATE", "no", { status: status as never });
    expect(retold(withStatus)).toHaveProperty("status", status);
  });

  test("of a request to ZooKeeper has its path", () => {
    const error = new ZooKeeperError("NODEEXISTS", { op: "create", path: "/a: b" });
    expect(retold(error)).toMatchObject({
      name: "ZooKeeperError",
      code: "NODEEXISTS",
      path: "/a: b",
      message: error.message,
    });
  });

  test("of nobody's has its text", () => {
    expect(retold(new TypeError("oh"))).toEqual(new Error("oh"));
    expect(retold("thrown text")).toEqual(new Error("thrown text"));
    expect(decodeError({ message: "of another server" })).toBe(undefined);
  });
});
