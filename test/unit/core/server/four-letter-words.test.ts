import { describe, expect, test } from "vitest";
import {
  connectionIdOf,
  noSession,
  sessionIdOf,
  sidOf,
  zxidOf,
} from "../../../../src/core/base/ids.ts";
import { OpCode } from "../../../../src/core/protocol/op-codes.ts";
import type { ConnectionFigures, PeerFigures } from "../../../../src/core/server/figures.ts";
import { answerWord, isFourLetterWord } from "../../../../src/core/server/four-letter-words.ts";
import { average, javaDate, javaDouble } from "../../../../src/core/server/java-format.ts";
import { Stage, sessionA } from "./stage.ts";

const stage = new Stage();
stage.create("/e", { flags: 1 });
for (const path of ["/e", "/later"]) stage.read(OpCode.exists, { path, watch: true });
stage.read(OpCode.getChildren, { path: "/", watch: true });

const client: ConnectionFigures = {
  id: connectionIdOf(1),
  address: "127.0.0.1",
  port: 44270,
  session: sessionA,
  timeout: 6000,
  interest: 1,
  queued: 0,
  received: 5,
  sent: 6,
  lastOp: OpCode.getData,
  lastXid: 17,
  lastZxid: zxidOf(4),
  establishedAt: 1795358078640,
  lastResponseAt: 2500,
  lastLatency: 1,
  latency: { min: 0, max: 3, total: 5, count: 2 },
};
const newcomer: ConnectionFigures = {
  ...client,
  id: connectionIdOf(2),
  port: 1,
  session: noSession,
};

const figures: PeerFigures = {
  version: "3.9.5-abc, built on 2026-01-01 00:00 UTC",
  serving: true,
  mode: "leader",
  peerState: "leading - broadcast",
  tree: stage.tree,
  watches: stage.watches,
  lastZxid: zxidOf(0x100000006),
  latency: { min: 0, max: 10, total: 43, count: 24 },
  reads: { min: 0, max: 3, total: 5, count: 20 },
  updates: { min: 8, max: 10, total: 38, count: 4 },
  received: 24,
  sent: 25,
  handshakes: 2,
  authFailed: 0,
  rejected: 0,
  throttled: 0,
  dropProbability: 0,
  counts: { looking: 1, proposals: 6, commits: 5, expired: 0 },
  digestMismatches: 0,
  digests: [{ zxid: zxidOf(0x100000080), digest: 1234567 }],
  outstanding: 0,
  uptime: 1234,
  connections: [client, newcomer],
  leader: {
    learners: 2,
    syncedFollowers: 2,
    syncedObservers: 0,
    pendingSyncs: 0,
    uptime: 1200,
    proposalSize: { last: 48, min: 32, max: 90 },
  },
  expiries: new Map([
    [9000, [sessionIdOf(2n)]],
    [8000, [sessionA]],
  ]),
  wallOffset: 1795357680000,
  muteIntervalMs: 10_000,
  conf: {
    clientPort: 2181,
    secureClientPort: -1,
    dataDir: "/data/version-2",
    dataLogDir: "/log/version-2",
    tickTime: 100,
    maxClientCnxns: 60,
    minSessionTimeout: 200,
    maxSessionTimeout: 2000,
    serverId: sidOf(3),
    quorum: {
      size: 3,
      initLimit: 10,
      syncLimit: 5,
      electionPort: 3888,
      quorumPort: 2888,
      observer: false,
      membership: "server.1=a\nversion=0",
    },
  },
  dataDirSize: 7,
  logDirSize: 8,
  environment: [
    ["zookeeper.version", "3.9.5"],
    ["host.name", "here"],
  ],
};
const follower: PeerFigures = {
  ...figures,
  mode: "follower",
  peerState: "following - broadcast",
  leader: undefined,
  expiries: undefined,
};
const standalone: PeerFigures = {
  ...follower,
  mode: "standalone",
  peerState: undefined,
  conf: { ...figures.conf, quorum: undefined },
};
const answer = (word: string, of: PeerFigures = figures): string => answerWord(word, of, "*");

test("srvr, on a leader with the sizes of its proposals", () => {
  const common =
    "Zookeeper version: 3.9.5-abc, built on 2026-01-01 00:00 UTC\n" +
    "Latency min/avg/max: 0/1.7917/10\nReceived: 24\nSent: 25\nConnections: 2\n" +
    "Outstanding: 0\nZxid: 0x100000006\n";
  expect(answer("srvr")).toBe(
    `${common}Mode: leader\nNode count: 6\nProposal sizes last/min/max: 48/32/90\n`,
  );
  expect(answer("srvr", standalone)).toBe(`${common}Mode: standalone\nNode count: 6\n`);
});

test("stat lists clients briefly, cons in full", () => {
  expect(answer("stat")).toContain(
    " UTC\nClients:\n /127.0.0.1:44270[1](queued=0,recved=5,sent=6)\n" +
      " /127.0.0.1:1[1](queued=0,recved=5,sent=6)\n\nLatency min",
  );
  expect(answer("cons")).toBe(
    " /127.0.0.1:44270[1](queued=0,recved=5,sent=6,sid=0xa1,lop=GETD,est=1795358078640,to=6000," +
      "lcxid=0x11,lzxid=0x4,lresp=2500,llat=1,minlat=0,avglat=2,maxlat=3)\n" +
      " /127.0.0.1:1[1](queued=0,recved=5,sent=6)\n\n",
  );
  const fresh = { ...client, lastXid: -1, lastOp: undefined };
  expect(answer("cons", { ...figures, connections: [fresh] })).toContain(
    "lop=NA,est=1795358078640,to=6000,lzxid=0x4,",
  );
});

test("mntr: a key, a tab, a value", () => {
  expect(answer("mntr").split("\n").slice(0, 6)).toEqual([
    "zk_version\t3.9.5-abc, built on 2026-01-01 00:00 UTC",
    "zk_server_state\tleader",
    "zk_peer_state\tleading - broadcast",
    "zk_avg_latency\t1.7917",
    "zk_max_latency\t10",
    "zk_min_latency\t0",
  ]);
  const values = new Map(
    answer("mntr")
      .split("\n")
      .map((line) => line.split("\t") as [string, string]),
  );
  expect([
    values.get("zk_znode_count"),
    values.get("zk_watch_count"),
    values.get("zk_ephemerals_count"),
    values.get("zk_global_sessions"),
    values.get("zk_synced_followers"),
    values.get("zk_quorum_size"),
    values.get("zk_proposal_count"),
    values.get("zk_connection_request_count"),
  ]).toEqual(["6", "3", "1", "2", "2", "3", "6", "2"]);
  const summary = ["avg", "min", "max", "cnt", "sum"];
  expect(summary.map((part) => values.get(`zk_${part}_updatelatency`))).toEqual([
    "9.5",
    "8",
    "10",
    "4",
    "38",
  ]);
  expect(answer("mntr", standalone)).not.toMatch(/peer_state|learners|undefined/);
});

test("conf, with the membership in a quorum", () => {
  const common =
    "clientPort=2181\nsecureClientPort=-1\ndataDir=/data/version-2\ndataDirSize=7\n" +
    "dataLogDir=/log/version-2\ndataLogSize=8\ntickTime=100\nmaxClientCnxns=60\n" +
    "minSessionTimeout=200\nmaxSessionTimeout=2000\nclientPortListenBacklog=-1\nserverId=3\n";
  expect(answer("conf", standalone)).toBe(common);
  expect(answer("conf")).toBe(
    `${common}initLimit=10\nsyncLimit=5\nelectionAlg=3\nelectionPort=3888\nquorumPort=2888\n` +
      "peerType=0\nmembership: \nserver.1=a\nversion=0",
  );
});

test("dump: sessions by the time they expire, ephemerals by session, connections", () => {
  const rest =
    "ephemeral nodes dump:\nSessions with Ephemerals (1):\n0xa1:\n\t/e\nConnections dump:\n" +
    "Connections Sets (1)/(2):\n2 expire at Sun Nov 22 14:28:10 UTC 2026:\n" +
    "\tip: /127.0.0.1:44270 sessionId: 0xa1\n\tip: /127.0.0.1:1 sessionId: 0x0\n";
  expect(answer("dump")).toBe(
    "SessionTracker dump:\nSession Sets (2)/(2):\n" +
      "1 expire at Sun Nov 22 14:28:08 UTC 2026:\n\t0xa1\n" +
      `1 expire at Sun Nov 22 14:28:09 UTC 2026:\n\t0x2\n${rest}`,
  );
  expect(answer("dump", follower)).toBe(
    `SessionTracker dump:\nGlobal Sessions(2):\n0xa1\t10000ms\n0xb2\t10000ms\n${rest}`,
  );
});

test("dump: connections are grouped as they are closed when silent", () => {
  expect(answer("dump", { ...figures, muteIntervalMs: 60_000 })).toContain(
    "Connections Sets (1)/(2):\n2 expire at Sun Nov 22 14:29:00 UTC 2026:\n",
  );
});

test("wchs, wchc and wchp know the data table only", () => {
  expect(answer("wchs")).toBe("1 connections watching 2 paths\nTotal watches:2\n");
  expect(answer("wchc")).toBe("0xa1\n\t/e\n\t/later\n\n");
  expect(answer("wchp")).toBe("/e\n\t0xa1\n/later\n\t0xa1\n\n");
});

test("the short ones", () => {
  expect(
    ["ruok", "isro", "dirs", "crst", "srst", "gtmk", "envi", "hash"].map((word) => answer(word)),
  ).toEqual([
    "imok",
    "rw",
    "datadir_size: 7\nlogdir_size: 8\n",
    "Connection stats reset.\n",
    "Server stats reset.\n",
    "306",
    "Environment:\nzookeeper.version=3.9.5\nhost.name=here\n",
    "100000080: 1234567\n",
  ]);
});

test("a read-only peer says so", () => {
  const readOnly: PeerFigures = { ...follower, mode: "read-only" };
  expect(answer("isro", readOnly)).toBe("ro");
  expect(answer("srvr", readOnly)).toContain(
    " UTC\nREAD-ONLY mode; serving only read-only clients\nLatency",
  );
});

describe("a word", () => {
  test("that is not allowed is named", () => {
    expect(answerWord("mntr", figures, new Set(["srvr"]))).toBe(
      "mntr is not executed because it is not in the whitelist.\n",
    );
    expect(answerWord("srvr", figures, new Set(["srvr"]))).toContain("Mode: leader");
  });

  test("to a peer that serves nobody says that it does not", () => {
    const away = { ...figures, serving: false };
    const silent = "This ZooKeeper instance is not currently serving requests\n";
    expect(["srvr", "mntr", "ruok", "isro"].map((word) => answer(word, away))).toEqual([
      silent,
      silent,
      "imok",
      "null",
    ]);
  });

  test("is known or it is a frame's length", () => {
    expect(["ruok", "mntr", "stmk", "xyzw", "\0\0\0\u002d"].map(isFourLetterWord)).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
  });
});

describe("as Java prints", () => {
  test.each<[number, string]>([
    [0, "0.0"],
    [3, "3.0"],
    [1.7917, "1.7917"],
    [0.001, "0.001"],
    [0.0004, "4.0E-4"],
    [0.0009, "9.0E-4"],
  ])("%d is %s", (value, text) => {
    expect(javaDouble(value)).toBe(text);
  });

  test("an average has four decimals", () => {
    expect([average(43, 24), average(0, 0), average(1, 3)]).toEqual([1.7917, 0, 0.3333]);
  });

  test.each<[number, string]>([
    [0, "Thu Jan 01 00:00:00 UTC 1970"],
    [951782400000, "Tue Feb 29 00:00:00 UTC 2000"],
    [1795357690999, "Sun Nov 22 14:28:10 UTC 2026"],
    [4107542399000, "Sun Feb 28 23:59:59 UTC 2100"],
    [4107542400000, "Mon Mar 01 00:00:00 UTC 2100"],
    [-1000, "Wed Dec 31 23:59:59 UTC 1969"],
  ])("%d ms is %s", (epochMs, text) => {
    expect(javaDate(epochMs)).toBe(text);
  });
});
