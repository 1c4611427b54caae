import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { decodeError } from "../control/wire-error.ts";
import { ZkmsError } from "../ensemble/errors.ts";
import { badOption } from "../ensemble/given.ts";
import { readCall } from "./ctl-words.ts";

export interface CtlFlags {
  readonly url?: string;
  readonly token?: string;
  readonly json?: true;
}

/** Where the control API is and what it asks for. */
interface Door {
  readonly url: string;
  readonly token: string;
}

type Print = (line: string) => void;

/** Does what the words ask of an ensemble that another process runs, and prints what came of it. */
export async function ctl(
  words: readonly string[],
  flags: CtlFlags,
  print: Print = console.log,
): Promise<void> {
  const door = doorOf(flags);
  if (words[0] === "follow") return follow(door, words.slice(1), print);
  const { path, body } = readCall(words);
  const response = await ask(door, path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (text === "") return;
  const result: unknown = JSON.parse(text);
  if (flags.json === true) print(JSON.stringify(result));
  else if (result !== null) print(legible(result));
}

/**
 * One line of JSON an event, of all types but messages or of those given, until the ensemble closes. With `--since N` those that
 * are kept from that number on come first.
 */
async function follow(door: Door, words: readonly string[], print: Print): Promise<void> {
  const at = words.indexOf("--since");
  const types = at === -1 ? words : words.toSpliced(at, 2);
  const query = new URLSearchParams(types.length === 0 ? {} : { type: types.join(",") });
  if (at !== -1) query.set("since", words[at + 1] ?? "");
  const { body } = await ask(door, `/v1/events?${query}`, {});
  if (body === null) return;
  for await (const line of createInterface({ input: Readable.fromWeb(body) })) {
    if (line.startsWith("data: ")) print(line.slice("data: ".length));
  }
}

function doorOf({ url, token }: CtlFlags): Door {
  if (url === undefined || !URL.canParse(url)) {
    const hint = "start --control, and its controlUrl in --url or ZKMS_CONTROL_URL";
    throw badOption("--url", url, "is no URL of a control API", hint);
  }
  if (token !== undefined) return { url, token };
  throw badOption(
    "--token",
    token,
    "is no token",
    "what start --control printed, or ZKMS_CONTROL_TOKEN",
  );
}

async function ask({ url, token }: Door, path: string, request: RequestInit): Promise<Response> {
  const headers = { ...request.headers, authorization: `Bearer ${token}` };
  let response: Response;
  try {
    response = await fetch(new URL(path, url), { ...request, headers });
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    const why = cause instanceof Error ? cause.message : String(error);
    const hint = "an ensemble that is up, with --control";
    throw new ZkmsError("ZKMS_CONTROL", `no control API answers at ${url}`, { why, hint, cause });
  }
  if (response.ok) return response;
  const json: unknown = await response.json().catch(() => undefined);
  const what = `the control API answered ${response.status}`;
  throw decodeError(json) ?? new ZkmsError("ZKMS_CONTROL", what);
}

const legible = (result: unknown): string =>
  typeof result === "string" ? result : JSON.stringify(result, undefined, 2);
