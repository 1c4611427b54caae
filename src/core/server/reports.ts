import { sidOf } from "../base/ids.ts";
import { OpCode } from "../protocol/op-codes.ts";
import type { QuorumOutput } from "../quorum/effects.ts";
import type { Txn } from "../txn/txn.ts";
import type { Effect, Report } from "./effects.ts";
import type { Counts } from "./figures.ts";
import type { Leading } from "./leading.ts";

export function report(what: Report, out: Effect[]): void {
  out.push({ type: "report", report: what });
}

/** An observer proposes the lowest number there is: it is told as 0. */
export function reportElection(
  { change, vote: { leader } }: QuorumOutput & { readonly type: "electionNews" },
  round: number,
  out: Effect[],
): void {
  report({ type: "election", change, round, vote: leader < 0 ? sidOf(0) : leader }, out);
}

/** A leader's transaction is in the tree. */
export function reportCommit(role: Leading, counts: Counts, txn: Txn, out: Effect[]): void {
  if (role.kind === "leading") counts.commits += 1;
  report({ type: "commit", txn }, out);
  if (txn.type === OpCode.createSession) {
    report({ type: "session", session: txn.session, change: "created" }, out);
  } else if (txn.type === OpCode.closeSession) {
    const change = role.takeExpired(txn.session) ? "expired" : "closed";
    if (change === "expired") counts.expired += 1;
    report({ type: "session", session: txn.session, change }, out);
  }
}
