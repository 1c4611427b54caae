// What answers prove against each other where nobody knows the log: it takes all writes to the paths that are judged.
import type { SessionId, Zxid } from "../core/base/ids.ts";
import { ErrorCode } from "../core/protocol/error-codes.ts";
import { OpCode } from "../core/protocol/op-codes.ts";
import { parentOf } from "../core/tree/path.ts";
import { byPath, type Deed, deedsOf, type Sighting, sightingsOf } from "./facts.ts";
import type { Asked } from "./model.ts";
import type { Operation, Reading, ShownStat } from "./operation.ts";
import { judgeOrder } from "./order.ts";
import { type Findings, hex } from "./report.ts";
import { judgeWatchesByReplies } from "./watches-by-replies.ts";

/** Judges a history by itself. */
export function judgeByReplies(reading: Reading, findings: Findings): void {
  const { operations } = reading;
  const zxids = new Map<Operation, Zxid>();
  for (const operation of operations) {
    const zxid = zxidOfAnswer(operation);
    if (zxid !== undefined) zxids.set(operation, zxid);
  }
  judgeOrder(operations, zxids, findings);
  judgeOneWriteATransaction(zxids, findings);
  const sightings = operations.flatMap((one) => sightingsOf(one, zxids.get(one)));
  const deeds = operations.flatMap((one) => deedsOf(one, zxids.get(one)));
  for (const seen of byPath(sightings).values()) judgeVersions(seen, findings);
  judgeFreshness(operations, { sightings, deeds }, zxids, findings);
  judgeRefusals(operations, findings);
  for (const [, done] of byPath(deeds)) judgeCreates(done, operations, findings);
  judgeSequences(deeds, findings);
  judgeSessions(operations, zxids, findings);
  for (const items of reading.clients.values()) judgeWatchesByReplies(items, findings);
}

/** Of its reply; of a write also what its Stat tells. */
function zxidOfAnswer({ zxid, asked, shown, outcome }: Operation): Zxid | undefined {
  if (zxid !== undefined) return zxid;
  if (outcome !== "done") return undefined;
  if (asked?.type === OpCode.setData) return shown?.stat?.mzxid;
  if (asked?.type === OpCode.create2) return shown?.stat?.czxid;
  return undefined;
}

function judgeOneWriteATransaction(zxids: ReadonlyMap<Operation, Zxid>, findings: Findings): void {
  const writes = new Map<Zxid, Operation>();
  for (const [operation, zxid] of zxids) {
    if (!operation.isWrite || operation.outcome !== "done") continue;
    const other = writes.get(zxid);
    writes.set(zxid, operation);
    if (other === undefined) continue;
    const wrong = { expected: "a transaction each", seen: `${hex(zxid)} for both` };
    findings.of("write-lost", [other, operation], wrong);
  }
}

/** One version is one change with one content, and the next one is later. */
function judgeVersions(seen: readonly Sighting[], findings: Findings): void {
  const changes = new Map<string, Sighting>();
  for (const sighting of seen) {
    const { by, stat, data, isWrite } = sighting;
    const { czxid, mzxid, version } = stat;
    if (isWrite && by.asked?.type === OpCode.setData && version !== undefined) {
      const due = by.asked.body.version + 1;
      if (by.asked.body.version !== -1 && version !== due) {
        findings.of("lost-update", [by], {
          expected: `version ${due}`,
          seen: `version ${version}`,
        });
      }
    }
    if (mzxid === undefined) continue;
    const known = changes.get(`at ${mzxid}`);
    changes.set(`at ${mzxid}`, { ...sighting, data: data ?? known?.data });
    if (known !== undefined) {
      const isOther =
        (known.data !== undefined && data !== undefined && !Buffer.from(known.data).equals(data)) ||
        (known.stat.version !== undefined &&
          version !== undefined &&
          known.stat.version !== version);
      if (isOther) {
        findings.of("reply-differs", [known.by, by], {
          expected: `one version and one content of ${sighting.path} at ${hex(mzxid)}`,
          seen: "two",
        });
      }
    }
    if (version === undefined || czxid === undefined) continue;
    const same = changes.get(`${czxid} ${version}`);
    if (same === undefined || same.stat.mzxid === mzxid)
      changes.set(`${czxid} ${version}`, sighting);
    else {
      findings.of(isWrite && same.isWrite ? "lost-update" : "reply-differs", [same.by, by], {
        expected: `one change of ${sighting.path} with version ${version}`,
        seen: `${hex(same.stat.mzxid ?? 0)} and ${hex(mzxid)}`,
      });
    }
  }
  judgeAscent(seen, findings);
}

function judgeAscent(seen: readonly Sighting[], findings: Findings): void {
  const order = seen.filter(({ stat }) => stat.mzxid !== undefined && stat.version !== undefined);
  order.sort((left, right) => (left.stat.mzxid ?? 0) - (right.stat.mzxid ?? 0));
  let before: Sighting | undefined;
  for (const sighting of order) {
    const isSameNode =
      before?.stat.czxid !== undefined && before.stat.czxid === sighting.stat.czxid;
    const isBack = (before?.stat.version ?? 0) > (sighting.stat.version ?? 0);
    if (before !== undefined && isSameNode && isBack) {
      findings.of("lost-update", [before.by, sighting.by], {
        expected: `version ${before.stat.version} or higher of ${sighting.path} at ${hex(sighting.stat.mzxid ?? 0)}`,
        seen: `version ${sighting.stat.version}`,
      });
    }
    before = sighting;
  }
}

/** Who has seen a zxid sees every change up to it. */
function judgeFreshness(
  operations: readonly Operation[],
  facts: { readonly sightings: readonly Sighting[]; readonly deeds: readonly Deed[] },
  zxids: ReadonlyMap<Operation, Zxid>,
  findings: Findings,
): void {
  const floors = floorsOf(operations, zxids);
  const [seenAt, doneTo] = [byPath(facts.sightings), byPath(facts.deeds)];
  for (const operation of operations) {
    const { asked, shown, zxid } = operation;
    if (!isRead(asked) || shown === undefined) continue;
    const { path } = asked.body;
    const floor = Math.max(floors.get(operation) ?? 0, zxid ?? 0);
    const [seen, deeds] = [seenAt.get(path) ?? [], doneTo.get(path) ?? []];
    if (shown.err === 0) judgeShown(operation, { path, floor, seen, deeds }, findings);
    if (shown.err !== ErrorCode.NONODE) continue;
    const mayBeGone = deeds.some(({ what, mayEnd }) => what === "delete" || mayEnd);
    const there = seen.find(({ stat, mayEnd }) => !mayEnd && (firstOf(stat) ?? none) <= floor);
    if (mayBeGone || there === undefined) continue;
    findings.of("write-lost", [there.by, operation], {
      expected: `${path}, as nobody deleted it`,
      seen: "NONODE",
    });
  }
}

interface Known {
  readonly path: string;
  /** The session has seen that much. */
  readonly floor: number;
  readonly seen: readonly Sighting[];
  readonly deeds: readonly Deed[];
}

function judgeShown(
  operation: Operation,
  { path, floor, seen, deeds }: Known,
  findings: Findings,
): void {
  const { zxid } = operation;
  const { mzxid, czxid = mzxid } = operation.shown?.stat ?? {};
  if (mzxid === undefined || czxid === undefined) return;
  const isMissing = (at: number | undefined, since: number): at is number =>
    at !== undefined && at > since && at <= floor;
  const later = seen.find(({ stat }) => isMissing(stat.mzxid, mzxid));
  const end = deeds.find(
    (one) => one.what === "delete" && one.by.outcome === "done" && isMissing(one.zxid, czxid),
  );
  const missed = later?.by ?? end?.by;
  if (missed !== undefined) {
    findings.of("stale-read", [missed, operation], {
      expected: `what was done to ${path} at ${hex(later?.stat.mzxid ?? end?.zxid ?? 0)}, as its session has seen ${hex(floor)}`,
      seen: `its state of ${hex(mzxid)}`,
    });
  }
  if (zxid !== undefined && mzxid > zxid) {
    const wrong = { expected: `a change at ${hex(zxid)} or before`, seen: hex(mzxid) };
    findings.of("reply-differs", [operation], wrong);
  }
}

const none = Number.POSITIVE_INFINITY;
const firstOf = ({ czxid, mzxid }: ShownStat): Zxid | undefined => czxid ?? mzxid;

type Read = Extract<
  Asked,
  { type: typeof OpCode.getData | typeof OpCode.exists | typeof OpCode.getChildren2 }
>;
const isRead = (asked: Asked | undefined): asked is Read =>
  asked?.type === OpCode.getData ||
  asked?.type === OpCode.exists ||
  asked?.type === OpCode.getChildren2;

/** What each session has seen before it asks. */
function floorsOf(
  operations: readonly Operation[],
  zxids: ReadonlyMap<Operation, Zxid>,
): ReadonlyMap<Operation, number> {
  const floors = new Map<Operation, number>();
  const seen = new Map<string, number>();
  const threadOf = ({ session, client }: Operation): string => `${session ?? client}`;
  const moments = operations.flatMap((operation) => [
    { at: operation.calledAt, operation, isCall: true },
    { at: operation.returnedAt, operation, isCall: false },
  ]);
  for (const { operation, isCall } of moments.sort((left, right) => left.at - right.at)) {
    const known = seen.get(threadOf(operation)) ?? 0;
    if (isCall) floors.set(operation, known);
    if (isCall || operation.outcome === "unknown") continue;
    const { mzxid = 0, czxid = 0, pzxid = 0 } = operation.shown?.stat ?? {};
    const zxid = Math.max(mzxid, czxid, pzxid, zxids.get(operation) ?? 0);
    seen.set(threadOf(operation), Math.max(known, zxid));
  }
  return floors;
}

/** What nobody else wrote, and was refused, is nowhere to be read. */
function judgeRefusals(operations: readonly Operation[], findings: Findings): void {
  const writers = new Map<string, Operation[]>();
  for (const operation of operations.filter(({ isWrite }) => isWrite)) {
    for (const { path, data } of [operation.call, ...(operation.call.ops ?? [])]) {
      if (data === undefined || data === null || data === "") continue;
      const key = `${path} ${JSON.stringify(data)}`;
      writers.set(key, [...(writers.get(key) ?? []), operation]);
    }
  }
  for (const operation of operations) {
    const data = operation.returned?.data;
    const { path } = operation.call;
    if (data === undefined || data === null || path === undefined) continue;
    const wrote = writers.get(`${path} ${JSON.stringify(data)}`) ?? [];
    const [only] = wrote;
    if (only === undefined || wrote.some(({ outcome }) => outcome !== "refused")) continue;
    const wrong = { expected: "nothing of what was refused", seen: `${path} holds it` };
    findings.of("refused-write", [only, operation], wrong);
  }
}

/** Two creates of one path: it was deleted between them, or went with its session. */
function judgeCreates(
  deeds: readonly Deed[],
  operations: readonly Operation[],
  findings: Findings,
): void {
  const creates = deeds.filter(({ what, by }) => what === "create" && by.outcome === "done");
  creates.sort(
    (left, right) => (left.zxid ?? left.by.returnedAt) - (right.zxid ?? right.by.returnedAt),
  );
  const ends = deeds.filter(({ what, by }) => what === "delete" && by.outcome !== "refused");
  for (const [index, second] of creates.entries()) {
    const first = creates[index - 1];
    if (first === undefined || first.by === second.by) continue;
    const [from, to] = [
      Math.min(first.by.calledAt, second.by.calledAt),
      Math.max(first.by.returnedAt, second.by.returnedAt),
    ];
    if (ends.some(({ by }) => by.calledAt < to && by.returnedAt > from)) continue;
    if (first.mayEnd && !livesAfter(first.by.session, second.by.returnedAt, operations)) continue;
    findings.of("two-creates", [first.by, second.by], {
      expected: `an end of ${first.path} between them`,
      seen: first.mayEnd ? "none, and the session of the first one lives on" : "none",
    });
  }
}

/** It was answered something that it asked for later. */
const livesAfter = (
  session: SessionId | undefined,
  place: number,
  operations: readonly Operation[],
): boolean =>
  session !== undefined &&
  operations.some(
    (one) => one.session === session && one.calledAt > place && one.outcome === "done",
  );

/** Numbers below one parent are given once, and later ones are higher; a parent made anew begins anew. */
function judgeSequences(deeds: readonly Deed[], findings: Findings): void {
  const deleted = new Set(deeds.flatMap(({ what, path }) => (what === "delete" ? path : [])));
  const lost = new Set(deeds.filter(({ mayEnd }) => mayEnd).map(({ path }) => path));
  const last = new Map<string, Deed>();
  const given = new Map<string, Deed>();
  const sequential = deeds.filter(
    ({ number, by }) => number !== undefined && by.outcome === "done",
  );
  sequential.sort(
    (left, right) => (left.zxid ?? left.by.returnedAt) - (right.zxid ?? right.by.returnedAt),
  );
  for (const deed of sequential) {
    const parent = parentOf(deed.path);
    if (deleted.has(parent) || lost.has(parent)) continue;
    const same = given.get(`${parent} ${deed.number}`);
    given.set(`${parent} ${deed.number}`, deed);
    const before = last.get(parent);
    last.set(parent, deed);
    const isOrdered = before !== undefined && before.by.returnedAt < deed.by.calledAt;
    const isBack = isOrdered && (deed.number ?? 0) < (before.number ?? 0);
    const other = same ?? (isBack ? before : undefined);
    if (other === undefined || other.by === deed.by) continue;
    findings.of("sequence", [other.by, deed.by], {
      expected: same === undefined ? `a number above ${other.number}` : "a number each",
      seen: `${deed.number}`,
    });
  }
}

/** What is over is over. */
function judgeSessions(
  operations: readonly Operation[],
  zxids: ReadonlyMap<Operation, Zxid>,
  findings: Findings,
): void {
  const ends = new Map<SessionId, Operation>();
  for (const operation of operations) {
    const { session, call, outcome } = operation;
    if (call.op === "close" && outcome === "done" && session !== undefined)
      ends.set(session, operation);
  }
  for (const operation of operations) {
    const { session, shown, outcome } = operation;
    const end = session === undefined ? undefined : ends.get(session);
    if (end !== undefined && outcome === "done" && operation.calledAt > end.returnedAt) {
      const wrong = { expected: "no answer after the end of the session", seen: "one" };
      findings.of("session-over", [end, operation], wrong);
    }
    const owner = shown?.stat?.ephemeralOwner;
    const ended = owner === undefined ? undefined : ends.get(owner);
    if (ended === undefined) continue;
    const [over, seen] = [zxids.get(ended), zxids.get(operation)];
    const isLater = over !== undefined && seen !== undefined && seen >= over;
    if (!isLater && !hasSynced(operation, ended, operations)) continue;
    const wrong = {
      expected: "nothing of a session that has ended",
      seen: `a node of ${hex(owner ?? 0n)}`,
    };
    findings.of("ephemeral-left", [ended, operation], wrong);
  }
}

/** Its session has synced since. */
const hasSynced = (
  operation: Operation,
  since: Operation,
  operations: readonly Operation[],
): boolean =>
  operations.some(
    (one) =>
      one.call.op === "sync" &&
      one.outcome === "done" &&
      one.session === operation.session &&
      one.client === operation.client &&
      one.calledAt > since.returnedAt &&
      one.returnedAt < operation.calledAt,
  );
