import { ControlConnection, originOf } from "../control/connection.ts";
import { readEvents } from "../control/event-source.ts";
import { ZkmsError } from "../ensemble/errors.ts";
import { badOption } from "../ensemble/given.ts";
import { readCall } from "./ctl-words.ts";

export interface CtlFlags {
  readonly url?: string;
  readonly token?: string;
  readonly json?: true;
}

type Print = (line: string) => void;

/** Does what the words ask of an ensemble that another process runs, and prints what came of it. */
export async function ctl(
  words: readonly string[],
  flags: CtlFlags,
  print: Print = console.log,
): Promise<void> {
  const call = words[0] === "follow" ? undefined : readCall(words); // a wrong word is told before whom to ask is
  const connection = connectionTo(flags);
  try {
    if (call === undefined) return await follow(connection, words.slice(1), print);
    const { json: result, error } = await connection.call({ method: "POST", ...call });
    if (error !== undefined) throw error;
    if (result === undefined) return;
    if (flags.json === true) print(JSON.stringify(result));
    else if (result !== null) print(legible(result));
  } finally {
    connection.close();
  }
}

/**
 * One line of JSON an event, of all types but messages or of those given, until the ensemble closes, or nobody reads the lines any
 * more. With `--since N` those that are kept from that number on come first.
 */
async function follow(
  connection: ControlConnection,
  words: readonly string[],
  print: Print,
): Promise<void> {
  const at = words.indexOf("--since");
  const types = at === -1 ? words : words.toSpliced(at, 2);
  const query = new URLSearchParams(types.length === 0 ? {} : { type: types.join(",") });
  if (at !== -1) query.set("since", words[at + 1] ?? "");
  const unread = new AbortController();
  process.stdout.once("error", () => unread.abort());
  const signals = [unread.signal];
  const response = await connection.stream({ method: "GET", path: `/v1/events?${query}`, signals });
  await readEvents(response, ({ data }) => {
    if (data !== "") print(data);
  });
}

function connectionTo({ url, token }: CtlFlags): ControlConnection {
  if (!url) throw missing("--url", "ZKMS_CONTROL_URL");
  const origin = originOf(url);
  if (origin === undefined) throw badOption("--url", url, "is no URL of a control API");
  if (!token) throw missing("--token", "ZKMS_CONTROL_TOKEN");
  return new ControlConnection(origin, token);
}

function missing(flag: string, variable: string): ZkmsError {
  const hint = `what npx zookeeper-memory-server --control prints, in ${flag} or ${variable}`;
  return new ZkmsError("ZKMS_BAD_OPTIONS", `${flag} is missing`, { hint });
}

const legible = (result: unknown): string =>
  typeof result === "string" ? result : JSON.stringify(result, undefined, 2);
