import { execFile } from "node:child_process";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { freePorts } from "../../src/apache/free-ports.ts";
import { makeJavaHome } from "../../src/cli/java/java-home.ts";
import { connect } from "../../src/client/index.ts";
import { askWord } from "../../src/ensemble/four-letter-word.ts";
import { type RunningPeer, startPeer } from "../../src/index.ts";
import { runPeer } from "../../src/zoo-cfg/run-peer.ts";
import { readZooCfg } from "../../src/zoo-cfg/zoo-cfg.ts";
import { Program } from "./program.ts";
import { configFiles } from "./zoo-cfg-files.ts";

const run = promisify(execFile);
const host = "127.0.0.1";
const mode = async (port: number): Promise<string> =>
  /Mode: (\w+)/.exec(await askWord("srvr", { host, port, timeout: 5_000 }))?.[1] ?? "looking";

async function leaderOf(peers: readonly RunningPeer[]): Promise<RunningPeer | undefined> {
  const roles = await Promise.all(peers.map((peer) => peer.role()));
  return peers[roles.indexOf("leader")];
}

describe("startPeer", () => {
  test("of three configuration files makes one ensemble", async () => {
    await using configs = await configFiles(3);
    const [one = "", two = "", three = ""] = configs.files;
    await using first = await startPeer({ config: one });
    await using second = await startPeer({ config: two });
    await using third = await startPeer({ config: three });
    const addresses = configs.clientPorts.map((port) => `${host}:${port}`);
    await using client = await connect(addresses.join(","));
    await client.create("/a", "1");
    const roles = await Promise.all([first, second, third].map((peer) => peer.role()));
    expect([...roles].sort()).toEqual(["follower", "follower", "leader"]);
    expect(first.clientPort).toBe(configs.clientPorts[0]);
    // Without reconfigEnabled nothing is written beside it.
    expect(readdirSync(configs.dir).filter((name) => name.startsWith("zoo"))).toHaveLength(3);
    await expect.poll(() => Promise.all(configs.clientPorts.map(mode))).toEqual(roles); // one may not serve yet
  });

  test("without server lines stands alone", async () => {
    await using configs = await configFiles(1);
    await using peer = await startPeer({ config: configs.files[0] ?? "" });
    await using client = await connect(`${host}:${peer.clientPort}`);
    await client.create("/a", "1");
    expect(await peer.role()).toBe("standalone");
  });

  test("alone with a server line listens where that says, and tells of the folders of its files", async () => {
    await using configs = await configFiles(1, "4lw.commands.whitelist=*");
    const [config = ""] = configs.files;
    const [port = 0] = configs.clientPorts;
    const line = `server.1=${host}:2888:3888;${host}:${port}`;
    writeFileSync(config, readFileSync(config, "utf8").replace(/^clientPort=.*$/m, line));
    appendFileSync(config, `dataLogDir=${join(configs.dir, "logs")}\n`);
    await using peer = await startPeer({ config });
    expect([peer.clientPort, await peer.role()]).toEqual([port, "standalone"]);
    const conf = await askWord("conf", { host, port, timeout: 5_000 });
    expect(conf).toContain(`dataDir=${join(configs.dir, "data-1", "version-2")}\n`);
    expect(conf).toContain(`dataLogDir=${join(configs.dir, "logs", "version-2")}\n`);
  });

  test("finds again what it held, in Apache's files", async () => {
    await using configs = await configFiles(1);
    const [config = ""] = configs.files;
    {
      await using peer = await startPeer({ config });
      await using client = await connect(`${host}:${peer.clientPort}`);
      await client.create("/a", "1");
    }
    const names = readdirSync(join(configs.dir, "data-1", "version-2"));
    expect(names.sort()).toEqual(["log.1", "snapshot.0"]);
    await using peer = await startPeer({ config });
    await using client = await connect(`${host}:${peer.clientPort}`);
    expect((await client.get("/a")).data.toString()).toBe("1");
  });

  test("goes where a reconfiguration moves it, and is there when it starts again", async () => {
    await using configs = await configFiles(3, "reconfigEnabled=true\nskipACL=yes");
    const [one = "", two = "", three = ""] = configs.files;
    await using first = await startPeer({ config: one });
    await using second = await startPeer({ config: two });
    const third = await startPeer({ config: three });
    const [client = 0, quorum = 0, election = 0] = await freePorts(3);
    await using before = await connect(`${host}:${third.clientPort}`);
    await before.reconfig({
      joining: [`server.3=${host}:${quorum}:${election}:participant;${host}:${client}`],
    });
    await using after = await connect(`${host}:${client}`); // again and again, until it listens there
    await before.create("/a", "1");
    expect([third.clientPort, await mode(client)]).toEqual([client, await third.role()]);
    await third[Symbol.asyncDispose]();

    await using again = await startPeer({ config: three });
    expect(again.clientPort).toBe(client);
    await after.sync("/");
    expect((await after.get("/a")).data.toString()).toBe("1");
    // Whoever is left of the two others needs the third, where it is by now.
    await (await leaderOf([first, second, again]))?.[Symbol.asyncDispose]();
    await after.create("/b");
  });

  test("says aloud which port it cannot move to", async () => {
    await using configs = await configFiles(3, "reconfigEnabled=true\nskipACL=yes");
    const [one = "", two = "", three = ""] = configs.files;
    const said: string[] = [];
    const failures: unknown[] = [];
    const commandLine = {
      loginConfig: undefined,
      warn: (text: string) => said.push(text),
      failed: (error: unknown) => failures.push(error),
    };
    await using _first = await startPeer({ config: one });
    await using _second = await startPeer({ config: two });
    await using third = await runPeer(readZooCfg(three), commandLine);
    const [taken = 0] = await freePorts(1);
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(taken, host, resolve));
    await using client = await connect(`${host}:${third.clientPort}`);
    const line = (await client.getConfig()).config
      .split("\n")
      .find((text) => text.startsWith("server.3="));
    await client.reconfig({ joining: [`${line};${host}:${taken}`] });
    await expect
      .poll(() => said.join("\n"))
      .toContain(`${three}: peer 3 cannot listen for clients on ${host}:${taken} (EADDRINUSE)`);
    await client.create("/served-on");
    // Without its election port it is of no use to anybody: it stops.
    const moved = (line ?? "").replace(/:\d+:participant/, `:${taken}:participant`);
    await client.reconfig({ joining: [`${moved};${host}:${taken}`] });
    await expect
      .poll(() => failures, { timeout: 15_000 })
      .toMatchObject([{ code: "ZKMS_PORT_IN_USE" }]);
    expect(await third.role()).toBe("crashed");
    other.close();
  });

  test("keeps others off its directories, by whatever names they come", async () => {
    await using configs = await configFiles(1);
    const [config = ""] = configs.files;
    const [data, logs, link, other] = ["data-1", "logs", "link", "other"].map((name) =>
      join(configs.dir, name),
    ) as [string, string, string, string];
    mkdirSync(logs);
    symlinkSync(data, link);
    appendFileSync(config, `dataLogDir=${logs}\n`);
    const first = await startPeer({ config });
    for (const directories of [
      `dataDir=${data}`,
      `dataDir=${link}`,
      `dataDir=${relative(process.cwd(), data)}`,
      `dataDir=${other}\ndataLogDir=${logs}`,
    ]) {
      const another = join(configs.dir, "another.cfg");
      writeFileSync(another, `${directories}\nadmin.enableServer=false\n`);
      await expect(startPeer({ config: another })).rejects.toMatchObject({
        code: "ZKMS_STORAGE",
        message: expect.stringContaining(`in use by another ensemble, of process ${process.pid}`),
      });
    }
    await first[Symbol.asyncDispose]();
    await using _again = await startPeer({ config });
  });

  test("keeps logs in a folder of their own, and finds them there", async () => {
    await using configs = await configFiles(1, "snapCount=10");
    const [config = ""] = configs.files;
    const logs = join(configs.dir, "logs");
    appendFileSync(config, `dataLogDir=${logs}\n`);
    {
      await using peer = await startPeer({ config });
      await using client = await connect(`${host}:${peer.clientPort}`);
      await client.create("/a");
      for (let i = 1; i <= 30; i += 1) await client.set("/a", String(i));
    }
    const kindsIn = (dir: string): Set<string | undefined> =>
      new Set(readdirSync(join(dir, "version-2")).map((name) => name.split(".")[0]));
    const data = kindsIn(join(configs.dir, "data-1"));
    data.delete("writing"); // a snapshot that was begun when the peer stopped
    expect(data).toEqual(new Set(["snapshot"]));
    expect(kindsIn(logs)).toEqual(new Set(["log"]));
    await using peer = await startPeer({ config });
    await using client = await connect(`${host}:${peer.clientPort}`);
    expect((await client.get("/a")).data.toString()).toBe("30");
  });

  test("makes no folder where that is forbidden", async () => {
    await using configs = await configFiles(1, "zookeeper.datadir.autocreate=false");
    const [config = ""] = configs.files;
    const folder = join(configs.dir, "data-1", "version-2");
    await expect(startPeer({ config })).rejects.toMatchObject({
      code: "ZKMS_STORAGE",
      message: expect.stringContaining(`${folder} is missing`),
    });
    mkdirSync(folder);
    await using _peer = await startPeer({ config });
  });

  test("says which port it cannot have", async () => {
    await using configs = await configFiles(1);
    const [port = 0] = configs.clientPorts;
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(port, host, resolve));
    const started = startPeer({ config: configs.files[0] ?? "" });
    await expect(started).rejects.toMatchObject({ code: "ZKMS_PORT_IN_USE" });
    other.close();
  });

  test("says which file names an address that is not this machine's", async () => {
    await using configs = await configFiles(1);
    const [config = ""] = configs.files;
    appendFileSync(config, "clientPortAddress=192.0.2.1\n");
    await expect(startPeer({ config })).rejects.toMatchObject({
      code: "ZKMS_BAD_OPTIONS",
      message: expect.stringMatching(/cannot have its address\n {2}why {5}.*EADDRNOTAVAIL/),
    });
  });

  test("ends when its signal is aborted", async () => {
    await using configs = await configFiles(1);
    const stop = new AbortController();
    const peer = await startPeer({ config: configs.files[0] ?? "", signal: stop.signal });
    stop.abort();
    await peer[Symbol.asyncDispose]();
    await expect(mode(peer.clientPort)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  test("does not come up when its signal is aborted while it starts", async () => {
    await using configs = await configFiles(1);
    const stop = new AbortController();
    const starting = startPeer({ config: configs.files[0] ?? "", signal: stop.signal });
    stop.abort(new Error("enough"));
    await expect(starting).rejects.toThrow("enough");
  });
});

describe("the command", () => {
  test("--config prints the client port, warns of what has no effect, and ends with 0 when told to", async () => {
    await using configs = await configFiles(1, "foo=1");
    const [file = ""] = configs.files;
    await using program = new Program(["src/cli/main.ts", "--config", file]);
    const port = Number(await program.line(/./));
    expect(await mode(port)).toBe("standalone");
    // Nobody else may write to its files meanwhile.
    await expect(startPeer({ config: file })).rejects.toMatchObject({
      code: "ZKMS_STORAGE",
      message: expect.not.stringContaining(`process ${process.pid}`),
    });
    program.signal("SIGTERM");
    expect(await program.ended).toEqual({ code: 0, signal: null });
    expect(program.stderr).toEqual([`${file}: foo is no key of ZooKeeper's and has no effect`]);
  });
});

describe("in the place of java", () => {
  const tsx = import.meta.resolve("tsx");
  const program = [process.execPath, "--import", tsx, join(process.cwd(), "src/cli/java/main.ts")];
  const javaIn = (dir: string): string => join(makeJavaHome(program, dir), "bin", "java");

  test("starts our peer for QuorumPeerMain, asks it words for FourLetterWordMain", async () => {
    await using configs = await configFiles(1, "extendedTypesEnabled=false");
    const [file = ""] = configs.files;
    const java = javaIn(configs.dir);
    const properties = ["-Dzookeeper.log.dir=/tmp", "-Dorg.slf4j.x=1", "-Dzookeeper.foo=1"];
    const flags = ["-cp", "/x.jar", "-Xmx1g", ...properties];
    const quorumPeerMain = "org.apache.zookeeper.server.quorum.QuorumPeerMain";
    await using peer = new Program([...flags, quorumPeerMain, file], {}, [java]);
    await using client = await connect(`${host}:${configs.clientPorts[0]}`, {
      connectTimeout: 20_000,
    });
    await client.create("/a", "1");
    const word = "org.apache.zookeeper.client.FourLetterWordMain";
    const asked = await run(java, ["-cp", "x", word, host, String(configs.clientPorts[0]), "srvr"]);
    expect(asked.stdout).toContain("Mode: standalone");
    peer.signal("SIGTERM");
    expect(await peer.ended).toEqual({ code: 0, signal: null });
    expect(peer.stderr).toEqual([`${file}: foo is no key of ZooKeeper's and has no effect`]);
  });

  test.each(["a file", "a port and a folder"])(
    "stands alone for ZooKeeperServerMain, given %s",
    async (given) => {
      await using configs = await configFiles(1);
      const [port = 0] = configs.clientPorts;
      const folder = join(configs.dir, "data-of-main");
      const args = given === "a file" ? configs.files : [String(port), folder];
      const main = "org.apache.zookeeper.server.ZooKeeperServerMain";
      await using peer = new Program(["-Dzookeeper.admin.enableServer=false", main, ...args], {}, [
        javaIn(configs.dir),
      ]);
      await using client = await connect(`${host}:${port}`, { connectTimeout: 20_000 });
      await client.create("/a", "1");
      expect(existsSync(join(folder, "version-2"))).toBe(given !== "a file");
      peer.signal("SIGTERM");
      expect(await peer.ended).toEqual({ code: 0, signal: null });
    },
  );

  test("killed, loses nothing that it acknowledged", { timeout: 60_000 }, async () => {
    await using configs = await configFiles(3);
    const java = javaIn(configs.dir);
    const main = "org.apache.zookeeper.server.quorum.QuorumPeerMain";
    const started = (): Program[] =>
      configs.files.map((file) => new Program([main, file], {}, [java]));
    const addresses = configs.clientPorts.map((port) => `${host}:${port}`).join(",");
    const first = started();
    {
      await using client = await connect(addresses, { connectTimeout: 20_000 });
      for (let i = 0; i < 20; i += 1) await client.create(`/n${i}`, String(i));
      for (const peer of first) peer.signal("SIGKILL");
      await Promise.all(first.map((peer) => peer.ended));
    }
    const second = started();
    try {
      await using client = await connect(addresses, { connectTimeout: 20_000 });
      const { children: names } = await client.children("/");
      expect(names.filter((name) => /^n\d+$/.test(name))).toHaveLength(20);
    } finally {
      await Promise.all(second.map((peer) => peer[Symbol.asyncDispose]()));
    }
  });

  test("hands any other class to the real java", async () => {
    await using configs = await configFiles(1);
    const java = javaIn(configs.dir);
    const env = { ...process.env, ZKMS_JAVA: "/bin/echo" };
    const { stdout } = await run(java, ["-cp", "x", "com.example.Main", "-a"], { env });
    expect(stdout).toBe("-cp x com.example.Main -a\n");
  });

  test("without a real java says so", async () => {
    await using configs = await configFiles(1);
    const java = javaIn(configs.dir);
    const env = { ...process.env, PATH: "/nowhere", ZKMS_JAVA: "/nowhere/java" };
    await expect(run(java, ["com.example.Main"], { env })).rejects.toMatchObject({ code: 127 });
  });

  test.each([
    ["a configuration that is wrong", "clientPort=x", 2],
    ["a log that is damaged", "", 1],
    ["a folder that cannot be made", "dataLogDir=/dev/null/x", 3],
    ["a folder where none can be made", "dataLogDir=/proc/no/x", 3],
    ["a folder that may not be made", "dataLogDir=/nowhere/x\ndatadir.autocreate=false", 3],
  ])("ends with Apache's code for %s", async (_, key, code) => {
    await using configs = await configFiles(1, key);
    const folder = join(configs.dir, "data-1", "version-2");
    mkdirSync(folder);
    writeFileSync(join(folder, "log.1"), Buffer.alloc(40, 0x5a));
    const main = "org.apache.zookeeper.server.quorum.QuorumPeerMain";
    const started = run(javaIn(configs.dir), [main, configs.files[0] ?? ""]);
    await expect(started).rejects.toMatchObject({ code });
  });
});
