// An ensemble in a process of its own, with a heap of its own, of which its parent asks what it weighs, and to which it does things.
import { setTimeout as pass } from "node:timers/promises";
import type { Ensemble } from "../src/index.ts";
import { Pauses } from "./pauses.ts";
import { seed } from "./raw-client.ts";
import { startEnsemble } from "./subject.ts";

export type GrownOrder =
  | { readonly do: "start"; readonly storage: "memory" | "disk" | "fsync" }
  /** Its longest pause since the last order; and its memory, when all peers have all that there is, and nothing else. */
  | { readonly do: "weigh" }
  | { readonly do: "act"; readonly act: keyof typeof acts }
  /** Nothing: it answers with its longest pause since the last order. */
  | { readonly do: "tell" };

/** Bytes of heap and of buffers; what an act took, and the longest pause in it. */
export type GrownAnswer = {
  /** The leader's first. */
  readonly ports?: readonly number[];
  readonly bytes?: number;
  readonly tookMs?: number;
  readonly pauseMs?: number;
  /** The most processor time of the thread between two turns. */
  readonly workMs?: number;
};

/** A snapshot that began is over by then, and a peer has had its ticks. */
const restMs = 2000;
const timeout = 300_000;
/** Longer than any case takes: nobody pings. */
const maxSessionTimeout = 3_600_000;

// tsx switches them on, and for the first error's stack Node reads the map of the whole engine: over 100 ms in one turn.
process.setSourceMapsEnabled(false);

let ensemble: Ensemble | undefined;
const pauses = new Pauses();

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

async function carryOut(order: GrownOrder): Promise<GrownAnswer> {
  switch (order.do) {
    case "start": {
      const fsync = order.storage === "fsync";
      ensemble = await startEnsemble(3, {
        storage: order.storage === "memory" ? { kind: "memory" } : { kind: "disk", fsync },
        timeouts: { start: timeout },
        maxSessionTimeout,
      });
      const { port } = await ensemble.leader();
      await seed(port);
      const others = ensemble.peers.map((peer) => peer.port).filter((other) => other !== port);
      return { ports: [port, ...others] };
    }
    case "weigh": {
      await subject().waitForConverged({ timeout });
      const { longestMs: pauseMs, mostWorkMs: workMs } = pauses;
      const bytes = await heapUsed();
      pauses.begin();
      return { pauseMs, workMs, bytes };
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
  await ensemble?.close();
  process.exit();
});
