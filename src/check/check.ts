import type { TransactionLog } from "../ensemble/api-transactions.ts";
import { judgeByLog } from "./by-log.ts";
import { judgeByReplies } from "./by-replies.ts";
import { Committed } from "./committed.ts";
import type { HistoryEvent } from "./history-events.ts";
import { readEvents } from "./operation.ts";
import { assertReport, Findings, type Report, reportOf } from "./report.ts";

/** Whoever can say what was committed: an ensemble, here or elsewhere, as far as its engine lets it. */
export interface Witness {
  supports(feature: "transactions"): boolean;
  transactions(): Promise<TransactionLog>;
}

/** A history, or its events. */
export type Recorded = readonly HistoryEvent[] | { readonly events: readonly HistoryEvent[] };

/**
 * Judges a history. With an ensemble of the embedded engine, or a log that was read from one, every answer is judged by what was
 * committed; without, or with one of Apache's processes, answers are judged by each other, which proves less.
 *
 *     const report = await check(history, ensemble);
 *     expect(report.violations).toEqual([]);
 *
 * Call it when all that was asked has been answered. Throws ZKMS_BAD_OPTIONS for what is no history.
 */
export async function check(
  history: Recorded,
  against?: Witness | TransactionLog,
): Promise<Report> {
  const events = "events" in history ? history.events : history;
  const reading = readEvents(events);
  const log = await logOf(against);
  const findings = new Findings();
  const committed = log === undefined ? undefined : new Committed(log);
  if (committed === undefined) judgeByReplies(reading, findings);
  else judgeByLog(reading, committed, findings);
  const { operations } = reading;
  return reportOf({
    by: committed === undefined ? "replies" : "log",
    operations: operations.length,
    writes: operations.filter(({ isWrite }) => isWrite).length,
    watchEvents: events.filter(({ type }) => type === "watch").length,
    unknown: operations.filter(({ outcome }) => outcome === "unknown").length,
    transactions: committed?.entries.length ?? 0,
    violations: findings.violations,
  });
}

/** As `check`; throws ZKMS_CHECK, with all that was found, unless the history holds. */
export async function assertHistory(
  history: Recorded,
  against?: Witness | TransactionLog,
): Promise<void> {
  assertReport(await check(history, against));
}

async function logOf(
  against: Witness | TransactionLog | undefined,
): Promise<TransactionLog | undefined> {
  if (against === undefined || !("supports" in against)) return against;
  return against.supports("transactions") ? await against.transactions() : undefined;
}
