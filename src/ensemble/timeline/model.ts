import type { EnsembleEvent, EventOf, Message, Ms, PeerId } from "../api-controls.ts";
import { hex } from "../picture.ts";

export type LaneId = PeerId | "client";

/** Something that lasts; `to` is the first moment after it. */
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
  readonly moment: number;
  readonly count: number;
}
/** A message, from the moment it was sent. A fault may have made it late, may have lost it, or holds it still. */
export interface Arrow {
  readonly kind: "election" | "sync" | "broadcast" | "client";
  readonly from: LaneId;
  readonly to: LaneId;
  readonly label: string;
  readonly moment: number;
  readonly fate: "arrived" | "late" | "lost" | "held";
  /** When it arrived. */
  readonly until: number;
}
export interface Lane {
  readonly id: LaneId;
  /** What the peer is doing, from the first that is known of it to the end. */
  readonly bands: readonly Band[];
  readonly marks: readonly Mark[];
}

/**
 * What the three formats draw. Time is cut into moments, numbered from 0: an election takes two milliseconds of a test that
 * takes a minute, so order has the room and not duration. What happens at the same time in different places shares a moment.
 */
export interface Timeline {
  /** The ensemble's time at each moment. */
  readonly moments: readonly Ms[];
  /** The clients, if messages of theirs were heard, and the peers by number. */
  readonly lanes: readonly Lane[];
  readonly leaders: readonly Band[];
  readonly faults: readonly Band[];
  /** What happens to all of the ensemble: commits, sessions, moves of the clock. */
  readonly marks: readonly Mark[];
  /** The messages that were heard, but for pings. */
  readonly arrows: readonly Arrow[];
}

/** Events in their order, as `events.history()` gives them. */
export function drawTimeline(events: readonly EnsembleEvent[]): Timeline {
  const ids = [...new Set(events.flatMap(lanesOf))].sort(byNumber);
  const { moments, momentOf } = cutIntoMoments(events, ids);
  const at = (event: EnsembleEvent): number => momentOf.get(event) ?? 0;
  const axis = { at, end: moments.length };
  const isOf =
    <T extends EnsembleEvent["type"]>(type: T) =>
    (event: EnsembleEvent): event is Extract<EnsembleEvent, { type: T }> =>
      event.type === type;
  const marksOf = (some: readonly EnsembleEvent[]): Mark[] =>
    joinCommits(some.flatMap((event) => markOf(event, at(event)) ?? []));
  return {
    moments,
    lanes: ids.map((id) => {
      const own = events.filter(
        (event) =>
          event.type !== "message" && event.type !== "delivery" && lanesOf(event).includes(id),
      );
      return { id, bands: roleBands(own.filter(isOf("peer")), axis), marks: marksOf(own) };
    }),
    leaders: leaderBands(events.filter(isOf("leader")), axis),
    faults: faultBands(events.filter(isOf("fault")), axis),
    marks: marksOf(events.filter((event) => lanesOf(event).length === 0)),
    arrows: arrows(events.filter(isOf("message")), events.filter(isOf("delivery")), axis),
  };
}

/** A mark's words with how many it stands for. */
export const labelled = ({ label, count }: Mark): string =>
  count === 1 ? label : `${count} × ${label}`;

interface Axis {
  readonly at: (event: EnsembleEvent) => number;
  readonly end: number;
}

function cutIntoMoments(
  events: readonly EnsembleEvent[],
  ids: readonly LaneId[],
): { moments: Ms[]; momentOf: ReadonlyMap<EnsembleEvent, number> } {
  const moments: Ms[] = [];
  const momentOf = new Map<EnsembleEvent, number>();
  let taken: Places = new Map();
  let last: EnsembleEvent | undefined;
  for (const event of events) {
    if (event.type === "delivery" && event.change === "held") continue; // seen where it was sent
    const places = placesOf(event, ids);
    // However many writes follow each other, what matters is what comes before and after them.
    const goesOn = event.type === "commit" && last?.type === "commit";
    if (!goesOn && (event.at !== moments.at(-1) || meet(taken, places))) {
      moments.push(event.at);
      taken = new Map();
    }
    for (const [place, use] of places) taken.set(place, use);
    momentOf.set(event, moments.length - 1);
    last = event;
  }
  return { moments, momentOf };
}

/**
 * Where an event is drawn: a lane is an even number, the room to its right the odd one after it, and -1 what is the whole
 * ensemble's. Messages may leave one lane together, or arrive in one together; all else needs a place of its own, so that what
 * caused what is seen.
 */
type Places = Map<number, "source" | "target" | "own">;

const meet = (taken: Places, places: Places): boolean =>
  [...places].some(([place, use]) => {
    const other = taken.get(place);
    return other !== undefined && (use === "own" || use !== other);
  });

function placesOf(event: EnsembleEvent, ids: readonly LaneId[]): Places {
  const places: Places = new Map();
  if (event.type === "message") {
    const [from, to] = [2 * ids.indexOf(event.from), 2 * ids.indexOf(event.to)];
    const [left, right] = [Math.min(from, to), Math.max(from, to)];
    for (let place = left + 1; place < right; place += 1) places.set(place, "own");
    return places.set(from, "source").set(to, "target");
  }
  if (event.type === "delivery") {
    return event.change === "lost" ? places : places.set(2 * ids.indexOf(event.to), "target");
  }
  const [id] = lanesOf(event);
  if (id === undefined) return places.set(-1, "own");
  const lane = 2 * ids.indexOf(id);
  return places.set(lane, "own").set(lane + 1, "own");
}

function lanesOf(event: EnsembleEvent): LaneId[] {
  switch (event.type) {
    case "peer":
    case "election":
    case "log":
      return [event.peer];
    case "message":
    case "delivery":
      return [event.from, event.to];
    default:
      return [];
  }
}

function byNumber(left: LaneId, right: LaneId): number {
  if (left === "client") return -1;
  return right === "client" ? 1 : left - right;
}

function words(...parts: readonly (string | bigint | undefined)[]): string {
  const known = parts.filter((part) => part !== undefined);
  return known.map((part) => (typeof part === "bigint" ? hex(part) : part)).join(" ");
}

function kindOf(type: Message["type"]): Arrow["kind"] {
  switch (type) {
    case "NOTIFICATION":
      return "election";
    case "CONNECT":
    case "CLIENT_REQUEST":
    case "REPLY":
    case "WATCH_EVENT":
      return "client";
    case "REQUEST":
    case "PROPOSAL":
    case "ACK":
    case "COMMIT":
    case "INFORM":
      return "broadcast";
    default:
      return "sync";
  }
}

function arrows(
  messages: readonly EventOf<"message">[],
  deliveries: readonly EventOf<"delivery">[],
  { at }: Axis,
): Arrow[] {
  const lastOf = new Map(deliveries.map((delivery) => [delivery.of, delivery]));
  return messages.map((event) => {
    const { seq, from, to, message, zxid, path } = event;
    const told = words(message, zxid, path);
    const arrow = { kind: kindOf(message), from, to, moment: at(event), until: at(event) };
    const last = lastOf.get(seq);
    if (last === undefined) return { ...arrow, label: told, fate: "arrived" };
    if (last.change !== "arrived") {
      return { ...arrow, label: `${last.change}: ${told}`, fate: last.change };
    }
    const label = `${last.at - event.at} ms late: ${told}`;
    return { ...arrow, label, fate: "late", until: at(last) };
  });
}

function markOf(event: EnsembleEvent, moment: number): Mark | undefined {
  const mark = (kind: Mark["kind"], label: string): Mark => ({ kind, label, moment, count: 1 });
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
  const whom = vote === 0 ? "for nobody" : vote;
  return change === "vote" ? `votes ${whom}` : `decides ${whom}`;
}

/** Of one kind, only commits share a moment. */
function joinCommits(marks: readonly Mark[]): Mark[] {
  const joined = new Map<string, Mark>();
  const firsts = new Map<string, string>();
  for (const mark of marks) {
    const key = `${mark.kind} ${mark.moment}`;
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
