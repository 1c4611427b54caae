// The AdminServer: each command's JSON, field by field, with all that lives or differs by machine under a mask.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { http, type Response } from "./http.ts";
import { answers, askLast } from "./places.ts";
import { ask, RawClient } from "./raw-client.ts";
import { addWatch, create, exists, getData, multi, remove } from "./requests.ts";
import { type Seat, sessionTimeouts } from "./settings.ts";
import { dialect, target } from "./targets.ts";

const folder = `/admin-${process.pid}-`;
const modes = ["standalone", "leader", "follower"] as const;
const folders = new RegExp(`^${folder}(?:${modes.join("|")})`);
type Mode = (typeof modes)[number];

async function seatOf(mode: Mode): Promise<Seat> {
  const { alone, three } = await target();
  const [leader, follower] = three;
  const found = { standalone: alone, leader, follower }[mode];
  if (found === undefined) throw new Error(`no ${mode}`);
  return found;
}

/** The only one, of the peer that is asked: it owns an ephemeral and has watches. */
let session: RawClient;

async function openSession(mode: Mode): Promise<void> {
  session = await RawClient.open(await seatOf(mode), { timeout: sessionTimeouts.max });
  for (const step of [
    create(folder + mode),
    create(`${folder}${mode}/e`, { flags: 1 }),
    getData(folder + mode, true),
    addWatch(`${folder}${mode}/e`, 0),
  ]) {
    await answers(session, step);
  }
}

async function closeSession(mode: Mode): Promise<void> {
  await answers(session, multi(remove(`${folder}${mode}/e`), remove(folder + mode)));
  await session.end();
}

/** What a command is answered when that session has just asked whether a node exists. */
async function told(mode: Mode, command: string): Promise<Response> {
  await askLast(session, exists(`${folder}${mode}/no`, true));
  return await http(await seatOf(mode), `/commands/${command}`);
}

/** A whole number is N, a decimal one F; an empty bucket, which Apache may still keep, is none. */
function masked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(masked);
  if (typeof value === "string") return maskedText(value);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value)
    .map(([key, field]) => [maskedText(key), masked(field)] as const)
    .filter(([key, field]) => !(key === "N" && Array.isArray(field) && field.length === 0));
  return Object.fromEntries(entries);
}
const maskedText = (text: string): string =>
  text
    .replace(folders, "$$")
    .replace(/^127\.0\.0\.1:\d+$/, "ADDRESS")
    .replace(/^0\.0\.0\.0:\d+$/, "WILDCARD")
    .replace(/^0x[0-9a-f]+$/, "HEX")
    .replace(/^\d+\.\d+\.\d+-.*, built on .*/, "VERSION")
    .replace(/^-?\d+$/, "N");

/** JavaScript's numbers forget what Java wrote: 0.0 is a decimal, a session id has all its digits. */
const parsed = (body: string): unknown =>
  JSON.parse(
    body
      .replace(/(?<=[[:,] ?|^)-?\d+\.\d+(?:E-?\d+)?(?=[,\s\]}])/gm, '"F"')
      .replace(/(?<=(?:" : |\[ |, ))-?\d+(?=[,\s\]}])/g, '"N"'),
  );

const stamp = (command: string, error: string | null = null) => ({ command, error });
const brief = {
  remote_socket_address: "ADDRESS",
  interest_ops: "N",
  outstanding_requests: "N",
  packets_received: "N",
  packets_sent: "N",
};
const full = {
  ...brief,
  session_id: "N",
  last_operation: "EXIS",
  established: "N",
  session_timeout: "N",
  last_cxid: "N",
  last_zxid: "N",
  last_response_time: "N",
  last_latency: "N",
  min_latency: "N",
  avg_latency: "N",
  max_latency: "N",
};
const sizes = { last_buffer_size: "N", min_buffer_size: "N", max_buffer_size: "N" };
const statistics = (mode: Mode) => ({
  version: "VERSION",
  read_only: false,
  server_stats: {
    packets_sent: "N",
    packets_received: "N",
    fsync_threshold_exceed_count: "N",
    client_response_stats: sizes,
    data_dir_size: "N",
    log_dir_size: "N",
    provider_null: false,
    server_state: mode,
    last_processed_zxid: "N",
    outstanding_requests: "N",
    avg_latency: "F",
    max_latency: "N",
    min_latency: "N",
    num_alive_client_connections: "N",
    uptime: "N",
    auth_failed_count: "N",
    non_mtlsremote_conn_count: "N",
    non_mtlslocal_conn_count: "N",
  },
  client_response: sizes,
  ...(mode === "leader" && { proposal_stats: sizes }),
  node_count: "N",
});
const member = {
  server_addresses: ["ADDRESS"],
  election_addresses: ["ADDRESS"],
  client_address: expect.toBeOneOf(["ADDRESS", ""]), // Apache knows the others' from a dynamic configuration only
  learner_type: "participant",
};
const address = {
  empty: false,
  all_addresses: ["ADDRESS"],
  all_reachable_addresses: ["ADDRESS"],
  one: "ADDRESS",
  reachable_address: "ADDRESS",
  wildcard_addresses: ["WILDCARD"],
  all_ports: ["N"],
  all_host_strings: ["127.0.0.1"],
  all_reachable_addresses_or_all: ["ADDRESS"],
  reachable_or_one: "ADDRESS",
};

/** What each command says, by the peer that is asked. */
const commands: readonly (readonly [command: string, answer: (mode: Mode) => object])[] = [
  ["ruok", () => stamp("ruok")],
  [
    "conf",
    () => ({
      client_port: "N",
      data_dir: expect.any(String),
      data_log_dir: expect.any(String),
      tick_time: "N",
      max_client_cnxns: "N",
      min_session_timeout: "N",
      max_session_timeout: "N",
      server_id: "N",
      client_port_listen_backlog: "N",
      ...stamp("configuration"),
    }),
  ],
  ["crst", () => stamp("connection_stat_reset")],
  ["cons", () => ({ connections: [full], secure_connections: [], ...stamp("connections") })],
  ["dirs", () => ({ datadir_size: "N", logdir_size: "N", ...stamp("dirs") })],
  [
    "dump",
    (mode) => ({
      expiry_time_to_session_ids: mode === "follower" ? {} : { N: ["N"] },
      session_id_to_ephemeral_paths: { N: ["$/e"] },
      ...stamp("dump"),
    }),
  ],
  ["gtmk", () => ({ tracemask: "N", ...stamp("get_trace_mask") })],
  ["stmk", () => stamp("set_trace_mask", "setTraceMask requires long traceMask argument")],
  [
    "stmk?traceMask=x",
    () => stamp("set_trace_mask", "setTraceMask requires long traceMask argument, got x"),
  ],
  ["stmk?traceMask=306", () => ({ tracemask: "N", ...stamp("set_trace_mask") })],
  ["isro", () => ({ read_only: false, ...stamp("is_read_only") })],
  ["lsnp", () => ({ zxid: expect.any(String), timestamp: "N", ...stamp("last_snapshot") })],
  [
    "lead",
    (mode) =>
      mode === "standalone"
        ? stamp("leader", "server is not initialized")
        : {
            is_leader: mode === "leader",
            leader_id: "N",
            leader_ip: "127.0.0.1",
            ...stamp("leader"),
          },
  ],
  ["orst", () => stamp("observer_connection_stat_reset")],
  ["obsr", () => ({ synced_observers: "N", observers: [], ...stamp("observers") })],
  ["srvr", (mode) => ({ ...statistics(mode), ...stamp("server_stats") })],
  ["srst", () => stamp("stat_reset")],
  [
    "stat",
    (mode) => ({
      ...statistics(mode),
      connections: [brief],
      secure_connections: [],
      ...stamp("stats"),
    }),
  ],
  [
    "voting_view",
    (mode) => ({
      // The keys are sids; all three fall together under the mask.
      current_config: mode === "standalone" ? {} : { N: member },
      ...stamp("voting_view"),
    }),
  ],
  [
    "wchs",
    () => ({
      num_connections: "N",
      num_paths: "N",
      num_total_watches: "N",
      ...stamp("watch_summary"),
    }),
  ],
  [
    "wchc",
    () => ({
      session_id_to_watched_paths: { N: expect.toSatisfy(isAll(["$", "$/e", "$/no"])) },
      ...stamp("watches"),
    }),
  ],
  [
    "wchp",
    () => ({
      path_to_session_ids: { $: ["N"], "$/e": ["N"], "$/no": ["N"] },
      ...stamp("watches_by_path"),
    }),
  ],
  [
    "zabstate",
    (mode) =>
      mode === "standalone"
        ? { voting: false, zabstate: "", ...stamp("zabstate") }
        : {
            myid: "N",
            is_leader: mode === "leader",
            quorum_address: address,
            election_address: address,
            client_address: "ADDRESS",
            voting: true,
            last_zxid: "HEX",
            zab_epoch: "N",
            zab_counter: "N",
            zabstate: "broadcast",
            ...stamp("zabstate"),
          },
  ],
  ["RUOK", () => stamp("RUOK", "Unknown command: RUOK")],
  ["ruok/", () => stamp("ruok/", "Unknown command: ruok/")],
  ["ruok;a=b", () => stamp("ruok")],
];

const isAll =
  (wanted: readonly string[]) =>
  (names: readonly string[]): boolean =>
    [...names].sort().join() === wanted.join();

describe.each(modes)("a command of the AdminServer, %s,", (mode) => {
  beforeAll(() => openSession(mode));
  afterAll(() => closeSession(mode));
  for (const [command, answer] of commands) {
    test(command, async () => {
      const { status, type, body } = await told(mode, command);
      const seen = masked(parsed(body));
      expect([status, type, seen]).toEqual([200, "application/json", answer(mode)]);
      // "error" stands last where there is none, and first where the command itself has one.
      const keys = Object.keys(answer(mode)).filter((key) => key !== "error");
      const order = Object.keys(seen as object).filter((key) => key !== "error");
      expect(order).toEqual(keys);
    });
  }
  test(`mntr has these figures, in groups`, async () => {
    const body = parsed((await told(mode, "mntr")).body) as Record<string, unknown>;
    const keys = Object.keys(body);
    expect(keys.slice(0, 2)).toEqual(["version", "server_state"]);
    expect(keys.slice(-2)).toEqual(["command", "error"]);
    const known = figures(mode).filter((key) => key in body);
    expect(known).toEqual(figures(mode));
    expect(body).toMatchObject({ server_state: mode, avg_latency: "F", ephemerals_count: "N" });
    const places = ["ephemerals_count", "looking_count", "avg_readlatency"];
    const indexes = places.map((key) => keys.indexOf(key));
    expect(indexes).toEqual([...indexes].sort((left, right) => left - right));
  });
  test(`env has the keys of the word envi`, async () => {
    const envi = await ask(await seatOf(mode), "envi");
    const wanted = envi
      .trimEnd()
      .split("\n")
      .slice(1)
      .map((line) => line.split("=")[0]);
    const { body } = await told(mode, "env");
    expect(Object.keys(JSON.parse(body))).toEqual([...wanted, "command", "error"]);
  });
  test(`sysp is sorted, and has Java's properties`, async () => {
    const { command, error, ...properties } = JSON.parse((await told(mode, "sysp")).body);
    expect([command, error]).toEqual(["system_properties", null]);
    expect(Object.keys(properties)).toEqual(Object.keys(properties).toSorted());
    expect(Object.keys(properties)).toEqual(
      expect.arrayContaining(["java.version", "os.name", "user.dir"]),
    );
  });

  test("cons stands as Jackson prints it", async () => {
    const { body } = await told(mode, "cons");
    expect(body.replace(/-?\d+(?=,?$)/gm, "N").replace(/127\.0\.0\.1:\d+/, "ADDRESS")).toBe(
      `{
  "connections" : [ {
    "remote_socket_address" : "ADDRESS",
    "interest_ops" : N,
    "outstanding_requests" : N,
    "packets_received" : N,
    "packets_sent" : N,
    "session_id" : N,
    "last_operation" : "EXIS",
    "established" : N,
    "session_timeout" : N,
    "last_cxid" : N,
    "last_zxid" : N,
    "last_response_time" : N,
    "last_latency" : N,
    "min_latency" : N,
    "avg_latency" : N,
    "max_latency" : N
  } ],
  "secure_connections" : [ ],
  "command" : "connections",
  "error" : null
}`,
    );
  });
});

/** Those that every version has and that are truly counted here. */
function figures(mode: Mode): string[] {
  const common =
    "avg_latency max_latency min_latency packets_received packets_sent num_alive_connections outstanding_requests uptime znode_count watch_count ephemerals_count approximate_data_size global_sessions local_sessions connection_drop_probability outstanding_tls_handshake auth_failed_count non_mtls_remote_conn_count non_mtls_local_conn_count";
  const leading =
    "quorum_size learners synced_followers synced_non_voting_followers synced_observers pending_syncs leader_uptime last_proposal_size max_proposal_size min_proposal_size";
  const counters =
    "add_dead_watcher_stall_time commit_count connection_request_count dead_watchers_cleared dead_watchers_queued digest_mismatches_count ensemble_auth_fail ensemble_auth_skip ensemble_auth_success insecure_admin_count looking_count proposal_count quit_leading_due_to_disloyal_voter stale_sessions_expired unrecoverable_error_count";
  const summaries = ["readlatency", "updatelatency"].flatMap((name) =>
    ["avg", "min", "max", "cnt", "sum"].map((kind) => `${kind}_${name}`),
  );
  const quorum = { standalone: "", follower: "quorum_size", leader: leading }[mode];
  return `${common} ${quorum} ${counters}`
    .split(/ +/)
    .filter((key) => key !== "")
    .concat(summaries);
}

describe("what the AdminServer answers besides", () => {
  test("a list of links, one for each command", async () => {
    const seat = await seatOf("standalone");
    const { status, type, body } = await http(seat, "/commands");
    const names = [...body.matchAll(/^<a href="\/commands\/(\w+)">\1<\/a>\n<br\/>\n/gm)].map(
      ([, name]) => name,
    );
    expect([status, type, body.replace(/<a href="[^<]*<\/a>\n<br\/>\n/g, "")]).toEqual([
      200,
      undefined,
      "",
    ]);
    expect(names).toEqual(
      "configuration connection_stat_reset connections dirs dump environment get_trace_mask hash initial_configuration is_read_only last_snapshot leader monitor observer_connection_stat_reset observers ruok server_stats set_trace_mask stat_reset stats system_properties voting_view watch_summary watches watches_by_path zabstate".split(
        " ",
      ),
    );
    expect((await http(seat, "/commands/")).body).toBe(body);
  });

  test.each([
    ["GET", "/", 404, 404],
    ["GET", "/commandsx", 404, 404],
    ["GET", "//commands", 404, 404],
    ["HEAD", "/commands/ruok", 200, 200],
    ["HEAD", "/commands", 200, 200],
    ["GET", "/commands/ru%6Fk", 200, 200],
    ["PUT", "/commands/ruok", 405, 405],
    ["DELETE", "/commands/ruok", 405, 405],
    ["TRACE", "/commands/ruok", 403, 403],
    ["OPTIONS", "/commands/ruok", 200, 200],
    ["POST", "/commands/ruok", 405, 500],
    ["POST", "/commands", 405, 200],
    ["POST", "/commands/nope", 405, 200],
    ["PATCH", "/commands/ruok", 501, 501],
    ["PUT", "/", 405, 405],
    ["POST", "/", 405, 405],
    ["TRACE", "/", 403, 403],
    ["OPTIONS", "/", 200, 200],
    ["OPTIONS", "*", 200, 200],
    ["PROPFIND", "/", 501, 501],
  ])("%s %s: %i as 3.8, %i as 3.9", async (method, path, as38, as39) => {
    const { status } = await http(await seatOf("standalone"), path, method);
    expect(status).toBe(dialect === "3.8" ? as38 : as39);
  });
});
