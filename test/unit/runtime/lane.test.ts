import { expect, test } from "vitest";
import { sidOf } from "../../../src/core/base/ids.ts";
import { Prng } from "../../../src/core/base/prng.ts";
import { Fabric } from "../../../src/core/network/fabric.ts";
import type { Link, Message } from "../../../src/core/network/link.ts";
import type { LinkPattern } from "../../../src/core/network/selector.ts";
import { corruptBytes, heldBytesMax, Lane } from "../../../src/runtime/lane.ts";

const link: Link = { from: sidOf(1), to: sidOf(2), channel: "quorum" };
const all: LinkPattern = { bothWays: true };
const proposal: Message = {
  ...link,
  type: "PROPOSAL",
  zxid: undefined,
  path: undefined,
  session: undefined,
  bytes: 1,
};

interface Setup {
  readonly fabric: Fabric;
  readonly lane: Lane<string>;
  readonly passed: string[];
  readonly actions: string[];
  now: number;
}

function setUp(): Setup {
  const fabric = new Fabric(new Prng("lane"));
  const passed: string[] = [];
  const actions: string[] = [];
  const setup: Setup = {
    fabric,
    passed,
    actions,
    now: 0,
    lane: new Lane<string>({
      link,
      fabric,
      now: () => setup.now,
      pass: (item) => passed.push(item),
      act: (action) => actions.push(action),
      corrupt: (item) => `${item}?`,
    }),
  };
  return setup;
}

test("a blocked lane keeps its items, in order, until the block is undone", () => {
  const { fabric, lane, passed } = setUp();
  const block = fabric.block([all], "block");
  lane.push("a", 1);
  lane.push("b", 1);
  lane.pump();
  expect(passed).toEqual([]);
  expect(lane.dueAt).toBe(Infinity);
  block.undo();
  lane.pump();
  expect(passed).toEqual(["a", "b"]);
});

test("an item that was given less delay does not overtake the one before it", () => {
  const setup = setUp();
  const { fabric, lane, passed } = setup;
  const slow = fabric.shape([all], { latency: 50 }, { label: "slow", now: 0 });
  lane.push("slow", 1);
  slow.undo();
  lane.push("quick", 1);
  lane.pump();
  expect([lane.dueAt, passed]).toEqual([50, []]);
  setup.now = 50;
  lane.pump();
  expect(passed).toEqual(["slow", "quick"]);
});

test("a held message keeps what comes behind it, and goes when it is released", () => {
  const { fabric, lane, passed } = setUp();
  const hold = fabric.hold([all], { types: ["PROPOSAL"] }, "hold");
  lane.push("before", 1);
  lane.push("held", 1, proposal);
  lane.push("behind", 1);
  lane.pump();
  expect(passed).toEqual(["before"]);
  hold.release(1);
  lane.pump();
  expect(passed).toEqual(["before", "held", "behind"]);
});

test("a sender crashes after its message has left, a receiver before it gets it", () => {
  const { fabric, lane, passed, actions } = setUp();
  fabric.on([all], {}, { verdict: "crash-sender", label: "sender" });
  lane.push("last words", 1, proposal);
  expect([passed, actions]).toEqual([["last words"], ["crash-sender"]]);
  fabric.on([all], {}, { verdict: "crash-receiver", label: "receiver" });
  lane.push("unheard", 1, proposal);
  lane.pump();
  expect([passed, actions]).toEqual([["last words"], ["crash-sender", "crash-receiver"]]);
});

test("a lane that holds too much asks for a reset", () => {
  const { fabric, lane, actions } = setUp();
  fabric.block([all], "block");
  lane.push("a", heldBytesMax);
  expect(actions).toEqual([]);
  lane.push("b", 1);
  expect(actions).toEqual(["reset"]);
});

test("tells of a message that waits, arrives late or never, and of none that goes on at once", () => {
  const { fabric, lane } = setUp();
  const told: string[] = [];
  fabric.onDelivery = ({ bytes }, change) => told.push(`${bytes} ${change}`);
  const send = (bytes: number): void => {
    lane.push(String(bytes), bytes, { ...proposal, bytes });
    lane.pump();
  };
  lane.push("0", 0, { ...proposal, bytes: 0 });
  send(1); // behind one that is to go with it
  const block = fabric.block([all], "block");
  send(2);
  send(3);
  block.undo();
  lane.pump();
  fabric.on([all], {}, { verdict: "crash-receiver", label: "receiver" });
  send(4);
  fabric.block([all], "block");
  send(5);
  lane.clear();
  expect(told).toEqual([
    "2 held",
    "3 held",
    "2 arrived",
    "3 arrived",
    "4 lost",
    "5 held",
    "5 lost",
  ]);
});

test("what nobody is there any more to take is lost", () => {
  const fabric = new Fabric(new Prng("lane"));
  const told: string[] = [];
  fabric.onDelivery = (_, change) => told.push(change);
  const pass = (): boolean => false;
  const lane = new Lane<string>({ link, fabric, now: () => 0, pass, act: () => {} });
  lane.push("a", 1, proposal);
  lane.pump();
  expect(told).toEqual(["lost"]);
});

test("corruption happens to the item that enters", () => {
  const { fabric, lane, passed } = setUp();
  fabric.shape([all], { corrupt: { probability: 1 } }, { label: "bits", now: 0 });
  lane.push("a", 1);
  lane.pump();
  expect(passed).toEqual(["a?"]);
});

test("an item comes to its end before the next, though what it brings about asks for that one", () => {
  const fabric = new Fabric(new Prng("lane"));
  const steps: string[] = [];
  const lane: Lane<string> = new Lane<string>({
    link,
    fabric,
    now: () => 0,
    pass: (item) => {
      steps.push(`${item} begins`);
      lane.pump();
      steps.push(`${item} ends`);
    },
    act: () => {},
  });
  lane.push("a", 1);
  lane.push("b", 1);
  lane.pump();
  expect(steps).toEqual(["a begins", "a ends", "b begins", "b ends"]);
});

test("a mark without bytes comes through as it is where bytes are corrupted", () => {
  const { fabric } = setUp();
  const mark = new Uint8Array(0);
  const passed: Uint8Array[] = [];
  const pass = (bytes: Uint8Array): void => void passed.push(bytes);
  const act = (): void => {};
  const lane = new Lane({ link, fabric, now: () => 0, pass, act, corrupt: corruptBytes });
  fabric.shape([all], { corrupt: { probability: 1 } }, { label: "corrupt", now: 0 });
  lane.push(Uint8Array.of(0), 1);
  lane.push(mark, 0);
  lane.pump();
  expect(passed[0]).not.toEqual(Uint8Array.of(0));
  expect(passed[1]).toBe(mark);
});
