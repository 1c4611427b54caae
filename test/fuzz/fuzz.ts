// A life of an ensemble among strangers: attacks one after the other on several lanes, clients that behave beside them, and at the
// end the question whether anything is not as it was.
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { ZooKeeperClient } from "../../src/client/index.ts";
import { Prng } from "../../src/core/base/prng.ts";
import { type Ensemble, startEnsemble } from "../../src/index.ts";
import { attacks, drawAttack, type PeerPorts, type Scene } from "./attacks.ts";
import { Bystander, onlyOurs, preserve } from "./bystander.ts";
import { Frames, folder } from "./frames.ts";
import { Packets } from "./packets.ts";

export interface FuzzOptions {
  readonly seed: string;
  /** Frames, packets, greetings and the like to send, at least. */
  readonly inputs: number;
  /** Only attacks of this name. */
  readonly attack?: string | undefined;
  /** Only the attack of this number, again and again. */
  readonly only?: number | undefined;
  /** Called now and then. */
  readonly onProgress?: (inputs: number) => void;
}

export interface FuzzReport {
  readonly inputs: number;
  /** Attacks by name. */
  readonly attacks: Readonly<Record<string, number>>;
  readonly seconds: number;
  /** Of the clients that behave. */
  readonly rounds: number;
  readonly longestRoundMs: number;
  /** Of the process, the attackers' part included: before, at most, after; heap and buffers are counted after a collection. */
  readonly megabytes: {
    readonly rss: readonly [before: number, max: number, after: number];
    readonly used: readonly [before: number, after: number];
  };
  /** What is not as it should be; empty: nothing. */
  readonly faults: readonly string[];
}

const lanes = 6;
const bigBytes = 200_000;
/** Attacks between two sweeps of what they left in the tree. */
const sweepEvery = 400;
/** Longer than any session, handshake or mute connection may last. */
const afterwardsMs = 80_000;
/** What may be held at the end more than before: logs grow until the next snapshot, pools until they are needed no more. */
const usedGrowthMax = 120;

export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const prng = new Prng(`protocol/${options.seed}`);
  const password = `${prng.split("password").float()}`;
  await using ensemble = await startEnsemble(3, {
    seed: options.seed,
    tls: true,
    admin: true,
    snapCount: 5000,
    superUser: { id: "super", password },
  });
  const called = createServer((socket) => socket.destroy()).listen(0, "127.0.0.1");
  await once(called, "listening");
  try {
    return await new Fuzz(options, { ensemble, password, called }).run(prng);
  } finally {
    called.close();
  }
}

class Fuzz {
  readonly #options: FuzzOptions;
  readonly #ensemble: Ensemble;
  readonly #password: string;
  readonly #called: Server;
  readonly #faults: string[] = [];
  readonly #counts: Record<string, number> = {};
  #inputs = 0;
  #started = 0;
  #rssMax = 0;
  #sweep: Promise<void> | undefined;

  constructor(
    options: FuzzOptions,
    surroundings: {
      readonly ensemble: Ensemble;
      readonly password: string;
      readonly called: Server;
    },
  ) {
    this.#options = options;
    this.#ensemble = surroundings.ensemble;
    this.#password = surroundings.password;
    this.#called = surroundings.called;
  }

  async run(prng: Prng): Promise<FuzzReport> {
    const ensemble = this.#ensemble;
    const sweeper = await this.#superUser();
    await sweeper.create("/big", "x".repeat(bigBytes));
    await sweeper.create(preserve, "", { acl: onlyOurs });
    await this.#sweepTree(sweeper);
    const scene = await this.#scene(prng);
    const before = await this.#holdings();
    const bystanders = await Promise.all(
      ensemble.peers.map(({ id }) =>
        Bystander.enter(ensemble, id, (error) => this.#fault("a client that behaves", error)),
      ),
    );
    const watch = ensemble.events.on("peer", ({ peer, from, to, why }) => {
      this.#faults.push(`peer ${peer} went from ${from} to ${to}: ${why}`);
    });
    const startedAt = performance.now();
    await Promise.all(Array.from({ length: lanes }, () => this.#lane(scene, prng, sweeper)));
    const seconds = (performance.now() - startedAt) / 1000;
    for (const bystander of bystanders) {
      await bystander.leave().catch((error) => this.#fault("a client that behaves", error));
    }
    await this.#calmDown(sweeper);
    watch[Symbol.dispose]();
    const after = await this.#holdings();
    this.#compare(before, after);
    await sweeper.close();
    return {
      inputs: this.#inputs,
      attacks: this.#counts,
      seconds,
      rounds: bystanders.reduce((sum, { rounds }) => sum + rounds, 0),
      longestRoundMs: Math.max(...bystanders.map(({ longestMs }) => longestMs)),
      megabytes: {
        rss: [before.memory.rss, this.#rssMax, after.memory.rss],
        used: [before.memory.used, after.memory.used],
      },
      faults: this.#faults,
    };
  }

  async #lane(scene: Scene, prng: Prng, sweeper: ZooKeeperClient): Promise<void> {
    while (this.#inputs < this.#options.inputs && this.#faults.length === 0) {
      const number = this.#options.only ?? this.#started;
      this.#started += 1;
      const own = prng.split(`attack ${number}`);
      const name = this.#options.attack ?? drawAttack(own);
      this.#counts[name] = (this.#counts[name] ?? 0) + 1;
      try {
        const sent = await attacks[name]?.[1](scene, own);
        this.#inputs += sent ?? 0;
      } catch (error) {
        this.#fault(`attack ${number} (${name})`, error);
      }
      this.#rssMax = Math.max(this.#rssMax, megabytes().rss);
      if (this.#started % sweepEvery === 0) {
        this.#sweep ??= this.#sweepTree(sweeper).finally(() => {
          this.#sweep = undefined;
        });
        this.#options.onProgress?.(this.#inputs);
      }
    }
    await this.#sweep;
  }

  async #scene(prng: Prng): Promise<Scene> {
    const ensemble = this.#ensemble;
    const portsOf = ({ ports }: Ensemble["peers"][number]): PeerPorts => {
      const { client, quorum = 0, election = 0, secure = 0, admin = 0 } = ports;
      return { client, quorum, election, secure, admin };
    };
    return {
      peers: ensemble.peers.map(portsOf),
      leader: portsOf(await ensemble.leader()),
      ca: ensemble.tls?.ca ?? "",
      frames: new Frames(prng.split("frames")),
      packets: new Packets(prng.split("packets")),
      juteMaxBuffer: 1_048_575,
      big: "/big",
      bigBytes,
      called: portOf(this.#called),
    };
  }

  #superUser(): Promise<ZooKeeperClient> {
    const auth = [{ scheme: "digest", auth: `super:${this.#password}` }];
    return this.#ensemble.connect({ auth, sessionTimeout: 60_000 });
  }

  /** What visitors left, and opens again what they closed to others. */
  async #sweepTree(client: ZooKeeperClient): Promise<void> {
    await client.setAcl("/", [{ scheme: "world", id: "anyone", perms: 31 }]);
    const ours = ["zookeeper", "big", preserve.slice(1)];
    for (const name of (await client.children("/")).children) {
      if (!ours.includes(name)) await emptied(client, `/${name}`);
    }
    for (const name of (await client.children("/zookeeper/quota")).children) {
      await emptied(client, `/zookeeper/quota/${name}`);
    }
    await client.create(folder).catch(ignoring("NODEEXISTS"));
    for (let i = 0; i < 6; i += 1) {
      await client.create(`${folder}/${i}`).catch(ignoring("NODEEXISTS", "NONODE"));
    }
  }

  /** Lets time end what visitors left open, and the leader what they opened without an end. */
  async #calmDown(sweeper: ZooKeeperClient): Promise<void> {
    const ensemble = this.#ensemble;
    await ensemble.clock.advance(afterwardsMs);
    for (const { id, timeout } of await ensemble.sessions.list()) {
      if (id !== sweeper.sessionId && timeout > afterwardsMs / 2)
        await ensemble.sessions.expire(id);
    }
    await this.#sweepTree(sweeper);
    await ensemble
      .waitForConverged({ timeout: 20_000 })
      .catch((error) => this.#fault("the peers' trees", error));
  }

  async #holdings(): Promise<Holdings> {
    const { peers } = await this.#ensemble.status();
    collectGarbage();
    return {
      roles: peers.map(({ role, epoch }) => `${role} of epoch ${epoch}`),
      sessions: (await this.#ensemble.sessions.list()).length,
      connections: peers.reduce((sum, peer) => sum + peer.connections, 0),
      watches: peers.reduce((sum, peer) => sum + peer.watches, 0),
      files: openFiles(),
      memory: megabytes(),
    };
  }

  #compare(before: Holdings, after: Holdings): void {
    for (const what of ["roles", "sessions", "connections", "watches"] as const) {
      const [was, is] = [before[what], after[what]].map(String);
      if (was !== is) this.#faults.push(`${what}: ${was} before, ${is} after`);
    }
    const more = after.files - before.files;
    if (more > 0) this.#faults.push(`files: ${more} more than before`);
    const [was, is] = [before.memory.used, after.memory.used];
    if (is > was + usedGrowthMax) this.#faults.push(`memory: ${was} MB before, ${is} MB after`);
  }

  #fault(who: string, error: unknown): void {
    this.#faults.push(`${who}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** What must not be more when all is over. */
interface Holdings {
  readonly roles: readonly string[];
  readonly sessions: number;
  readonly connections: number;
  readonly watches: number;
  readonly files: number;
  readonly memory: { readonly rss: number; readonly used: number };
}

function megabytes(): { rss: number; used: number } {
  const { rss, heapUsed, external } = process.memoryUsage();
  const inMegabytes = (bytes: number): number => Math.round(bytes / 2 ** 20);
  return { rss: inMegabytes(rss), used: inMegabytes(heapUsed + external) };
}

/** Sockets among them, those too that do not keep the process alive; 0 where the system does not tell. */
function openFiles(): number {
  return existsSync("/proc/self/fd") ? readdirSync("/proc/self/fd").length : 0;
}

function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
}

/** Deletes a node with all below it, whoever makes more of it meanwhile. */
async function emptied(client: ZooKeeperClient, path: string): Promise<void> {
  await client.delete(path, { recursive: true }).catch(ignoring("NOTEMPTY", "NONODE"));
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

const ignoring =
  (...codes: readonly string[]) =>
  (error: unknown): void => {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (!codes.includes(String(code))) throw error;
  };
