import { setMaxListeners } from "node:events";
import type { Ensemble, EnsembleTls, Namespace, Peer } from "../ensemble/api.ts";
import type {
  Clock,
  Events,
  Fault,
  Network,
  PeerId,
  Sessions,
  Storage,
  Target,
} from "../ensemble/api-controls.ts";
import type { Nemesis, NemesisPlan, NemesisStep } from "../ensemble/api-nemesis.ts";
import { Calls } from "../ensemble/calls.ts";
import { type ClientPlace, Clients } from "../ensemble/clients.ts";
import { asyncDispose } from "../ensemble/disposal.ts";
import { hasFeature } from "../ensemble/features.ts";
import { badOption, Given } from "../ensemble/given.ts";
import { createNamespace } from "../ensemble/namespace.ts";
import { replaySteps } from "../ensemble/nemesis/nemesis.ts";
import { sleep } from "../ensemble/nemesis/run.ts";
import { parseSteps } from "../ensemble/nemesis/text.ts";
import { noSuchPeer } from "../ensemble/targets.ts";
import { encodeArguments } from "./arguments.ts";
import { ControlConnection, originOf } from "./connection.ts";
import { type Description, type HandleCalls, handleVerbs } from "./handle-verbs.ts";
import { RemoteEvents } from "./remote-events.ts";
import { remoteWait } from "./remote-wait.ts";
import { decodeAs, noHandles, type Scope } from "./shape.ts";
import { pathOf, type ReceiverName, table } from "./table.ts";
import { type Hold, type PeerFacts, peerFacts } from "./values.ts";
import type { AnyVerb, VerbOf } from "./verb.ts";

/** A call of `connectEnsemble`, as it was when it was made. */
interface ConnectCall {
  readonly controlUrl: string;
  readonly options: unknown;
  /** The environment's. */
  readonly defaultToken: string | undefined;
}

/** What `connectEnsemble` does. */
export async function reach({ controlUrl, options, defaultToken }: ConnectCall): Promise<Ensemble> {
  const origin = originOf(controlUrl);
  if (origin === undefined) {
    const hint = `connectEnsemble("http://127.0.0.1:…"), the controlUrl of startEnsemble({ control: true })`;
    throw badOption("controlUrl", controlUrl, "is no URL of a control API", hint);
  }
  const given = new Given("", options, { names: ["token"] });
  const token = given.value("token") ?? defaultToken ?? "";
  if (typeof token !== "string" || !/^[\x21-\x7e]+$/.test(token)) {
    throw badOption("token", token, "is no token", "the controlToken of the ensemble");
  }
  const connection = new ControlConnection(origin, token);
  try {
    const { json, revision, error } = await connection.call(describing);
    if (error !== undefined) throw error;
    const description = decodeAs(handleVerbs.describe.gives, json);
    return new Remote({ connection, token, description, revision }).ensemble;
  } catch (error) {
    connection.close();
    throw error;
  }
}

const describing = { method: "GET", path: pathOf("handle", "describe") } as const;

/** What the rows of a receiver are to a caller; what is made elsewhere is left out. */
type Bound<T, Elsewhere extends VerbOf<T> = never> = Pick<T, Exclude<VerbOf<T>, Elsewhere>>;

class Remote {
  readonly ensemble: Ensemble;
  readonly #connection: ControlConnection;
  readonly #calls: Calls;
  readonly #events: RemoteEvents;
  readonly #clients: Clients;
  readonly #closing = new AbortController();
  readonly #scope: Scope = {
    peer: (json) => this.#peer(decodeAs(peerFacts, json, noHandles)),
    fault: (json) => this.#fault(json as Pick<Fault, "id" | "label">),
    hold: (json) => this.#hold(json as Pick<Fault, "id" | "label">),
    namespace: (json) => this.#namespace(json as { name: string; path: string }),
    plan: (json) => this.#plan(json as { steps: NemesisStep[]; text: string }),
  };
  /** By number; those that were taken out stay what they were. */
  readonly #peers = new Map<PeerId, { readonly handle: Peer; facts: PeerFacts }>();
  #description: Description;
  #revision: number;
  #closed: Promise<void> | undefined;

  constructor({
    connection,
    token,
    description,
    revision,
  }: {
    readonly connection: ControlConnection;
    readonly token: string;
    readonly description: Description;
    readonly revision: number;
  }) {
    setMaxListeners(0, this.#closing.signal); // one for each call under way
    this.#connection = connection;
    this.#description = description;
    this.#revision = revision;
    this.#calls = new Calls(description.id, () => () => {}); // a request's socket holds the process
    this.#events = new RemoteEvents(connection);
    this.#clients = new Clients({
      engine: description.engine,
      placesOf: (to) => this.#placesOf(to),
      timeout: description.waitMs,
      ca: description.tls?.ca,
    });
    this.ensemble = this.#assemble(token);
  }

  #assemble(controlToken: string): Ensemble {
    const described = (): Description => this.#description;
    const { id, seed, engine, tls } = described();
    const peers = (): Peer[] => described().peers.map((facts) => this.#peer(facts));
    return {
      ...this.#bind<Ensemble, "connect" | "waitFor" | "close">("ensemble"),
      id,
      seed,
      engine,
      controlUrl: this.#connection.url,
      controlToken,
      get connectString() {
        return described().connectString;
      },
      get peers() {
        return peers();
      },
      network: this.#bind<Network>("network"),
      clock: this.#bind<Clock>("clock"),
      sessions: this.#bind<Sessions>("sessions"),
      storage: this.#bind<Storage>("storage"),
      events: { ...this.#bind<Events>("events"), on: this.#events.on },
      nemesis: {
        ...this.#bind<Nemesis>("nemesis"),
        replay: async (text, how = {}) => this.#replay(parseSteps(text), how),
      },
      tls: tls && {
        ...this.#bind<EnsembleTls>("tls"),
        ca: tls.ca,
        get connectString() {
          return described().tls?.connectString ?? "";
        },
      },
      supports: (feature) => hasFeature(described().features, feature),
      peer: (wanted) => {
        const peer = peers().find((candidate) => candidate.id === wanted);
        if (peer !== undefined) return peer;
        const ids = described().peers.map((facts) => facts.id);
        throw noSuchPeer(wanted, ids);
      },
      connect: (options = {}) => this.#calls.run(() => this.#clients.connect(options)),
      waitFor: (what, check, options) =>
        this.#calls.run(async () => {
          await this.#events.listening();
          const closing = this.#closing.signal;
          await remoteWait(this.#connection, { what, check, options, closing });
        }),
      close: () => this.#close(),
      [asyncDispose]: () => this.#close(),
    };
  }

  // ------------------------------------------------------------------ calls

  /** The table's rows as methods, with the types that the table was held against. */
  #bind<T, Elsewhere extends VerbOf<T> = never>(
    receiver: ReceiverName,
    id?: string | number,
  ): Bound<T, Elsewhere> {
    const methods = Object.entries(table[receiver].verbs).map(([name, verb]) => {
      const path = pathOf(receiver, name, id);
      return [name, (...args: unknown[]) => this.#call(verb, { path, args })] as const;
    });
    return Object.fromEntries(methods) as Bound<T, Elsewhere>;
  }

  #call(
    verb: AnyVerb,
    { path, args }: { readonly path: string; readonly args: readonly unknown[] },
  ): Promise<unknown> {
    return this.#calls.run(async () => {
      const { body, signal } = encodeArguments(verb, args, noHandles);
      const closing = this.#closing.signal;
      const signals = signal === undefined ? [closing] : [closing, signal];
      await this.#events.listening();
      const answer = await this.#connection.call({ method: "POST", path, body, signals });
      await this.#events.heard(answer.mark);
      if (answer.revision !== this.#revision) await this.#describe();
      // Thrown where the caller waits, so that its stack leads to the call.
      if (answer.error !== undefined) throw answer.error;
      return verb.gives.decode(answer.json, this.#scope);
    });
  }

  async #describe(): Promise<void> {
    const signals = [this.#closing.signal];
    const { json, revision, error } = await this.#connection.call({ ...describing, signals });
    if (error !== undefined) throw error;
    this.#description = decodeAs(handleVerbs.describe.gives, json);
    this.#revision = revision;
  }

  async #placesOf(to: Target): Promise<ClientPlace[]> {
    const ids = await this.#bind<HandleCalls>("handle").resolve(to);
    return ids.map((id) => {
      const { host, port, ports } = this.ensemble.peer(id);
      return {
        host,
        port,
        secure: ports.secure === undefined ? undefined : { host, port: ports.secure },
      };
    });
  }

  #close(): Promise<void> {
    this.#closed ??= this.#end();
    return this.#closed;
  }

  async #end(): Promise<void> {
    this.#calls.close();
    this.#closing.abort(this.#calls.closedError());
    this.#events.close();
    await this.#clients.close();
    this.#connection.close();
  }

  // ------------------------------------------------------------------ handles

  #peer(facts: PeerFacts): Peer {
    const known = this.#peers.get(facts.id);
    if (known !== undefined) {
      known.facts = facts;
      return known.handle;
    }
    const { id } = facts;
    const now = (): PeerFacts => {
      const described = this.#description.peers.find((peer) => peer.id === id);
      return described ?? this.#peers.get(id)?.facts ?? facts;
    };
    const handle: Peer = {
      ...this.#bind<Peer>("peer", id),
      id,
      get type() {
        return now().type;
      },
      get host() {
        return now().host;
      },
      get port() {
        return now().port;
      },
      get address() {
        return now().address;
      },
      get ports() {
        return now().ports;
      },
      get dataDir() {
        return now().dataDir;
      },
    };
    this.#peers.set(id, { handle, facts });
    return handle;
  }

  #fault({ id, label }: Pick<Fault, "id" | "label">): Fault {
    const { undo } = this.#bind<Fault>("fault", id);
    return { id, label, undo, [asyncDispose]: undo };
  }

  #hold(json: Pick<Fault, "id" | "label">): Hold {
    const { release, queued } = this.#bind<Hold, "undo">("hold", json.id);
    return { ...this.#fault(json), release, queued };
  }

  #namespace({ name, path }: { readonly name: string; readonly path: string }): Namespace {
    const there = this.#bind<Namespace, "connect">("namespace", name);
    return createNamespace({
      path,
      ensemble: this.ensemble,
      clear: (_, { self }) => (self ? there.close() : there.clear()),
    });
  }

  #plan({ steps, text }: { readonly steps: NemesisStep[]; readonly text: string }): NemesisPlan {
    return { steps, run: (how = {}) => this.#replay(steps, how), toString: () => text };
  }

  #replay(
    steps: readonly NemesisStep[],
    how: NonNullable<Parameters<NemesisPlan["run"]>[0]>,
  ): Promise<void> {
    const { ensemble } = this;
    return replaySteps(steps, how, {
      ensemble,
      calls: this.#calls,
      pass: (ms, signal) =>
        this.#description.clock === "manual" ? ensemble.clock.advance(ms) : sleep(ms, signal),
    });
  }
}
