import type { EnsembleEvent, EventOf, Ms, PeerId } from "../api-controls.ts";
import { hex } from "../picture.ts";

export type LaneId = PeerId | "client";
type RowId = LaneId | "leader" | "faults" | "commits" | "sessions" | "clock";

/** Something that lasts. Columns count from 0; `to` is the first column after it. */
export interface Band {
  readonly kind: string;
  readonly label: string;
  readonly from: number;
  readonly to: number;
}
/** Something that happens; commits right after each other make one mark, `count` of them. */
export interface Mark {
  readonly kind: "election" | "log" | "commit" | "session" | "clock";
  readonly label: string;
  readonly column: number;
  readonly count: number;
}
export interface Arrow {
  readonly from: LaneId;
  readonly to: LaneId;
  readonly label: string;
  readonly column: number;
}
export interface Lane {
  readonly id: LaneId;
  /** What the peer is doing, from the first that is known of it to the end. */
  readonly bands: readonly Band[];
  readonly marks: readonly Mark[];
}

/**
 * What the three formats draw. Time is cut into columns: an election takes two milliseconds of a test that takes a minute, so
 * order has the room and not duration. What happens at the same time in different rows shares a column.
 */
export interface Timeline {
  /** The ensemble's time at each column. */
  readonly columns: readonly Ms[];
  /** Peers by number, then the clients, if messages of theirs were heard. */
  readonly lanes: readonly Lane[];
  readonly leaders: readonly Band[];
  readonly faults: readonly Band[];
  /** What happens to all of the ensemble: commits, sessions, moves of the clock. */
  readonly marks: readonly Mark[];
  readonly arrows: readonly Arrow[];
}

/** Events in their order, as `events.history()` gives them. */
export function drawTimeline(events: readonly EnsembleEvent[]): Timeline {
  const { columns, columnOf } = cutIntoColumns(events);
  const at = (event: EnsembleEvent): number => columnOf.get(event) ?? 0;
  const axis = { at, end: columns.length };
  const isOf =
    <T extends EnsembleEvent["type"]>(type: T) =>
    (event: EnsembleEvent): event is Extract<EnsembleEvent, { type: T }> =>
      event.type === type;
  const ids = [...new Set(events.flatMap(lanesOf))].sort(byNumber);
  const marksOf = (some: readonly EnsembleEvent[]): Mark[] =>
    joinCommits(some.flatMap((event) => markOf(event, at(event)) ?? []));
  return {
    columns,
    lanes: ids.map((id) => {
      const own = events.filter((event) => event.type !== "message" && lanesOf(event).includes(id));
      return { id, bands: roleBands(own.filter(isOf("peer")), axis), marks: marksOf(own) };
    }),
    leaders: leaderBands(events.filter(isOf("leader")), axis),
    faults: faultBands(events.filter(isOf("fault")), axis),
    marks: marksOf(events.filter((event) => lanesOf(event).length === 0)),
    arrows: events.filter(isOf("message")).map((event) => {
      const { from, to, message, zxid, path } = event;
      return { from, to, label: words(message, path, zxid), column: at(event) };
    }),
  };
}

/** A mark's words with how many it stands for. */
export const labelled = ({ label, count }: Mark): string =>
  count === 1 ? label : `${count} × ${label}`;

interface Axis {
  readonly at: (event: EnsembleEvent) => number;
  readonly end: number;
}

function cutIntoColumns(events: readonly EnsembleEvent[]): {
  columns: Ms[];
  columnOf: ReadonlyMap<EnsembleEvent, number>;
} {
  const columns: Ms[] = [];
  const columnOf = new Map<EnsembleEvent, number>();
  let taken = new Set<RowId>();
  let last: EnsembleEvent | undefined;
  for (const event of events) {
    const rows = rowsOf(event);
    // However many writes follow each other, what matters is what comes before and after them.
    const goesOn = event.type === "commit" && last?.type === "commit";
    const isFree = event.at === columns.at(-1) && rows.every((row) => !taken.has(row));
    if (!goesOn && !isFree) {
      columns.push(event.at);
      taken = new Set();
    }
    for (const row of rows) taken.add(row);
    columnOf.set(event, columns.length - 1);
    last = event;
  }
  return { columns, columnOf };
}

function lanesOf(event: EnsembleEvent): LaneId[] {
  switch (event.type) {
    case "peer":
    case "election":
    case "log":
      return [event.peer];
    case "message":
      return [event.from, event.to];
    default:
      return [];
  }
}

function rowsOf(event: EnsembleEvent): RowId[] {
  switch (event.type) {
    case "leader":
    case "clock":
      return [event.type];
    case "fault":
      return ["faults"];
    case "commit":
      return ["commits"];
    case "session":
      return ["sessions"];
    default:
      return lanesOf(event);
  }
}

function byNumber(left: LaneId, right: LaneId): number {
  if (left === "client") return 1;
  return right === "client" ? -1 : left - right;
}

function words(what: string, path: string | undefined, zxid: bigint | undefined): string {
  const parts = [what, path, zxid === undefined ? undefined : hex(zxid)];
  return parts.filter((part) => part !== undefined).join(" ");
}

function markOf(event: EnsembleEvent, column: number): Mark | undefined {
  const mark = (kind: Mark["kind"], label: string): Mark => ({ kind, label, column, count: 1 });
  switch (event.type) {
    case "election":
      return mark("election", electionLabel(event));
    case "log":
      return mark("log", `${event.level}: ${event.text}`);
    case "commit":
      return mark("commit", words(event.op, event.path, event.zxid));
    case "session":
      return mark("session", `${event.change} ${hex(event.id)}`);
    case "clock":
      return mark("clock", `+${event.by} ms`);
    default:
      return undefined;
  }
}

function electionLabel({ change, round, vote }: EventOf<"election">): string {
  if (change === "started") return `round ${round}`;
  return change === "vote" ? `votes ${vote}` : `decides ${vote}`;
}

/** Of one kind, only commits share a column. */
function joinCommits(marks: readonly Mark[]): Mark[] {
  const joined = new Map<string, Mark>();
  const firsts = new Map<string, string>();
  for (const mark of marks) {
    const key = `${mark.kind} ${mark.column}`;
    const count = (joined.get(key)?.count ?? 0) + 1;
    const first = firsts.get(key);
    if (first === undefined) firsts.set(key, mark.label);
    const label = first === undefined ? mark.label : `${first} … ${mark.label}`;
    joined.set(key, { ...mark, label, count });
  }
  return [...joined.values()];
}

function roleBands(events: readonly EventOf<"peer">[], { at, end }: Axis): Band[] {
  const bands: Band[] = [];
  const [first] = events;
  if (first !== undefined && at(first) > 0) {
    bands.push({ kind: first.from, label: first.from, from: 0, to: at(first) });
  }
  for (const [index, event] of events.entries()) {
    const next = events[index + 1];
    const why = event.why === undefined || event.why === event.to ? "" : `: ${event.why}`;
    const to = next === undefined ? end : at(next);
    bands.push({ kind: event.to, label: `${event.to}${why}`, from: at(event), to });
  }
  return bands;
}

function leaderBands(events: readonly EventOf<"leader">[], { at, end }: Axis): Band[] {
  return events.map((event, index) => {
    const next = events[index + 1];
    const isLed = event.peer !== undefined;
    return {
      kind: isLed ? "leader" : "none",
      label: isLed ? `${event.peer} leads epoch ${event.epoch}` : "no leader",
      from: at(event),
      to: next === undefined ? end : at(next),
    };
  });
}

/** A fault whose beginning the ring has forgotten stands from the left edge on. */
function faultBands(events: readonly EventOf<"fault">[], { at, end }: Axis): Band[] {
  return [...new Set(events.map(({ id }) => id))].flatMap((id) => {
    const own = events.filter((event) => event.id === id);
    const [first] = own;
    if (first === undefined) return [];
    const began = own.find(({ change }) => change === "on");
    const ended = own.find(({ change }) => change === "off");
    const from = began === undefined ? 0 : at(began);
    const to = ended === undefined ? end : at(ended);
    return [{ kind: "fault", label: `#${id} ${first.label}`, from, to }];
  });
}
