import type { Sid } from "../../core/base/ids.ts";
import type { Report } from "../../core/server/effects.ts";
import type { EventMap, Events, EventType } from "../api-controls.ts";
import { commitOf } from "../kept-commits.ts";
import { hex } from "../picture.ts";
import { publicRole } from "../seat.ts";
import { type DebugLine, type DebugName, debugLine, debugNames } from "./lines.ts";

/** An event before it has its number and time. */
type Happening = { [T in EventType]: EventMap[T] & { readonly type: T } }[EventType];

const names: Readonly<Record<EventType, DebugName>> = {
  election: "election",
  peer: "quorum",
  leader: "quorum",
  log: "quorum",
  commit: "commit",
  session: "session",
  fault: "faults",
  clock: "faults",
  message: "message",
  delivery: "message",
};

/** Tells an ensemble's events as lines; undefined: DEBUG asks for none of them. Of messages nothing is heard by it alone. */
export function debugEvents(ensemble: string): ((event: Happening) => void) | undefined {
  const lines = new Map<DebugName, DebugLine>();
  for (const name of debugNames) {
    const line = debugLine(name);
    if (line !== undefined) lines.set(name, line);
  }
  if (lines.size === 0) return undefined;
  return (event) => {
    const text = sentence(event);
    if (text === undefined) return;
    const who = "peer" in event && event.type !== "leader" ? event.peer : undefined;
    lines.get(names[event.type])?.(who === undefined ? ensemble : `${ensemble}/${who}`, text);
  };
}

/** The same for a peer that is alone in its process, and has no events but its own reports. */
export function debugReports(name: string): (sid: Sid, report: Report) => void {
  const tell = debugEvents(name);
  if (tell === undefined) return () => {};
  return (sid, report) => {
    const event = happening(sid, report);
    if (event !== undefined) tell(event);
  };
}

function happening(peer: Sid, report: Report): Happening | undefined {
  switch (report.type) {
    case "role": {
      const [from, to] = [publicRole(report.from), publicRole(report.to)];
      return { type: "peer", peer, from, to, why: report.why };
    }
    case "serving":
      return { type: "leader", peer: report.leader, epoch: report.epoch };
    case "session":
      return { type: "session", id: report.session, change: report.change, peer };
    case "commit":
      return { type: "commit", ...commitOf(report.txn) };
    case "election":
    case "log":
      return { ...report, peer };
    case "proposed":
      return undefined;
  }
}

/** Has messages heard for as long as the ensemble lives, where DEBUG asks for them. */
export function debugMessages(events: Events): void {
  if (debugLine("message") !== undefined) events.on("message", () => {});
}

const elections: Readonly<
  Record<EventMap["election"]["change"], (round: number, vote: number) => string>
> = {
  started: (round, vote) => `round ${round} begins, votes for ${vote}`,
  vote: (round, vote) => `round ${round}: votes for ${vote} now`,
  decided: (round, vote) => `round ${round} is decided for ${vote}`,
};

function sentence(event: Happening): string | undefined {
  switch (event.type) {
    case "election":
      return elections[event.change](event.round, event.vote);
    case "peer":
      return words(`${event.from} → ${event.to}`, event.why && `(${event.why})`);
    case "leader":
      if (event.peer === undefined) return "nobody leads";
      return `peer ${event.peer} leads epoch ${event.epoch}`;
    case "log":
      return `${event.level}: ${event.text}`;
    case "commit":
      return words(hex(event.zxid), event.op, event.path, `by session ${hex(event.session)}`);
    case "session":
      return `${hex(event.id)} ${event.change}`;
    case "fault":
      return `#${event.id} ${event.label} ${event.change === "on" ? "begins" : "is over"}`;
    case "clock":
      return `time moves by ${event.by} ms`;
    case "message": {
      if (event.message === "PING") return undefined;
      const zxid = event.zxid === undefined ? undefined : hex(event.zxid);
      return words(`${event.from} → ${event.to}`, event.message, zxid, event.path);
    }
    case "delivery":
      return undefined; // what the fault does is told
  }
}

const words = (...parts: readonly (string | undefined)[]): string =>
  parts.filter((part) => part !== undefined && part !== "").join(" ");
