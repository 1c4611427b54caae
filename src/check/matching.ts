// Which transaction is which client's write.
import { type SessionId, type Zxid, zxidZero } from "../core/base/ids.ts";
import { OpCode } from "../core/protocol/op-codes.ts";
import type { Committed, Entry } from "./committed.ts";
import type { Asked } from "./model.ts";
import type { Operation, Reading } from "./operation.ts";
import { type Findings, hex } from "./report.ts";

export type Matches = ReadonlyMap<Entry, Operation>;

/**
 * Finds the transaction of every write: by the zxid of its reply, by session and number, and where a client shows neither, by what
 * it asked for, in the order of its session. What is left over on either side breaks a rule.
 */
export function matchWrites(reading: Reading, log: Committed, findings: Findings): Matches {
  const matches = new Map<Entry, Operation>();
  const byNumber = new Map<string, Entry[]>();
  for (const entry of log.entries) {
    const key = numberOf(entry.session, entry.cxid);
    byNumber.set(key, [...(byNumber.get(key) ?? []), entry]);
  }
  const nameless = new Map<SessionId, Operation[]>();
  for (const operation of reading.operations) {
    if (!operation.isWrite) continue;
    const found = entryFor(operation, log, byNumber);
    if (found !== undefined && !matches.has(found)) matches.set(found, operation);
    else if (found !== undefined || isNamed(operation)) missing(operation, log, findings);
    else if (operation.session !== undefined && operation.outcome !== "refused") {
      const list = nameless.get(operation.session) ?? [];
      nameless.set(operation.session, [...list, operation]);
    }
  }
  const left = new Map<SessionId, Entry[]>();
  for (const entry of log.entries) {
    if (matches.has(entry) || !doesSomething(entry)) continue;
    left.set(entry.session, [...(left.get(entry.session) ?? []), entry]);
  }
  for (const [session, operations] of nameless) {
    const { pairs, lost } = align(operations, left.get(session) ?? [], log.from);
    for (const [entry, operation] of pairs) matches.set(entry, operation);
    for (const operation of lost) missing(operation, log, findings);
  }
  judgeUnasked(reading, log, matches, findings);
  return matches;
}

const numberOf = (session: SessionId, cxid: number): string => `${session}/${cxid}`;

/** Its reply or its number leads to its transaction, if there is one. */
const isNamed = ({ zxid, xid, call, session }: Operation): boolean =>
  zxid !== undefined || (xid !== undefined && session !== undefined) || call.op === "close";

function entryFor(
  operation: Operation,
  log: Committed,
  byNumber: ReadonlyMap<string, readonly Entry[]>,
): Entry | undefined {
  const { zxid, session, xid } = operation;
  const suits = (entry: Entry | undefined): entry is Entry =>
    entry !== undefined && isOf(entry, operation);
  if (zxid !== undefined) {
    const entry = log.at(zxid);
    return suits(entry) ? entry : undefined;
  }
  if (session === undefined) return undefined;
  if (xid === undefined) {
    // Of its end a session has one.
    const isEnd = operation.asked?.type === OpCode.closeSession;
    return isEnd
      ? log.entries.find((one) => one.txn.op === "closeSession" && suits(one))
      : undefined;
  }
  return byNumber.get(numberOf(session, xid))?.find(suits);
}

/** An acknowledged write without its transaction; one that was refused need not have any. */
function missing(operation: Operation, log: Committed, findings: Findings): void {
  const { outcome, zxid, asked } = operation;
  if (outcome !== "done") return;
  if (zxid === undefined ? log.from > zxidZero : zxid <= log.from) return; // in the part that is gone
  // The end of a local session, of which no log tells.
  if (
    asked?.type === OpCode.closeSession &&
    !log.entries.some((entry) => begins(entry, operation))
  ) {
    return;
  }
  const at = zxid === undefined ? undefined : log.at(zxid);
  findings.of("write-lost", [operation], {
    expected: "a committed transaction of it, as it was acknowledged",
    seen: at === undefined ? "none" : `${hex(at.zxid)} is ${name(at)}`,
  });
}

const begins = ({ txn, session }: Entry, operation: Operation): boolean =>
  txn.op === "createSession" && session === operation.session;

const doesSomething = ({ err, txn }: Entry): boolean =>
  err === 0 && txn.op !== "createSession" && txn.op !== "closeSession" && txn.op !== "reconfig";

const name = ({ txn, session }: Entry): string =>
  `${txn.op} ${txn.path ?? ""} of session ${hex(session)}`;

/** Transactions of recorded sessions that are nobody's. */
function judgeUnasked(
  reading: Reading,
  log: Committed,
  matches: Matches,
  findings: Findings,
): void {
  const recorded = new Set(reading.operations.flatMap(({ session }) => session ?? []));
  /** What came before the recording. */
  const unheard = new Set(reading.joined);
  for (const entry of log.entries) {
    if (matches.has(entry)) {
      unheard.delete(entry.session);
      continue;
    }
    if (!recorded.has(entry.session) || !doesSomething(entry) || unheard.has(entry.session))
      continue;
    const alike = reading.operations.filter(
      ({ session, asked }) =>
        session === entry.session &&
        asked !== undefined &&
        entry.asked !== undefined &&
        isAlike(asked, entry.asked),
    );
    const refused = alike.find(({ outcome }) => outcome === "refused");
    const done = alike.find(({ outcome }) => outcome !== "refused");
    const seen = `${hex(entry.zxid)} is ${name(entry)}`;
    if (done !== undefined) {
      findings.of("write-doubled", [done], { expected: "one transaction at most", seen });
    } else if (refused !== undefined) {
      findings.of("refused-write", [refused], {
        expected: "no transaction, as it was refused",
        seen,
      });
    } else {
      const what = `session ${hex(entry.session)} does what its client did not ask for`;
      findings.add("write-unasked", { what, expected: "a call for it", seen }, []);
    }
  }
}

// ------------------------------------------------------------------ likeness

/** The entry may be the operation's, done or refused. */
function isOf(entry: Entry, operation: Operation): boolean {
  if (operation.session !== undefined && operation.session !== entry.session) return false;
  if (entry.txn.op === "error") return operation.outcome !== "done";
  return isLike(entry, operation);
}

/** The entry does what the operation asked for. */
function isLike(entry: Entry, { asked, shown }: Operation): boolean {
  if (asked === undefined || entry.asked === undefined) return false;
  if (!isAlike(asked, entry.asked)) return false;
  const path = "path" in entry.asked.body ? entry.asked.body.path : undefined;
  if (shown?.path !== undefined && shown.path !== path) return false;
  const stat = shown?.stat;
  if (asked.type === OpCode.setData && stat?.mzxid !== undefined) return stat.mzxid === entry.zxid;
  if (asked.type === OpCode.create2 && stat?.czxid !== undefined) return stat.czxid === entry.zxid;
  return true;
}

function isAlike(asked: Asked, done: Asked): boolean {
  if (asked.type === OpCode.multi && done.type === OpCode.multi) {
    const [wanted, got] = [asked.body.elements, done.body.elements];
    // Of one that failed, the elements are errors.
    return got.length !== wanted.length || wanted.every((one, at) => isAlike(one, got[at] ?? one));
  }
  if (asked.type !== done.type) return false;
  switch (asked.type) {
    case OpCode.closeSession:
      return true;
    case OpCode.create2: {
      if (done.type !== OpCode.create2) return false;
      const { path, data, flags } = asked.body;
      const isSequential = flags === 2 || flags === 3 || flags === 6;
      const wanted = isSequential ? done.body.path.slice(0, -10) : done.body.path;
      const isEphemeral = flags === 1 || flags === 3;
      return (
        path === wanted && isEphemeral === (done.body.flags === 1) && isSame(data, done.body.data)
      );
    }
    case OpCode.setData:
      if (done.type !== OpCode.setData) return false;
      return asked.body.path === done.body.path && isSame(asked.body.data, done.body.data);
    default: {
      const paths = [asked, done].map(({ body }) => ("path" in body ? body.path : undefined));
      return paths[0] === paths[1];
    }
  }
}

/** null, or not recorded, is as good as no bytes. */
function isSame(left: Uint8Array | null, right: Uint8Array | null): boolean {
  if (left === null) return true;
  return Buffer.from(left).equals(Buffer.from(right ?? []));
}

// ------------------------------------------------------------------ in the order of a session

interface Link {
  readonly pair: readonly [Entry, Operation];
  readonly before: Link | undefined;
}
/** Operations up to a place were gone through: at which price, and by which pairs. */
interface Way {
  readonly price: number;
  readonly link: Link | undefined;
}

/**
 * Pairs one session's writes with its transactions, both in order, so that as few as can be are left over: a write of unknown
 * outcome may be, for nothing; any other costs one, as does a transaction. More than `skippedMax` acknowledged writes are not passed
 * over at once.
 */
function align(
  operations: readonly Operation[],
  entries: readonly Entry[],
  from: Zxid,
): {
  readonly pairs: readonly (readonly [Entry, Operation])[];
  readonly lost: readonly Operation[];
} {
  const start: Way = { price: 0, link: undefined };
  // Where the log has lost its beginning, so may the session.
  const places = from > zxidZero ? operations.length : 0;
  let ways = new Map(Array.from({ length: places + 1 }, (_, place) => [place, start] as const));
  for (const entry of entries) {
    const next = new Map<number, Way>();
    const offer = (place: number, way: Way): void => {
      const known = next.get(place);
      if (known === undefined || way.price < known.price) next.set(place, way);
    };
    for (const [place, { price, link }] of ways) {
      offer(place, { price: price + 1, link });
      let skipped = 0;
      for (let at = place; at < operations.length && skipped <= skippedMax; at += 1) {
        const operation = operations[at];
        if (operation === undefined) break;
        if (isLike(entry, operation)) {
          offer(at + 1, {
            price: price + skipped,
            link: { pair: [entry, operation], before: link },
          });
        }
        if (operation.outcome === "done") skipped += 1;
      }
    }
    ways = cheapest(next);
  }
  let best: Way | undefined;
  for (const [place, way] of ways) {
    const rest = operations.slice(place).filter(({ outcome }) => outcome === "done").length;
    const price = way.price + rest;
    if (best === undefined || price < best.price) best = { price, link: way.link };
  }
  const pairs: (readonly [Entry, Operation])[] = [];
  for (let link = best?.link; link !== undefined; link = link.before) pairs.unshift(link.pair);
  const found = new Set(pairs.map(([, operation]) => operation));
  const lost = operations.filter((one) => one.outcome === "done" && !found.has(one));
  return { pairs, lost };
}

const skippedMax = 2;
const waysMax = 64;

function cheapest(ways: Map<number, Way>): Map<number, Way> {
  if (ways.size <= waysMax) return ways;
  const sorted = [...ways].sort(([, left], [, right]) => left.price - right.price);
  return new Map(sorted.slice(0, waysMax));
}
