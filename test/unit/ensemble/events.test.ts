import { describe, expect, test } from "vitest";
import type { EnsembleEvent } from "../../../src/ensemble/api-controls.ts";
import { dispose } from "../../../src/ensemble/disposal.ts";
import { EventLog, keptMax } from "../../../src/ensemble/events.ts";
import { created } from "./created.ts";

function log(onEvent?: (event: EnsembleEvent) => void): EventLog {
  let now = 0;
  return new EventLog(
    () => {
      now += 10;
      return now;
    },
    { onEvent },
  );
}

describe("EventLog", () => {
  test("keeps events with their time and number, and finds them by type, number and peer", async () => {
    const events = log();
    events.record("leader", { peer: 2, epoch: 1 });
    events.record("peer", { peer: 1, from: "looking", to: "follower" });
    events.record("clock", { now: 5, by: 5 });
    const leader = { type: "leader", seq: 1, at: 10, peer: 2, epoch: 1 };
    const peer = { type: "peer", seq: 2, at: 20, peer: 1, from: "looking", to: "follower" };
    const clock = { type: "clock", seq: 3, at: 30, now: 5, by: 5 };
    expect(await events.history()).toEqual([leader, peer, clock]);
    expect(await events.history({ type: "leader" })).toEqual([leader]);
    expect(await events.history({ type: ["clock", "peer"] })).toEqual([peer, clock]);
    expect(await events.history({ since: 2 })).toEqual([peer, clock]);
    expect(await events.history({ peer: 1 })).toEqual([peer]);
  });

  test("keeps the last of each type: many commits do not push out an election", async () => {
    const events = log();
    events.record("leader", { peer: 1, epoch: 1 });
    for (let zxid = 0; zxid < keptMax * 3; zxid += 1) {
      events.recordCommit(created(`/${zxid}`, zxid, 7n));
    }
    const history = await events.history();
    expect(history.length).toBe(keptMax + 1);
    expect(history[0]?.type).toBe("leader");
    const last = { zxid: BigInt(keptMax * 3 - 1), op: "create", path: "/1499", session: 7n };
    expect(history.at(-1)).toEqual({ type: "commit", seq: 1501, at: 15_010, ...last });
    expect(history[1]).toMatchObject({ zxid: BigInt(keptMax * 2), path: "/1000" });
  });

  test("tells of pings and does not keep them: they would push out the other messages", async () => {
    const events = log();
    const told: string[] = [];
    events.on("message", ({ message }) => told.push(message));
    events.record("message", { from: 1, to: 2, message: "PROPOSAL", bytes: 1 });
    for (let i = 0; i < keptMax * 3; i += 1) {
      events.record("message", { from: 1, to: 2, message: "PING", bytes: 1 });
    }
    events.tell();
    expect(told.length).toBe(keptMax * 3 + 1);
    expect(await events.history()).toMatchObject([{ message: "PROPOSAL" }]);
  });

  test("tells listeners in order, when it is told to, and not those who left", () => {
    const told: string[] = [];
    const events = log((event) => told.push(`all ${event.seq}`));
    const on = (name: string) => events.on("clock", ({ by }) => told.push(`${name} ${by}`));
    const first = on("first");
    on("second");
    events.record("clock", { now: 1, by: 1 });
    expect(told).toEqual([]);
    first[dispose]();
    events.record("leader", { peer: 1, epoch: 1 });
    events.tell();
    events.tell();
    expect(told).toEqual(["all 1", "second 1", "all 2"]);
  });

  test.each<[string, () => unknown, string]>([
    ["a type", () => log().on("leeder" as "leader", () => {}), 'try     "leader"'],
    ["a listener", () => log().on("leader", undefined as never), "option listener: undefined"],
    ["a filter", () => log().history({ types: [] } as object), "try     type"],
    ["a filter's type", () => log().history({ type: "leeder" as "leader" }), 'try     "leader"'],
  ])("%s that makes no sense is refused", async (_, call, text) => {
    await expect((async () => call())()).rejects.toThrow(text);
  });

  test("a listener may record and listen while it is told", () => {
    const events = log();
    const told: number[] = [];
    events.on("clock", ({ by }) => {
      told.push(by);
      if (by < 3) events.record("clock", { now: 0, by: by + 1 });
    });
    events.record("clock", { now: 0, by: 1 });
    events.tell();
    events.tell();
    events.tell();
    expect(told).toEqual([1, 2, 3]);
  });
});
