// Three servers of zookeeper-memory-server become three of Apache ZooKeeper, one by one, and then the other way round, while a
// client writes all along. Both kinds run from the same zoo.cfg, on the same data directory.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeServers, zkServer } from "./servers.js";
import { Writer } from "./writer.js";

if (zkServer === undefined) {
  console.log("skipped: Apache ZooKeeper is not installed (apt-get install zookeeper)");
  process.exit(process.env.CI ? 1 : 0); // where nobody reads that, it would count as passed
}

const dir = mkdtempSync(join(tmpdir(), "rolling-replacement-"));
const servers = makeServers(dir, 27_180);
process.on("exit", () => rmSync(dir, { recursive: true, force: true }));

for (const server of servers) server.start("ours");
try {
  await Promise.all(servers.map((server) => server.serving()));
  const writer = await Writer.begin(servers.map((server) => server.address).join(","));
  for (const kind of ["apache", "ours"]) {
    for (const server of await leaderLast()) {
      const role = await server.serving();
      await server.stop();
      server.start(kind);
      await server.serving();
      await writer.more(50); // the new one proves itself before the next one goes
      const kinds = servers.map((each) => each.kind).join(", ");
      console.log(
        `${kinds}: server ${server.sid}, a ${role}, replaced; ${writer.acknowledged} writes`,
      );
    }
  }
  const { lost, alive } = await writer.end();
  const { acknowledged, reconnects, expired } = writer;
  console.log(
    `${acknowledged} acknowledged writes, ${lost} lost; ${reconnects} reconnects, ${expired} expired sessions`,
  );
  if (lost !== 0 || expired !== 0 || !alive) process.exitCode = 1;
} finally {
  await Promise.all(servers.map((server) => server.stop()));
}

/** One election for all three, rather than one for each. */
async function leaderLast() {
  const roles = await Promise.all(servers.map((server) => server.serving()));
  const isLeader = (server) => roles[server.sid - 1] === "leader";
  return [...servers.filter((server) => !isLeader(server)), ...servers.filter(isLeader)];
}
