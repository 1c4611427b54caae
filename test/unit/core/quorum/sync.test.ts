import { describe, expect, test } from "vitest";
import {
  epochFrom,
  formatZxid,
  makeZxid,
  noSession,
  type Zxid,
} from "../../../../src/core/base/ids.ts";
import { OpCode } from "../../../../src/core/protocol/op-codes.ts";
import { CommittedLog } from "../../../../src/core/quorum/history.ts";
import { chooseSync } from "../../../../src/core/quorum/sync.ts";
import { LogEntry } from "../../../../src/core/txn/log-entry.ts";

const at = (epoch: number, counter: number): Zxid => makeZxid(epochFrom(epoch), counter);
const entry = (zxid: Zxid): LogEntry =>
  new LogEntry({
    type: OpCode.error,
    body: { err: -101 },
    session: noSession,
    cxid: 0,
    zxid,
    time: 0,
    digest: undefined,
  });

function logOf(...zxids: readonly Zxid[]): CommittedLog {
  const log = new CommittedLog();
  for (const zxid of zxids) log.push(entry(zxid));
  return log;
}

/** As a line: the packet, its zxid, the entries behind it. */
function plan(learner: Zxid, applied: Zxid, log: CommittedLog): string {
  const { kind, zxid, entries } = chooseSync(learner, applied, log);
  return [kind, formatZxid(zxid), ...entries.map((each) => formatZxid(each.zxid))].join(" ");
}

describe("a learner is brought up to date (LearnerHandler.syncFollower)", () => {
  const two = logOf(at(1, 1), at(1, 2), at(1, 3), at(2, 1), at(2, 2));
  const empty = logOf();

  test.each([
    // The leader has only this cache; `applied` is its tree, its own epoch's zxid when nothing happened in it.
    { learner: at(2, 2), applied: at(2, 2), log: two, plan: "DIFF 0x200000002", why: "equal" },
    {
      learner: at(3, 0),
      applied: at(3, 0),
      log: empty,
      plan: "DIFF 0x300000000",
      why: "equal, both idle",
    },
    { learner: at(0, 0), applied: at(0, 0), log: empty, plan: "DIFF 0x0", why: "a new ensemble" },
    {
      learner: at(2, 5),
      applied: at(2, 2),
      log: two,
      plan: "TRUNC 0x200000002",
      why: "ahead of all",
    },
    {
      learner: at(1, 9),
      applied: at(2, 0),
      log: logOf(at(1, 1), at(1, 3)),
      plan: "TRUNC 0x100000003",
      why: "ahead, in an idle epoch",
    },
    {
      learner: at(1, 2),
      applied: at(2, 2),
      log: two,
      plan: "DIFF 0x200000002 0x100000003 0x200000001 0x200000002",
      why: "inside the log",
    },
    {
      learner: at(2, 2),
      applied: at(3, 0),
      log: two,
      plan: "DIFF 0x200000002",
      why: "at its end, the leader idle",
    },
    {
      learner: at(1, 1),
      applied: at(2, 2),
      log: two,
      plan: "DIFF 0x200000002 0x100000002 0x100000003 0x200000001 0x200000002",
      why: "at its start",
    },
    {
      learner: at(0, 5),
      applied: at(2, 2),
      log: two,
      plan: "SNAP 0x200000002",
      why: "before its start",
    },
    {
      learner: at(0, 0),
      applied: at(1, 0),
      log: empty,
      plan: "SNAP 0x100000000",
      why: "empty, where an epoch has begun",
    },
    {
      learner: at(2, 0),
      applied: at(2, 2),
      log: two,
      plan: "DIFF 0x200000002 0x200000001 0x200000002",
      why: "knows the epoch, nothing of it",
    },
    {
      learner: at(3, 0),
      applied: at(2, 2),
      log: two,
      plan: "SNAP 0x200000002",
      why: "knows a later epoch, nothing of it",
    },
    {
      learner: at(1, 4),
      applied: at(2, 2),
      log: two,
      plan: "SNAP 0x200000002",
      why: "inside, but of nobody's log, and the next is of another epoch",
    },
    {
      learner: at(1, 2),
      applied: at(1, 4),
      log: logOf(at(1, 1), at(1, 3), at(1, 4)),
      plan: "TRUNC 0x100000001 0x100000003 0x100000004",
      why: "inside, of nobody's log, in one epoch",
    },
    {
      learner: at(2, 1),
      applied: at(2, 3),
      log: logOf(at(2, 2), at(2, 3)),
      plan: "SNAP 0x200000003",
      why: "just before the log: what comes before it is not certain",
    },
  ])("$why: $plan", ({ learner, applied, log, plan: expected }) => {
    expect(plan(learner, applied, log)).toBe(expected);
  });
});
