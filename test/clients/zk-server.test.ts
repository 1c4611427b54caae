// Apache's own script, as Debian ships it, starts, asks and stops our peers: to it we are a java.
import { execFile } from "node:child_process";
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { connect } from "../../src/client/index.ts";
import { askWord } from "../../src/ensemble/four-letter-word.ts";
import { configFiles } from "../integration/zoo-cfg-files.ts";
import { javaHome } from "./java-home.ts";

const run = promisify(execFile);
const script = "/usr/share/zookeeper/bin/zkServer.sh";

test("zkServer.sh starts three peers, tells one leader and two followers, and stops them", async () => {
  await using configs = await configFiles(3);
  const zkServer = join(configs.dir, "zkServer.sh");
  copyFileSync(script, zkServer);
  // Debian's names the java; this one leaves that to the environment, as Apache's does.
  const environment = `ZOOCFGDIR=${configs.dir}\nZOO_LOG_DIR=${configs.dir}\nCLASSPATH=x\nJAVA="$JAVA_HOME/bin/java"\n`;
  writeFileSync(join(configs.dir, "zkEnv.sh"), environment);
  const flags = "-Xmx64m -Dreadonlymode.enabled=true -Dzookeeper.4lw.commands.whitelist=srvr,isro";
  const env = { ...process.env, JAVA_HOME: javaHome(), SERVER_JVMFLAGS: flags };
  const told = async (verb: string, file: string): Promise<string> =>
    (await run("bash", [zkServer, verb, file], { env })).stdout;
  try {
    const starts = await Promise.all(configs.files.map((file) => told("start", file)));
    expect(starts).toEqual(Array(3).fill("Starting zookeeper ... STARTED\n"));
    // A quorum is not all of them: each tells its mode when it serves.
    for (const port of configs.clientPorts) {
      await using client = await connect(`127.0.0.1:${port}`, { connectTimeout: 20_000 });
      await client.create(`/of-${port}`, "1");
    }
    const states = await Promise.all(configs.files.map((file) => told("status", file)));
    const modes = states.map((text) => text.trim().split("\n").at(-1));
    expect(modes.sort()).toEqual(["Mode: follower", "Mode: follower", "Mode: leader"]);
    // What -D says counts: the last one left serves readers.
    const [first = "", ...others] = configs.files;
    const stops = await Promise.all(others.map((file) => told("stop", file)));
    expect(stops).toEqual(Array(2).fill("Stopping zookeeper ... STOPPED\n"));
    const last = { host: "127.0.0.1", port: configs.clientPorts[0] ?? 0, timeout: 5_000 };
    await expect.poll(() => askWord("isro", last), { timeout: 20_000 }).toBe("ro");
    expect(await told("status", first)).toContain("Mode: read-only");
  } finally {
    const stops = await Promise.all(configs.files.map((file) => told("stop", file)));
    expect(stops[0]).toBe("Stopping zookeeper ... STOPPED\n");
  }
});
