import { expect, test } from "vitest";
import { OpCode } from "../../../src/core/protocol/op-codes.ts";
import { costOf, Share, Shares } from "../../../src/runtime/share.ts";

const read = costOf({ xid: 1, type: OpCode.exists, body: { path: "/", watch: false } });
const set = { path: "/n", data: null, version: -1 };
const write = costOf({ xid: 1, type: OpCode.setData, body: set });

/** A turn, and clients that ask in it. */
function clients(count: number) {
  const turn = { count: 0 };
  const all = new Shares(turn);
  return { turn, shares: Array.from({ length: count }, () => new Share(all)) };
}

/** How many it may ask. */
function useUp(share: Share | undefined, cost: number): number {
  let count = 0;
  for (; share?.isUsedUp === false; count += 1) share.take(cost);
  return count;
}

function speak(share: Share | undefined): void {
  share?.take(read);
  share?.renew();
}

test("a client alone has whole shares: 512 reads, or a quarter as many writes", () => {
  const { turn, shares } = clients(1);
  const [alone] = shares;
  for (; turn.count < 3; turn.count += 1) {
    expect(useUp(alone, read)).toBe(512);
    alone?.renew();
    expect(useUp(alone, write)).toBe(128);
    alone?.renew();
  }
});

test("what a multi holds is counted", () => {
  const many = <T>(one: T): T[] => Array.from({ length: 1000 }, () => one);
  const writes = many({ type: OpCode.setData, body: set } as const);
  const reads = many({ type: OpCode.getData, body: { path: "/n", watch: false } } as const);
  const multi = { xid: 1, type: OpCode.multi, body: { elements: writes } } as const;
  const multiRead = { xid: 1, type: OpCode.multiRead, body: { elements: reads } } as const;
  expect([costOf(multi), costOf(multiRead)]).toEqual([write + 1000, read + 1000]);
});

test("who asked for more than a share has a quarter of one, until nobody modest spoke for 64 turns", () => {
  const { turn, shares } = clients(2);
  const [greedy, modest] = shares;
  speak(modest);
  const had = [0, 1, 2, 63, 64].map((count) => {
    turn.count = count;
    const asked = useUp(greedy, read);
    greedy?.renew();
    return asked;
  });
  expect(had).toEqual([512, 128, 128, 128, 512]);
});

test("the greedy have whole shares beside each other", () => {
  const { turn, shares } = clients(3);
  for (; turn.count < 3; turn.count += 1) {
    expect(shares.map((share) => useUp(share, read))).toEqual([512, 512, 512]);
    for (const share of shares) share.renew();
  }
});

test("a client that was modest before it was greedy makes no room for itself", () => {
  const { turn, shares } = clients(2);
  const [first, second] = shares;
  speak(second);
  speak(first);
  for (; turn.count < 3; turn.count += 1) {
    expect(useUp(first, read)).toBe(512);
    first?.renew();
  }
});

test("who had no more to ask for 64 turns is modest again", () => {
  const { turn, shares } = clients(2);
  const [greedy, modest] = shares;
  useUp(greedy, read);
  greedy?.renew();
  turn.count = 64;
  speak(modest);
  expect(useUp(greedy, read)).toBe(512);
});
