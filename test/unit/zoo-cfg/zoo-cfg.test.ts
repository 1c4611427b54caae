import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { settle } from "../../../src/zoo-cfg/peer-settings.ts";
import { readZooCfg } from "../../../src/zoo-cfg/zoo-cfg.ts";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "zkms-cfg-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

/** Writes zoo.cfg, with DIR for the folder, and files beside it. */
function written(text: string, files: Readonly<Record<string, string>> = {}): string {
  for (const [name, content] of Object.entries({ "zoo.cfg": text, ...files })) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), content.replaceAll("DIR", dir));
  }
  return join(dir, "zoo.cfg");
}

const servers = `server.1=a:1:2\nserver.2=b:1:2:observer;c:21\nserver.3=d:1:2;22\n`;
const quorum = `dataDir=DIR/data\ninitLimit=5\nsyncLimit=2\n`;

describe("membership", () => {
  test("comes from the server lines, the peer's own number from myid", () => {
    const cfg = readZooCfg(written(quorum + servers, { "data/myid": "3\n" }));
    expect(cfg).toMatchObject({
      sid: 3,
      members: {
        version: 0,
        members: [
          { sid: 1, host: "a", quorumPort: 1, electionPort: 2, role: "participant" },
          { sid: 2, host: "b", role: "observer", client: "c:21" },
          { sid: 3, host: "d", client: "0.0.0.0:22" },
        ],
      },
      client: { host: undefined, port: 22 },
      dataDir: join(dir, "data"),
      dataLogDir: join(dir, "data"),
      quorumListenOnAllIPs: false,
    });
    expect([...cfg.keys]).toEqual([
      ["initLimit", "5"],
      ["syncLimit", "2"],
    ]);
  });

  test("comes from the dynamic file, whose name ends with the version", () => {
    const named = "dynamicConfigFile=DIR/zoo.cfg.dynamic.10000000a\nclientPort=9\n";
    const files = { "data/myid": "1", "zoo.cfg.dynamic.10000000a": servers };
    const { members, client } = readZooCfg(written(quorum + named, files));
    expect(members?.version).toBe(0x10000000a);
    expect(client).toEqual({ host: undefined, port: 9 });
  });

  test.each([
    ["clientPort=21", { host: "c", port: 21 }],
    ["clientPort=21\nclientPortAddress=0.0.0.0", { host: "c", port: 21 }],
    ["clientPort=21\nclientPortAddress=c.net", { host: "c", port: 21 }],
  ])("puts the address of the peer's own line before %j", (keys, client) => {
    const cfg = readZooCfg(written(`${quorum}${servers}${keys}`, { "data/myid": "2" }));
    expect(cfg.client).toEqual(client);
  });

  test("knows groups and weights", () => {
    const groups = "group.1=1:3\nweight.1=2\n";
    const { members } = readZooCfg(written(quorum + servers + groups, { "data/myid": "1" }));
    expect(members?.members.map(({ group, weight }) => [group, weight])).toEqual([
      [1, 2],
      [undefined, 1],
      [1, 1],
    ]);
  });

  test.each([
    ["no server line", "", undefined],
    ["one server alone", "server.7=a:1:2\n", /runs standalone/],
  ])("%s makes a standalone server", (_, lines, warning) => {
    const cfg = readZooCfg(written(`dataDir=DIR\nclientPort=1\n${lines}`));
    expect(cfg.members).toBeUndefined();
    expect(cfg.warnings.join()).toMatch(warning ?? /^$/);
  });

  test("one server alone is a quorum where standalone ones are not wanted", () => {
    const text = `${quorum}standaloneEnabled=false\nserver.7=a:1:2\n`;
    expect(readZooCfg(written(text, { "data/myid": "7" })).members?.members).toHaveLength(1);
  });
});

describe("the authentication between peers", () => {
  const auth = (keys: string, lines = servers) =>
    readZooCfg(written(quorum + lines + keys, { "data/myid": "1\n" })).quorumAuth;

  test("is none by default, nor for a server alone", () => {
    expect(auth("")).toBeUndefined();
    expect(auth("quorum.auth.enableSasl=true\n", "")).toBeUndefined();
  });

  test("asks nobody where it is only enabled, and finds its sections by names of their own", () => {
    expect(auth("quorum.auth.enableSasl=true\n")).toEqual({
      learnerRequires: false,
      serverRequires: false,
      learnerSection: "QuorumLearner",
      serverSection: "QuorumServer",
      servicePrincipal: "zkquorum/localhost",
    });
    const required = "quorum.auth.learnerRequireSasl=true\nquorum.auth.serverRequireSasl=true\n";
    const named =
      "quorum.auth.learner.saslLoginContext=L\nquorum.auth.server.saslLoginContext=S\nquorum.auth.kerberos.servicePrincipal=zk/_HOST\n";
    expect(auth(`quorum.auth.enableSasl=TRUE\n${required}${named}`)).toEqual({
      learnerRequires: true,
      serverRequires: true,
      learnerSection: "L",
      serverSection: "S",
      servicePrincipal: "zk/_HOST",
    });
  });
});

describe("what Apache does not start with is refused with its place", () => {
  test.each([
    ["", {}, "zoo.cfg: dataDir is not set"],
    ["dataDir=DIR\nclientPort=x\n", {}, "zoo.cfg:2: clientPort=x is no port, 0 to 65535"],
    ["dataDir=DIR\nclientPort=65536\n", {}, "zoo.cfg:2: clientPort=65536 is no port"],
    ["dataDir=DIR\nclientPortAddress=h\n", {}, "zoo.cfg: clientPort is not set"],
    ["dataDir=DIR\nstandaloneEnabled=yes\n", {}, "zoo.cfg:2: standaloneEnabled=yes is neither"],
    [`dataDir=DIR/data\nsyncLimit=1\n${servers}`, { "data/myid": "1" }, "initLimit is not set"],
    [
      quorum + servers,
      {},
      "data/myid cannot be read\n  why     ENOENT\n  try     a file that holds the N of",
    ],
    [quorum + servers, { "data/myid": "x" }, `data/myid: "x" is no number`],
    [quorum + servers, { "data/myid": "4" }, "data/myid: 4 is no server of"],
    [`${quorum}server.1=a\n`, {}, "zoo.cfg:4: not an address: a"],
    [`${quorum}server.1=a:1:65536\n`, {}, "zoo.cfg:4: server.1=a:1:65536 has a port beyond 65535"],
    [`${quorum}server.1=a:1:2:observer\n`, {}, "zoo.cfg: there is no participant"],
    [`${quorum}server.1=a:1:2\nserver.2=b:1:2:observer\n`, {}, "observers need at least two"],
    [
      `${quorum}dynamicConfigFile=DIR/d\n${servers}`,
      { d: "" },
      "zoo.cfg:5: server.1=a:1:2 belongs",
    ],
    [`${quorum}dynamicConfigFile=DIR/d\n`, { d: "version=1" }, "d:1: a version has no place here"],
    [
      "dataDir=DIR\nquorum.auth.enableSasl=1\n",
      {},
      "zoo.cfg:2: quorum.auth.enableSasl=1 is neither",
    ],
    ["dataDir=DIR\nquorum.auth.learnerRequireSasl=true\n", {}, "enableSasl is not true"],
    ["dataDir=DIR\nquorum.auth.serverRequireSasl=true\n", {}, "enableSasl is not true"],
    [
      "dataDir=DIR\nquorum.auth.enableSasl=true\nquorum.auth.serverRequireSasl=true\n",
      {},
      "learnerRequireSasl is not",
    ],
    [
      `${quorum}clientPort=1\n${servers}`,
      { "data/myid": "3" },
      "clientPort is 1, the server's line",
    ],
    [
      `${quorum}clientPort=1\nclientPortAddress=10.0.0.1\nserver.1=a:1:2;10.0.0.2:1\nserver.2=b:1:2\n`,
      { "data/myid": "1" },
      "clientPort is 10.0.0.1:1, the server's line says 10.0.0.2:1",
    ],
  ])("%j %j", (text, files, wanted) => {
    expect(() => readZooCfg(written(text, files))).toThrow(wanted);
  });
});

describe("keys", () => {
  const settled = (text: string, jvm: readonly (readonly [string, string])[] = []) =>
    settle(readZooCfg(written(`dataDir=DIR\nclientPort=1\n${text}`), new Map(jvm)), undefined);

  test("are Apache's defaults where the file is silent", () => {
    expect(settled("").options).toMatchObject({
      tickTime: 3000,
      minSessionTimeout: 6000,
      maxSessionTimeout: 60_000,
      maxClientCnxns: 60,
      superUser: undefined,
      ttlNodes: false,
      fourLetterWords: ["srvr"],
    });
    expect(settled("").admin).toEqual({ host: undefined, port: 8080 });
  });

  test("of the file win over the JVM's", () => {
    const jvm = [
      ["tickTime", "7"],
      ["extendedTypesEnabled", "true"],
      ["admin.serverPort", "5"],
    ];
    const { options, admin } = settled(
      "tickTime=2000\n",
      jvm.map(([k = "", v = ""]) => [k, v]),
    );
    expect([options.tickTime, options.ttlNodes, options.maxSessionTimeout]).toEqual([
      2000,
      true,
      40_000,
    ]);
    expect(admin?.port).toBe(5);
  });

  test("without effect are told", () => {
    expect(settled("cnxTimeout=1\nleaderServes=no\nfoo=1\n").warnings).toEqual([
      "cnxTimeout has no effect here",
      "leaderServes is not supported and has no effect",
      "foo is no key of ZooKeeper's and has no effect",
    ]);
    const admin = "admin.serverPort=1\nadmin.serverAddress=h\nadmin.enableServer=true\n";
    expect(settled(`${admin}admin.commandURL=/x\nadmin.idleTimeout=1\n`).warnings).toEqual([
      "admin.commandURL is not supported and has no effect",
      "admin.idleTimeout has no effect here",
    ]);
    const provider = "org.apache.zookeeper.server.auth.SASLAuthenticationProvider";
    expect(
      settled(`authProvider.1=${provider}\nauthProvider.2=com.example.Own\n`).warnings,
    ).toEqual(["authProvider.2 is not supported and has no effect"]);
    const auth = "quorum.auth.enableSasl=true\nquorum.auth.kerberos.servicePrincipal=a/b\n";
    expect(settled(`${auth}quorum.cnxn.threads.size=9\n`).warnings).toEqual([
      "quorum.cnxn.threads.size has no effect here",
    ]);
  });

  test("of what a leader does at a time are Apache's, from the file and from the JVM", () => {
    const syncs = ({ options }: ReturnType<typeof settled>) => options.settings.limits.syncs;
    expect(syncs(settled(""))).toEqual({ snapshots: 10, diffs: 100 });
    const jvm = ["zookeeper.leader.maxConcurrentDiffSyncs", "2"] as const;
    const both = settled("leader.maxConcurrentSnapSyncs=1\n", [[...jvm]]);
    expect([syncs(both), both.warnings]).toEqual([{ snapshots: 1, diffs: 2 }, []]);
    // A peer of Apache's with such a limit is elected and never leads.
    expect(() => settled("leader.maxConcurrentSnapSyncs=0\n")).toThrow(
      /zoo\.cfg: option config\.leader\.maxConcurrentSnapSyncs: 0 is not a whole number of 1 or more/,
    );
  });

  test("with a value that nobody can use name the file, and the line where it is no value at all", () => {
    expect(() => settled("tickTime=x\n")).toThrow("zoo.cfg:3: tickTime=x is no whole number");
    expect(() => settled("tickTime=0\n")).toThrow("zoo.cfg: option tickTime: 0 is not");
  });
});
