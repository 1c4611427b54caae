import { OpCode } from "../protocol/op-codes.ts";
import type { Txn } from "../txn/txn.ts";
import type { Effect, Report } from "./effects.ts";
import type { Counts } from "./figures.ts";
import type { Leading } from "./leading.ts";

export function report(what: Report, out: Effect[]): void {
  out.push({ type: "report", report: what });
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
