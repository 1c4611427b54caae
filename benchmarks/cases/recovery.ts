// From a start, from a leader's death, from a long absence: how long until all is well again.
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type ApacheServers, type ApacheYard, commitSoon, leaderOf } from "../apache.ts";
import { ended, heard } from "../child.ts";
import type { CuratorProcess, CuratorYard } from "../curator.ts";
import { nodePath, setData, sizeText } from "../frames.ts";
import { commitOne, RawClient, seed } from "../raw-client.ts";
import type { Benchmark, Row, Settings } from "../row.ts";
import { startEnsemble } from "../subject.ts";
import { type Timed, timed, took } from "./timed.ts";

const apacheBoot = (apache: ApacheYard): Timed => ({
  name: "Apache",
  async once() {
    let servers: ApacheServers | undefined;
    try {
      return await took(async () => {
        servers = await apache.boot({ peers: 3, fsync: false, isShortLived: true });
        await commitSoon(servers.ports[0] ?? 0, "/first");
      });
    } finally {
      await servers?.[Symbol.asyncDispose]();
    }
  },
});

const beside = <T>(yardstick: T | undefined, make: (yardstick: T) => Timed): Timed[] =>
  yardstick === undefined ? [] : [make(yardstick)];

/** In a JVM that is warm from the second on. */
const curatorBoot = (jvm: CuratorProcess): Timed => ({
  name: "TestingCluster",
  async once(index) {
    const ms = await took(async () => {
      const [port = 0] = await jvm.boot();
      await commitSoon(port, `/first${index}`);
    });
    await jvm.close();
    return ms;
  },
});

const curatorColdBoot = (curator: CuratorYard): Timed => ({
  name: "TestingCluster",
  async once() {
    const startedAt = performance.now();
    await using jvm = curator.start();
    const [port = 0] = await jvm.boot();
    await commitSoon(port, "/first");
    return performance.now() - startedAt;
  },
});

const boot: Benchmark = {
  name: "boot",
  about: `startEnsemble(3) to the first committed write, in a warm process; 3 peers, tcp links, memory; ${sizeText()}`,
  async run(settings: Settings): Promise<readonly Row[]> {
    const ours: Timed = {
      name: "ours",
      async once() {
        const startedAt = performance.now();
        await using ensemble = await startEnsemble(3);
        await commitOne(ensemble.peers[0]?.port ?? 0, "/first");
        return performance.now() - startedAt;
      },
    };
    const targets = [{ atMost: 30 }, { beside: "Apache", atMost: 1 / 20 }];
    await using jvm = settings.curator?.start();
    const others = [...beside(settings.apache, apacheBoot), ...beside(jvm, curatorBoot)];
    return [await timed([ours, ...others], settings, { name: "boot", targets })];
  },
};

/** A fresh process, from its start until it says that it is where it was to come. */
const coldProcess = (name: string, program: string): Timed => ({
  name,
  async once() {
    const path = fileURLToPath(new URL(`../${program}`, import.meta.url));
    const startedAt = performance.now();
    const child = fork(path, { execArgv: [], env: withoutNodeSettings });
    await heard(child, { from: child, event: "message", name: program });
    const ms = performance.now() - startedAt;
    await ended(child);
    return ms;
  },
});

/** NODE_EXTRA_CA_CERTS alone has a bare Node read a file of certificates, which takes half as long as its start. */
const withoutNodeSettings = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !name.startsWith("NODE_")),
);

const coldBoot: Benchmark = {
  name: "boot-cold",
  about: `a fresh Node process from its start to the first committed write, no NODE_ variable set; 3 peers, tcp links, memory; ${sizeText()}`,
  async run(settings: Settings): Promise<readonly Row[]> {
    const ours = coldProcess("ours", "cold-boot.mjs");
    const others = [
      coldProcess("a bare Node", "bare-start.mjs"),
      ...beside(settings.curator, curatorColdBoot),
    ];
    return [
      await timed([ours, ...others], settings, {
        name: "boot-cold",
        targets: [{ atMost: 300 }],
        samples: Math.ceil(settings.samples / 2),
        isElsewhere: true,
      }),
    ];
  },
};

const failover: Benchmark = {
  name: "failover",
  about: `the leader's death to the next committed write, on a session of its own; 3 peers, tcp links, memory; ${sizeText()}`,
  async run(settings: Settings): Promise<readonly Row[]> {
    await using ensemble = await startEnsemble(3);
    const ours: Timed = {
      name: "ours",
      async once(index) {
        const startedAt = performance.now();
        const { killed, leader } = await ensemble.killLeader();
        await commitOne(leader?.port ?? 0, `/after${index}`);
        const ms = performance.now() - startedAt;
        await killed.start();
        await ensemble.waitForConverged();
        return ms;
      },
    };
    await using jvm = settings.curator?.start();
    const cluster = jvm && { jvm, ports: await jvm.boot() };
    const others = [
      ...beside(settings.apache, apacheFailover),
      ...beside(cluster, curatorFailover),
    ];
    const targets = [{ atMost: 50 }];
    return [await timed([ours, ...others], settings, { name: "failover", targets })];
  },
};

const apacheFailover = (apache: ApacheYard): Timed => ({
  name: "Apache",
  async once(index) {
    const servers = await apache.servers({ peers: 3, fsync: false });
    const leader = await servers.leader();
    const survivor = servers.other(leader).plan.clientPort;
    const ms = await took(async () => {
      await leader.kill();
      await commitSoon(survivor, `/after${index}-${process.hrtime.bigint()}`);
    });
    await leader.start();
    await leader.serving(60_000);
    return ms;
  },
});

const curatorFailover = ({
  jvm,
  ports,
}: {
  readonly jvm: CuratorProcess;
  readonly ports: readonly number[];
}): Timed => ({
  name: "TestingCluster",
  async once(index) {
    await commitSoon(ports[0] ?? 0, `/before${index}`);
    const leader = await leaderOf(ports);
    const survivor = ports.find((port) => port !== leader) ?? 0;
    const ms = await took(async () => {
      await jvm.kill(leader);
      await commitSoon(survivor, `/after${index}`);
    });
    await jvm.restart(leader);
    await commitSoon(leader, `/back${index}`);
    return ms;
  },
});

const batch = 1000;

/** So many writes, a thousand in flight. */
async function write(port: number, count: number): Promise<void> {
  const client = await RawClient.open(port);
  const frames = Array.from({ length: batch }, (_, index) => setData(nodePath(index)));
  for (let done = 0; done < count; done += batch) await client.askAll(frames);
  client.close();
}

const catchUp: Benchmark = {
  name: "catch-up",
  about: `a follower that missed 100,000 setData (quick: 5,000), from its start until it serves with all of them; 3 peers, tcp links, memory; ${sizeText()}`,
  async run(settings: Settings): Promise<readonly Row[]> {
    const missed = settings.isQuick ? 5000 : 100_000;
    await using ensemble = await startEnsemble(3, { timeouts: { wait: 60_000 } });
    await seed(ensemble.peers[0]?.port ?? 0);
    const ours: Timed = {
      name: "ours",
      async once() {
        const [follower] = await ensemble.followers();
        const leader = await ensemble.leader();
        await follower?.kill();
        await write(leader.port, missed);
        return await took(async () => {
          await follower?.start();
          await ensemble.waitForConverged({ timeout: 60_000 });
        });
      },
    };
    const others = beside(settings.apache, (apache) => apacheCatchUp(apache, missed));
    const samples = settings.isQuick ? 3 : 5;
    return [await timed([ours, ...others], settings, { name: catchUp.name, samples })];
  },
};

const apacheCatchUp = (apache: ApacheYard, missed: number): Timed => ({
  name: "Apache",
  async once() {
    const servers = await apache.servers({ peers: 3, fsync: false });
    const leader = await servers.leader();
    await seed(leader.plan.clientPort);
    const follower = servers.other(leader);
    await follower.kill();
    await write(leader.plan.clientPort, missed);
    return await took(async () => {
      await follower.start();
      await follower.serving(60_000);
    });
  },
});

export const recoveries: readonly Benchmark[] = [boot, coldBoot, failover, catchUp];
