import { describe, expect, test } from "vitest";
import { sidOf, zxidOf } from "../../../../src/core/base/ids.ts";
import { Prng } from "../../../../src/core/base/prng.ts";
import { Fabric } from "../../../../src/core/network/fabric.ts";
import type { Channel, Endpoint, Link, Message } from "../../../../src/core/network/link.ts";
import type { LinkPattern } from "../../../../src/core/network/selector.ts";

const end = (name: number | "client"): Endpoint => (name === "client" ? name : sidOf(name));
const link = (
  from: number | "client",
  to: number | "client",
  channel: Channel = "quorum",
): Link => ({
  from: end(from),
  to: end(to),
  channel,
});
const between = (from: number, to: number): LinkPattern => ({
  from: [sidOf(from)],
  to: [sidOf(to)],
  bothWays: true,
});
const everything: LinkPattern = { bothWays: true };
const proposal = (from: number, to: number, counter = 1): Message => ({
  ...link(from, to),
  type: "PROPOSAL",
  zxid: zxidOf(counter),
  path: "/a",
  session: undefined,
  bytes: 80,
});
const makeFabric = (): Fabric => new Fabric(new Prng("fabric test"));

describe("a block", () => {
  test("closes the links it names, both ways or one, until it is undone", () => {
    const fabric = makeFabric();
    const both = fabric.block([between(1, 2)], "partition");
    const oneWay = fabric.block([{ from: [sidOf(3)], bothWays: false }], "mute");
    const closed = (): boolean[] =>
      [link(1, 2), link(2, 1), link(1, 3), link(3, 1)].map((l) => fabric.isBlocked(l));
    expect(closed()).toEqual([true, true, false, true]);
    oneWay.undo();
    both.undo();
    expect(closed()).toEqual([false, false, false, false]);
  });

  test("of one channel leaves the others open", () => {
    const fabric = makeFabric();
    fabric.block([{ channel: "election", bothWays: true }], "election");
    expect(fabric.isBlocked(link(1, 2, "election"))).toBe(true);
    expect(fabric.isBlocked(link(1, 2, "quorum"))).toBe(false);
    expect(fabric.isBlocked(link("client", 1, "client"))).toBe(false);
  });

  test("is not undone by another fault's end", () => {
    const fabric = makeFabric();
    fabric.block([between(1, 2)], "one");
    fabric.block([everything], "other").undo();
    expect(fabric.isBlocked(link(1, 2))).toBe(true);
  });
});

test("a fabric is idle exactly while no fault stands and nobody listens", () => {
  const fabric = makeFabric();
  const seen: boolean[] = [fabric.idle];
  const fault = fabric.refuse([everything], "refuse");
  seen.push(fabric.idle);
  fault.undo();
  seen.push(fabric.idle);
  fabric.onMessage = () => {};
  seen.push(fabric.idle);
  fabric.onMessage = undefined;
  seen.push(fabric.idle);
  expect(seen).toEqual([true, false, true, false, true]);
});

describe("a rule", () => {
  test("fires on the nth match, counted from its installation, once", () => {
    const fabric = makeFabric();
    const match = { types: ["PROPOSAL"], nth: 2 } as const;
    fabric.on([between(1, 2)], match, { verdict: "reset", label: "second proposal" });
    const actions = [1, 2, 3].map((n) => fabric.route(link(1, 2), proposal(1, 2, n), 80, 0).action);
    expect(actions).toEqual(["deliver", "reset", "deliver"]);
    expect(fabric.faults()).toEqual([]);
  });

  test("fires as often in a row as it is told", () => {
    const fabric = makeFabric();
    fabric.on([everything], { times: 2 }, { verdict: { delay: 5 }, label: "slow" });
    const at = [1, 2, 3].map((n) => fabric.route(link(1, 2), proposal(1, 2, n), 80, 100).at);
    expect(at).toEqual([105, 105, 100]);
  });

  test("looks at type, path and session, and at nothing in a burst", () => {
    const fabric = makeFabric();
    const rule = { verdict: "crash-sender", label: "crash" } as const;
    fabric.on([everything], { path: "/a", types: ["PROPOSAL", "COMMIT"], times: 9 }, rule);
    const action = (message: Message | undefined): string =>
      fabric.route(link(1, 2), message, 80, 0).action;
    expect(action(proposal(1, 2))).toBe("crash-sender");
    expect(action({ ...proposal(1, 2), path: "/b" })).toBe("deliver");
    expect(action({ ...proposal(1, 2), type: "ACK" })).toBe("deliver");
    expect(action(undefined)).toBe("deliver");
  });

  test("that says something wins over those installed later; one that passes does not", () => {
    const fabric = makeFabric();
    fabric.on([everything], {}, { verdict: "pass", label: "pass" });
    fabric.on([everything], {}, { verdict: "reset", label: "reset" });
    fabric.on([everything], {}, { verdict: "crash-receiver", label: "crash" });
    const actions = [1, 2, 3].map((n) => fabric.route(link(1, 2), proposal(1, 2, n), 80, 0).action);
    expect(actions).toEqual(["reset", "crash-receiver", "deliver"]);
  });
});

describe("a hold", () => {
  test("keeps what matches and lets it go in order", () => {
    const fabric = makeFabric();
    const hold = fabric.hold([everything], { types: ["PROPOSAL"] }, "hold proposals");
    const held = [1, 2, 3].map((n) => fabric.route(link(1, 2), proposal(1, 2, n), 80, 0).held);
    expect(hold.queued().map((message) => message.zxid)).toEqual([1, 2, 3]);
    expect(hold.release(2)).toBe(2);
    expect(held.map((one) => one?.released)).toEqual([true, true, false]);
    hold.undo();
    expect(held.map((one) => one?.released)).toEqual([true, true, true]);
    expect(hold.release()).toBe(0);
  });
});

describe("conditions", () => {
  test("on one link add up, and do not touch another", () => {
    const fabric = makeFabric();
    const install = { label: "slow", now: 0 };
    fabric.shape([between(1, 2)], { latency: 30 }, install);
    fabric.shape([everything], { latency: 5 }, install);
    expect(fabric.route(link(1, 2), undefined, 10, 100).at).toBe(135);
    expect(fabric.route(link(2, 3), undefined, 10, 100).at).toBe(105);
  });

  test("of bandwidth make bytes wait for those before them on the link", () => {
    const fabric = makeFabric();
    fabric.shape([everything], { bandwidth: 1 }, { label: "narrow", now: 0 });
    const at = [512, 1024].map((bytes) => fabric.route(link(1, 2), undefined, bytes, 0).at);
    expect(at).toEqual([500, 1500]);
  });

  test("of resets count from the connection or the condition, whichever came later", () => {
    const fabric = makeFabric();
    fabric.shape([between(1, 2)], { reset: { after: 50 } }, { label: "flaky", now: 100 });
    expect(fabric.resetAt(link(1, 2), 20)).toBe(150);
    expect(fabric.resetAt(link(1, 2), 300)).toBe(350);
    expect(fabric.resetAt(link(1, 3), 300)).toBe(Infinity);
  });

  test("draw the same from the same seed, and one fault's draws do not shift another's", () => {
    const draws = (extra: boolean): number[] => {
      const fabric = makeFabric();
      const latency = { mean: 50, jitter: 20 };
      fabric.shape([between(1, 2)], { latency }, { label: "jitter", now: 0 });
      if (extra) fabric.shape([between(2, 3)], { latency }, { label: "other", now: 0 });
      return [1, 2, 3].map(() => {
        if (extra) fabric.route(link(2, 3), undefined, 10, 0);
        return fabric.route(link(1, 2), undefined, 10, 0).at;
      });
    };
    expect(draws(false)).toEqual(draws(true));
    expect(new Set(draws(false)).size).toBe(3);
  });

  test("of certain reset and corruption say so", () => {
    const fabric = makeFabric();
    fabric.shape([between(1, 2)], { reset: { probability: 1 } }, { label: "cut", now: 0 });
    fabric.shape([between(1, 3)], { corrupt: { probability: 1 } }, { label: "bits", now: 0 });
    expect(fabric.route(link(1, 2), undefined, 10, 0).action).toBe("reset");
    expect(fabric.route(link(1, 3), undefined, 10, 0).corruptAt).toBeGreaterThanOrEqual(0);
  });
});

test("every fault has an id of its own, in order, and its coming and going is told once", () => {
  const fabric = makeFabric();
  const told: string[] = [];
  fabric.onChange = (fault, change) => told.push(`${fault.id} ${fault.label} ${change}`);
  const block = fabric.block([everything], "block all");
  fabric.hold([everything], {}, "hold all");
  block.undo();
  block.undo();
  fabric.heal();
  expect(told).toEqual(["1 block all on", "2 hold all on", "1 block all off", "2 hold all off"]);
});

test("whoever listens hears of every message, ruled or not", () => {
  const fabric = makeFabric();
  const heard: Message[] = [];
  fabric.onMessage = (message) => heard.push(message);
  fabric.on([everything], {}, { verdict: "reset", label: "reset" });
  fabric.route(link(1, 2), proposal(1, 2, 1), 80, 0);
  fabric.route(link(1, 2), proposal(1, 2, 2), 80, 0);
  fabric.route(link(1, 2), undefined, 80, 0);
  expect(heard.map((message) => message.zxid)).toEqual([1, 2]);
});
