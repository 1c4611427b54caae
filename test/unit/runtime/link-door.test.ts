import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { beforeAll, describe, expect, test } from "vitest";
import { certificatesFor } from "../../../src/ensemble/certificates.ts";
import { LinkDoor, type LinkSecurity } from "../../../src/runtime/link-security.ts";

let security: LinkSecurity;

beforeAll(async () => {
  const { keys } = await certificatesFor({ kind: "made" }, ["127.0.0.1"]);
  security = {
    keys: { ...keys, clientAuth: "need" },
    dialsTls: true,
    takesPlain: false,
    verifiesHosts: { dialed: true, dialing: true },
    looksUpNames: true,
    detectionMs: 60_000,
    onRefused: () => {},
  };
});

/** Strangers that dial a door one after the other, and how many were turned away. */
async function strangersAt(door: LinkDoor, count: number) {
  const server = createServer((socket) => door.accept(socket)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? (address?.port ?? 0) : 0;
  const strangers: Socket[] = [];
  let turnedAway = 0;
  for (let made = 0; made < count; made += 1) {
    const socket = connect(port, "127.0.0.1").on("error", () => {});
    socket.once("close", () => {
      turnedAway += 1;
    });
    strangers.push(socket);
    await once(socket, "connect");
  }
  return {
    strangers,
    get turnedAway() {
      return turnedAway;
    },
    [Symbol.dispose]() {
      for (const socket of strangers) socket.destroy();
      server.close();
    },
  };
}

describe("a door to the peers' ports", () => {
  test("of more than 256 who do not say anything the oldest is turned away", async () => {
    const door = new LinkDoor(security, { channel: "quorum", onOpen: () => {} });
    using visit = await strangersAt(door, 258);
    await Promise.all(visit.strangers.slice(0, 2).map((socket) => ended(socket)));
    expect(visit.turnedAway).toBe(2);
    door.close();
    await Promise.all(visit.strangers.map((socket) => ended(socket)));
  });

  test("turns away who is in the middle of a handshake when it closes", async () => {
    const opened: unknown[] = [];
    const door = new LinkDoor(security, { channel: "quorum", onOpen: (pair) => opened.push(pair) });
    using visit = await strangersAt(door, 1);
    const [socket] = visit.strangers;
    if (socket === undefined) throw new Error("nobody came");
    socket.write(Uint8Array.of(0x16, 3, 1, 2, 0, 1)); // the beginning of a ClientHello
    await new Promise(setImmediate);
    door.close();
    await ended(socket);
    expect(opened).toEqual([]);
  });
});

/** By a reset or in any other way. */
const ended = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    if (socket.closed) resolve();
    else socket.once("close", () => resolve());
  });
