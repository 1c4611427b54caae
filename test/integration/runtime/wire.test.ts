// A wire at one end of a real connection, in turns that the test begins and ends.
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { expect, test } from "vitest";
import { sidOf } from "../../../src/core/base/ids.ts";
import { Prng } from "../../../src/core/base/prng.ts";
import { Fabric } from "../../../src/core/network/fabric.ts";
import { Intake, inputMs } from "../../../src/runtime/intake.ts";
import { Stop, Wire } from "../../../src/runtime/wire.ts";
import { Wires } from "../../../src/runtime/wires.ts";
import { WorldClock } from "../../../src/runtime/world-clock.ts";

test.each(["end", "reset"] as const)(
  "a wire that closes while a chunk waits, and is then %s by its owner, is forgotten",
  async (close) => {
    using at = await Ends.open();
    await at.crowded();
    await at.breaks();
    expect([at.heard, at.wires.isEmpty]).toEqual([[], false]);
    at.wire[close]();
    expect([at.heard, at.wires.isEmpty]).toEqual([[], true]);
  },
);

test.each(["end", "reset"] as const)(
  "a wire that closes while it is frozen, and is then %s by its owner, is forgotten",
  async (close) => {
    using at = await Ends.open();
    at.wire.stop(Stop.frozen);
    await at.breaks();
    expect(at.wires.isEmpty).toBe(false);
    at.wire[close]();
    expect(at.wires.isEmpty).toBe(true);
  },
);

test("nothing is under way on a closed wire whose owner has not heard of it", async () => {
  using at = await Ends.open();
  at.wires.ownPorts.add(at.wire.remotePort);
  at.wire.write(Buffer.alloc(10));
  expect(at.wires.areUnderWay).toBe(true);
  at.wire.stop(Stop.frozen);
  await at.breaks();
  expect(at.wires.areUnderWay).toBe(false);
});

test("what came behind a chunk that waits is heard, though its sender has reset", async () => {
  using at = await Ends.open();
  await at.crowded();
  await at.buffered(100);
  await at.breaks();
  at.hasRoom();
  expect(at.heard).toEqual([100, 100, "closed"]);
  expect(at.wires.isEmpty).toBe(true);
});

test("what came while the wire was frozen is heard when it thaws, though its sender has reset", async () => {
  using at = await Ends.open();
  at.wire.stop(Stop.frozen);
  await at.buffered(100);
  await at.breaks();
  at.hasRoom();
  expect(at.heard).toEqual([]);
  at.wire.go(Stop.frozen);
  at.hasRoom();
  expect(at.heard).toEqual([100, "closed"]);
});

test("what came behind a chunk that waits is heard, though there is room between its sender's reset and the close", async () => {
  using at = await Ends.open();
  await at.crowded();
  await at.buffered(100);
  await at.fails();
  at.hasRoom();
  await at.closed();
  at.hasRoom();
  expect(at.heard).toEqual([100, 100, "closed"]);
});

test("what the network breaks is heard of, though the other side has closed across a cut", async () => {
  using at = await Ends.open({ judgesIncoming: true });
  at.fabric.block([{ channel: "quorum", bothWays: true }], "cut");
  await at.breaks();
  expect(at.heard).toEqual([]);
  at.wire.breakOff();
  await until(() => at.wires.isEmpty);
  expect(at.heard).toEqual(["closed"]);
});

test.each(["sends", "closes"] as const)(
  "a connection that the network resets as its other side %s is heard of as closed",
  async (act) => {
    using at = await Ends.open({ judgesIncoming: true });
    const resets = { reset: { probability: 1 } };
    at.fabric.shape([{ channel: "quorum", bothWays: true }], resets, { label: "resets", now: 0 });
    at[act]();
    await until(() => at.wires.isEmpty);
    expect(at.heard).toEqual(["closed"]);
  },
);

test("a reset that is due comes once, though nobody hears of it yet", async () => {
  using at = await Ends.open({ judgesIncoming: true });
  at.wire.stop(Stop.frozen);
  const resets = { reset: { after: 20 } };
  at.fabric.shape([{ channel: "quorum", bothWays: true }], resets, { label: "resets", now: 0 });
  expect(at.wires.dueAt()).toBe(20);
  at.wires.pump(20);
  expect(at.wires.dueAt()).toBe(Infinity);
});

test("what nobody had heard is lost when the network breaks the connection", async () => {
  using at = await Ends.open();
  await at.crowded();
  await at.buffered(100);
  at.wire.breakOff();
  await at.closed();
  at.hasRoom();
  expect(at.heard).toEqual(["closed"]);
});

test("a chunk that waits is taken in after a thaw, though its sender reads nothing and has reset", async () => {
  using at = await Ends.open();
  await at.crowded();
  at.wire.stop(Stop.full);
  at.wire.stop(Stop.frozen);
  at.hasRoom();
  await at.breaks();
  expect(at.heard).toEqual([]);
  at.wire.go(Stop.frozen);
  at.hasRoom();
  expect(at.heard).toEqual([100, "closed"]);
});

test("a close in a pause is heard after it, though its sender reads nothing", async () => {
  using at = await Ends.open();
  at.wire.stop(Stop.full);
  at.wire.stop(Stop.frozen);
  await at.breaks();
  at.wire.go(Stop.frozen);
  expect(at.heard).toEqual(["closed"]);
});

/** A follower's end with its wire, and the leader's as a plain socket. */
class Ends implements Disposable {
  /** How many bytes came at a time, and the close. */
  readonly heard: (number | "closed")[] = [];
  readonly wires: Wires;
  readonly wire: Wire;
  readonly fabric = new Fabric(new Prng("wire"));
  readonly socket: Socket;
  readonly #other: Socket;
  #isClosed = false;
  #now = 0;
  readonly #intake = new Intake(
    () => {},
    () => this.#now,
  );

  private constructor(socket: Socket, other: Socket, judgesIncoming: boolean) {
    const clock = new WorldClock("manual", {
      settle: () => Promise.resolve(),
      nextDeadline: () => Infinity,
      touchSessions: () => {},
      onCourseChanged: () => {},
    });
    const intake = this.#intake;
    this.wires = new Wires(this.fabric, clock, { crash: () => {}, waiting: () => {}, intake });
    this.socket = socket;
    this.#other = other;
    this.wire = new Wire(this.wires, {
      socket,
      outgoing: { from: sidOf(1), to: sidOf(2), channel: "quorum" },
      judgesIncoming,
      owner: {
        onBytes: (bytes) => this.heard.push(bytes.length),
        onClosed: () => this.heard.push("closed"),
        onDrained: () => {},
      },
    });
    socket.once("close", () => {
      this.#isClosed = true;
    });
  }

  static async open({ judgesIncoming = false } = {}): Promise<Ends> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const accepted = once(server, "connection");
    const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
    const [other] = (await accepted) as [Socket];
    if (socket.connecting) await once(socket, "connect");
    server.close();
    return new Ends(
      socket,
      other.on("error", () => {}),
      judgesIncoming,
    );
  }

  /** A hundred bytes come when the turn is full. */
  async crowded(): Promise<void> {
    this.#intake.hasRoom("peer");
    this.#now += inputMs;
    this.#other.write(Buffer.alloc(100));
    await until(() => this.wire.received === 100);
  }

  /** More comes while the wire is not read. */
  async buffered(bytes: number): Promise<void> {
    this.#other.write(Buffer.alloc(bytes));
    await until(() => this.socket.readableLength === bytes);
  }

  sends(): void {
    this.#other.write(Buffer.alloc(100));
  }

  closes(): void {
    this.#other.end();
  }

  async breaks(): Promise<void> {
    this.#other.resetAndDestroy();
    await this.closed();
  }

  /** As `breaks`, up to the moment in which Node knows of it and has not closed yet. */
  async fails(): Promise<void> {
    this.#other.resetAndDestroy();
    await until(() => this.socket.destroyed);
    expect(this.#isClosed).toBe(false);
  }

  async closed(): Promise<void> {
    await until(() => this.#isClosed);
  }

  hasRoom(): void {
    this.#intake.begin();
    this.#intake.admit();
  }

  [Symbol.dispose](): void {
    this.#other.destroy();
    this.socket.destroy();
  }
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(setImmediate);
}
