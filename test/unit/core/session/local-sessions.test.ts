import { describe, expect, test } from "vitest";
import { type SessionId, sessionIdOf, sidOf } from "../../../../src/core/base/ids.ts";
import { LocalSessions } from "../../../../src/core/session/local-sessions.ts";

const own = (number: number): SessionId => sessionIdOf((3n << 56n) + BigInt(number));
const foreign = sessionIdOf((2n << 56n) + 1n);

function opened(...timeouts: readonly number[]): LocalSessions {
  const local = new LocalSessions(sidOf(3), 100);
  for (const [index, timeout] of timeouts.entries()) local.open(own(index), timeout, 0);
  return local;
}

test("sessions expire in buckets of a tick, unless they are heard of", () => {
  const local = opened(250, 250, 1000);
  expect(local.wakeAt).toBe(300);
  expect(local.touch(own(1), 250, 200)).toBe(true);
  expect(local.expire(299)).toEqual([]);
  expect(local.expire(300)).toEqual([own(0)]);
  expect(local.has(own(0))).toBe(false);
  expect(local.touch(own(0), 250, 300)).toBe(false);
  expect(local.expire(1100)).toEqual([own(1), own(2)]);
  expect([local.size, local.wakeAt]).toEqual([0, Number.POSITIVE_INFINITY]);
});

describe("an upgrade", () => {
  test("asks for the timeout that the session was made with, once", () => {
    const local = opened(500);
    local.touch(own(0), 9000, 0);
    expect(local.upgrade(own(0))).toBe(500);
    expect(local.upgrade(own(0))).toBe(undefined);
  });

  test("leaves the session neither local nor forgotten until it is the quorum's", () => {
    const local = opened(500);
    local.upgrade(own(0));
    expect([local.has(own(0)), local.isUpgrading(own(0)), local.wakeAt]).toEqual([
      false,
      true,
      Number.POSITIVE_INFINITY,
    ]);
    local.becameGlobal(own(0));
    expect(local.isUpgrading(own(0))).toBe(false);
  });

  test("begun at another peer is waited for like one's own", () => {
    const local = opened();
    local.expectGlobal(foreign);
    expect(local.isUpgrading(foreign)).toBe(true);
    local.becameGlobal(foreign);
    expect(local.isUpgrading(foreign)).toBe(false);
  });

  test("by another peer ends the session here", () => {
    const local = opened(500);
    local.becameGlobal(own(0));
    expect(local.has(own(0))).toBe(false);
  });
});

test("a session that this peer did not make may exist elsewhere", () => {
  const local = opened(500);
  expect([own(0), own(1), foreign].map((id) => local.mayExist(id))).toEqual([true, false, true]);
});

test("a peer's sid is the high byte of its sessions' ids, signed or not", () => {
  const local = new LocalSessions(sidOf(200), 100);
  expect(local.mayExist(sessionIdOf((200n << 56n) - (1n << 64n) + 5n))).toBe(false);
});

test("all go at once with their peer's role", () => {
  const local = opened(500, 700);
  local.upgrade(own(1));
  expect(local.takeAll()).toEqual([own(0)]);
  expect([local.size, local.isUpgrading(own(1)), local.wakeAt]).toEqual([
    0,
    false,
    Number.POSITIVE_INFINITY,
  ]);
});
