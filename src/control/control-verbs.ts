import type { EnsembleTls } from "../ensemble/api.ts";
import type {
  Clock,
  EnsembleEvent,
  Events,
  EventType,
  Fault,
  Message,
  Network,
  SessionInfo,
  Sessions,
  Storage,
} from "../ensemble/api-controls.ts";
import type { Nemesis, NemesisKind } from "../ensemble/api-nemesis.ts";
import { nemesisKinds } from "../ensemble/nemesis/nemesis.ts";
import { ensembleEvent, eventType } from "./event-values.ts";
import { nemesisPlan } from "./handle-values.ts";
import {
  choice,
  either,
  flag,
  hereOnly,
  list,
  maybe,
  nothing,
  number,
  optional,
  text,
  whole,
} from "./shape.ts";
import {
  certificate,
  fault,
  type Hold,
  hold,
  linkConditions,
  linkSelector,
  message,
  messageMatch,
  messageRule,
  sessionInfo,
  sessionMatch,
  storageOp,
  storedFiles,
  target,
  times,
  verdict,
} from "./values.ts";
import { optionalParam, options, param, type Rows } from "./verb.ts";

export const networkVerbs: Rows<Network> = {
  shape: {
    does: "Latency, bandwidth, stalls, resets, corruption.",
    takes: [param("link", linkSelector), param("conditions", linkConditions)],
    gives: fault,
    disturbs: true,
  },
  block: {
    does: "A black hole: bytes wait.",
    takes: [param("link", linkSelector)],
    gives: fault,
    disturbs: true,
  },
  refuse: {
    does: "New connections are refused.",
    takes: [param("link", linkSelector)],
    gives: fault,
    disturbs: true,
  },
  reset: {
    does: "Resets the connections there are, once, and says how many.",
    takes: [param("link", linkSelector)],
    gives: whole,
    disturbs: true,
  },
  hold: {
    does: "Holds matching messages back until released.",
    takes: [param("link", linkSelector), optionalParam("match", messageMatch)],
    gives: hold,
    disturbs: true,
  },
  on: {
    does: "Acts on the nth matching message.",
    takes: [
      param("match", messageRule),
      param("verdict", verdict),
      options({ times: optional(times) }),
    ],
    gives: fault,
    disturbs: true,
  },
};

export const clockVerbs: Rows<Clock> = {
  now: { does: "The ensemble's time.", takes: [], gives: number, reads: true },
  advance: {
    does: "Moves the ensemble's time forward; answers when the work it caused is done.",
    takes: [param("ms", whole), options({ keepAlive: optional(choice("connected", "none")) })],
    gives: nothing,
    disturbs: true,
  },
  freeze: { does: "Time stands still.", takes: [], gives: fault, disturbs: true },
  skew: {
    does: "Shifts the wall time that the target stamps on transactions.",
    takes: [param("target", target), param("ms", whole)],
    gives: fault,
    disturbs: true,
  },
};

export const sessionsVerbs: Rows<Sessions> = {
  list: { does: "All sessions.", takes: [], gives: list<SessionInfo[]>(sessionInfo), reads: true },
  get: {
    does: "One session, or null.",
    takes: [param("match", sessionMatch)],
    gives: maybe(sessionInfo),
    reads: true,
  },
  expire: {
    does: "Expires a session through the quorum.",
    takes: [param("match", sessionMatch)],
    gives: sessionInfo,
  },
  disconnect: {
    does: "Resets a session's connection; the session lives on.",
    takes: [param("match", sessionMatch)],
    gives: nothing,
  },
  freeze: {
    does: "Freezes a session's connection.",
    takes: [param("match", sessionMatch)],
    gives: fault,
  },
  expireAll: {
    does: "Expires every session and says how many.",
    takes: [],
    gives: whole,
    disturbs: true,
  },
};

export const storageVerbs: Rows<Storage> = {
  fail: {
    does: "The nth such operation fails, and with `times` those behind it.",
    takes: [
      param("target", target),
      param("op", storageOp),
      options({
        error: optional(choice("EIO", "ENOSPC")),
        nth: optional(whole),
        times: optional(times),
      }),
    ],
    gives: fault,
    disturbs: true,
  },
  slow: {
    does: "Each such operation takes longer.",
    takes: [param("target", target), param("op", storageOp), param("ms", whole)],
    gives: fault,
    disturbs: true,
  },
  fill: {
    does: "The disk is full.",
    takes: [param("target", target)],
    gives: fault,
    disturbs: true,
  },
  corrupt: {
    does: "Spoils the newest file of the kind, of peers that are down.",
    takes: [
      param("target", target),
      options({
        file: choice("log", "snapshot"),
        how: choice("bitflip", "truncate", "torn"),
      }),
    ],
    gives: nothing,
    disturbs: true,
  },
  files: {
    does: "A peer's files.",
    takes: [param("peer", whole)],
    gives: storedFiles,
    reads: true,
  },
};

export const eventsVerbs: Rows<Events> = {
  history: {
    does: "The last events, oldest first.",
    takes: [
      options({
        type: optional(
          either<EventType | readonly EventType[]>(
            { is: (value) => typeof value === "string", shape: eventType },
            { is: () => true, shape: list<readonly EventType[]>(eventType) },
          ),
        ),
        since: optional(whole),
        peer: optional(whole),
      }),
    ],
    gives: list<EnsembleEvent[]>(ensembleEvent),
    reads: true,
  },
  timeline: {
    does: "What happened as a picture.",
    takes: [param("format", choice("text", "json", "html"))],
    gives: text,
    reads: true,
  },
};

export const nemesisVerbs: Rows<Nemesis> = {
  plan: {
    does: "Draws random faults from a seed.",
    takes: [
      options({
        seed: optional(
          either<number | string>(
            { is: (value) => typeof value === "string", shape: text },
            { is: () => true, shape: number },
          ),
        ),
        kinds: optional(list<readonly NemesisKind[]>(choice(...nemesisKinds))),
        everyMs: optional(whole),
        steps: optional(whole),
        keepQuorum: optional(flag),
      }),
    ],
    gives: nemesisPlan,
    reads: true,
  },
  replay: {
    does: "Runs a plan as it was printed; answers when it is over.",
    takes: [
      param("text", text),
      options({ onStep: optional(hereOnly()), signal: optional(hereOnly()) }),
    ],
    gives: nothing,
    disturbs: true,
  },
};

export const tlsVerbs: Rows<EnsembleTls> = {
  issue: {
    does: "Makes a client's certificate.",
    takes: [param("commonName", text)],
    gives: certificate,
  },
};

export const faultVerbs: Rows<Fault> = {
  undo: { does: "Ends the fault; a second time does nothing.", takes: [], gives: nothing },
};

export const holdVerbs: Rows<Pick<Hold, "release" | "queued">> = {
  release: {
    does: "Lets held messages go, the oldest first, and says how many.",
    takes: [optionalParam("count", whole)],
    gives: whole,
  },
  queued: {
    does: "The messages that wait.",
    takes: [],
    gives: list<readonly Message[]>(message),
    reads: true,
  },
};
