import { notServing } from "../core/server/four-letter-words.ts";
import type { Peer } from "../core/server/peer.ts";
import { resetFigures } from "../core/server/words.ts";
import {
  briefConnections,
  connections,
  dump,
  watches,
  watchesByPath,
  watchSummary,
} from "./client-commands.ts";
import type { Json } from "./json.ts";
import { leader, observers, votingView, zabState } from "./quorum-commands.ts";
import {
  configuration,
  hash,
  lastSnapshot,
  monitor,
  serverStats,
  setTraceMask,
  systemProperties,
} from "./server-commands.ts";
import type { Fields, Subject } from "./subject.ts";

interface Command {
  /** The primary name first. */
  readonly names: readonly string[];
  readonly answer: (subject: Subject, query: URLSearchParams) => Fields;
  /** Also of a peer that serves nobody. */
  readonly always?: boolean;
}

/** The commands of Apache's AdminServer; a new one is a row here. */
const commands: readonly Command[] = [
  { names: ["configuration", "conf", "config"], answer: configuration },
  { names: ["connection_stat_reset", "crst"], answer: ({ peer }) => reset(peer, "crst") },
  { names: ["connections", "cons"], answer: connections },
  {
    names: ["dirs"],
    answer: ({ figures: f }) => ({ datadir_size: f.dataDirSize, logdir_size: f.logDirSize }),
  },
  { names: ["dump"], answer: dump },
  {
    names: ["environment", "env", "envi"],
    answer: ({ figures }) => Object.fromEntries(figures.environment),
    always: true,
  },
  { names: ["get_trace_mask", "gtmk"], answer: () => ({ tracemask: 306 }), always: true },
  { names: ["hash"], answer: hash },
  // As of Apache's servers in a quorum: there is no file.
  { names: ["initial_configuration", "icfg"], answer: () => ({ initial_configuration: null }) },
  {
    names: ["is_read_only", "isro"],
    answer: ({ figures }) => ({ read_only: figures.mode === "read-only" }),
  },
  { names: ["last_snapshot", "lsnp"], answer: lastSnapshot },
  { names: ["leader", "lead"], answer: leader },
  { names: ["monitor", "mntr"], answer: monitor },
  { names: ["observer_connection_stat_reset", "orst"], answer: () => ({}) },
  { names: ["observers", "obsr"], answer: observers },
  { names: ["ruok"], answer: () => ({}) },
  { names: ["server_stats", "srvr"], answer: serverStats },
  { names: ["set_trace_mask", "stmk"], answer: setTraceMask, always: true },
  { names: ["stat_reset", "srst"], answer: ({ peer }) => reset(peer, "srst") },
  {
    names: ["stats", "stat"],
    answer: (subject) => ({ ...serverStats(subject), ...briefConnections(subject) }),
  },
  { names: ["system_properties", "sysp"], answer: systemProperties, always: true },
  { names: ["voting_view"], answer: votingView },
  { names: ["watch_summary", "wchs"], answer: watchSummary },
  { names: ["watches", "wchc"], answer: watches },
  { names: ["watches_by_path", "wchp"], answer: watchesByPath },
  { names: ["zabstate"], answer: zabState, always: true },
];

export const commandNames: readonly string[] = commands.map(({ names: [name = ""] }) => name);

/** The fields of a command's answer, its name and its error among them, in Apache's order. */
export function answerCommand(
  name: string,
  subject: Subject,
  query: URLSearchParams,
): ReadonlyMap<string, Json> {
  const command = commandOf(name);
  if (command === undefined) return failed(name, `Unknown command: ${name}`);
  if (!command.always && !subject.figures.serving) return failed(name, notServing);
  const fields = new Map<string, Json>(Object.entries(command.answer(subject, query)));
  fields.set("command", command.names[0] ?? name);
  if (!fields.has("error")) fields.set("error", null);
  return fields;
}

/** What a request that is no GET leads to; undefined: the server breaks over it. */
export function answerPost(name: string, subject: Subject): ReadonlyMap<string, Json> | undefined {
  const command = commandOf(name);
  if (command === undefined) return failed(name, `Unknown command: ${name}`);
  return command.always || subject.figures.serving ? undefined : failed(name, notServing);
}

const commandOf = (name: string): Command | undefined =>
  commands.find(({ names }) => names.includes(name));

const failed = (command: string, error: string): ReadonlyMap<string, Json> =>
  new Map([
    ["command", command],
    ["error", error],
  ]);

function reset(peer: Peer, word: "crst" | "srst"): Fields {
  resetFigures(peer, word);
  return {};
}
