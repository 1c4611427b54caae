// What the order of zxids owes to sessions and to real time, whatever the content.
import { epochOf, formatZxid, type SessionId, type Zxid, zxidZero } from "../core/base/ids.ts";
import { OpCode } from "../core/protocol/op-codes.ts";
import type { Operation } from "./operation.ts";
import type { Findings } from "./report.ts";

/** `zxids`: of answers, and of transactions for writes. */
export function judgeOrder(
  operations: readonly Operation[],
  zxids: ReadonlyMap<Operation, Zxid>,
  findings: Findings,
): void {
  const byReturn = operations
    .filter((one) => Number.isFinite(one.returnedAt))
    .sort((left, right) => left.returnedAt - right.returnedAt);
  judgeSessions(byReturn, zxids, findings);
  judgeRealTime(operations, byReturn, zxids, findings);
}

function judgeSessions(
  byReturn: readonly Operation[],
  zxids: ReadonlyMap<Operation, Zxid>,
  findings: Findings,
): void {
  /** The answer with the highest zxid so far. */
  const highest = new Map<SessionId, Operation>();
  for (const operation of byReturn) {
    // Of a write that is known by its transaction alone the answer may show more; of others the reply says it itself.
    const zxid = zxids.get(operation);
    const { session } = operation;
    if (session === undefined || zxid === undefined || operation.outcome === "unknown") continue;
    const before = highest.get(session);
    const seen = before === undefined ? zxidZero : (zxids.get(before) ?? zxidZero);
    if (zxid >= seen) {
      highest.set(session, operation);
      continue;
    }
    // Only answers in the order of their questions are the session's order.
    if (before === undefined || before.calledAt > operation.calledAt) continue;
    const isOwnWrite = before.isWrite || before.asked?.type === OpCode.sync;
    findings.of(
      isOwnWrite && !operation.isWrite ? "stale-read" : "zxid-back",
      [before, operation],
      {
        expected: `${formatZxid(seen)} or higher`,
        seen: formatZxid(zxid),
      },
    );
  }
}

/** Of writes, and of what a sync shows as long as one leader's epoch goes on. */
function judgeRealTime(
  operations: readonly Operation[],
  byReturn: readonly Operation[],
  zxids: ReadonlyMap<Operation, Zxid>,
  findings: Findings,
): void {
  let next = 0;
  let last: Operation | undefined;
  let highest = zxidZero;
  for (const operation of [...operations].sort((left, right) => left.calledAt - right.calledAt)) {
    for (let done = byReturn[next]; done !== undefined; done = byReturn[next]) {
      if (done.returnedAt > operation.calledAt) break;
      next += 1;
      const zxid = done.isWrite && done.outcome !== "unknown" ? zxids.get(done) : undefined;
      if (zxid === undefined || zxid <= highest) continue;
      highest = zxid;
      last = done;
    }
    const zxid = zxids.get(operation);
    if (zxid === undefined || last === undefined) continue;
    if (operation.isWrite && zxid <= highest) {
      findings.of("real-time-order", [last, operation], {
        expected: `higher than ${formatZxid(highest)}, as it was asked for after that was answered`,
        seen: formatZxid(zxid),
      });
    }
    const isSync = operation.asked?.type === OpCode.sync && operation.outcome === "done";
    if (isSync && zxid < highest && epochOf(zxid) === epochOf(highest)) {
      findings.of("stale-read", [last, operation], {
        expected: `a sync that shows ${formatZxid(highest)}`,
        seen: formatZxid(zxid),
      });
    }
  }
}
