import type { Ensemble, Namespace, Peer } from "../ensemble/api.ts";
import type { Fault } from "../ensemble/api-controls.ts";
import type { NemesisPlan } from "../ensemble/api-nemesis.ts";
import { asyncDispose } from "../ensemble/disposal.ts";
import { badOption } from "../ensemble/given.ts";
import { noHandles, type Scope } from "./shape.ts";
import { type Hold, type PeerFacts, peerFacts } from "./values.ts";

/** How many standing faults, faults that have ended, and open namespaces there may be; of more, the oldest can no longer be named. */
export const handlesMax = 10_000;

/** What callers hold: the names they have of it, and the things themselves. */
export class Handles {
  readonly scope: Scope = {
    peer: (value) => peerFacts.encode(factsOf(value as Peer), noHandles),
    fault: (value) => this.#keepFault(value as Fault),
    hold: (value) => this.#keepFault(value as Hold),
    namespace: (value) => this.#keepNamespace(value as Namespace),
    plan: (value) => ({ steps: (value as NemesisPlan).steps, text: String(value) }),
  };
  readonly #faults = new Map<number, Fault>();
  readonly #namespaces = new Map<string, Namespace>();
  /** Of faults that were made here: undone before, or healed. */
  readonly #over = new Map<number, Hold>();

  /** Forgets faults when they end. */
  constructor({ events }: Ensemble) {
    events.on("fault", ({ id, change }) => {
      if (change === "off" && this.#faults.delete(id)) keep(this.#over, id, overFault);
    });
  }

  fault(text: string): Fault {
    const id = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    const fault = this.#faults.get(id) ?? this.#over.get(id);
    if (fault !== undefined) return fault;
    const known = [...this.#faults.keys()];
    const hint = known.length === 0 ? "none was made here" : `one of ${known.join(", ")}`;
    throw badOption("fault", text, "is none that was made through this API", hint);
  }

  hold(text: string): Fault {
    const fault = this.fault(text);
    if ("release" in fault) return fault;
    throw badOption("fault", text, "holds no messages", "network.hold");
  }

  namespace(name: string): Namespace {
    const namespace = this.#namespaces.get(name);
    if (namespace !== undefined) return namespace;
    throw badOption("namespace", name, "is none that was made through this API", "namespace first");
  }

  #keepFault(fault: Fault): object {
    keep(this.#faults, fault.id, fault);
    return { id: fault.id, label: fault.label };
  }

  #keepNamespace(namespace: Namespace): object {
    const { path, connectString } = namespace;
    const name = path.slice(1);
    keep(this.#namespaces, name, namespace);
    return { name, path, connectString };
  }
}

function keep<K, V>(map: Map<K, V>, key: K, value: V): void {
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > handlesMax && oldest !== undefined) map.delete(oldest);
}

/** What a fault that has ended can still do. */
const overFault: Hold = {
  id: 0,
  label: "",
  undo: async () => {},
  release: async () => 0,
  queued: async () => [],
  [asyncDispose]: async () => {},
};

/** Its fields may be getters. */
export const factsOf = ({ id, type, host, port, address, ports, dataDir }: Peer): PeerFacts => ({
  id,
  type,
  host,
  port,
  address,
  ports,
  dataDir,
});
