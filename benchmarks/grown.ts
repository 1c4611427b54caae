// An ensemble in a process of its own, with a heap of its own, which grows as its parent says: in znodes, in watches, in sessions.
import { setTimeout as pass } from "node:timers/promises";
import type { Ensemble } from "../src/index.ts";
import { createFolder, existWatches } from "./frames.ts";
import { Pauses } from "./pauses.ts";
import { RawClient, seed } from "./raw-client.ts";
import { startEnsemble } from "./subject.ts";

export type Growth = "znodes" | "watches" | "sessions";

export type GrownOrder =
  | { readonly do: "start"; readonly storage: "memory" | "disk" | "fsync" }
  | { readonly do: "grow"; readonly by: Growth; readonly count: number }
  | { readonly do: "act"; readonly act: keyof typeof acts }
  /** Nothing: it answers with its longest pause since the last order. */
  | { readonly do: "tell" };

/** Ports; bytes of heap that each of what it grew by takes; what an act took, and the longest pause in it. */
export type GrownAnswer = {
  readonly ports?: readonly number[];
  readonly bytes?: number;
  readonly tookMs?: number;
  readonly pauseMs?: number;
  /** The most processor time of the thread between two turns. */
  readonly workMs?: number;
};

const childrenMax = 1000;
const watchesInRequest = 5000;
const sessionsAtOnce = 200;
/** A snapshot that began is over by then, and a peer has had its ticks. */
const restMs = 2000;
const timeout = 300_000;

let ensemble: Ensemble | undefined;
const pauses = new Pauses();
/** They stay open, and their watches with them. */
const clients: RawClient[] = [];

function subject(): Ensemble {
  if (ensemble === undefined) throw new Error("not started");
  return ensemble;
}

const acts = {
  async rest() {},
  async restart() {
    const [follower] = await subject().followers();
    await follower?.restart({ crash: true });
    await subject().waitForConverged({ timeout });
  },
  async wipe() {
    const [follower] = await subject().followers();
    await follower?.restart({ crash: true, wipe: true });
    await subject().waitForConverged({ timeout });
  },
  async failover() {
    const { killed } = await subject().killLeader();
    await killed.start();
    await subject().waitForConverged({ timeout });
  },
  async snapshotAndRestore() {
    await subject().restore(await subject().snapshot());
  },
  async dump() {
    await subject().dump();
  },
  async reset() {
    await subject().reset();
  },
  async minute() {
    await subject().clock.advance(60_000);
  },
};

const growths: Readonly<Record<Growth, (count: number) => Promise<void>>> = {
  async znodes(count) {
    const { port } = await subject().leader();
    const client = await RawClient.open(port);
    for (let first = 0; first < count; first += childrenMax) {
      const below = Math.min(childrenMax, count - first) - 1;
      await client.change(createFolder(`/grown${first / childrenMax}`, below));
    }
    client.close();
    await subject().waitForConverged({ timeout });
  },
  async watches(count) {
    const { port } = await subject().leader();
    for (let first = 0; first < count; first += watchesInRequest) {
      const client = await RawClient.open(port);
      clients.push(client);
      await client.ask(existWatches(first, Math.min(watchesInRequest, count - first)));
    }
  },
  async sessions(count) {
    const ports = subject().peers.map((peer) => peer.port);
    for (let first = 0; first < count; first += sessionsAtOnce) {
      const size = Math.min(sessionsAtOnce, count - first);
      const opened = Array.from({ length: size }, (_, index) =>
        RawClient.open(ports[index % ports.length] ?? 0),
      );
      clients.push(...(await Promise.all(opened)));
    }
  },
};

async function carryOut(order: GrownOrder): Promise<GrownAnswer> {
  switch (order.do) {
    case "start": {
      const fsync = order.storage === "fsync";
      ensemble = await startEnsemble(3, {
        storage: order.storage === "memory" ? { kind: "memory" } : { kind: "disk", fsync },
        timeouts: { start: timeout },
      });
      await seed(subject().peers[0]?.port ?? 0);
      return { ports: subject().peers.flatMap(({ port }) => [port, port]) };
    }
    case "grow": {
      const before = await heapUsed();
      pauses.begin();
      const startedAt = performance.now();
      await growths[order.by](order.count);
      const tookMs = performance.now() - startedAt;
      const { longestMs: pauseMs, mostWorkMs: workMs } = pauses;
      const bytes = ((await heapUsed()) - before) / order.count;
      return { tookMs, pauseMs, workMs, bytes };
    }
    case "tell": {
      const { longestMs: pauseMs, mostWorkMs: workMs } = pauses;
      pauses.begin();
      return { pauseMs, workMs };
    }
    case "act": {
      pauses.begin();
      const startedAt = performance.now();
      await acts[order.act]();
      const tookMs = performance.now() - startedAt;
      await pass(restMs);
      return { tookMs, pauseMs: pauses.longestMs, workMs: pauses.mostWorkMs };
    }
  }
}

/** With what buffers take, when nothing but what is alive is left. */
async function heapUsed(): Promise<number> {
  for (let count = 0; count < 2; count += 1) {
    globalThis.gc?.();
    await pass(50);
  }
  const { heapUsed: heap, arrayBuffers } = process.memoryUsage();
  return heap + arrayBuffers;
}

process.on("message", async (order: GrownOrder) => {
  try {
    process.send?.(await carryOut(order));
  } catch (error) {
    console.error(`${JSON.stringify(order)}:`, error);
    process.exit(1);
  }
});
process.on("disconnect", async () => {
  for (const client of clients) client.close();
  await ensemble?.close();
  process.exit();
});
