// One client's requests, of which some are late, some wait for the next share, and some come in between.
import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { expect, test } from "vitest";
import { type ConnectionId, noSession, sidOf } from "../../../src/core/base/ids.ts";
import { Prng } from "../../../src/core/base/prng.ts";
import { Fabric } from "../../../src/core/network/fabric.ts";
import { ConnectRequest } from "../../../src/core/protocol/connect.ts";
import { OpCode } from "../../../src/core/protocol/op-codes.ts";
import { writeBody } from "../../../src/core/protocol/requests.ts";
import type { PeerEvent } from "../../../src/core/server/effects.ts";
import { type ClientOwner, ClientSocket } from "../../../src/runtime/client-socket.ts";
import { Intake, inputMs } from "../../../src/runtime/intake.ts";
import { Share, Shares } from "../../../src/runtime/share.ts";
import { Wires } from "../../../src/runtime/wires.ts";
import { WorldClock } from "../../../src/runtime/world-clock.ts";
import { framed, newSession } from "../../frames.ts";

test("whatever comes while the next share is due is read behind what came before", async () => {
  const client = new Client();
  client.late(5);
  client.send(600); // more than a share
  client.send(3);
  await client.passes(3);
  client.send(3);
  await client.passes(2);
  expect(client.read.length).toBeLessThan(600);
  client.endTurn();
  await client.passes(4, { timerFires: false }); // the last three are due
  client.shareBegins();
  client.anyFault();
  client.goesOn();
  client.endTurn();
  client.shareBegins();
  client.goesOn();
  expect(client.read).toEqual(Array.from({ length: 606 }, (_, index) => index + 1));
});

test("much that comes while the turn is full waits for room, and the close behind it", () => {
  const client = new Client();
  client.turnIsFull();
  client.send(300);
  client.send(1);
  client.closes();
  expect(client.read).toEqual([]);
  client.hasRoom();
  expect(client.read).toEqual([...Array.from({ length: 301 }, (_, at) => at + 1), "closed"]);
});

test("what waits for room waits on while its peer is frozen", () => {
  const client = new Client();
  client.turnIsFull();
  client.send(300);
  client.freezes();
  client.hasRoom();
  expect(client.read).toEqual([]);
  client.thaws();
  client.hasRoom();
  client.send(1);
  expect(client.read.length).toBe(301);
});

test("who asks for little is heard while the turn is full", () => {
  const client = new Client();
  client.turnIsFull();
  client.send(3);
  expect(client.read).toEqual([1, 2, 3]);
});

/** A client's socket with its session, driven callback by callback. */
class Client implements ClientOwner {
  /** The xids that were read, and the end of it. */
  readonly read: (number | "closed")[] = [];
  readonly #fabric = new Fabric(new Prng("requests"));
  readonly #clock = new WorldClock("manual", {
    settle: () => Promise.resolve(),
    nextDeadline: () => Infinity,
    touchSessions: () => {},
    onCourseChanged: () => {},
  });
  #machineNow = 0;
  readonly #intake = new Intake(
    () => {},
    () => this.#machineNow,
  );
  readonly #wires = new Wires(this.#fabric, this.#clock, {
    crash: () => {},
    waiting: () => {},
    intake: this.#intake,
  });
  readonly #socket = new SilentSocket();
  readonly #client: ClientSocket;
  #tasks: (() => void)[] = [];
  #nextTasks: (() => void)[] = [];
  #sent = 0;

  constructor() {
    this.#fabric.onShift = () => this.#wires.shift();
    this.#client = new ClientSocket(this.#wires, {
      id: 1 as ConnectionId,
      sid: sidOf(1),
      socket: this.#socket as unknown as Socket,
      bare: undefined,
      juteMaxBuffer: 1_048_575,
      largeRequests: undefined,
      share: new Share(new Shares({ count: 0 })),
      owner: this,
    });
    this.#socket.emit("data", Buffer.from(framed((w) => ConnectRequest.write(w, newSession))));
    const { timeout } = newSession;
    const password = new Uint8Array(16);
    const response = { protocolVersion: 0, timeout, session: noSession, password, readOnly: false };
    this.#client.accept(response);
    this.goesOn();
  }

  late(latency: number): void {
    const late = [
      { from: ["client"], to: [sidOf(1)], channel: "client", bothWays: false },
    ] as const;
    this.#fabric.shape(late, { latency }, { label: "late", now: this.#clock.now() });
  }

  anyFault(): void {
    const others = [{ from: [sidOf(1)], to: [sidOf(2)], bothWays: true }];
    this.#fabric.block(others, "of others");
  }

  send(count: number): void {
    const frames = Array.from({ length: count }, () => {
      this.#sent += 1;
      return framed((w) => {
        w.int(this.#sent);
        w.int(OpCode.exists);
        writeBody(w, OpCode.exists, { path: "/", watch: false });
      });
    });
    this.#socket.emit("data", Buffer.concat(frames));
  }

  async passes(ms: number, { timerFires = true } = {}): Promise<void> {
    await this.#clock.advance(ms);
    if (timerFires) this.#wires.pump(this.#clock.now());
  }

  endTurn(): void {
    this.#client.flush();
  }

  turnIsFull(): void {
    this.#intake.hasRoom("client");
    this.#machineNow += inputMs;
  }

  hasRoom(): void {
    this.#intake.begin();
    this.#intake.admit();
  }

  closes(): void {
    this.#socket.emit("end");
    this.goesOn();
  }

  freezes(): void {
    this.#client.freeze();
  }

  thaws(): void {
    this.#client.thaw();
  }

  shareBegins(): void {
    for (const task of this.#nextTasks.splice(0)) task();
  }

  goesOn(): void {
    for (const task of this.#tasks.splice(0)) task();
  }

  take(event: PeerEvent): void {
    if (event.type === "request") this.read.push(event.request.xid);
    if (event.type === "disconnected") this.read.push("closed");
  }

  later(task: () => void): void {
    this.#tasks.push(task);
  }

  inNextTurn(task: () => void): void {
    this.#nextTasks.push(task);
  }

  touched(): void {}

  left(): void {}
}

/** Nobody is at its other end. */
class SilentSocket extends EventEmitter {
  readonly writableLength = 0;

  unref(): void {}

  pause(): void {}

  resume(): void {}

  write(): boolean {
    return true;
  }

  destroySoon(): void {}
}
