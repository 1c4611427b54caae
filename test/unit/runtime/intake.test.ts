import { expect, test } from "vitest";
import { Intake, inputMs, waitingMax } from "../../../src/runtime/intake.ts";

test("a turn has room from its first input on, however long it was open before", () => {
  const { intake, passes } = begun();
  passes(inputMs);
  expect(intake.hasRoom("client")).toBe(true);
  passes(inputMs - 1);
  expect(intake.hasRoom("peer")).toBe(true);
  passes(1);
  expect([intake.hasRoom("client"), intake.hasRoom("peer"), intake.isSpent]).toEqual([
    false,
    false,
    true,
  ]);
});

test("what waits is taken in by a later turn, that of peers first, each in the order in which it came", () => {
  const { intake, taken, waits } = begun();
  waits("client", 1);
  waits("peer", 1);
  waits("client", 2);
  waits("peer", 2);
  intake.admit();
  expect(taken).toEqual([]);
  intake.begin();
  intake.admit();
  expect(taken).toEqual(["peer 1", "client 1", "peer 2", "client 2"]);
  expect(intake.isEmpty).toBe(true);
});

test("what waits has its own time in a turn, and one of the peers' and one of the clients' at any rate", () => {
  const { intake, passes, taken, waits } = begun();
  for (const at of [1, 2, 3]) {
    waits("client", at, inputMs);
    waits("peer", at, 1);
  }
  intake.begin();
  intake.hasRoom("client");
  passes(inputMs);
  intake.admit();
  expect(taken).toEqual(["peer 1", "client 1"]);
  intake.begin();
  intake.admit();
  expect(taken.slice(2)).toEqual(["peer 2", "client 2"]);
});

test("clients wait behind peers, and peers only behind each other", () => {
  const { intake, waits } = begun();
  waits("client", 1);
  expect([intake.hasRoom("peer"), intake.hasRoom("client")]).toEqual([true, false]);
  waits("peer", 1);
  expect([intake.hasRoom("peer"), intake.hasRoom("client")]).toEqual([false, false]);
});

test("it tells since when the first of the peers waits, not of clients", () => {
  const { intake, passes, waits } = begun();
  waits("client", 1);
  expect(intake.peerWaitsSince).toBe(Infinity);
  passes(3);
  waits("peer", 1);
  passes(4);
  waits("peer", 2);
  expect(intake.peerWaitsSince).toBe(3);
});

test("when too many wait, whatever comes is taken in at once", () => {
  const { intake, waits } = begun();
  for (let at = 1; at < waitingMax; at += 1) waits("client", at);
  expect(intake.hasRoom("client")).toBe(false);
  waits("client", waitingMax);
  expect(intake.hasRoom("client")).toBe(true);
});

/** An intake in a turn that has begun, on a clock of its own. */
function begun() {
  let now = 0;
  const taken: string[] = [];
  const intake = new Intake(
    () => {},
    () => now,
  );
  intake.begin();
  return {
    intake,
    taken,
    passes: (ms: number): void => {
      now += ms;
    },
    waits: (source: "peer" | "client", at: number, takesMs = 0): void =>
      intake.whenRoom(source, () => {
        taken.push(`${source} ${at}`);
        now += takesMs;
      }),
  };
}
