import { parseArgs } from "node:util";
import type { EnsembleOptions } from "../ensemble/api.ts";
import { badOption } from "../ensemble/given.ts";

export type Invocation =
  | { readonly what: "help" }
  | { readonly what: "version" }
  | { readonly what: "start"; readonly json: boolean; readonly options: EnsembleOptions };

export const usage: string = `Real ZooKeeper in one process: boots an ensemble and keeps it up until Ctrl-C.

Usage: zookeeper-memory-server [start] [options]

  --peers N    voting peers (default 3; 1 is a standalone server)
  --port N     client port of the first peer, the others follow (default: any free ports)
  --json       one line of JSON instead of text: connectString, peers, seed, pid
  --help       this text
  --version    the version

The first line on standard output is the connect string; all else goes to standard error.
ZKMS_PEERS, ZKMS_CLIENT_PORT and ZKMS_SEED in the environment stand in for options not given.
`;

/** What the command line asks for; throws for an argument that nobody knows. */
export function readArguments(args: readonly string[]): Invocation {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      peers: { type: "string" },
      port: { type: "string" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", short: "h" },
      version: { type: "boolean", short: "v" },
    },
  });
  if (values.help) return { what: "help" };
  if (values.version) return { what: "version" };
  const [command = "start", ...rest] = positionals;
  if (command !== "start") throw badOption("command", command, "is nothing to do", "start");
  if (rest.length > 0) throw badOption("start", rest.join(" "), "is nothing it takes", "--help");
  const options: EnsembleOptions = {};
  if (values.peers !== undefined) options.peers = whole("--peers", values.peers);
  if (values.port !== undefined) options.clientPort = whole("--port", values.port);
  return { what: "start", json: values.json, options };
}

function whole(name: string, text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw badOption(name, text, "is not a whole number");
}
