import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { claimPorts, type PortClaim } from "../../src/apache/free-ports.ts";
import { findInstallation } from "../../src/apache/installation.ts";
import { LastWill } from "../../src/apache/last-will.ts";
import type { ServerPlan } from "../../src/apache/server-process.ts";
import { makeJavaHome } from "../../src/cli/java/java-home.ts";
import { type Kind, Server } from "./server.ts";

export interface MixedOptions {
  /** Of servers 1, 2, …. */
  readonly kinds: readonly Kind[];
  /** The last so many of them do not vote. */
  readonly observers?: number;
  readonly snapCount?: number;
  /** Any client may change who belongs. */
  readonly reconfig?: boolean;
  /** What a server is told besides; its folder is there. */
  readonly also?: (seat: { readonly sid: number; readonly dir: string }) => {
    readonly settings?: ServerPlan["settings"];
    readonly properties?: ServerPlan["properties"];
  };
}

export const host = "127.0.0.1";
const waitMs = 60_000;
const askAgainMs = 20;

/** The sources; in CI what was built of them just before, which starts in a tenth of the time. */
function program(): readonly string[] {
  const built = join(process.cwd(), "dist", "cli", "java", "main.mjs");
  if (process.env["CI"] !== undefined && existsSync(built)) return [built];
  const source = join(process.cwd(), "src", "cli", "java", "main.ts");
  return ["--import", import.meta.resolve("tsx"), source];
}

/** Servers of both kinds in one quorum, each a process, all from the same configuration. */
export class MixedEnsemble implements AsyncDisposable {
  readonly servers: readonly Server[];
  readonly #voters: number;
  readonly #dir: string;
  readonly #will: LastWill;
  readonly #claim: PortClaim;

  private constructor(
    servers: readonly Server[],
    { voters, dir, will, claim }: { voters: number; dir: string; will: LastWill; claim: PortClaim },
  ) {
    this.servers = servers;
    this.#voters = voters;
    this.#dir = dir;
    this.#will = will;
    this.#claim = claim;
  }

  /** None of the servers runs yet. */
  static async prepare(options: MixedOptions): Promise<MixedEnsemble> {
    const { kinds, observers = 0, snapCount = 100_000, reconfig = false } = options;
    const dir = mkdtempSync(join(tmpdir(), "zkms-mixed-"));
    const will = new LastWill(dir);
    const claim = await claimPorts(kinds.length * 3);
    const portOf = (sid: number, which: number): number => claim.ports[(sid - 1) * 3 + which] ?? 0;
    const members: Record<string, string> = {};
    for (const index of kinds.keys()) {
      const sid = index + 1;
      const role = sid > kinds.length - observers ? "observer" : "participant";
      members[`server.${sid}`] = `${host}:${portOf(sid, 1)}:${portOf(sid, 2)}:${role}`;
    }
    const ours = join(makeJavaHome([process.execPath, ...program()], dir), "bin", "java");
    const installations = {
      apache: findInstallation(),
      ours: { java: ours, classpath: "none" },
    };
    const servers = kinds.map((kind, index) => {
      const sid = index + 1;
      const seat = { sid, dir: join(dir, `server-${sid}`) };
      mkdirSync(seat.dir);
      const also = options.also?.(seat);
      const plan = {
        dir: seat.dir,
        host,
        myid: sid,
        clientPort: portOf(sid, 0),
        settings: {
          tickTime: 100,
          initLimit: 100,
          syncLimit: 50,
          clientPort: portOf(sid, 0),
          clientPortAddress: host,
          maxClientCnxns: 0,
          maxSessionTimeout: 60_000,
          reconfigEnabled: reconfig,
          ...(sid > kinds.length - observers && { peerType: "observer" }),
          ...members,
          ...also?.settings,
        },
        properties: {
          "zookeeper.extendedTypesEnabled": true,
          "zookeeper.admin.enableServer": false,
          "zookeeper.4lw.commands.whitelist": "*",
          "zookeeper.forceSync": "no", // processes are killed, the machine is not
          "zookeeper.preAllocSize": 1024,
          "zookeeper.snapCount": snapCount,
          ...(reconfig && { "zookeeper.skipACL": "yes" }),
          ...also?.properties,
        },
      };
      return new Server({ sid, kind, plan, installations, will });
    });
    return new MixedEnsemble(servers, { voters: kinds.length - observers, dir, will, claim });
  }

  /** All run and serve, led by `leader`. */
  static async start(options: MixedOptions & { readonly leader: number }): Promise<MixedEnsemble> {
    const ensemble = await MixedEnsemble.prepare(options);
    try {
      await ensemble.startLedBy(options.leader);
      return ensemble;
    } catch (error) {
      await ensemble[Symbol.asyncDispose]();
      throw error;
    }
  }

  get connectString(): string {
    return this.servers.map((server) => server.connectString).join(",");
  }

  get running(): readonly Server[] {
    return this.servers.filter((server) => server.isRunning);
  }

  server(sid: number): Server {
    const server = this.servers[sid - 1];
    if (server === undefined) throw new Error(`no server ${sid}`);
    return server;
  }

  /**
   * A bare quorum comes first, the leader as the largest of it, which cannot be without it however slow it is. The voters above it
   * come last: nothing that is equally new has a larger number then.
   */
  async startLedBy(leader: number): Promise<void> {
    const first = this.server(leader);
    const below = this.servers.slice(0, leader - 1);
    const others = Math.floor(this.#voters / 2);
    await Promise.all([...below.slice(0, others), first].map((server) => server.start()));
    await this.untilLed(leader);
    const rest = [...below.slice(others), ...this.servers.slice(leader)];
    await Promise.all(rest.map((server) => server.start()));
    await this.untilAllServe();
  }

  async untilLed(sid: number): Promise<void> {
    await this.until(`server ${sid} leads`, async () => (await this.leader())?.sid === sid);
  }

  /** Who leads and serves now. */
  async leader(): Promise<Server | undefined> {
    const { running } = this;
    const surveys = await Promise.all(running.map((server) => server.survey()));
    return running[surveys.findIndex(({ role }) => role === "leader")];
  }

  /** Every server that runs; returns the leader. */
  async untilAllServe(): Promise<Server> {
    let leader: Server | undefined;
    await this.until("all that run serve under one leader", async () => {
      const { running } = this;
      const surveys = await Promise.all(running.map((server) => server.survey()));
      leader = running[surveys.findIndex(({ role }) => role === "leader")];
      return leader !== undefined && surveys.every(({ serving }) => serving);
    });
    if (leader === undefined) throw new Error("no leader");
    return leader;
  }

  /** Every server has applied the same last transaction. */
  async untilConverged(): Promise<void> {
    await this.until("all that run are at one zxid", async () => {
      const surveys = await Promise.all(this.running.map((server) => server.survey()));
      return surveys.every(({ serving, zxid }) => serving && zxid === surveys[0]?.zxid);
    });
  }

  /** Rejects where a server ends by itself meanwhile. */
  until(what: string, check: () => Promise<boolean> | boolean): Promise<void> {
    const deadline = performance.now() + waitMs;
    return new Promise((resolve, reject) => {
      const ask = async (): Promise<void> => {
        const dead = this.servers.filter((server) => server.hasDied);
        if (dead.length > 0) {
          const which = dead.map(({ sid, kind }) => `server ${sid} (${kind})`).join(", ");
          reject(new Error(await this.account(`${which} ended by itself, before ${what}`)));
        } else if (await check()) resolve();
        else if (performance.now() > deadline)
          reject(new Error(await this.account(`not after ${waitMs} ms: ${what}`)));
        else setTimeout(() => void ask().catch(reject), askAgainMs);
      };
      ask().catch(reject);
    });
  }

  async stop(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.stop()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.servers.map((server) => server.kill()));
    await this.#claim.release();
    rmSync(this.#dir, { recursive: true, force: true });
    await this.#will.revoke();
  }

  /** What each server is and said last, below `what`. */
  async account(what: string): Promise<string> {
    const lines = await Promise.all(
      this.servers.map(async (server) => {
        const { role, zxid } = await server.survey();
        const state = server.isRunning ? `${role}, zxid 0x${zxid.toString(16)}` : "down";
        const said = server.log.trim().split("\n").slice(-12);
        return [`server ${server.sid}, ${server.kind}: ${state}`, ...said].join("\n    ");
      }),
    );
    return [what, ...lines].join("\n  ");
  }
}
