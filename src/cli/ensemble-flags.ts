import { type Command, Option } from "commander";
import { votersMax } from "../core/quorum/verifier.ts";
import type { EnsembleOptions } from "../ensemble/api.ts";
import { badOption } from "../ensemble/given.ts";
import { portMax } from "../ensemble/port-options.ts";

/** What the flags of whoever boots an ensemble were given as; a flag that was not given is missing. */
export interface EnsembleFlags {
  readonly peers?: number;
  readonly observers?: number;
  readonly port?: number;
  readonly host?: string;
  readonly advertisedHost?: string;
  readonly tickTime?: number;
  readonly seed?: string;
  readonly engine?: "embedded" | "apache";
  readonly emulate?: "3.8" | "3.9";
  readonly links?: "tcp" | "memory";
  readonly dir?: string;
  readonly fsync?: boolean;
  readonly set?: Record<string, string>;
  readonly admin?: number | true;
  readonly control?: number | true;
  readonly token?: string;
}

/** Gives a command the flags that `ensembleOptions` understands. */
export function withEnsembleFlags(command: Command): Command {
  const groups: Readonly<Record<string, readonly Option[]>> = {
    "The ensemble:": [
      numberOf("--peers <n>", "voting peers (default: 3; 1 is a standalone server)", votersMax),
      numberOf("--observers <n>", "peers without a vote (default: 0)", observersMax),
      numberOf("--tick-time <ms>", "ZooKeeper's tickTime (default: 100)", Number.MAX_SAFE_INTEGER),
      new Option("--seed <text>", "for the same random choices again"),
      new Option("--emulate <version>", "whose answers to give").choices(["3.8", "3.9"]),
      new Option("--engine <name>", "ours, or real Apache servers").choices(["embedded", "apache"]),
      new Option("--links <kind>", "between the peers").choices(["tcp", "memory"]),
      new Option("--set <key=value>", "a key of zoo.cfg; may be repeated").argParser(setting),
    ],
    "Where it listens:": [
      numberOf(
        "--port <n>",
        "client port of the first peer, the others follow (default: any)",
        portMax,
      ),
      new Option("--host <address>", "to listen on (default: 127.0.0.1)"),
      new Option("--advertised-host <name>", "in the connect string, for clients in containers"),
      numberOf("--admin [port]", "serve Apache's AdminServer", portMax),
      numberOf("--control [port]", "serve the control API, for ctl and other programs", portMax),
      new Option("--token <text>", "what the control API asks for (default: a random one)"),
    ],
    "What it keeps:": [
      new Option("--dir <folder>", "keep Apache's files there (default: nothing is kept)"),
      new Option("--fsync", "and have every write on the disk before it is answered"),
    ],
  };
  for (const [group, options] of Object.entries(groups)) {
    for (const option of options) command.addOption(option.helpGroup(group));
  }
  return command;
}

const observersMax = 200;

export function ensembleOptions(flags: EnsembleFlags): EnsembleOptions {
  const { peers, observers, host, advertisedHost, tickTime, seed, engine, emulate } = flags;
  const { port: clientPort, links: peerLinks, set: config } = flags;
  const given = {
    ...{ peers, observers, host, advertisedHost, tickTime, seed, engine, emulate },
    ...{ clientPort, peerLinks, config },
    storage: storage(flags),
    admin: service(flags.admin),
    control: control(flags),
  };
  const entries = Object.entries(given).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries);
}

function storage({ dir, fsync }: EnsembleFlags): EnsembleOptions["storage"] {
  if (dir !== undefined) return { kind: "disk", dir, fsync: fsync === true };
  if (fsync === true) throw badOption("--fsync", fsync, "is of files", "--dir FOLDER --fsync");
  return undefined;
}

function control({ control: port, token }: EnsembleFlags): EnsembleOptions["control"] {
  if (port === undefined) {
    if (token === undefined) return undefined;
    throw badOption("--token", token, "is the control API's", "--control --token …");
  }
  return token === undefined ? service(port) : { ...(port !== true && { port }), token };
}

const service = (port: number | true | undefined): boolean | { port: number } | undefined =>
  typeof port === "number" ? { port } : port;

function numberOf(flags: string, text: string, max: number): Option {
  return new Option(flags, text).argParser((value) => {
    if (/^\d+$/.test(value) && Number(value) <= max) return Number(value);
    const [name = flags] = flags.split(" ");
    throw badOption(name, value, `is not a whole number up to ${max}`);
  });
}

function setting(text: string, before: Record<string, string> = {}): Record<string, string> {
  const at = text.indexOf("=");
  if (at < 1) throw badOption("--set", text, "is no key=value", "--set snapCount=1000");
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}
