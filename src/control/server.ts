import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Ensemble } from "../ensemble/api.ts";
import type { PeerId, Target } from "../ensemble/api-controls.ts";
import { ZkmsError } from "../ensemble/errors.ts";
import { eventTypes } from "../ensemble/events.ts";
import { featureNames } from "../ensemble/features.ts";
import { Given } from "../ensemble/given.ts";
import { nearestName } from "../ensemble/nearest-name.ts";
import { isShared, sharedError } from "../ensemble/shared.ts";
import { noSuchPeer } from "../ensemble/targets.ts";
import { decodeArguments } from "./arguments.ts";
import { readBody } from "./body.ts";
import { EventStream } from "./event-stream.ts";
import { Refusal, refusalOf } from "./guard.ts";
import type { Description, HandleCalls } from "./handle-verbs.ts";
import { factsOf, Handles } from "./handles.ts";
import { serveNews } from "./news-stream.ts";
import { openApi } from "./open-api.ts";
import { allPaths, type Route, routeOf } from "./table.ts";
import { encodeError, httpStatusOf } from "./wire-error.ts";

/** The longest body of a request: room for the snapshot of a large tree. */
export const bodyBytesMax: number = 64 * 2 ** 20;
/** How many connections there may be, streams too. */
export const connectionsMax = 500;

/** What is controlled. */
export interface Subject {
  readonly ensemble: Ensemble;
  readonly resolve: (target: Target) => readonly PeerId[] | Promise<readonly PeerId[]>;
  readonly clock: "real" | "manual";
  readonly waitMs: number;
}

export interface ControlOptions {
  /** 0: an ephemeral one. */
  readonly port: number;
  /** undefined: a random one. */
  readonly token: string | undefined;
  /** How long a request's head, and the whole of it, may take to arrive. Default 10 000. */
  readonly requestMs?: number;
  readonly bodyMax?: number;
}

/** Listens on loopback, refusing everything until it is given what to control. Throws ZKMS_PORT_IN_USE. */
export async function openControl(options: ControlOptions): Promise<ControlServer> {
  const server = new ControlServer(options);
  await server.listen(options.port);
  return server;
}

export class ControlServer {
  readonly token: string;
  readonly #server: Server;
  readonly #bodyMax: number;
  readonly #streams = new Set<EventStream>();
  #port = 0;
  #subject: Subject | undefined;
  #handles: Handles | undefined;
  #marks = 0;
  #closing: Promise<void> | undefined;
  /** The description as it was told last, and how many others there were before. */
  #described = "";
  #revision = 0;

  constructor({ token, requestMs = 10_000, bodyMax = bodyBytesMax }: ControlOptions) {
    this.token = token ?? randomBytes(24).toString("base64url");
    this.#bodyMax = bodyMax;
    this.#server = createServer({
      requestTimeout: requestMs,
      headersTimeout: requestMs,
      connectionsCheckingInterval: Math.min(1_000, requestMs),
      keepAliveTimeout: 0, // a caller's idle connection stays, so that none is closed while a request is on its way
    });
    this.#server.maxConnections = connectionsMax;
    this.#server.on("request", (request, response) => void this.#take(request, response));
    // Who calls holds its own process; this one is held by the calls themselves.
    this.#server.on("connection", (socket) => socket.unref());
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async listen(port: number): Promise<void> {
    const server = this.#server;
    await new Promise<void>((resolve, reject) => {
      server.once("error", (error) => {
        const what = `the control API cannot listen on port ${port}: ${error.message}`;
        reject(new ZkmsError("ZKMS_PORT_IN_USE", what, { hint: "control: true", cause: error }));
      });
      server.listen(port, "127.0.0.1", resolve);
    });
    server.unref();
    const address = server.address();
    if (isAddress(address)) this.#port = address.port;
  }

  serve(subject: Subject): void {
    this.#handles = new Handles(subject.ensemble);
    this.#subject = subject;
  }

  /** Ends every stream; answers that are under way have been given to the system by then. */
  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      for (const stream of this.#streams) stream.end();
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
    return this.#closing;
  }

  // ------------------------------------------------------------------ a request

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.#answer(request, response);
    } catch (error) {
      if (response.headersSent) return void response.destroy();
      const isRefused = error instanceof Refusal;
      const status = isRefused ? error.status : httpStatusOf(error);
      const headers = isRefused ? error.headers : {};
      send(response, status, encodeError(isRefused ? error.error : error), headers);
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const refusal = refusalOf(request, { port: this.#port, token: this.token });
    if (refusal !== undefined) throw refusal;
    const subject = this.#subject;
    if (subject === undefined) throw new Refusal(503, "the ensemble is still starting");
    const asked = request.url ?? "/";
    if (!URL.canParse(asked, this.url)) throw noSuchVerb(asked);
    const url = new URL(asked, this.url);
    switch (url.pathname) {
      case "/":
        needMethod(request, "GET");
        return sendText(response, welcome(subject.ensemble));
      case "/openapi.json":
        needMethod(request, "GET");
        return send(response, 200, openApi(this.url));
      case "/v1/events":
        needMethod(request, "GET");
        return this.#stream(request, response, url.searchParams);
      case "/v1/ensemble/waitFor":
        needMethod(request, "POST");
        return await this.#news(request, response, subject);
      default:
        return await this.#call(request, response, { subject, path: url.pathname });
    }
  }

  async #call(
    request: IncomingMessage,
    response: ServerResponse,
    { subject, path }: { readonly subject: Subject; readonly path: string },
  ): Promise<void> {
    const route = routeOf(path);
    if (route === undefined) throw noSuchVerb(path);
    const { verb } = route;
    if (verb.reads === true && verb.takes.length === 0) needMethod(request, "GET", "POST");
    else needMethod(request, "POST");
    const body = await this.#body(request);
    if (verb.disturbs === true && isShared(subject.ensemble)) throw sharedError();
    const { scope } = this.#handlesOf();
    const args = decodeArguments(verb, body, { scope, signal: hangUp(response) });
    if (route.receiver === "ensemble" && route.name === "close") {
      // Answered first: there is nobody to answer afterwards.
      response.once("close", () => void subject.ensemble.close().catch(tellOfClose));
      return this.#reply(response, 204, undefined);
    }
    const receiver = this.#receiver(route, subject);
    const method: unknown = Reflect.get(receiver, route.name);
    if (typeof method !== "function") throw noSuchVerb(path);
    const outcome = await settled(Reflect.apply(method, receiver, args));
    if (response.destroyed) return;
    this.#marks += 1;
    for (const stream of this.#streams) stream.mark(this.#marks);
    if ("error" in outcome) {
      return this.#reply(response, httpStatusOf(outcome.error), encodeError(outcome.error));
    }
    const result = verb.gives.encode(outcome.value, scope);
    this.#reply(response, result === undefined ? 204 : 200, result);
  }

  #receiver({ receiver, id }: Route, subject: Subject): object {
    const { ensemble } = subject;
    switch (receiver) {
      case "ensemble":
        return ensemble;
      case "peer":
        if (!/^\d+$/.test(id))
          throw noSuchPeer(
            id,
            ensemble.peers.map((peer) => peer.id),
          );
        return ensemble.peer(Number(id));
      case "tls":
        if (ensemble.tls !== undefined) return ensemble.tls;
        throw new ZkmsError("ZKMS_BAD_STATE", "there are no secure ports", {
          hint: "startEnsemble({ tls: true })",
        });
      case "fault":
      case "hold":
      case "namespace":
        return this.#handlesOf()[receiver](id);
      case "handle":
        return {
          describe: async () => descriptionOf(subject),
          resolve: async (target) => [...(await subject.resolve(target))],
        } satisfies HandleCalls;
      default:
        return ensemble[receiver];
    }
  }

  // ------------------------------------------------------------------ streams

  #stream(request: IncomingMessage, response: ServerResponse, query: URLSearchParams): void {
    const { ensemble } = this.#subject ?? {};
    if (ensemble === undefined) return;
    const given = new Given("", Object.fromEntries(query), { names: ["type", "since", "marks"] });
    const types =
      given.value("type") === undefined
        ? quietTypes
        : query.getAll("type").flatMap((list) => list.split(","));
    const known = types.map((type) =>
      new Given("", { type }, { names: ["type"] }).oneOf("type", "peer", eventTypes),
    );
    const lastId = Number(request.headers["last-event-id"] ?? Number.NaN);
    const from = given.value("since") === undefined ? lastId + 1 : Number(given.value("since"));
    if (given.value("since") !== undefined && !Number.isInteger(from))
      throw given.bad("since", "is no number of an event");
    const since = Number.isInteger(from) ? from : undefined;
    const marked = given.value("marks") !== undefined;
    const stream = new EventStream(response, ensemble.events, {
      types: known,
      since,
      marked,
      mark: this.#marks,
    });
    this.#streams.add(stream);
    response.once("close", () => this.#streams.delete(stream));
  }

  async #news(
    request: IncomingMessage,
    response: ServerResponse,
    { ensemble }: Subject,
  ): Promise<void> {
    const body = await this.#body(request);
    const given = new Given("", body, { names: ["what", "timeout"] });
    const timeout = given.value("timeout");
    const options = {
      ...(timeout !== undefined && { timeout: timeout as number }), // the wait itself complains of another type
      signal: hangUp(response),
    };
    await serveNews(response, ensemble, { what: given.text("what", ""), options });
  }

  // ------------------------------------------------------------------ answers

  async #body(request: IncomingMessage): Promise<unknown> {
    if (request.method === "GET") return {};
    return await readBody(request, this.#bodyMax);
  }

  /** What a verb gave or threw, and what a handle needs to know besides. */
  #reply(response: ServerResponse, status: number, json: unknown): void {
    send(response, status, json, {
      "zkms-mark": this.#marks,
      "zkms-revision": this.#currentRevision(),
    });
  }

  /** Another number for another description. */
  #currentRevision(): number {
    if (this.#subject === undefined) return 0;
    const text = JSON.stringify(descriptionOf(this.#subject));
    if (text !== this.#described) this.#revision += 1;
    this.#described = text;
    return this.#revision;
  }

  #handlesOf(): Handles {
    if (this.#handles === undefined) throw new Refusal(503, "the ensemble is still starting");
    return this.#handles;
  }
}

function send(
  response: ServerResponse,
  status: number,
  json: unknown,
  headers: Readonly<Record<string, string | number>> = {},
): void {
  if (json === undefined) return void response.writeHead(status, headers).end();
  const body = `${JSON.stringify(json)}\n`;
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
    ...headers,
  });
  response.end(body);
}

function sendText(response: ServerResponse, text: string): void {
  response.writeHead(200, { "content-type": "text/plain; charset=utf-8" });
  response.end(text);
}

/** All but messages, which cost much of the throughput while somebody listens for them. */
const quietTypes = eventTypes.filter((type) => type !== "message");

const isAddress = (address: AddressInfo | string | null): address is AddressInfo =>
  typeof address === "object" && address !== null;

type Outcome = { readonly value: unknown } | { readonly error: unknown };
async function settled(result: unknown): Promise<Outcome> {
  try {
    return { value: await result };
  } catch (error) {
    return { error };
  }
}

/** Aborted when the caller hangs up before it has its answer. */
function hangUp(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  response.once("close", () => {
    if (!response.writableFinished) controller.abort();
  });
  return controller.signal;
}

function needMethod({ method }: IncomingMessage, ...allowed: readonly string[]): void {
  if (allowed.includes(method ?? "")) return;
  throw new Refusal(405, `the method is ${method}, not ${allowed.join(" or ")}`, {
    headers: { allow: allowed.join(", ") },
  });
}

function noSuchVerb(path: string): Refusal {
  const nearest = nearestName(path, [...allPaths(), "/v1/events", "/openapi.json"]);
  return new Refusal(404, `there is nothing at ${path}`, { hint: nearest ?? "GET /openapi.json" });
}

const tellOfClose = (error: unknown): void => {
  process.stderr.write(`closed by a request, and not well: ${String(error)}\n`);
};

function descriptionOf({ ensemble, clock, waitMs }: Subject): Description {
  const { id, seed, engine, connectString, tls } = ensemble;
  return {
    id,
    seed,
    engine,
    connectString,
    peers: ensemble.peers.map(factsOf),
    features: featureNames.filter((feature) => ensemble.supports(feature)),
    tls: tls && { connectString: tls.connectString, ca: tls.ca },
    clock,
    waitMs,
    shared: isShared(ensemble),
  };
}

const welcome = ({ id }: Ensemble): string => `${id}: the control API of zookeeper-memory-server

  GET  /v1/ensemble/status                     who does what
  POST /v1/ensemble/kill  {"target":"leader"}  every verb of Ensemble is a path, its arguments a JSON object
  GET  /v1/events                              server-sent events
  GET  /openapi.json                           all of it, as OpenAPI
`;
