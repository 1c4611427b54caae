import { describe, expect, test } from "vitest";
import { OpCode } from "../../src/core/protocol/op-codes.ts";
import { answers, askLast, atEveryPlace, inFewTries, send } from "./places.ts";
import { ask, RawClient, type Server } from "./raw-client.ts";
import {
  type Ask,
  addWatch,
  auth,
  create,
  exists,
  getChildren,
  getData,
  multi,
  ping,
  raw,
  remove,
  sasl,
  setWatches,
} from "./requests.ts";
import { target } from "./targets.ts";

const folder = `/words-${process.pid}`;

/** Asks while one session is open that owns an ephemeral and has watches. */
async function asked(server: Server, word: string | Uint8Array): Promise<string> {
  const client = await RawClient.open(server, { timeout: 20_000 });
  for (const step of [
    create(folder),
    create(`${folder}/e`, { flags: 1 }),
    getData(folder, true),
    getChildren(folder, true),
    addWatch(`${folder}/e`, 0),
  ]) {
    await answers(client, step);
  }
  await askLast(client, exists(`${folder}/no`, true));
  const text = await ask(server, word);
  await answers(client, multi(remove(`${folder}/e`), remove(folder)));
  await client.end();
  return masked(text);
}

/** Numbers, dates, versions and the folder have names; Apache's empty buckets are left out. */
const masked = (text: string): string =>
  text
    .replaceAll(folder, "$")
    .replace(/(Zookeeper version: |zk_version\t|zookeeper.version=).*/, "$1VERSION")
    .replace(/[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d [A-Z]+ \d{4}/g, "DATE")
    .replace(/^\d+ expire at DATE:\n(?!\t)/gm, "")
    .replace(/0x[0-9a-f]{12,}/g, "SESSION")
    .replace(/0x[0-9a-f]+/g, "HEX")
    .replace(/127\.0\.0\.1:\d+/g, "ADDRESS")
    .replace(/\d+\.\d+(?=\/)/, "N")
    .replace(/-?\d+/g, "N")
    .replace(
      /(?<=Connections Sets \(N\)\/\(N\):\n)((N expire at DATE:|\tip: \/ADDRESS sessionId: (HEX|SESSION))\n)+/,
      "BUCKETS\n",
    );

const sorted = (text: string): string[] => text.split("\n").sort();

const statistics = (mode: string): string =>
  [
    "Latency min/avg/max: N/N/N",
    "Received: N",
    "Sent: N",
    "Connections: N",
    "Outstanding: N",
    "Zxid: HEX",
    `Mode: ${mode}`,
    "Node count: N",
    mode === "leader" ? "Proposal sizes last/min/max: N/N/N\n" : "",
  ].join("\n");
const mine =
  " /ADDRESS[N](queued=N,recved=N,sent=N,sid=SESSION,lop=EXIS,est=N,to=N,lcxid=HEX,lzxid=HEX,lresp=N,llat=N,minlat=N,avglat=N,maxlat=N)\n";
const nobody = " /ADDRESS[N](queued=N,recved=N,sent=N)\n";
const ephemerals = "ephemeral nodes dump:\nSessions with Ephemerals (N):\nSESSION:\n\t$/e\n";
/** How connections fall into buckets is a matter of the moment, and one that has just gone may still be there. */
const connections = "Connections dump:\nConnections Sets (N)/(N):\nBUCKETS\n";

/** What each word says, by the peer that is asked; "*" for all. */
const texts: readonly (readonly [word: string, texts: Readonly<Record<string, string>>])[] = [
  ["ruok", { "*": "imok" }],
  ["isro", { "*": "rw" }],
  ["crst", { "*": "Connection stats reset.\n" }],
  ["srst", { "*": "Server stats reset.\n" }],
  ["gtmk", { "*": "N" }],
  ["dirs", { "*": "datadir_size: N\nlogdir_size: N\n" }],
  ["wchs", { "*": "N connections watching N paths\nTotal watches:N\n" }],
  ...["standalone", "leader", "follower"].flatMap((mode) => [
    ["srvr", { [mode]: `Zookeeper version: VERSION\n${statistics(mode)}` }] as const,
    [
      "dump",
      {
        [mode]:
          mode === "follower"
            ? `SessionTracker dump:\nGlobal Sessions(N):\nSESSION\tNms\n${ephemerals}${connections}`
            : `SessionTracker dump:\nSession Sets (N)/(N):\nN expire at DATE:\n\tSESSION\n${ephemerals}${connections}`,
      },
    ] as const,
  ]),
];

async function serverOf(mode: string): Promise<Server> {
  const { alone, three } = await target();
  const [leader, follower] = three;
  const found = { standalone: alone, leader, follower }[mode];
  if (found === undefined) throw new Error(`no ${mode}`);
  return found;
}

describe("four-letter words", () => {
  for (const [word, byMode] of texts) {
    for (const mode of ["standalone", "leader", "follower"]) {
      const text = byMode[mode] ?? byMode["*"];
      if (text === undefined) continue;
      test(`${word} (${mode})`, async () => {
        expect(await asked(await serverOf(mode), word)).toBe(text);
      });
    }
  }
  for (const mode of ["standalone", "leader", "follower"]) {
    test(`stat (${mode})`, async () => {
      const text = await asked(await serverOf(mode), "stat");
      const clients = `Clients:\n${nobody}${nobody}\n`;
      expect(text).toBe(`Zookeeper version: VERSION\n${clients}${statistics(mode)}`);
    });
    test(`cons (${mode})`, async () => {
      const text = await asked(await serverOf(mode), "cons");
      expect(sorted(text)).toEqual(sorted(`${mine}${nobody}\n`));
    });
    test(`wchc (${mode})`, async () => {
      const text = await asked(await serverOf(mode), "wchc");
      expect(sorted(text)).toEqual(sorted("SESSION\n\t$\n\t$/e\n\t$/no\n\n"));
    });
    test(`wchp (${mode})`, async () => {
      const text = await asked(await serverOf(mode), "wchp");
      expect(sorted(text)).toEqual(sorted("$\n\tSESSION\n$/e\n\tSESSION\n$/no\n\tSESSION\n\n"));
    });
    test(`conf (${mode})`, async () => {
      const text = await asked(await serverOf(mode), "conf");
      const keys = [...text.matchAll(/^([a-zA-Z]+)[=:]/gm)].map(([, key]) => key);
      const quorum =
        "initLimit syncLimit electionAlg electionPort quorumPort peerType membership version";
      expect(keys).toEqual(
        `clientPort secureClientPort dataDir dataDirSize dataLogDir dataLogSize tickTime maxClientCnxns minSessionTimeout maxSessionTimeout clientPortListenBacklog serverId${mode === "standalone" ? "" : ` ${quorum}`}`.split(
          " ",
        ),
      );
    });
    test(`envi (${mode})`, async () => {
      const text = await asked(await serverOf(mode), "envi");
      const [first, ...lines] = text.trimEnd().split("\n");
      expect(first).toBe("Environment:");
      expect(lines.map((line) => line.split("=")[0])).toEqual(
        "zookeeper.version host.name java.version java.vendor java.home java.class.path java.library.path java.io.tmpdir java.compiler os.name os.arch os.version user.name user.home user.dir os.memory.free os.memory.max os.memory.total".split(
          " ",
        ),
      );
    });
    test(`mntr (${mode}) has these figures among others`, async () => {
      const text = await asked(await serverOf(mode), "mntr");
      const [first, second, third] = text.split("\n");
      expect([first, second]).toEqual(["zk_version\tVERSION", `zk_server_state\t${mode}`]);
      const states = { leader: "leading - broadcast", follower: "following - broadcast" };
      if (mode === "leader" || mode === "follower") {
        expect(third).toBe(`zk_peer_state\t${states[mode]}`);
      }
      const keys = new Set(text.split("\n").map((line) => line.split("\t")[0]));
      const common =
        "avg_latency max_latency min_latency packets_received packets_sent num_alive_connections outstanding_requests uptime znode_count watch_count ephemerals_count approximate_data_size global_sessions local_sessions";
      const ofLeader =
        "learners synced_followers synced_non_voting_followers synced_observers pending_syncs leader_uptime last_proposal_size max_proposal_size min_proposal_size";
      const wanted = [
        ...common.split(" "),
        ...(mode === "standalone" ? [] : ["quorum_size"]),
        ...(mode === "leader" ? ofLeader.split(" ") : []),
      ];
      expect(wanted.filter((key) => !keys.has(`zk_${key}`))).toEqual([]);
    });
  }
});

/** Of what was answered last: its name in `cons`, and the client's number for it. */
const lastOperations: readonly (readonly [what: string, asks: readonly Ask[], told: string])[] = [
  ["a new session", [], "lop=SESS lcxid=0x0"],
  ["a ping", [ping()], "lop=PING lcxid=0x0"],
  ["a read, and a ping", [exists("/"), ping()], "lop=PING lcxid=0x1"],
  ["a read, and an auth", [exists("/"), auth("digest", "bob:pw")], "lop=EXIS lcxid=0x1"],
  ["a read, and a sasl", [exists("/"), sasl("")], "lop=EXIS lcxid=0x1"],
  ["a read that fails", [getData("/nobody-is-here")], "lop=GETD lcxid=0x1"],
  ["a read that does not decode", [raw(OpCode.exists, () => {})], "lop=EXIS lcxid=0x1"],
  ["a write", [multi()], "lop=MULT lcxid=0x1"],
  ["a write that fails", [remove("/nobody-is-here")], "lop=NA lcxid=0x1"],
  ["a write that does not decode", [raw(OpCode.create, () => {})], "lop=NA lcxid=0x1"],
  ["watches set again", [exists("/"), setWatches(0, {})], "lop=SETW lcxid=0x1"],
];

atEveryPlace("cons tells of what was answered last", async (server) => {
  const told: string[][] = [];
  for (const [what, asks] of lastOperations) told.push([what, await lastOf(server, asks)]);
  expect(told).toEqual(lastOperations.map(([what, , last]) => [what, last]));
});

/** Of a session that has asked for no more: where the client had to nudge the server, of another one. */
function lastOf(server: Server, asks: readonly Ask[]): Promise<string> {
  return inFewTries(async () => {
    const client = await RawClient.open(server);
    for (const step of asks) await answers(client, step);
    const lines = (await ask(server, "cons")).split("\n");
    const sent = client.sentCount;
    await client.end();
    const line = lines.find((text) => text.includes(`sid=0x${client.session.toString(16)},`));
    if (sent !== asks.length) return { spoiled: `${sent} requests of ${asks.length}: ${line}` };
    return { got: line?.match(/lop=\w+|lcxid=\w+/g)?.join(" ") ?? "nothing" };
  });
}

atEveryPlace("a login that fails is no failed handshake of TLS", async (server) => {
  const client = await RawClient.open(server);
  await answers(client, auth("no-scheme", ""));
  expect((await figures(server)).get("zk_auth_failed_count")).toBe(0);
});

test("stat shows its own connection as one that is not read any more", async () => {
  const { alone } = await target();
  expect(await ask(alone, "stat")).toMatch(
    /^ \/127\.0\.0\.1:\d+\[0\]\(queued=0,recved=1,sent=0\)$/m,
  );
});

describe("what is no word", () => {
  for (const [what, bytes] of [
    ["a word that nobody knows", "xxxx"],
    ["a telnet client that hangs up", Uint8Array.of(0xff, 0xf4, 0xff, 0xfd)],
  ] as const) {
    test(`${what} is answered by nothing`, async () => {
      const { alone } = await target();
      expect(await ask(alone, bytes)).toBe("");
    });
  }
  test("what stands behind a word is ignored", async () => {
    const { alone } = await target();
    expect(await ask(alone, "ruok\n")).toBe("imok");
    expect(await ask(alone, "ruokruok")).toBe("imok");
  });
  test("figures count: sessions, watches, ephemerals, nodes", async () => {
    const { alone } = await target();
    const client = await RawClient.open(alone);
    const before = await figures(alone);
    const sentBefore = client.sentCount;
    await answers(client, create(folder));
    await answers(client, create(`${folder}/e`, { flags: 1, data: "12345" }));
    await answers(client, getData(folder, true));
    await askLast(client, getChildren(folder, true));
    const after = await figures(alone);
    const sent = client.sentCount - sentBefore;
    const grown = (key: string): number => (after.get(key) ?? 0) - (before.get(key) ?? 0);
    expect(
      "znode_count watch_count ephemerals_count approximate_data_size packets_received"
        .split(" ")
        .map((key) => [key, grown(`zk_${key}`)]),
    ).toEqual([
      ["znode_count", 2],
      ["watch_count", 2],
      ["ephemerals_count", 1],
      ["approximate_data_size", folder.length * 2 + 2 + 5],
      ["packets_received", sent + 1], // and the word itself
    ]);
    await client.end();
  });
});

test.each(["standalone", "leader", "follower"])(
  "hash (%s) has a line for every 128 transactions",
  async (mode) => {
    const server = await serverOf(mode);
    const client = await RawClient.open(server);
    for (let i = 0; i < 300; i += 1) send(client, remove("/nobody-is-here"));
    await client.until(send(client, ping()));
    const text = await ask(server, "hash");
    await client.end();
    expect(text).toMatch(/^(?:[0-9a-f]+: -?\d+\n){2,}$/);
    const zxids = text
      .trimEnd()
      .split("\n")
      .map((line) => Number.parseInt(line, 16));
    const gaps = zxids.slice(1).map((zxid, index) => zxid - (zxids[index] ?? 0));
    expect(new Set(gaps)).toEqual(new Set([128]));
  },
);

async function figures(server: Server): Promise<ReadonlyMap<string, number>> {
  const lines = (await ask(server, "mntr")).split("\n").map((line) => line.split("\t"));
  return new Map(lines.map(([key = "", value = ""]) => [key, Number(value)]));
}
