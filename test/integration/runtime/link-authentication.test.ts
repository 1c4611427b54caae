// One of our peers that knows its fellows by SASL, and others that speak to its two ports byte by byte.
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { sidOf } from "../../../src/core/base/ids.ts";
import { encode } from "../../../src/core/jute/record.ts";
import { InitialMessage, initialMessageV1 } from "../../../src/core/packets/notification.ts";
import { AuthStatus, QuorumAuthPacket } from "../../../src/core/packets/quorum-auth-packet.ts";
import { DigestMd5, quorumService } from "../../../src/core/sasl/digest-md5.ts";
import { DigestMd5Login } from "../../../src/core/sasl/digest-md5-login.ts";
import type { SaslLogin } from "../../../src/core/sasl/mechanism.ts";
import type { PeerAuthOptions } from "../../../src/runtime/authentication.ts";
import { TestWorld } from "./world-of.ts";

const asking = encode(QuorumAuthPacket, {
  status: AuthStatus.inProgress,
  token: new Uint8Array(0),
});
const helloOf = (sid: number): Uint8Array =>
  encode(InitialMessage, { version: initialMessageV1, sid: sidOf(sid), address: "a:1" });

/** A connection of a stranger's. */
class Caller implements Disposable {
  readonly socket: Socket;
  #received = 0;
  #hasEnded = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", ({ length }) => {
      this.#received += length;
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#hasEnded = true;
    });
  }

  static async dial(port: number, said: Uint8Array): Promise<Caller> {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    await once(socket, "connect");
    socket.write(said);
    return new Caller(socket);
  }

  get isOpen(): boolean {
    return !this.#hasEnded;
  }

  async hasReceived(length: number): Promise<void> {
    while (this.#received < length && this.isOpen) await new Promise(setImmediate);
    if (this.#received < length) throw new Error(`closed after ${this.#received} bytes`);
  }

  /** How many bytes have come when the other side closes. */
  async ended(): Promise<number> {
    while (this.isOpen) await new Promise(setImmediate);
    return this.#received;
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}

const users = new Map([["quorum", "secret"]]);

/** Our peer 2, whose fellows 1 and 3 do not run. */
async function setUp(auth: Partial<PeerAuthOptions>, electionPort = 1) {
  const warnings: string[] = [];
  const peerAuth: PeerAuthOptions = {
    login: undefined,
    exchange: () => new DigestMd5({ users, service: quorumService, nonce: "n".repeat(40) }),
    isRequired: true,
    warn: (text) => warnings.push(text),
    ...auth,
  };
  const fellows = [1, 3].map((sid) => ({
    sid: sidOf(sid),
    host: "127.0.0.1",
    quorumPort: 1,
    electionPort: sid === 1 ? electionPort : 1,
  }));
  const world = await TestWorld.beside(fellows, [2], { peerAuth });
  await world.start(2);
  const { quorum, election } = world.host(2).ports;
  return { world, warnings, quorum, election };
}

const challengeBytes = 16 + 108;
const errorBytes = 16;

describe("where SASL is required", () => {
  test("who is silent, at whatever point, is closed when ten seconds are over", async () => {
    const { world, quorum, election, warnings } = await setUp({});
    await using _ = world;
    world.world.clock.mode = "manual";
    const hello = helloOf(3);
    using silent = await Caller.dial(quorum, new Uint8Array(0));
    using half = await Caller.dial(quorum, asking);
    using greeted = await Caller.dial(election, hello);
    using begun = await Caller.dial(election, Buffer.concat([hello, asking]));
    const callers = [silent, half, greeted, begun];
    await Promise.all([half, begun].map((caller) => caller.hasReceived(challengeBytes)));
    await world.world.clock.advance(9_900);
    expect(callers.map(({ isOpen }) => isOpen)).toEqual([true, true, true, true]);
    await world.world.clock.advance(200);
    expect(await Promise.all(callers.map((caller) => caller.ended()))).toEqual([
      0,
      challengeBytes + errorBytes,
      0,
      challengeBytes + errorBytes,
    ]);
    expect(warnings).toEqual([
      "SASL with a peer from 127.0.0.1 that says it is 3 fails: it is silent",
      "SASL with a learner from 127.0.0.1 fails: it is silent",
    ]);
  });

  test.each(["quorum", "election"] as const)(
    "of strangers who are silent on the %s port the oldest make way",
    async (port) => {
      const { world, ...ports } = await setUp({});
      await using _ = world;
      const said = port === "election" ? helloOf(3) : new Uint8Array(0);
      using first = await Caller.dial(ports[port], said);
      const more: Caller[] = [];
      for (let i = 0; i < 256; i += 1) more.push(await Caller.dial(ports[port], said));
      expect(await first.ended()).toBe(0);
      expect(more.filter(({ isOpen }) => isOpen)).toHaveLength(256);
      for (const caller of more) caller[Symbol.dispose]();
    },
  );
});

describe("where SASL is only offered", () => {
  test("a smaller peer that says who it is and closes is called back", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const { world, election } = await setUp({ isRequired: false });
    await using _ = world;
    world.world.addOutsidePeer({
      sid: sidOf(1),
      host: "127.0.0.1",
      quorumPort: 1,
      electionPort: port,
    });
    const called = once(server, "connection");
    using caller = await Caller.dial(election, helloOf(1));
    caller.socket.end();
    const [socket] = (await called) as [Socket];
    socket.destroy();
    server.close();
  });
});

function promised<T>() {
  const settling: { resolve?: (value: T) => void; reject?: (error: Error) => void } = {};
  const promise = new Promise<T>((resolve, reject) => Object.assign(settling, { resolve, reject }));
  const { resolve = () => {}, reject = () => {} } = settling;
  return { promise, resolve, reject };
}

describe("a login that has to be fetched", () => {
  const login = (): SaslLogin =>
    new DigestMd5Login({ user: "q", password: "p", service: quorumService, cnonce: "c" });

  /** Our peer 2 has dialled fellow 1, which has its greeting; `fetched` ends the fetching, whose warnings `warned` waits for. */
  async function dialled() {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const called = once(server, "connection");
    const fetching = promised<SaslLogin>();
    const told = promised<string>();
    const asked: string[] = [];
    const { world } = await setUp(
      {
        login: (host) => {
          asked.push(host);
          return fetching.promise;
        },
        warn: (text) => told.resolve(text),
      },
      port,
    );
    const [socket] = (await called) as [Socket];
    await once(socket, "readable"); // the greeting
    socket.read();
    const end = async (): Promise<void> => {
      socket.destroy();
      server.close();
      await world[Symbol.asyncDispose]();
    };
    return { socket, fetching, asked, warning: told.promise, [Symbol.asyncDispose]: end };
  }

  test("is for the host that is dialled, and nothing is said before it is there", async () => {
    await using link = await dialled();
    const { socket, fetching, asked } = link;
    expect([asked[0], socket.readableLength]).toEqual(["127.0.0.1", 0]);
    const said = once(socket, "readable");
    fetching.resolve(login());
    await said;
    expect(socket.read()).toEqual(Buffer.from(asking));
  });

  test("and cannot be had ends the connection, with the reason", async () => {
    await using link = await dialled();
    const { socket, fetching, warning } = link;
    socket.resume();
    const closed = once(socket, "close");
    fetching.reject(new Error("no ticket"));
    expect(await warning).toBe("SASL with peer 1 fails: no ticket");
    await closed;
  });

  test("comes too late when the other side has closed", async () => {
    await using link = await dialled();
    const { socket, fetching, warning } = link;
    const greeting = socket.bytesRead;
    socket.end();
    expect(await warning).toBe(
      "SASL with peer 1 fails: it closes the connection before this side has what it takes to ask",
    );
    fetching.resolve(login());
    await once(socket.resume(), "close");
    expect(socket.bytesRead).toBe(greeting);
  });
});
