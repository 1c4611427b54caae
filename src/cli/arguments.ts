import { parseArgs } from "node:util";
import { votersMax } from "../core/quorum/verifier.ts";
import type { EnsembleOptions } from "../ensemble/api.ts";
import { badOption } from "../ensemble/given.ts";
import { portMax } from "../ensemble/port-options.ts";

export type Invocation =
  | { readonly what: "help" }
  | { readonly what: "version" }
  /** Prints a folder to use as JAVA_HOME. */
  | { readonly what: "java-home" }
  /** One peer from a zoo.cfg. */
  | {
      readonly what: "peer";
      readonly json: boolean;
      readonly config: string;
      readonly loginConfig: string | undefined;
    }
  | { readonly what: "start"; readonly json: boolean; readonly options: EnsembleOptions };

export const usage: string = `Real ZooKeeper in one process: boots an ensemble and keeps it up until Ctrl-C.

Usage: zookeeper-memory-server [start] [options]
       zookeeper-memory-server --config zoo.cfg [--json]
       zookeeper-memory-server java-home

  --peers N    voting peers (default 3; 1 is a standalone server)
  --port N     client port of the first peer, the others follow (default: any free ports)
  --config F   one peer as Apache's zkServer.sh would start it from F, on the ports of F
  --login-config F   users of that peer, as java's -Djava.security.auth.login.config=F
  --json       one line of JSON instead of text: connectString, peers, seed, pid
  --help       this text
  --version    the version

java-home prints a folder to use as JAVA_HOME, or its bin first in PATH: what starts Apache ZooKeeper then starts this.

The first line on standard output is the connect string; all else goes to standard error.
ZKMS_PEERS, ZKMS_CLIENT_PORT, ZKMS_SEED and ZKMS_ENGINE in the environment stand in for options not given.
`;

/** What the command line asks for; throws for an argument that nobody knows. */
export function readArguments(args: readonly string[]): Invocation {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      peers: { type: "string" },
      port: { type: "string" },
      config: { type: "string" },
      "login-config": { type: "string" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", short: "h" },
      version: { type: "boolean", short: "v" },
    },
  });
  if (values.help) return { what: "help" };
  if (values.version) return { what: "version" };
  const [command = "start", ...rest] = positionals;
  if (command === "java-home") return { what: "java-home" };
  if (command !== "start")
    throw badOption("command", command, "is nothing to do", "start, java-home or --help");
  if (rest.length > 0) throw badOption("start", rest.join(" "), "is nothing it takes", "--help");
  const { config, json, "login-config": loginConfig } = values;
  if (config !== undefined) {
    const other = values.peers ?? values.port;
    if (other !== undefined)
      throw badOption("--config", config, "says all of that", "no --peers, no --port");
    return { what: "peer", json, config, loginConfig };
  }
  if (loginConfig !== undefined)
    throw badOption("--login-config", loginConfig, "is one peer's", "--config zoo.cfg");
  const options: EnsembleOptions = {};
  if (values.peers !== undefined) options.peers = whole("--peers", values.peers, votersMax);
  if (values.port !== undefined) options.clientPort = whole("--port", values.port, portMax);
  return { what: "start", json, options };
}

function whole(name: string, text: string, max: number): number {
  if (/^\d+$/.test(text) && Number(text) <= max) return Number(text);
  throw badOption(name, text, `is not a whole number up to ${max}`);
}
