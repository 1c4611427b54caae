import { errorName } from "../core/protocol/error-codes.ts";
import { ZkmsError } from "../ensemble/errors.ts";
import type { HistoryEvent } from "./history-events.ts";
import type { Operation } from "./operation.ts";

/** What must hold of a history; docs/check.md tells of each. */
export type Rule =
  /** An answer is what the tree of its moment gives. */
  | "reply-differs"
  /** Nothing is read that is older than what its session has written, seen or synced. */
  | "stale-read"
  /** The zxids that a session sees never go back. */
  | "zxid-back"
  /** A zxid that a client saw was committed. */
  | "uncommitted-zxid"
  /** Of two writes of which one was asked for after the other was answered, that one comes later. */
  | "real-time-order"
  /** A write that was acknowledged was done. */
  | "write-lost"
  /** … and once. */
  | "write-doubled"
  /** A write that was refused was not done. */
  | "refused-write"
  /** A session does nothing that its client did not ask for. */
  | "write-unasked"
  /** A write with a condition succeeds only where that holds, and each one counts the version up by one. */
  | "lost-update"
  /** Between two creates of one path it was deleted. */
  | "two-creates"
  /** Sequential names are new, and rise. */
  | "sequence"
  /** Whoever's session has ended does nothing more. */
  | "session-over"
  /** An ephemeral goes with its session. */
  | "ephemeral-left"
  /** … and not before. */
  | "ephemeral-gone"
  /** A watch hears of nothing that it was not set for. */
  | "watch-unasked"
  /** … of one change only. */
  | "watch-twice"
  /** … and of that before its client sees a later state. */
  | "watch-missed";

/** One way in which a history breaks a rule. */
export interface Violation {
  readonly rule: Rule;
  /** In one paragraph: what was seen, and what had to be. */
  readonly text: string;
  readonly expected: string;
  readonly seen: string;
  /** Of the history, in its order: what it is about. */
  readonly events: readonly HistoryEvent[];
}

export interface Report {
  readonly ok: boolean;
  /** By which it was judged: "replies" where there is no log. */
  readonly by: "log" | "replies";
  /** How many there were, so that nobody mistakes an empty history for a good one. */
  readonly operations: number;
  readonly writes: number;
  readonly watchEvents: number;
  /** Calls of which nobody knows what became of them. */
  readonly unknown: number;
  /** Committed transactions that were replayed. */
  readonly transactions: number;
  readonly violations: readonly Violation[];
  /** All of it, to be read. */
  readonly text: string;
}

/** How many are told of: one broken promise mostly breaks others. */
const toldMax = 20;

/** Collects what is found wrong. */
export class Findings {
  readonly violations: Violation[] = [];

  add(
    rule: Rule,
    {
      what,
      expected,
      seen,
    }: { readonly what: string; readonly expected: string; readonly seen: string },
    events: readonly HistoryEvent[],
  ): void {
    const text = `${rule}: ${what}\n    expected  ${expected}\n    seen      ${seen}`;
    this.violations.push({ rule, text, expected, seen, events });
  }

  /** About operations: each with what it asked and what it was answered. */
  of(
    rule: Rule,
    operations: readonly Operation[],
    { expected, seen }: { readonly expected: string; readonly seen: string },
  ): void {
    const what = operations.map(describe).join("; ");
    const events = operations.flatMap(({ call, returned }) =>
      returned === undefined ? [call] : [call, returned],
    );
    this.add(rule, { what, expected, seen }, events);
  }
}

/** `set /a of one (0x100…, call 3)` */
export function describe({ call, returned }: Operation): string {
  const target = call.ops?.map(({ op, path }) => `${op} ${path}`).join(", ") ?? call.path ?? "";
  const error = returned?.error === undefined ? "" : ` → ${nameOf(returned.error)}`;
  const zxid = returned?.zxid === undefined ? "" : ` at ${show(returned.zxid)}`;
  return `${call.op} ${target}${error} (client ${call.client}, call ${call.id}${zxid})`;
}

const nameOf = (error: string | number): string =>
  typeof error === "number" ? errorName(error) : error;

export const hex = (value: bigint | number): string =>
  `0x${BigInt.asUintN(64, BigInt(value)).toString(16)}`;

const show = (id: string | bigint | number): string => (typeof id === "string" ? id : hex(id));

export function reportOf(report: Omit<Report, "ok" | "text">): Report {
  const { violations, operations, writes, watchEvents, unknown, transactions, by } = report;
  const against = by === "log" ? `${transactions} transactions` : "each other, without a log";
  const counts = `${operations} operations (${writes} writes, ${unknown} of unknown outcome) and ${watchEvents} watch events, judged against ${against}`;
  const told = violations.slice(0, toldMax).map(({ text }) => `  ${text}`);
  const more = violations.length - told.length;
  const rest = more > 0 ? [`  and ${more} more`] : [];
  const head =
    violations.length === 0
      ? `the history holds: ${counts}`
      : `the history breaks ${count(violations)}: ${counts}`;
  return { ...report, ok: violations.length === 0, text: [head, ...told, ...rest].join("\n") };
}

const count = (violations: readonly Violation[]): string =>
  violations.length === 1 ? "a rule" : `rules ${violations.length} times`;

/** Throws ZKMS_CHECK with the report's text, and the report as its cause, unless the history holds. */
export function assertReport(report: Report): void {
  if (!report.ok) throw new ZkmsError("ZKMS_CHECK", report.text, { cause: report });
}
