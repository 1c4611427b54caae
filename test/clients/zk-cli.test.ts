// Apache's own command line, which prints what its Java client makes of the answers. The Debian package `zookeeper` brings it.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { type Ensemble, type EnsembleOptions, startEnsemble } from "../../src/index.ts";
import { onApache } from "../apache/engines.ts";

const zkCli = "/usr/share/zookeeper/bin/zkCli.sh";
const leftOut = !existsSync(zkCli) && process.env["CI"] === undefined;
const folder = mkdtempSync(join(tmpdir(), "zkms-cli-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** What commands print, without the client's own log. */
async function run(ens: Ensemble, commands: readonly string[], jvmFlags = ""): Promise<string[]> {
  const env = { ...process.env, CLIENT_JVMFLAGS: jvmFlags };
  const inOnePipe = 'exec bash "$0" "$@" 2>&1'; // errors stay where they belong between the answers
  const child = spawn("bash", ["-c", inOnePipe, zkCli, "-server", ens.connectString], { env });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text) => {
    output += text;
  });
  child.stdin.end([...commands, "quit", ""].join("\n"));
  await once(child, "close");
  const lines = output.split("\n").map((line) => line.trim());
  return lines.slice(lines.indexOf("JLine support is disabled") + 1).filter(isAnswer);
}

const isAnswer = (line: string): boolean =>
  line !== "" &&
  !/^(WATCHER::|WatchedEvent state:(SyncConnected|SaslAuthenticated|Closed) type:None|absolute path)/.test(
    line,
  ) &&
  !/ - (INFO|WARN|ERROR) |\[main|^\d{4}-|^EndOfStream|^SLF4J|^at |Exiting JVM/.test(line);

/** Zxids counted from the first one named, times and the order of sets left out: they differ from run to run. */
function comparable(printed: readonly string[]): string[] {
  const first = Number(/^cZxid = (0x\w+)/m.exec(printed.join("\n"))?.[1]);
  return printed
    .filter((line) => !line.startsWith("WatchedEvent")) // they come in between, from a thread of their own
    .map((line) => line.replace(/^([cm]time) = .*/, "$1"))
    .map((line) => line.replace(/(?<=Zxid = )0x\w+/, (zxid) => `first + ${Number(zxid) - first}`))
    .map((line) => line.replace(/^\[(.*)\]$/, (_, names) => names.split(", ").sort().join(", ")));
}

/** Every command but those that end the session, and reconfig. */
const everyCommand = [
  "version",
  "whoami",
  "create /a data",
  "create -s /a/p- x",
  "create -e /a/e x",
  "create -e -s /a/es- x",
  "create -c /c x",
  "create -t 60000 /t x",
  "create -s -t 60000 /ts- x",
  "create /a/e/child x",
  "create /a x",
  "create /none/x x",
  "stat /a",
  "stat /none",
  "get /none",
  "ls -s /a",
  "ls -R /a",
  "set -v 7 /a x",
  "set -s /a other",
  "delete -v 9 /a",
  "getAllChildrenNumber /a",
  "getEphemerals /a",
  "getEphemerals",
  "setquota -n 3 /a",
  "setquota -b 100 /a",
  "listquota /a",
  "listquota /c",
  "delquota -n /a",
  "listquota /a",
  "delquota /a",
  "listquota /a",
  "getAcl -s /a",
  "setAcl /a world:anyone:cdr",
  "set /a more",
  "getAcl /a",
  "addauth digest alice:secret",
  "create /mine x auth::cdrwa",
  "getAcl /mine",
  "setAcl -R /c world:anyone:cdrwa",
  "sync /a",
  "addWatch -m PERSISTENT /c",
  "set /c y",
  "removewatches /c",
  "get -w /c",
  "get -s /c",
  "config",
  "deleteall /a",
  "delete /mine",
  "ls /",
];

describe.skipIf(leftOut)(
  leftOut ? "zkCli.sh (left out: zookeeper is not installed)" : "zkCli.sh",
  () => {
    test("prints of our peers, in either version, what it prints of Apache's", async () => {
      const print = async (options: EnsembleOptions): Promise<string[]> => {
        await using ens = await startEnsemble({ ...options, peers: 1 });
        return comparable(await run(ens, everyCommand));
      };
      const expected = await print(onApache);
      expect(expected).toContain("Sync is OK");
      expect(await print({ emulate: "3.8" })).toEqual(expected);
      expect(await print({ emulate: "3.9" })).toEqual(expected);
    }, 180_000);

    test("creates nodes of every kind, and finds them", async () => {
      await using ens = await startEnsemble(3);
      const printed = await run(ens, [
        "create /a data",
        "create -s /a/n- x",
        "create -e /a/mine x",
        "create -c /container x",
        "create -t 60000 /ttl x",
        "ls -R /",
        "get /a",
        "getAllChildrenNumber /",
        "getEphemerals",
        "set /a other",
        "get -s /a",
        "delete /a",
        "deleteall /a",
        "ls /",
      ]);
      expect(printed.filter((line) => !/^(c|m|p)(Z|z|t)|Time|^dataVersion/.test(line))).toEqual([
        "Created /a",
        "Created /a/n-0000000000",
        "Created /a/mine",
        "Created /container",
        "Created /ttl",
        "/",
        "/a",
        "/container",
        "/ttl",
        "/zookeeper",
        "/a/mine",
        "/a/n-0000000000",
        "/zookeeper/config",
        "/zookeeper/quota",
        "data",
        "8",
        "[/a/mine]",
        "other",
        "cversion = 2",
        "aclVersion = 0",
        "ephemeralOwner = 0x0",
        "dataLength = 5",
        "numChildren = 2",
        "Node not empty: /a",
        "[container, ttl, zookeeper]",
      ]);
    });

    test("hears of what it watches", async () => {
      await using ens = await startEnsemble(1);
      const printed = await run(ens, [
        "addWatch -m PERSISTENT_RECURSIVE /w",
        "create /w x",
        "create /w/child x",
        "removewatches /w",
        "delete /w/child",
      ]);
      expect(printed.filter((line) => line.startsWith("WatchedEvent"))).toEqual([
        "WatchedEvent state:SyncConnected type:NodeCreated path:/w",
        "WatchedEvent state:SyncConnected type:NodeCreated path:/w/child",
        "WatchedEvent state:SyncConnected type:PersistentWatchRemoved path:/w",
      ]);
    });

    test("limits a tree by a quota", async () => {
      await using ens = await startEnsemble({ peers: 1, config: { enforceQuota: true } });
      const commands = [
        "create /app x",
        "setquota -N 2 /app",
        "create /app/a 1",
        "create /app/b 1",
      ];
      expect(await run(ens, [...commands, "listquota /app"])).toEqual([
        "Created /app",
        "Created /app/a",
        "Quota has exceeded : /app/b",
        "Output quota for /app count=-1,bytes=-1=;byteHardLimit=-1;countHardLimit=2",
        "Output stat for /app count=2,bytes=2",
      ]);
    });

    test("logs in, by an auth packet and by SASL", async () => {
      await using ens = await startEnsemble({ peers: 1, sasl: { digest: { bob: "bobsecret" } } });
      const jaas = join(folder, "jaas.conf");
      const module = "org.apache.zookeeper.server.auth.DigestLoginModule required";
      writeFileSync(jaas, `Client { ${module} username="bob" password="bobsecret"; };`);
      const commands = ["addauth digest alice:secret", "whoami", "create /mine x sasl:bob:cdrwa"];
      const flags = `-Djava.security.auth.login.config=${jaas}`;
      const printed = await run(ens, [...commands, "getAcl /mine"], flags);
      expect([printed[0], printed.slice(1, 4).sort(), printed.slice(4)]).toEqual([
        "Auth scheme: User",
        ["digest: alice", "ip: 127.0.0.1", "sasl: bob"],
        ["Created /mine", "'sasl,'bob", ": cdrwa"],
      ]);
    });
  },
);
