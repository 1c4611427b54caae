// Our files in the hands of Apache's tools and server, and Apache's in ours again.
import { execFile } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { freePorts } from "../../src/apache/free-ports.ts";
import { findInstallation } from "../../src/apache/installation.ts";
import { LastWill } from "../../src/apache/last-will.ts";
import { ServerProcess } from "../../src/apache/server-process.ts";
import { connect, type ZooKeeperClient } from "../../src/client/index.ts";
import { askWord } from "../../src/ensemble/four-letter-word.ts";
import { type Ensemble, startEnsemble } from "../../src/index.ts";
import { tempFolder } from "../integration/temp-folder.ts";

const run = promisify(execFile);
const installation = findInstallation();

/** The output of one of Apache's programs, which must end well. */
async function tool(main: string, ...args: readonly string[]): Promise<string> {
  const { java, classpath } = installation;
  const { stdout, stderr } = await run(java, [
    "-Xmx256m",
    "-XX:TieredStopAtLevel=1",
    "-cp",
    classpath,
    main,
    ...args,
  ]);
  return stdout + stderr;
}
const persistence = "org.apache.zookeeper.server.persistence";

/** Some of everything that a log can hold; an ephemeral node stays when the caller does not close the client. */
async function writeAll(client: ZooKeeperClient): Promise<void> {
  await client.create("/app", "x");
  await client.create("/app/empty", "");
  await client.create(
    "/app/bytes",
    Uint8Array.from({ length: 256 }, (_, index) => index),
  );
  await client.create("/app/ünï-日本", "déjà vu ☃");
  await client.create("/app/container", "", { mode: "container" });
  await client.create("/app/container/child", "");
  await client.create("/app/ttl", "", { mode: "persistentWithTtl", ttl: 86_400_000 });
  await client.create("/app/seq-", "", { mode: "persistentSequential" });
  await client.create("/app/mine", "", { mode: "ephemeral" });
  await client.create("/open", "", { acl: [{ scheme: "ip", id: "127.0.0.1", perms: 31 }] });
  await client.setAcl("/open", [
    { scheme: "world", id: "anyone", perms: 31 },
    { scheme: "digest", id: "alice:aYXlLOpEooaV1cRAvUL1fp9Qt7E=", perms: 1 },
  ]);
  for (let i = 0; i < 30; i += 1) await client.set("/app", `version ${i}`);
  // No plain create: the client asks for create2 in a multi, which Apache cannot apply before ZOOKEEPER-4026.
  await client.multi([
    { op: "create", path: "/app/m1", data: "1", mode: "container" },
    { op: "set", path: "/app/m1", data: "2" },
    { op: "check", path: "/app", version: 30 },
    { op: "delete", path: "/app/empty" },
  ]);
  const failing = client.multi([
    { op: "create", path: "/app/m2", mode: "container" },
    { op: "set", path: "/app", data: "", version: 1 },
  ]);
  await expect(failing).rejects.toMatchObject({ code: "BADVERSION" });
  await expect(client.create("/app", "")).rejects.toMatchObject({ code: "NODEEXISTS" });
}

/** Every node with its data, ACL and Stat; what each server writes for itself apart. */
async function contentOf(connectString: string): Promise<Map<string, unknown>> {
  const client = await connect(connectString);
  const nodes = new Map<string, unknown>();
  const waiting = ["/"];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const { data, stat } = await client.get(path);
    const { acl } = await client.getAcl(path);
    if (path !== "/zookeeper/config") nodes.set(path, { data: data.toString("hex"), stat, acl });
    const { children } = await client.children(path);
    for (const name of children.sort()) waiting.push(path === "/" ? `/${name}` : `${path}/${name}`);
  }
  await client.close();
  return nodes;
}

async function filesIn(ens: Ensemble): Promise<string[]> {
  const peers = await Promise.all(
    ens.peers.map(async ({ id, dataDir = "" }) => {
      const files = await ens.storage.files(id);
      return files
        .filter(({ kind }) => kind !== "epoch")
        .map(({ name }) => join(dataDir, "version-2", name));
    }),
  );
  return peers.flat();
}

describe("Apache's tools", () => {
  test("read our logs and snapshots without complaint", async () => {
    const dir = tempFolder();
    const ens = await startEnsemble(3, { storage: { kind: "disk", dir }, snapCount: 20 });
    await using client = await ens.connect();
    await writeAll(client);
    await ens.waitForConverged();
    await ens.stop();
    const files = await filesIn(ens);
    await ens.close();
    const logs = files.filter((file) => file.includes("log."));
    const snapshots = files.filter((file) => file.includes("snapshot."));
    expect(snapshots.length).toBeGreaterThan(3);
    let read = 0;
    for (const log of logs) {
      const text = await tool(`${persistence}.TxnLogToolkit`, "-d", log);
      expect(text).not.toMatch(/CRC ERROR|Exception/);
      read += Number(/EOF reached after (\d+) txns/.exec(text)?.[1] ?? 0);
    }
    expect(read).toBeGreaterThan(3 * 45);
    for (const snapshot of snapshots) {
      const text = await tool("org.apache.zookeeper.server.SnapshotFormatter", snapshot);
      expect(text).toMatch(/ZNode Details/);
      expect(text).not.toMatch(/Exception/);
    }
  });
});

describe("an Apache server", () => {
  test.each([
    ["logs", 100_000],
    ["snapshots", 10],
  ])(
    "starts on our %s, shows the same tree with the same Stats, and we on what it leaves",
    async (_, snapCount) => {
      const dir = tempFolder();
      const dataDir = join(dir, "data");
      mkdirSync(dataDir);
      const peers = [{ storage: { kind: "disk", dir: dataDir } }] as const;
      let content: Map<string, unknown>;
      {
        await using ours = await startEnsemble({ peers, snapCount });
        await writeAll(await connect(ours.connectString));
        content = await contentOf(ours.connectString);
        await ours.kill("all");
      }
      const [clientPort = 0] = await freePorts(1);
      const will = new LastWill(dir);
      const plan = {
        dir,
        host: "127.0.0.1",
        myid: undefined,
        clientPort,
        settings: { tickTime: 500, clientPort, clientPortAddress: "127.0.0.1" },
        properties: {
          "zookeeper.extendedTypesEnabled": true,
          "zookeeper.admin.enableServer": false,
          "zookeeper.4lw.commands.whitelist": "*",
        },
      };
      const apache = new ServerProcess(installation, plan, will);
      try {
        await apache.start();
        await apache.serving(30_000);
        const address = `127.0.0.1:${clientPort}`;
        expect(await contentOf(address)).toEqual(content);
        const mntr = await askWord("mntr", { host: "127.0.0.1", port: clientPort, timeout: 5_000 });
        expect(mntr).toMatch(/^zk_digest_mismatches_count\t0$/m); // of what it read as well
        const client = await connect(address);
        await client.create("/from-apache", "1");
        await client.close();
        content = await contentOf(address);
      } finally {
        await apache.kill();
        await will.revoke();
      }
      await using ours = await startEnsemble({ peers });
      expect(await contentOf(ours.connectString)).toEqual(content);
    },
  );
});
