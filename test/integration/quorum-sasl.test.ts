// Peers of zoo.cfg files that authenticate each other by SASL, on the quorum port and on the election port.
import { appendFileSync, writeFileSync } from "node:fs";
import { connect as dial } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { connect } from "../../src/client/index.ts";
import { epochFrom, sidOf, zxidZero } from "../../src/core/base/ids.ts";
import { encode } from "../../src/core/jute/record.ts";
import { Writer } from "../../src/core/jute/writer.ts";
import { InitialMessage, initialMessageV1 } from "../../src/core/packets/notification.ts";
import { writePacket } from "../../src/core/packets/quorum-packet.ts";
import { memberOf } from "../../src/core/quorum/config.ts";
import { type Certificates, certificatesFor } from "../../src/ensemble/certificates.ts";
import { startPeer } from "../../src/index.ts";
import { runPeer } from "../../src/zoo-cfg/run-peer.ts";
import type { RunningPeer } from "../../src/zoo-cfg/start-peer.ts";
import { readZooCfg } from "../../src/zoo-cfg/zoo-cfg.ts";
import { type ConfigFiles, configFiles } from "./zoo-cfg-files.ts";

const module = "org.apache.zookeeper.server.auth.DigestLoginModule required";
const jaas = (password: string): string =>
  `QuorumServer { ${module} user_quorum="${password}"; };
   QuorumLearner { ${module} username="quorum" password="${password}"; };`;

const keys = {
  plain: "",
  enabled: "quorum.auth.enableSasl=true\n",
  learner: "quorum.auth.enableSasl=true\nquorum.auth.learnerRequireSasl=true\n",
  both: "quorum.auth.enableSasl=true\nquorum.auth.learnerRequireSasl=true\nquorum.auth.serverRequireSasl=true\n",
};

interface Plan {
  readonly keys: keyof typeof keys;
  readonly password?: string;
}

/** Peers of one quorum, each with keys and a password of its own. */
class Peers implements AsyncDisposable {
  /** Of TLS, the same for all of them. */
  readonly #tls: Certificates | undefined;
  readonly warnings: string[] = [];
  readonly #configs: ConfigFiles;
  readonly #running = new Map<number, RunningPeer>();
  readonly #expected: { readonly text: RegExp; readonly seen: () => void }[] = [];

  constructor(configs: ConfigFiles, tls: Certificates | undefined) {
    this.#configs = configs;
    this.#tls = tls;
  }

  static start(...plans: readonly Plan[]): Promise<Peers> {
    return Peers.#start(plans, undefined);
  }

  static async startOverTls(...plans: readonly Plan[]): Promise<Peers> {
    return Peers.#start(plans, await certificatesFor({ kind: "made" }, ["127.0.0.1"]));
  }

  static async #start(plans: readonly Plan[], tls: Certificates | undefined): Promise<Peers> {
    const peers = new Peers(await configFiles(plans.length), tls);
    for (const [index, plan] of plans.entries()) {
      await peers.#run(index + 1, plan.keys, plan.password ?? "secret");
    }
    return peers;
  }

  async #run(sid: number, which: keyof typeof keys, password: string): Promise<void> {
    const file = this.#fileOf(sid);
    const loginConfig = join(this.#configs.dir, `jaas-${sid}.conf`);
    appendFileSync(file, keys[which] + this.#tlsKeys());
    writeFileSync(loginConfig, jaas(password));
    const peer = await runPeer(readZooCfg(file), {
      loginConfig,
      warn: (text) => this.#warned(text.replace(file, String(sid))),
      failed: (error) => this.#warned(`failed: ${error}`),
    });
    this.#running.set(sid, peer);
  }

  /** Resolves when some peer has said so. */
  said(text: RegExp): Promise<void> {
    if (this.warnings.some((warning) => text.test(warning))) return Promise.resolve();
    return new Promise((seen) => this.#expected.push({ text, seen }));
  }

  connect(...sids: readonly number[]) {
    const ports = sids.map((sid) => this.#configs.clientPorts[sid - 1]);
    return connect(ports.map((port) => `127.0.0.1:${port}`).join(","), { connectTimeout: 20_000 });
  }

  async roles(): Promise<string[]> {
    return Promise.all([...this.#running.values()].map((peer) => peer.role()));
  }

  async leader(): Promise<number> {
    return (await this.roles()).indexOf("leader") + 1;
  }

  portsOf(sid: number): { readonly quorum: number; readonly election: number } {
    const { members } = readZooCfg(this.#fileOf(sid));
    const own = members && memberOf(members, sidOf(sid));
    return { quorum: own?.quorumPort ?? 0, election: own?.electionPort ?? 0 };
  }

  stop(sid: number): Promise<void> {
    return this.#running.get(sid)?.[Symbol.asyncDispose]() as Promise<void>;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#running.values()].map((peer) => peer[Symbol.asyncDispose]()));
    await this.#configs[Symbol.asyncDispose]();
  }

  #fileOf(sid: number): string {
    return this.#configs.files[sid - 1] ?? "";
  }

  #tlsKeys(): string {
    if (this.#tls === undefined) return "";
    const { ca, cert, key } = this.#tls.keys;
    const pem = (name: string, text: string): string => {
      writeFileSync(join(this.#configs.dir, name), text);
      return join(this.#configs.dir, name);
    };
    return `sslQuorum=true
ssl.quorum.keyStore.location=${pem("own.pem", cert + key)}
ssl.quorum.trustStore.location=${pem("trusted.pem", ca ?? "")}
`;
  }

  #warned(text: string): void {
    this.warnings.push(text);
    for (const { text: expected, seen } of this.#expected) if (expected.test(text)) seen();
  }
}

/** What comes back for some bytes until the other side closes. */
function answerTo(port: number, bytes: Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = dial(port, "127.0.0.1", () => socket.write(bytes));
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.on("error", reject);
    socket.on("close", () => resolve(Buffer.concat(chunks)));
  });
}

function followerInfo(): Uint8Array {
  const writer = new Writer();
  writePacket(writer, {
    type: "FOLLOWERINFO",
    acceptedEpoch: epochFrom(0),
    sid: sidOf(1),
    configVersion: zxidZero,
  });
  return writer.copy();
}

describe("peers that require SASL of each other", () => {
  test("elect, follow and replicate, also after the leader is gone", async () => {
    await using peers = await Peers.start({ keys: "both" }, { keys: "both" }, { keys: "both" });
    await using client = await peers.connect(1, 2, 3);
    await client.create("/a", "1");
    const leader = await peers.leader();
    await peers.stop(leader);
    await client.set("/a", "2");
    expect((await client.get("/a")).data.toString()).toBe("2");
    expect(await peers.leader()).not.toBe(leader);
  });

  test("hang up on strangers without a word, and go on", async () => {
    await using peers = await Peers.start({ keys: "both" }, { keys: "both" }, { keys: "both" });
    await using client = await peers.connect(1, 2, 3);
    await client.create("/a", "1");
    const { quorum, election } = peers.portsOf(await peers.leader());
    expect(await answerTo(quorum, followerInfo())).toHaveLength(0);
    const hello = { version: initialMessageV1, sid: sidOf(9), address: "127.0.0.1:1" };
    const greeting = Buffer.concat([encode(InitialMessage, hello), Buffer.alloc(60)]);
    expect(await answerTo(election, greeting)).toHaveLength(0);
    expect(peers.warnings.map((text) => text.slice(3))).toEqual([
      "SASL with a learner from 127.0.0.1 fails: it does not authenticate itself",
      "SASL with a peer from 127.0.0.1 that says it is 9 fails: it does not authenticate itself",
    ]);
    await client.set("/a", "2");
  });

  test.each([
    [
      "has another password",
      { keys: "both", password: "other" },
      /^3: SASL with peer [12] fails: it refuses/,
    ],
    [
      "does not authenticate itself",
      { keys: "plain" },
      /^[12]: SASL with a peer from .* that says it is 3 fails: it does not/,
    ],
  ] as const)("leave out the one that %s, and say why", async (_, third, why) => {
    await using peers = await Peers.start({ keys: "both" }, { keys: "both" }, third);
    await using client = await peers.connect(1, 2);
    await client.create("/a", "1");
    await peers.said(why);
    const roles = await peers.roles();
    expect([roles.slice(0, 2).sort(), roles[2]]).toEqual([["follower", "leader"], "looking"]);
  });
});

test("SASL is spoken inside TLS where peers ask for both", async () => {
  const other = { keys: "both", password: "other" } as const;
  await using peers = await Peers.startOverTls({ keys: "both" }, { keys: "both" }, other);
  await using client = await peers.connect(1, 2);
  await client.create("/a", "1");
  await peers.said(/^3: SASL with peer [12] fails: it refuses/); // behind the handshake of TLS
  const roles = await peers.roles();
  expect([roles.slice(0, 2).sort(), roles[2]]).toEqual([["follower", "leader"], "looking"]);
  const { election } = peers.portsOf(await peers.leader());
  const hello = { version: initialMessageV1, sid: sidOf(9), address: "127.0.0.1:1" };
  expect(await answerTo(election, encode(InitialMessage, hello))).toHaveLength(0);
  await peers.said(/the election port was refused: it speaks no TLS/);
  expect(peers.warnings.filter((text) => text.includes("says it is 9"))).toEqual([]);
});

test("a peer that requires SASL where it dials follows nobody that does not offer it", async () => {
  await using peers = await Peers.start({ keys: "plain" }, { keys: "plain" }, { keys: "learner" });
  await using client = await peers.connect(1, 2);
  await client.create("/a", "1");
  await peers.said(/^3: SASL with peer [12] fails/);
  expect((await peers.roles())[2]).toBe("looking");
});

test("an ensemble goes from none to all step by step: those who only offer it take who asks and who does not", async () => {
  await using peers = await Peers.start(
    { keys: "enabled" },
    { keys: "learner" },
    { keys: "learner" },
  );
  await using client = await peers.connect(1, 2, 3);
  await client.create("/a", "1");
  expect((await peers.roles()).sort()).toEqual(["follower", "follower", "leader"]);
  expect(peers.warnings).toEqual([]);
});

test("clients log in as users of the same file", async () => {
  await using configs = await configFiles(1);
  const loginConfig = join(configs.dir, "jaas.conf");
  writeFileSync(loginConfig, `Server { ${module} user_bob="secret"; };`);
  await using peer = await startPeer({ config: configs.files[0] ?? "", loginConfig });
  const address = `127.0.0.1:${peer.clientPort}`;
  await using client = await connect(address, { sasl: { user: "bob", password: "secret" } });
  expect(await client.whoAmI()).toContainEqual({ scheme: "sasl", user: "bob" });
});
