// What a server makes of its files before it starts: Apache's QuorumPeerConfig, and ours.
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findInstallation } from "../../src/apache/installation.ts";
import { formatConfig } from "../../src/core/quorum/config.ts";
import { ZkmsError } from "../../src/ensemble/errors.ts";
import { settle } from "../../src/zoo-cfg/peer-settings.ts";
import { readZooCfg } from "../../src/zoo-cfg/zoo-cfg.ts";
import { engine } from "./targets.ts";

interface Files {
  readonly myid?: string;
  readonly dynamic?: string;
}
type Row = readonly [what: string, text: string, verdict: string, files?: Files];

const others = "server.2=127.0.0.1:3:4\nserver.3=127.0.0.1:5:6\n";
const limits = "initLimit=5\nsyncLimit=2\n";
const otherLines = "server.2=127.0.0.1:3:4:participant server.3=127.0.0.1:5:6:participant";
const ofThree = (first: string, more = "") => `server 1 of ${first} ${otherLines} ${more}version=0`;
const plain = "server.1=127.0.0.1:1:2:participant";
const first: Files = { myid: "1" };

/** A server of three whose own line ends so; it may say where clients connect. */
const line = (what: string, own: string, verdict = "refused"): Row => {
  return [what, `${limits}server.1=${own}\n${others}`, verdict, first];
};
/** A server of three, and more lines. */
const three = (what: string, more: string, verdict = "refused", files: Files = first): Row => {
  return [what, `${limits}server.1=127.0.0.1:1:2\n${others}${more}\n`, verdict, files];
};
/** A server alone. */
const alone = (what: string, more: string, verdict = "refused", files: Files = {}): Row => {
  return [what, `${more}\n`, verdict, files];
};
const byFile = (what: string, dynamic: string, verdict: string): Row => {
  return [what, `${limits}dynamicConfigFile=DIR/dynamic\n`, verdict, { ...first, dynamic }];
};
const myid = (text: string, verdict = "refused"): Row =>
  three(`a myid ${JSON.stringify(text)}`, "", verdict, { myid: text });

const rows: readonly Row[] = [
  // server.N
  line("a line without a role", "127.0.0.1:1:2", ofThree(plain)),
  line("a client port", "127.0.0.1:1:2;21", `${ofThree(`${plain};0.0.0.0:21`)} at 21`),
  line(
    "a client address",
    "h:1:2;127.0.0.1:21",
    `${ofThree("server.1=h:1:2:participant;127.0.0.1:21")} at 21`,
  ),
  line("capitals in a role", "127.0.0.1:1:2:OBSERVER", ofThree("server.1=127.0.0.1:1:2:observer")),
  line(
    "blanks around a role",
    "127.0.0.1:1:2: observer ",
    ofThree("server.1=127.0.0.1:1:2:observer"),
  ),
  line("a role that is none", "127.0.0.1:1:2:leader"),
  line("a semicolon at the end", "127.0.0.1:1:2;", ofThree(plain)),
  line("colons at the end", "127.0.0.1:1:2::", ofThree(plain)),
  line("a plus before a port", "127.0.0.1:+1:2", ofThree(plain)),
  line("a minus before a port", "127.0.0.1:-1:2"),
  line("a port beyond all", "127.0.0.1:1:65536"),
  line("a blank before a port", "127.0.0.1: 1:2"),
  line("a blank at the end", "127.0.0.1:1:2 "),
  line("a blank before a semicolon", "127.0.0.1:1:2 ;21"),
  line("a blank behind a semicolon", "127.0.0.1:1:2; 21"),
  line("a blank behind a client port", "127.0.0.1:1:2;21 "),
  line("a client port below 0", "127.0.0.1:1:2;-5"),
  line("a client port of -0", "127.0.0.1:1:2;-0", `${ofThree(`${plain};0.0.0.0:0`)} at 0`),
  line("two client ports", "127.0.0.1:1:2;21;22"),
  line("a client of three parts", "127.0.0.1:1:2;a:b:21"),
  line("a client port that is none", "127.0.0.1:1:2;x"),
  line("one port", "127.0.0.1:1"),
  line("the same port twice", "127.0.0.1:1:1"),
  line("nothing", ""),
  line(
    "an IPv6 host",
    "[::1]:1:2;[fe80::a1]:21",
    `${ofThree("server.1=[0:0:0:0:0:0:0:1]:1:2:participant;[fe80:0:0:0:0:0:0:a1]:21")} at 21`,
  ),
  line("an IPv6 host without brackets", "::1:1:2"),
  line("an IPv6 host with one bracket", "[::1:1:2"),
  line("several addresses, which take a property of Java's", "127.0.0.1:1:2|127.0.0.2:1:2"),
  three(
    "several addresses, which take more than a key",
    "multiAddress.enabled=true\nserver.1=127.0.0.1:1:2|127.0.0.2:1:2",
  ),
  three(
    "a server's line twice",
    "server.1=127.0.0.1:7:8",
    ofThree("server.1=127.0.0.1:7:8:participant"),
  ),
  three("a server without a number", "server.x=127.0.0.1:7:8"),
  three("a server of two numbers", "server.1.1=127.0.0.1:7:8"),
  three(
    "the same address twice",
    "server.1=127.0.0.1:3:4",
    ofThree("server.1=127.0.0.1:3:4:participant"),
  ),
  // who is who
  myid("1\n", ofThree(plain)),
  myid("1\nand more", ofThree(plain)),
  myid("0001", ofThree(plain)),
  myid("+1", ofThree(plain)),
  myid("1 "),
  myid(" 1"),
  myid(""),
  myid("one"),
  three("no myid", "", "refused", {}),
  // groups
  three(
    "groups",
    "group.1=1:2\ngroup.2=3\nweight.3=2",
    ofThree(plain, "group.1=1:2 group.2=3 weight.1=1 weight.2=1 weight.3=2 "),
  ),
  three(
    "an observer among groups",
    "server.1=127.0.0.1:1:2:observer\ngroup.1=2:3",
    ofThree("server.1=127.0.0.1:1:2:observer", "group.1=2:3 weight.2=1 weight.3=1 "),
  ),
  three("a voter in no group", "group.1=1:2"),
  three("a voter in two groups", "group.1=1:2\ngroup.2=2:3"),
  three("a group of a stranger", "group.1=1:2:3:4"),
  three("weights without groups", "weight.1=2"),
  three("a blank behind a group", "group.1=1:2:3 "),
  three("a key that begins like a group", "groups=1"),
  // one server, and none
  alone("nothing but a folder", "", "alone"),
  alone("a client port", "clientPort=21", "alone at 21"),
  alone(
    "one server's line, which says where clients connect",
    "server.1=127.0.0.1:1:2;21",
    "alone at 21",
    first,
  ),
  alone("one server's line, but another's myid", "server.1=127.0.0.1:1:2;21", "alone", {
    myid: "2",
  }),
  alone("one server's line without a myid", "server.1=127.0.0.1:1:2;21", "alone"),
  alone(
    "one server's line against clientPort",
    "server.1=127.0.0.1:1:2;21\nclientPort=22",
    "refused",
    first,
  ),
  alone("a myid that is none", "clientPort=21", "refused", { myid: "x" }),
  alone("one server and an observer", "server.1=127.0.0.1:1:2\nserver.2=127.0.0.1:3:4:observer"),
  alone("an observer", "server.1=127.0.0.1:1:2:observer"),
  alone("no server where none may be alone", "standaloneEnabled=false"),
  [
    "one server where none may be alone",
    `${limits}standaloneEnabled=FALSE\nserver.1=127.0.0.1:1:2\n`,
    `server 1 of ${plain} version=0`,
    first,
  ],
  // keys
  three("a role in peerType that is not the line's", "peerType=observer", ofThree(plain)),
  three("no initLimit", "initLimit=0"),
  alone("a peerType that is none", "peerType=leader"),
  alone("another election", "electionAlg=1"),
  alone("the only election", "electionAlg=3", "alone"),
  ...["standaloneEnabled", "reconfigEnabled", "syncEnabled", "jvm.pause.monitor"].map((key) =>
    alone(`yes for ${key}`, `${key}=yes`),
  ),
  alone("TRUE for localSessionsEnabled", "localSessionsEnabled=TRUE", "alone"),
  ...[
    "clientPortListenBacklog",
    "connectToLearnerMasterLimit",
    "observerMasterPort",
    "tickTime",
  ].map((key) => alone(`a word for ${key}`, `${key}=x`)),
  alone("a plus before a number", "tickTime=+500", "alone"),
  alone("no ticks", "tickTime=0"),
  alone("fewer connections than none", "maxClientCnxns=-1", "alone"),
  alone("fewer snapshots than are kept anyway", "autopurge.snapRetainCount=1", "alone"),
  alone("a least timeout of -1", "minSessionTimeout=-1", "alone"),
  alone("a least timeout above the greatest", "minSessionTimeout=500\nmaxSessionTimeout=400"),
  alone("the last of two client ports", "clientPort=21\nclientPort=22", "alone at 22"),
  alone("a client port behind a colon", "clientPort:21", "alone at 21"),
  alone("a client port behind a blank", "clientPort 21", "alone at 21"),
  alone("a client port on two lines", "clientPort=2\\\n  1", "alone at 21"),
  alone("a client port with a plus", "clientPort=+21", "alone at 21"),
  alone("a client port beyond all", "clientPort=65536"),
  alone("a client address alone", "clientPortAddress=127.0.0.1"),
  // a file of their own
  byFile("servers in a file of their own", `server.1=127.0.0.1:1:2\n${others}`, ofThree(plain)),
  byFile("a version among them", `server.1=127.0.0.1:1:2\n${others}version=1`, "refused"),
  byFile("a key among them", `server.1=127.0.0.1:1:2\n${others}tickTime=1`, "refused"),
  byFile("none of them", "", "alone"),
];

let dir = "";
const verdicts = new Map<string, string>();
const folderOf = (index: number): string => join(dir, String(index).padStart(3, "0"));

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "zkms-zoo-cfgs-"));
  for (const [index, [, text, , files = {}]] of rows.entries()) {
    const folder = folderOf(index);
    await mkdir(join(folder, "data"), { recursive: true });
    await writeFile(join(folder, "zoo.cfg"), `dataDir=DIR/data\n${text}`.replaceAll("DIR", folder));
    if (files.myid !== undefined) await writeFile(join(folder, "data", "myid"), files.myid);
    if (files.dynamic !== undefined) await writeFile(join(folder, "dynamic"), files.dynamic);
  }
  if (engine === "apache") await askApache();
  else rows.forEach((_, index) => void verdicts.set(folderOf(index), ours(folderOf(index))));
});
afterAll(() => rm(dir, { recursive: true }));

async function askApache(): Promise<void> {
  const { java, classpath } = findInstallation();
  const program = join(import.meta.dirname, "java", "ZooCfgs.java");
  const quiet = "-Dorg.slf4j.simpleLogger.defaultLogLevel=off";
  const args = ["-Xmx128m", "-XX:TieredStopAtLevel=1", quiet, "-cp", classpath, program, dir];
  const { stdout } = await promisify(execFile)(java, args);
  for (const line of stdout.trimEnd().split("\n")) {
    const [folder = "", verdict = ""] = line.split("\t");
    verdicts.set(join(dir, folder), verdict);
  }
}

function ours(folder: string): string {
  try {
    const cfg = readZooCfg(join(folder, "zoo.cfg"));
    settle(cfg, undefined);
    const config = cfg.members && formatConfig(cfg.members).replaceAll("\n", " ");
    const kind = config === undefined ? "alone" : `server ${cfg.sid} of ${config}`;
    return cfg.client === undefined ? kind : `${kind} at ${cfg.client.port}`;
  } catch (error) {
    if (error instanceof ZkmsError && error.code === "ZKMS_BAD_OPTIONS") return "refused";
    throw error;
  }
}

test.each(rows.map(([what, , verdict], index) => [what, verdict, index] as const))(
  "a zoo.cfg with %s: %s",
  (_what, verdict, index) => {
    expect(verdicts.get(folderOf(index))).toBe(verdict);
  },
);
