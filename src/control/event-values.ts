import type { EnsembleEvent, EventOf, EventType } from "../ensemble/api-controls.ts";
import { eventTypes } from "../ensemble/events.ts";
import {
  type Crossing,
  choice,
  fields,
  maybe,
  named,
  number,
  optional,
  plain,
  type Shape,
  sessionId,
  text,
  whole,
  zxid,
} from "./shape.ts";
import { heardType, messageEnd, role } from "./values.ts";

const common = { seq: whole, at: number };

const events: { readonly [T in EventType]: Shape<EventOf<T>> } = {
  peer: fields<EventOf<"peer">>({
    type: plain({ const: "peer" }),
    ...common,
    peer: whole,
    from: role,
    to: role,
    why: optional(text),
  }),
  election: fields<EventOf<"election">>({
    type: plain({ const: "election" }),
    ...common,
    peer: whole,
    round: whole,
    vote: whole,
    change: choice("started", "vote", "decided"),
  }),
  leader: fields<EventOf<"leader">>({
    type: plain({ const: "leader" }),
    ...common,
    peer: maybe(whole),
    epoch: whole,
  }),
  commit: fields<EventOf<"commit">>({
    type: plain({ const: "commit" }),
    ...common,
    zxid,
    op: text,
    path: maybe(text),
    session: sessionId,
  }),
  session: fields<EventOf<"session">>({
    type: plain({ const: "session" }),
    ...common,
    id: sessionId,
    change: choice("created", "moved", "disconnected", "expired", "closed"),
    peer: maybe(whole),
  }),
  fault: fields<EventOf<"fault">>({
    type: plain({ const: "fault" }),
    ...common,
    id: whole,
    label: text,
    change: choice("on", "off"),
  }),
  message: fields<EventOf<"message">>({
    type: plain({ const: "message" }),
    ...common,
    from: messageEnd,
    to: messageEnd,
    message: heardType,
    zxid: optional(zxid),
    path: optional(text),
    bytes: whole,
  }),
  delivery: fields<EventOf<"delivery">>({
    type: plain({ const: "delivery" }),
    ...common,
    of: whole,
    from: messageEnd,
    to: messageEnd,
    change: choice("held", "arrived", "lost"),
  }),
  clock: fields<EventOf<"clock">>({
    type: plain({ const: "clock" }),
    ...common,
    now: number,
    by: number,
  }),
  log: fields<EventOf<"log">>({
    type: plain({ const: "log" }),
    ...common,
    peer: whole,
    level: choice("debug", "info", "warn", "error"),
    text,
  }),
};

export const eventType: Shape<EventType> = choice(...(Object.keys(events) as EventType[]));

export const ensembleEvent: Shape<EnsembleEvent> = named("Event", {
  schema: { oneOf: Object.values(events).map(({ schema }) => schema) },
  encode: (value, scope) => shapeOf(value)?.encode(value, scope) ?? value,
  decode: (json, scope) => shapeOf(json)?.decode(json, scope) ?? json,
});

function shapeOf(value: unknown): Crossing | undefined {
  if (typeof value !== "object" || value === null || !("type" in value)) return undefined;
  const type = eventTypes.find((known) => known === value.type);
  return type === undefined ? undefined : events[type];
}
