import { type SessionId, type Zxid, zxidOf, zxidZero } from "../core/base/ids.ts";
import { ErrorCode, errorName } from "../core/protocol/error-codes.ts";
import { OpCode } from "../core/protocol/op-codes.ts";
import type { Committed, Entry } from "./committed.ts";
import { differs, say } from "./comparison.ts";
import { type Matches, matchWrites } from "./matching.ts";
import { type Answer, isServersOwn, type Model } from "./model.ts";
import type { Operation, Reading } from "./operation.ts";
import { judgeOrder } from "./order.ts";
import { type Findings, hex, type Rule } from "./report.ts";
import { WatchJudge } from "./watch-judge.ts";

/** Judges a history by what was committed: the log is run through the model once, and says what each answer had to be. */
export function judgeByLog(reading: Reading, log: Committed, findings: Findings): void {
  const matches = matchWrites(reading, log, findings);
  new Replay(reading, log, matches, findings).run();
}

/** What the model does not know: who may do what, quotas, and what a server refuses to read. */
const modelled: ReadonlySet<number> = new Set([
  ErrorCode.OK,
  ErrorCode.NONODE,
  ErrorCode.NODEEXISTS,
  ErrorCode.BADVERSION,
  ErrorCode.NOTEMPTY,
  ErrorCode.NOCHILDRENFOREPHEMERALS,
]);

class Replay {
  readonly #log: Committed;
  readonly #model: Model;
  readonly #matches: Matches;
  readonly #findings: Findings;
  readonly #reading: Reading;
  /** Reads whose zxid is known, by the state that they show. */
  readonly #readsAt = new Map<Zxid, Operation[]>();
  /** Of each session that reads without a zxid: all its answers, in order, and how far it has come. */
  readonly #queues: Queue[] = [];
  readonly #watches: WatchJudge;
  /** By session: the transaction that ended it. */
  readonly #ended = new Map<SessionId, Zxid>();

  constructor(reading: Reading, log: Committed, matches: Matches, findings: Findings) {
    this.#reading = reading;
    this.#log = log;
    this.#model = log.model();
    this.#matches = matches;
    this.#findings = findings;
    this.#watches = new WatchJudge(log, findings);
  }

  run(): void {
    this.#file();
    this.#judgeReads(this.#log.from);
    for (const entry of this.#log.entries) {
      for (const queue of this.#queues) this.#giveUp(queue, entry.zxid);
      this.#carryOut(entry);
      this.#watches.changed(entry.zxid, this.#model.changes);
      this.#judgeReads(entry.zxid);
    }
    for (const queue of this.#queues) this.#giveUp(queue, none);
    for (const items of this.#reading.clients.values()) this.#watches.judge(items);
  }

  // ------------------------------------------------------------------ before the replay

  #file(): void {
    const zxids = new Map<Operation, Zxid>();
    for (const [entry, operation] of this.#matches) zxids.set(operation, entry.zxid);
    const free = new Set<string>();
    for (const operation of this.#reading.operations) {
      const { zxid, outcome } = operation;
      if (outcome === "unknown") continue;
      if (zxid === undefined) {
        if (!zxids.has(operation)) free.add(threadOf(operation));
        continue;
      }
      const state = this.#log.stateAt(zxid);
      if (state === undefined || state > this.#log.last) {
        this.#findings.of("uncommitted-zxid", [operation], {
          expected: `a zxid that was committed, ${hex(this.#log.last)} at most`,
          seen: hex(zxid),
        });
        continue;
      }
      if (!zxids.has(operation)) {
        zxids.set(operation, state);
        const reads = this.#readsAt.get(state);
        if (reads === undefined) this.#readsAt.set(state, [operation]);
        else reads.push(operation);
      }
    }
    judgeOrder(this.#reading.operations, zxids, this.#findings);
    for (const thread of free) this.#queues.push(queueOf(thread, this.#reading.operations, zxids));
  }

  // ------------------------------------------------------------------ the replay

  #carryOut(entry: Entry): void {
    const { txn, session, asked, err } = entry;
    const operation = this.#matches.get(entry);
    this.#model.changes = [];
    if (txn.op === "createSession") {
      this.#ended.delete(session);
      return this.#model.openSession(session);
    }
    if (txn.op === "closeSession") {
      this.#judgeEphemerals(entry);
      this.#ended.set(session, entry.zxid);
      this.#model.closeSession(entry);
      return;
    }
    if (operation !== undefined) return this.#judgeWrite(operation, entry);
    if (asked === undefined || err !== 0) return;
    const answer = this.#model.write(asked, entry);
    const failure = failureIn(answer);
    if (failure !== 0) this.#impossible(entry, failure, []);
  }

  #judgeWrite(operation: Operation, entry: Entry): void {
    const { asked, shown } = operation;
    const { err, session } = entry;
    if (asked === undefined) return;
    const ended = this.#ended.get(session);
    if (ended !== undefined && err === 0) {
      this.#findings.of("session-over", [operation], {
        expected: `nothing of session ${hex(session)} after its end at ${hex(ended)}`,
        seen: `${hex(entry.zxid)} does it`,
      });
    }
    if (shown !== undefined && failureIn(shown) !== err) {
      const rule =
        shown.err === 0 && failureIn(shown) === 0
          ? "write-lost"
          : err === 0
            ? "refused-write"
            : "reply-differs";
      this.#findings.of(rule, [operation], {
        expected: `${errorName(err)}, as committed at ${hex(entry.zxid)}`,
        seen: errorName(failureIn(shown)),
      });
    }
    if (!modelled.has(err)) return;
    const answer = this.#model.write(asked, entry);
    const due = failureIn(answer);
    if (due !== err) {
      if (err !== 0) {
        return this.#findings.of("reply-differs", [operation], {
          expected: errorName(due),
          seen: `${errorName(err)}, committed at ${hex(entry.zxid)}`,
        });
      }
      return this.#impossible(entry, due, [operation]);
    }
    const path = "path" in answer ? answer.path : undefined;
    if (path !== undefined && path !== entry.txn.path) {
      return this.#findings.of("sequence", [operation], {
        expected: path,
        seen: `${entry.txn.path}, committed at ${hex(entry.zxid)}`,
      });
    }
    if (shown !== undefined) this.#compare(operation, answer, entry.zxid);
  }

  /** The ensemble did what its tree did not allow. */
  #impossible(entry: Entry, due: number, operations: readonly Operation[]): void {
    const rule: Rule =
      due === ErrorCode.NODEEXISTS
        ? "two-creates"
        : due === ErrorCode.BADVERSION
          ? "lost-update"
          : due === ErrorCode.NONODE
            ? "write-lost"
            : "reply-differs";
    const seen = `${hex(entry.zxid)} does ${entry.txn.op} ${entry.txn.path ?? ""}`;
    const wrong = { expected: errorName(due), seen };
    if (operations.length > 0) return this.#findings.of(rule, operations, wrong);
    const what = `${entry.txn.op} of session ${hex(entry.session)}, which was not recorded`;
    this.#findings.add(rule, { what, ...wrong }, []);
  }

  /** What goes with a session is what it made and nobody deleted. */
  #judgeEphemerals({ txn, session, zxid }: Entry): void {
    const due = this.#model.ephemeralsOf(session).sort();
    const gone = txn.paths === undefined ? due : [...txn.paths].sort();
    const what = `session ${hex(session)} ends at ${hex(zxid)}`;
    const left = due.filter((path) => !gone.includes(path));
    if (left.length > 0) {
      this.#findings.add(
        "ephemeral-left",
        { what, expected: "its nodes gone", seen: `${left} stays` },
        [],
      );
    }
    const others = gone.filter((path) => !due.includes(path));
    if (others.length > 0) {
      const expected = "no other's nodes gone";
      this.#findings.add("ephemeral-gone", { what, expected, seen: `${others} goes` }, []);
    }
  }

  #compare(operation: Operation, expected: Answer, zxid: Zxid): void {
    const { shown } = operation;
    if (shown === undefined || shown.err !== 0 || isUnjudged(operation)) return;
    const difference = differs(expected, shown);
    if (difference === undefined) return;
    this.#findings.of(this.#ruleFor(operation, zxid), [operation], {
      expected: `${difference.expected} at ${hex(zxid)}`,
      seen: difference.seen,
    });
  }

  // ------------------------------------------------------------------ reads

  #judgeReads(zxid: Zxid): void {
    for (const operation of this.#readsAt.get(zxid) ?? []) this.#judgeRead(operation, zxid);
    this.#readsAt.delete(zxid);
    for (const queue of this.#queues) this.#advance(queue, zxid);
  }

  #judgeRead(operation: Operation, zxid: Zxid): void {
    const { asked, shown, session } = operation;
    const ended = session === undefined ? undefined : this.#ended.get(session);
    if (ended !== undefined && asked?.type !== OpCode.closeSession && shown?.err === 0) {
      this.#findings.of("session-over", [operation], {
        expected: `no answer after the end of session ${hex(session ?? 0n)} at ${hex(ended)}`,
        seen: `one at ${hex(zxid)}`,
      });
    }
    if (asked === undefined || shown === undefined || operation.isWrite) return;
    if (!modelled.has(shown.err)) return;
    const expected = this.#model.read(asked);
    if (expected.err === shown.err) return this.#compare(operation, expected, zxid);
    this.#findings.of(this.#ruleFor(operation, zxid), [operation], {
      expected: `${say(expected)} at ${hex(zxid)}`,
      seen: say(shown),
    });
  }

  /** What a wrong answer is called. */
  #ruleFor({ shown, asked }: Operation, zxid: Zxid): Rule {
    const owner = shown?.stat?.ephemeralOwner;
    const isGone = owner !== undefined && (this.#ended.get(owner) ?? zxid) < zxid;
    return isGone && asked !== undefined ? "ephemeral-left" : "reply-differs";
  }

  /** Reads without a zxid are taken as early as they fit: that leaves the most room for those behind them. */
  #advance(queue: Queue, zxid: Zxid): void {
    for (;;) {
      const item = queue.items[queue.at];
      if (item === undefined) return;
      if (item.zxid !== undefined) {
        if (item.zxid > zxid) return;
      } else {
        if (item.floor > zxid || !this.#fits(item.operation)) return;
      }
      queue.at += 1;
    }
  }

  #fits({ asked, shown, isWrite }: Operation): boolean {
    if (asked === undefined || shown === undefined || !modelled.has(shown.err)) return true;
    if (isWrite) return this.#model.wouldFail(asked) === failureIn(shown);
    const expected = this.#model.read(asked);
    if (expected.err !== shown.err) return false;
    return shown.err !== 0 || differs(expected, shown) === undefined;
  }

  /** What does not fit any state before `next`, where it had to, fits none. */
  #giveUp(queue: Queue, next: Zxid): void {
    const { last } = this.#log;
    for (;;) {
      const item = queue.items[queue.at];
      if (item === undefined || (item.zxid ?? item.before) > next) return;
      if (item.zxid === next) return;
      // What came before the log begins fits none of its states.
      const isOlder = queue.since <= this.#log.from && this.#log.from > zxidZero;
      if (item.zxid === undefined && !isOlder) {
        this.#findings.of(this.#ruleOfUnfit(item), [item.operation], {
          expected: `what the tree shows at some moment from ${hex(Math.max(item.floor, queue.since))} on, before ${item.before > last ? "the end" : hex(item.before)}`,
          seen: item.operation.shown === undefined ? "nothing" : say(item.operation.shown),
        });
      }
      queue.since = item.zxid ?? queue.since;
      queue.at += 1;
    }
  }

  /** Whether it would have fitted an earlier state. */
  #ruleOfUnfit({ operation }: Queued): Rule {
    const { asked, shown, isWrite } = operation;
    if (asked === undefined || shown === undefined || isWrite) return "reply-differs";
    const model = this.#log.model();
    for (const entry of this.#log.entries) {
      const expected = model.read(asked);
      if (
        expected.err === shown.err &&
        (shown.err !== 0 || differs(expected, shown) === undefined)
      ) {
        return "stale-read";
      }
      if (entry.txn.op === "closeSession") model.closeSession(entry);
      else if (entry.asked !== undefined && entry.err === 0) model.write(entry.asked, entry);
    }
    return "reply-differs";
  }
}

// ------------------------------------------------------------------ reads without a zxid

interface Queued {
  readonly operation: Operation;
  /** Known: the session has seen that much. */
  readonly zxid: Zxid | undefined;
  /** It shows this at least, as its session has synced. */
  readonly floor: Zxid;
  /** And less than this: what was asked for after it, by whomever. */
  readonly before: Zxid;
}
interface Queue {
  readonly items: readonly Queued[];
  at: number;
  since: Zxid;
}

/** Whose answers come in order: the session's, or where that is not known the client's. */
const threadOf = ({ session, client }: Operation): string =>
  session === undefined ? client : hex(session);

function queueOf(
  thread: string,
  all: readonly Operation[],
  zxids: ReadonlyMap<Operation, Zxid>,
): Queue {
  const later = laterWrites(all, zxids);
  const own = all.filter((one) => threadOf(one) === thread && one.outcome !== "unknown");
  const items: Queued[] = [];
  let floor = zxidZero;
  for (const [index, operation] of own.entries()) {
    const zxid = zxids.get(operation);
    const next = own.slice(index + 1).find((one) => zxids.has(one));
    const following = next === undefined ? none : (zxids.get(next) ?? 0) + (next.isWrite ? 0 : 1);
    const before = zxidOf(Math.min(later(operation.returnedAt), following));
    items.push({ operation, zxid, floor, before });
    if (operation.asked?.type === OpCode.sync) floor = zxid ?? synced(operation, all, zxids, floor);
  }
  return { items, at: 0, since: zxidZero };
}

/** What a sync shows at least: writes answered before it, unless another leader may have come between. */
function synced(
  sync: Operation,
  all: readonly Operation[],
  zxids: ReadonlyMap<Operation, Zxid>,
  floor: Zxid,
): Zxid {
  const epochs = new Set([...zxids.values()].map((zxid) => Math.floor(zxid / 2 ** 32)));
  if (epochs.size > 1) return floor;
  let seen = floor;
  for (const operation of all) {
    const zxid = zxids.get(operation);
    if (
      operation.isWrite &&
      operation.returnedAt < sync.calledAt &&
      zxid !== undefined &&
      zxid > seen
    ) {
      seen = zxid;
    }
  }
  return seen;
}

const none = zxidOf(Number.POSITIVE_INFINITY);

/** The lowest zxid of a write that was asked for after a place in the history. */
function laterWrites(
  all: readonly Operation[],
  zxids: ReadonlyMap<Operation, Zxid>,
): (place: number) => Zxid {
  const calls: { at: number; lowest: Zxid }[] = [];
  for (const operation of [...all].reverse()) {
    const zxid = zxids.get(operation);
    const known = calls.at(-1)?.lowest ?? none;
    if (operation.isWrite && zxid !== undefined && zxid < known) {
      calls.push({ at: operation.calledAt, lowest: zxid });
    }
  }
  return (place) => {
    // Highest place first; the last one that is still behind `place` has the lowest zxid.
    let found = none;
    for (const { at, lowest } of calls) {
      if (at <= place) break;
      found = lowest;
    }
    return found;
  };
}

/** Of a multi, the error of the element that failed it. */
function failureIn({
  err,
  ...rest
}:
  | Answer
  | { readonly err: number; readonly results?: readonly { readonly err: number }[] }): number {
  if (err !== 0 || !("results" in rest)) return err;
  return (
    rest.results?.find((one) => one.err !== 0 && one.err !== ErrorCode.RUNTIMEINCONSISTENCY)?.err ??
    0
  );
}

const isUnjudged = ({ call }: Operation): boolean => isServersOwn(call.path ?? "/");
