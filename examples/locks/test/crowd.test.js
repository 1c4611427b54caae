import { describe, expect } from "vitest";
import { test } from "zookeeper-memory-server/vitest";
import * as fair from "../src/fair-lock.js";
import * as naive from "../src/naive-lock.js";
import { open } from "../src/zookeeper.js";

const crowd = 10;

describe("ten want the lock, and each has it once", () => {
  /** How often who waits is woken, as the waiting count it, and as the servers do: a watch event each. */
  async function story(ensemble, acquire) {
    let wakes = 0;
    let watchEvents = 0;
    const messages = ensemble.events.on("message", ({ message }) => {
      if (message === "WATCH_EVENT") watchEvents += 1;
    });
    await ensemble.seedTree({ locks: { printer: "" } });
    const clients = await Promise.all(
      Array.from({ length: crowd }, () => open(ensemble.connectString)),
    );

    const path = acquire === naive.acquire ? "/lock" : "/locks/printer";
    const holders = [];
    for (const client of clients) {
      acquire(client, path, () => {
        wakes += 1;
      }).then((lock) => holders.push(lock));
    }
    for (let served = 0; served < crowd; served += 1) {
      const waiting = crowd - served - 1;
      await ensemble.waitFor(`a holder, and ${waiting} who watch`, async () => {
        const { peers } = await ensemble.status();
        const watches = peers.reduce((sum, peer) => sum + peer.watches, 0);
        return holders.length === served + 1 && watches === waiting;
      });
      await holders[served].release();
    }
    messages[Symbol.dispose]();
    for (const client of clients) client.close();
    return { wakes, watchEvents };
  }

  test("one node: each release wakes everybody who waits, 9 + 8 + … + 1", async ({ ensemble }) => {
    expect(await story(ensemble, naive.acquire)).toEqual({ wakes: 45, watchEvents: 45 });
  });

  test("a queue: each release wakes one", async ({ ensemble }) => {
    expect(await story(ensemble, fair.acquire)).toEqual({ wakes: 9, watchEvents: 9 });
  });
});
