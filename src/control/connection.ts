import { Agent, type ClientRequest, type IncomingMessage, request } from "node:http";
import { reasonsOf } from "../core/base/reasons.ts";
import { ZkmsError } from "../ensemble/errors.ts";
import { decodeError } from "./wire-error.ts";

export interface Answer {
  /** undefined: nothing was given. */
  readonly json: unknown;
  /** Of every stream that is read: what was told up to here came before this answer. */
  readonly mark: number;
  /** Of the description. */
  readonly revision: number;
  /** What the verb threw, or why there is none. */
  readonly error: Error | undefined;
}

export interface Asked {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  /** Each hangs up, with its reason. */
  readonly signals?: readonly AbortSignal[];
  /** How long nothing may come; default: for ever. */
  readonly silenceMs?: number;
}

/** Where a URL's control API is, without any path; undefined: it is no URL of one. */
export function originOf(url: string | undefined): string | undefined {
  const { protocol, origin } = url !== undefined && URL.canParse(url) ? new URL(url) : noUrl;
  return protocol === "http:" ? origin : undefined;
}
const noUrl = { protocol: "", origin: "" };

/** HTTP to a control API. A request under way holds the process; a connection that waits for the next one does not. */
export class ControlConnection {
  readonly url: string;
  readonly #token: string;
  readonly #agent = new Agent({ keepAlive: true });

  constructor(url: string, token: string) {
    this.url = url;
    this.#token = token;
  }

  async call(asked: Asked): Promise<Answer> {
    const response = await this.open(asked);
    const text = await textOf(response).catch((error: unknown) => {
      throw reasonOf(asked.signals) ?? this.#unreachable(error);
    });
    const json = parsed(text);
    const numberOf = (name: string): number => Number(response.headers[name] ?? 0);
    return {
      json,
      mark: numberOf("zkms-mark"),
      revision: numberOf("zkms-revision"),
      error: isOurs(response) ? undefined : (decodeError(json) ?? this.#foreign(response)),
    };
  }

  /** Resolves with the head of an answer whose body goes on. Throws what the server refused it with. */
  async stream(asked: Asked): Promise<IncomingMessage> {
    const response = await this.open(asked);
    if (isGood(response)) return response;
    throw decodeError(parsed(await textOf(response))) ?? this.#foreign(response);
  }

  async open({
    method,
    path,
    body,
    headers = {},
    signals = [],
    silenceMs = 0,
  }: Asked): Promise<IncomingMessage> {
    for (const signal of signals) signal.throwIfAborted();
    const text = body === undefined ? undefined : JSON.stringify(body);
    const asked = request(`${this.url}${path}`, {
      method,
      agent: this.#agent,
      timeout: silenceMs,
      headers: {
        authorization: `Bearer ${this.#token}`,
        ...(text !== undefined && {
          "content-type": "application/json",
          "content-length": Buffer.byteLength(text),
        }),
        ...headers,
      },
    });
    for (const signal of signals) hangUpWith(asked, signal);
    asked.once("timeout", () => asked.destroy(new Error(`nothing came for ${silenceMs} ms`)));
    asked.end(text);
    try {
      return await head(asked);
    } catch (error) {
      throw reasonOf(signals) ?? this.#unreachable(error);
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  #unreachable(error: unknown): ZkmsError {
    return new ZkmsError("ZKMS_CONTROL", `${this.url} does not answer`, {
      why: reasonsOf(error),
      hint: "is the ensemble still open, in a process that still runs?",
      cause: error,
    });
  }

  #foreign({ statusCode }: IncomingMessage): ZkmsError {
    return new ZkmsError("ZKMS_CONTROL", `${this.url} is no control API: it says ${statusCode}`, {
      hint: "the controlUrl of an ensemble",
    });
  }
}

const isGood = ({ statusCode = 0 }: IncomingMessage): boolean =>
  statusCode >= 200 && statusCode < 300;

/** Every answer of a verb tells the revision. */
const isOurs = (response: IncomingMessage): boolean =>
  isGood(response) && response.headers["zkms-revision"] !== undefined;

const reasonOf = (signals: readonly AbortSignal[] = []): unknown =>
  signals.find(({ aborted }) => aborted)?.reason;

function hangUpWith(asked: ClientRequest, signal: AbortSignal): void {
  const hangUp = (): void => void asked.destroy();
  signal.addEventListener("abort", hangUp);
  asked.once("close", () => signal.removeEventListener("abort", hangUp));
}

function head(asked: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    asked.once("response", resolve);
    asked.once("error", reject);
    asked.once("close", () => reject(new Error("the connection was closed")));
  });
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

function parsed(text: string): unknown {
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // of another server
  }
}
