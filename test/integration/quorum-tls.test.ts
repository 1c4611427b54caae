import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { connect as dial } from "node:net";
import { join } from "node:path";
import { connect as dialSecure } from "node:tls";
import { beforeAll, describe, expect, test } from "vitest";
import { connect } from "../../src/client/index.ts";
import { type Certificates, certificatesFor } from "../../src/ensemble/certificates.ts";
import { startEnsemble } from "../../src/index.ts";
import { runPeer } from "../../src/zoo-cfg/run-peer.ts";
import type { RunningPeer } from "../../src/zoo-cfg/start-peer.ts";
import { readZooCfg } from "../../src/zoo-cfg/zoo-cfg.ts";
import { tempFolder } from "./temp-folder.ts";
import { type ConfigFiles, configFiles } from "./zoo-cfg-files.ts";

const host = "127.0.0.1";
/** Two authorities, each with a certificate that names the host. */
let ours: Certificates;
let theirs: Certificates;

beforeAll(async () => {
  ours = await certificatesFor({ kind: "made" }, [host]);
  theirs = await certificatesFor({ kind: "made" }, [host]);
});

interface Identity {
  readonly cert: string;
  readonly key: string;
}

/** Three peers from files, whose keys a test changes between their lives; what they warned of is kept. */
class Trio implements AsyncDisposable {
  readonly configs: ConfigFiles;
  readonly warnings: string[] = [];
  readonly #peers = new Map<number, RunningPeer>();

  constructor(configs: ConfigFiles) {
    this.configs = configs;
  }

  /** `tls` are its flags; an identity of its own in place of the one that all have. */
  async start(id: number, tls: readonly string[], identity: Identity = ours.keys): Promise<void> {
    await this.#peers.get(id)?.[Symbol.asyncDispose]();
    const { dir, files } = this.configs;
    const file = (name: string, text: string): string => {
      const path = join(dir, name);
      writeFileSync(path, text);
      return path;
    };
    const keyStore = file(`peer-${id}.pem`, identity.cert + identity.key);
    const trustStore = file("trusted.pem", ours.keys.ca ?? "");
    const keys = [
      ...tls.map((flag) => `${flag}=true`),
      ...(tls.length === 0 ? [] : [`ssl.quorum.keyStore.location=${keyStore}`]),
      ...(tls.length === 0 ? [] : [`ssl.quorum.trustStore.location=${trustStore}`]),
    ];
    const base = readFileSync(files[id - 1] ?? "", "utf8");
    const config = file(`started-${id}.cfg`, `${base}\n${keys.join("\n")}\n`);
    const peer = await runPeer(readZooCfg(config), {
      loginConfig: undefined,
      warn: (text) => this.warnings.push(text.slice(text.indexOf(": ") + 2)),
      failed: (error) => this.warnings.push(String(error)),
    });
    this.#peers.set(id, peer);
  }

  async startAll(tls: readonly string[]): Promise<void> {
    for (const id of [1, 2, 3]) await this.start(id, tls);
  }

  /** A write that a quorum has taken. */
  async write(path: string): Promise<void> {
    const ports = this.configs.clientPorts;
    await using client = await connect(ports.map((port) => `${host}:${port}`).join(","));
    await client.create(path, "1");
  }

  async leader(): Promise<number> {
    for (const [id, peer] of this.#peers) if ((await peer.role()) === "leader") return id;
    throw new Error("no leader");
  }

  async stop(id: number): Promise<void> {
    await this.#peers.get(id)?.[Symbol.asyncDispose]();
    this.#peers.delete(id);
  }

  /** Where a peer listens for votes, and for learners. */
  ports(id: number): { readonly election: number; readonly quorum: number } {
    const text = readFileSync(this.configs.files[0] ?? "", "utf8");
    const [, quorum, election] = new RegExp(`server\\.${id}=[^:]+:(\\d+):(\\d+)`).exec(text) ?? [];
    return { election: Number(election), quorum: Number(quorum) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const peer of this.#peers.values()) await peer[Symbol.asyncDispose]();
    await this.configs[Symbol.asyncDispose]();
  }
}

const trio = async (): Promise<Trio> => new Trio(await configFiles(3));

/** Whether a port lets in who says this. */
async function isHeard(port: number, bytes: Uint8Array): Promise<boolean> {
  const socket = dial({ host, port });
  socket.on("error", () => {});
  socket.write(bytes);
  socket.resume();
  const closed = once(socket, "close").then(() => false);
  const answered = once(socket, "data").then(() => true);
  const heard = await Promise.race([closed, answered]);
  socket.destroy();
  return heard;
}

/** An initial message of a peer that nobody else is, and a learner's first packet. */
const hello = Buffer.from(
  "ffffffffffff000000000000000000630000000e3132372e302e302e313a39393939",
  "hex",
);

describe("TLS between peers", () => {
  test("elects, writes and outlives the leader; who speaks plainly is refused, and told of", async () => {
    await using peers = await trio();
    await peers.startAll(["sslQuorum"]);
    await peers.write("/a");
    const leader = await peers.leader();
    for (const [which, port] of Object.entries(peers.ports(leader))) {
      expect(await isHeard(port, hello)).toBe(false);
      expect(peers.warnings.filter((text) => text.includes(`${which} port`))).toEqual([
        `a connection to the ${which} port was refused: it speaks no TLS, and portUnification is off`,
      ]);
    }
    await peers.stop(leader);
    await peers.write("/b");
    expect(await peers.leader()).not.toBe(leader);
  });

  test("keeps out a peer whose certificate another authority issued, or that names another host", async () => {
    await using peers = await trio();
    await peers.start(1, ["sslQuorum"]);
    await peers.start(2, ["sslQuorum"]);
    await peers.write("/a");
    await peers.start(3, ["sslQuorum"], theirs.keys);
    await expect
      .poll(() => peers.warnings.join("\n"))
      .toMatch(/to the election port was refused: the handshake failed/);
    await peers.start(3, ["sslQuorum"], await ours.issue("elsewhere"));
    await expect
      .poll(() => peers.warnings.join("\n"))
      .toMatch(/the certificate CN=elsewhere does not name 127\.0\.0\.1/);
    await peers.write("/b");
    await peers.start(3, ["sslQuorum"]);
    await peers.stop(1);
    await peers.write("/c");
  });

  test("comes to an ensemble peer by peer by way of portUnification", async () => {
    await using peers = await trio();
    await peers.startAll([]);
    await peers.write("/plain");
    const stages = [["portUnification"], ["sslQuorum", "portUnification"], ["sslQuorum"]];
    for (const [stage, tls] of stages.entries()) {
      for (const id of [1, 2, 3]) {
        await peers.start(id, tls);
        await peers.write(`/stage-${stage}-${id}`);
      }
    }
    expect(peers.warnings).toEqual([]);
  });

  test("is had by an ensemble by the same keys, and its faults go over TLS", async () => {
    const folder = tempFolder();
    const pem = (name: string, text = ""): string => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    const config = {
      sslQuorum: true,
      "ssl.quorum.keyStore.location": pem("own.pem", ours.keys.cert + ours.keys.key),
      "ssl.quorum.trustStore.location": pem("trusted.pem", ours.keys.ca),
    };
    await using ens = await startEnsemble(3, { config });
    const { election = 0 } = ens.peer(1).ports;
    const warned = once(process, "warning");
    expect(await isHeard(election, hello)).toBe(false);
    expect(String(await warned)).toContain("the election port was refused: it speaks no TLS");
    const old = await ens.leader();
    const fault = await ens.isolate(old.id, { from: "peers" });
    await ens.waitForLeader({ not: old.id });
    await fault.undo();
    await ens.waitForConverged();
    await expect(startEnsemble(3, { peerLinks: "memory", config })).rejects.toMatchObject({
      code: "ZKMS_BAD_OPTIONS",
    });
  });

  test("speaks the suites that are named, and no others", async () => {
    const old =
      "ssl.quorum.ciphersuites=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384";
    await using peers = new Trio(await configFiles(3, old));
    await peers.startAll(["sslQuorum"]);
    await peers.write("/a");
    const { ca, cert, key } = ours.keys;
    const { election } = peers.ports(1);
    const dialled = dialSecure({ host, port: election, ca, cert, key });
    await once(dialled, "secureConnect");
    expect([dialled.getProtocol(), dialled.getCipher().standardName]).toEqual([
      "TLSv1.2",
      expect.stringMatching(/^TLS_ECDHE_\w+_WITH_AES_256_GCM_SHA384$/),
    ]);
    dialled.destroy();
    const other = dialSecure({
      host,
      port: election,
      ca,
      cert,
      key,
      ciphers: "TLS_AES_128_GCM_SHA256",
    });
    await expect(once(other, "secureConnect")).rejects.toThrow();
  });

  test("both are heard where portUnification is on", async () => {
    await using peers = await trio();
    await peers.startAll(["portUnification"]);
    await peers.write("/a");
    const { ca, cert, key } = ours.keys;
    const { election } = peers.ports(1);
    const socket = dialSecure({ host, port: election, ca, cert, key });
    await once(socket, "secureConnect");
    socket.destroy();
    expect(peers.warnings).toEqual([]);
  });

  test.each([
    ["no key store", "sslQuorum=true", /^.*cfg: sslQuorum=true needs ssl\.quorum\.keyStore/],
    ["a flag that is none", "sslQuorum=yes", /sslQuorum=yes is neither true nor false/],
    [
      "a store that is not there",
      "sslQuorum=true\nssl.quorum.keyStore.location=/none/a.pem",
      /ssl\.quorum\.keyStore\.location: \/none\/a\.pem cannot be read/,
    ],
  ])("is never done without for %s", async (_, keys, message) => {
    await using configs = await configFiles(3, keys);
    const warn = (): void => {};
    const others = { loginConfig: undefined, warn, failed: warn };
    const start = async () => runPeer(readZooCfg(configs.files[0] ?? ""), others);
    await expect(start()).rejects.toMatchObject({
      code: "ZKMS_BAD_OPTIONS",
      message: expect.stringMatching(message),
    });
  });
});
