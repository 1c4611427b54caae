import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type SessionId, sessionIdOf, sidOf } from "../../../../src/core/base/ids.ts";
import { ErrorCode } from "../../../../src/core/protocol/error-codes.ts";
import { passwordMatches, sessionPassword } from "../../../../src/core/session/password.ts";
import { SessionIds } from "../../../../src/core/session/session-ids.ts";
import { SessionTracker } from "../../../../src/core/session/tracker.ts";

const id = (value: number | bigint): SessionId => sessionIdOf(BigInt(value));

describe("a session's password", () => {
  test.each([
    ["100001e0d3c0000", "066e8eae1b6e9bb754effe645ca7a31a"],
    ["100001e0d3c0003", "f34c94ae7b22bc725fac9739891e8f4d"],
    ["100002241540000", "4ee619edc3546ef9dc14e63944d226f6"],
    ["100001e85c10000", "4508bb50eeb441ab2ba9f0cae7f1ba73"],
  ])("of 0x%s is Apache's", (session, password) => {
    expect(Buffer.from(sessionPassword(id(BigInt(`0x${session}`)))).toString("hex")).toBe(password);
  });

  test("is compared whole, and opens no session 0", () => {
    const password = sessionPassword(id(7));
    expect(passwordMatches(id(7), password)).toBe(true);
    expect(passwordMatches(id(8), password)).toBe(false);
    expect(passwordMatches(id(7), password.subarray(1))).toBe(false);
    expect(passwordMatches(id(7), null)).toBe(false);
    expect(passwordMatches(id(0), sessionPassword(id(0)))).toBe(false);
  });
});

describe("session ids", () => {
  test("are the sid, 40 bits of the clock and a count", () => {
    const ids = new SessionIds(sidOf(1), 0x1e0d3c);
    expect([ids.next(), ids.next()]).toEqual([0x100001e0d3c0000n, 0x100001e0d3c0001n]);
  });

  test("of high sids are negative, and of 128 at time 0 skip the containers' owner", () => {
    expect(new SessionIds(sidOf(254), 1).next()).toBe(BigInt.asIntN(64, 0xfe00000000010000n));
    expect(new SessionIds(sidOf(128), 0).next()).toBe(BigInt.asIntN(64, 0x8000000000000001n));
  });

  test("start above every known id of the same sid", () => {
    const ids = new SessionIds(sidOf(2), 5);
    ids.raiseAbove(id(0x200000000050007n));
    ids.raiseAbove(id(0x200000000040000n));
    ids.raiseAbove(id(0x300000000050007n));
    expect(ids.next()).toBe(0x200000000050008n);
  });
});

describe("the leader's sessions", () => {
  test("expire at the end of their bucket, never early", () => {
    const tracker = new SessionTracker(100);
    tracker.create(id(1), 250, 1000);
    tracker.create(id(2), 300, 1000);
    expect(tracker.wakeAt).toBe(1300);
    expect(tracker.expire(1299)).toEqual([]);
    expect(tracker.expire(1300)).toEqual([id(1)]);
    expect([tracker.isClosing(id(1)), tracker.has(id(1)), tracker.wakeAt]).toEqual([
      true,
      true,
      1400,
    ]);
    expect(tracker.expire(1300)).toEqual([]);
    expect(tracker.expire(5000)).toEqual([id(2)]);
    expect(tracker.wakeAt).toBe(Number.POSITIVE_INFINITY);
  });

  test("live on with each touch, by the touch's timeout", () => {
    const tracker = new SessionTracker(100);
    tracker.create(id(1), 250, 1000);
    expect(tracker.touch(id(1), 1000, 1200)).toBe(true);
    expect([tracker.wakeAt, tracker.expiresAt(id(1))]).toEqual([2300, 2300]);
    expect(tracker.refresh(id(1), 2250)).toBe(true);
    expect(tracker.wakeAt).toBe(3300);
    expect(tracker.touch(id(2), 1000, 1200)).toBe(false);
  });

  test("that close are touched no more, and expire no more", () => {
    const tracker = new SessionTracker(100);
    tracker.create(id(1), 250, 1000);
    tracker.markClosing(id(1));
    expect(tracker.touch(id(1), 1000, 1000)).toBe(false);
    expect(tracker.setOwner(id(1), 1)).toBe(false);
    expect(tracker.checkSession(id(1), 1)).toBe(ErrorCode.SESSIONEXPIRED);
    expect(tracker.expire(2000)).toEqual([]);
    tracker.remove(id(1));
    expect([tracker.size, tracker.has(id(1))]).toEqual([0, false]);
  });

  test("belong to the first that asks, until they are given to another", () => {
    const tracker = new SessionTracker(100);
    tracker.create(id(1), 250, 1000);
    expect(tracker.checkSession(id(1), 7)).toBe(ErrorCode.OK);
    expect(tracker.checkSession(id(1), 8)).toBe(ErrorCode.SESSIONMOVED);
    expect(tracker.setOwner(id(1), 8)).toBe(true);
    expect(tracker.checkSession(id(1), 8)).toBe(ErrorCode.OK);
    expect(tracker.checkSession(id(1), 7)).toBe(ErrorCode.SESSIONMOVED);
  });

  test("nobody knows have expired in a quorum, and are unknown to a server alone", () => {
    const alone = new SessionTracker(100, ErrorCode.UNKNOWNSESSION);
    expect(new SessionTracker(100).checkSession(id(1), 1)).toBe(ErrorCode.SESSIONEXPIRED);
    expect(alone.checkSession(id(1), 1)).toBe(ErrorCode.UNKNOWNSESSION);
  });

  test("expire as a list that is searched for each tick would", () => {
    const tick = 100;
    const step = fc.record({
      session: fc.integer({ min: 1, max: 5 }),
      what: fc.constantFrom("create", "touch", "close", "remove", "wait"),
      timeout: fc.integer({ min: 1, max: 700 }),
      pass: fc.integer({ min: 0, max: 300 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const tracker = new SessionTracker(tick);
        const model = new Map<number, { at: number; closing: boolean }>();
        let now = 0;
        for (const { session, what, timeout, pass } of steps) {
          const at = (Math.floor((now + timeout) / tick) + 1) * tick;
          const known = model.get(session);
          if (what === "create") {
            tracker.create(id(session), timeout, now);
            model.set(session, { at, closing: known?.closing ?? false });
          } else if (what === "touch") {
            const touched = tracker.touch(id(session), timeout, now);
            expect(touched).toBe(known !== undefined && !known.closing);
            if (touched) model.set(session, { at, closing: false });
          } else if (what === "close") {
            tracker.markClosing(id(session));
            if (known !== undefined) known.closing = true;
          } else if (what === "remove") {
            tracker.remove(id(session));
            model.delete(session);
          }
          now += pass;
          const due = [...model].filter(([, entry]) => entry.at <= now);
          const expected = due.filter(([, entry]) => !entry.closing).map(([key]) => id(key));
          for (const [, entry] of due) Object.assign(entry, { at: Infinity, closing: true });
          expect(new Set(tracker.expire(now))).toEqual(new Set(expected));
          const next = Math.min(...[...model.values()].map((entry) => entry.at));
          expect(tracker.wakeAt).toBe(next);
        }
      }),
    );
  });
});
