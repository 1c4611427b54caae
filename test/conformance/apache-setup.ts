// Two servers alone and three together, all of Apache ZooKeeper, for the whole run.
import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { claimPorts } from "../../src/apache/free-ports.ts";
import { findInstallation } from "../../src/apache/installation.ts";
import { LastWill } from "../../src/apache/last-will.ts";
import { ServerProcess } from "../../src/apache/server-process.ts";
import { ask } from "./raw-client.ts";
import {
  common,
  neverReaping,
  reaping,
  type Seat,
  sessionTimeouts,
  type Target,
  tickTime,
} from "./settings.ts";

const startTimeout = 180_000;
const host = "127.0.0.1";
const superDigest = `super:${createHash("sha1").update("super:super").digest("base64")}`;

const properties = {
  "zookeeper.extendedTypesEnabled": true,
  "zookeeper.admin.serverAddress": host,
  "zookeeper.4lw.commands.whitelist": "*",
  "zookeeper.DigestAuthenticationProvider.superDigest": superDigest,
  "zookeeper.forceSync": "no",
  ...Object.fromEntries(Object.entries(common).map(([key, value]) => [`zookeeper.${key}`, value])),
};
const settings = {
  tickTime,
  minSessionTimeout: sessionTimeouts.min,
  maxSessionTimeout: sessionTimeouts.max,
  maxClientCnxns: 0,
  clientPortAddress: host,
};

/** Vitest's global setup. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const apache = await startApache();
  project.provide("engine", "apache");
  project.provide("apache", apache.target);
  return apache.close;
}

export async function startApache(): Promise<{ target: Target; close: () => Promise<void> }> {
  const installation = findInstallation();
  const dir = await mkdtemp(join(tmpdir(), "zkms-conformance-"));
  const claim = await claimPorts(16);
  const plans = planServers(dir, claim.ports);
  const will = new LastWill(dir);
  const servers = plans.map((plan) => new ServerProcess(installation, plan, will));
  const close = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.kill()));
    await claim.release();
    await rm(dir, { recursive: true, force: true });
    await will.revoke();
  };
  try {
    await Promise.all(servers.map((server) => server.start()));
    await Promise.all(servers.map((server) => server.serving(startTimeout)));
    const places = plans.map(({ clientPort, adminPort }): Seat => {
      return { host, port: clientPort, admin: adminPort };
    });
    const [alone, reaper, ...three] = places;
    if (alone === undefined || reaper === undefined) throw new Error("no server alone");
    return { target: { alone, reaping: reaper, three: await leaderFirst(three) }, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The first two stand alone. */
function planServers(dir: string, ports: readonly number[]) {
  const members: Record<string, string> = {};
  for (let id = 1; id <= 3; id += 1) {
    members[`server.${id}`] = `${host}:${ports[id + 4]}:${ports[id + 7]}`;
  }
  return [-1, 0, 1, 2, 3].map((id) => {
    const clientPort = ports[id + 1] ?? 0;
    const adminPort = ports[id + 12] ?? 0;
    const quorum = id <= 0 ? {} : { initLimit: 50, syncLimit: 50, ...members };
    return {
      dir: join(dir, String(id)),
      host,
      myid: id <= 0 ? undefined : id,
      clientPort,
      adminPort,
      settings: { ...settings, clientPort, ...quorum },
      properties: {
        ...properties,
        "zookeeper.admin.serverPort": adminPort,
        ...(id === 0 ? reaping : neverReaping),
      },
    };
  });
}

async function leaderFirst(servers: readonly Seat[]): Promise<Seat[]> {
  const modes = await Promise.all(servers.map((server) => ask(server, "srvr")));
  const isLeader = (index: number): boolean => modes[index]?.includes("Mode: leader") === true;
  return [
    ...servers.filter((_, index) => isLeader(index)),
    ...servers.filter((_, index) => !isLeader(index)),
  ];
}
