// Every verb of the public API, once. The server, the remote handle, the description and the table in docs/control.md are made of
// these rows; `Rows` makes one that is missing an error of the compiler.
import {
  clockVerbs,
  eventsVerbs,
  faultVerbs,
  holdVerbs,
  nemesisVerbs,
  networkVerbs,
  sessionsVerbs,
  storageVerbs,
  tlsVerbs,
} from "./control-verbs.ts";
import { ensembleVerbs, namespaceVerbs, peerVerbs } from "./ensemble-verbs.ts";
import { handleVerbs } from "./handle-verbs.ts";
import type { AnyVerb } from "./verb.ts";

export type ReceiverName =
  | "ensemble"
  | "peer"
  | "network"
  | "clock"
  | "sessions"
  | "storage"
  | "events"
  | "nemesis"
  | "tls"
  | "fault"
  | "hold"
  | "namespace"
  | "handle";

export interface Receiver {
  /** Where its verbs are found below /v1; `{id}` is a peer's or a fault's number, or a namespace's name. */
  readonly path: string;
  readonly verbs: Readonly<Record<string, AnyVerb>>;
}

export const table: Readonly<Record<ReceiverName, Receiver>> = {
  ensemble: { path: "ensemble", verbs: ensembleVerbs },
  peer: { path: "peers/{id}", verbs: peerVerbs },
  network: { path: "network", verbs: networkVerbs },
  clock: { path: "clock", verbs: clockVerbs },
  sessions: { path: "sessions", verbs: sessionsVerbs },
  storage: { path: "storage", verbs: storageVerbs },
  events: { path: "events", verbs: eventsVerbs },
  nemesis: { path: "nemesis", verbs: nemesisVerbs },
  tls: { path: "tls", verbs: tlsVerbs },
  fault: { path: "faults/{id}", verbs: faultVerbs },
  hold: { path: "faults/{id}", verbs: holdVerbs },
  namespace: { path: "namespaces/{id}", verbs: namespaceVerbs },
  handle: { path: "handle", verbs: handleVerbs },
};

/** The whole path of a verb. */
export function pathOf(receiver: ReceiverName, verb: string, id: string | number = "{id}"): string {
  const named = String(id);
  const part = named === "{id}" ? named : encodeURIComponent(named);
  return `/v1/${table[receiver].path.replace("{id}", part)}/${verb}`;
}

export interface Route {
  readonly receiver: ReceiverName;
  /** "" where the receiver has none. */
  readonly id: string;
  readonly name: string;
  readonly verb: AnyVerb;
}

/** The verb at a path, or undefined. */
export function routeOf(path: string): Route | undefined {
  for (const [receiver, route] of patterns) {
    const found = route.exec(path);
    const name = found?.groups?.["verb"] ?? "";
    const { verbs } = table[receiver];
    const verb = Object.hasOwn(verbs, name) ? verbs[name] : undefined;
    if (verb === undefined) continue;
    const id = decoded(found?.groups?.["id"] ?? "");
    if (id !== undefined) return { receiver, id, name, verb };
  }
  return undefined;
}

const receiverNames: readonly ReceiverName[] = [
  "ensemble",
  "peer",
  "network",
  "clock",
  "sessions",
  "storage",
  "events",
  "nemesis",
  "tls",
  "fault",
  "hold",
  "namespace",
  "handle",
];
const patterns = receiverNames.map((name) => {
  const path = table[name].path.replace("{id}", "(?<id>[^/]+)");
  return [name, new RegExp(`^/v1/${path}/(?<verb>[^/]+)$`)] as const;
});

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

/** Of every verb. */
export const allPaths = (): string[] =>
  receiverNames.flatMap((name) => Object.keys(table[name].verbs).map((verb) => pathOf(name, verb)));
