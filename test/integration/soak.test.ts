// Long lives in one process: what leaks, what is lost and what comes twice shows only after many times.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { type Ensemble, startEnsemble } from "../../src/index.ts";

const aMinute = 60_000;

test(
  "200 ensembles in one process leave no handle open and no memory behind",
  async () => {
    const collectGarbage = exposedGc();
    const live = async (count: number): Promise<{ handles: string[]; megabytes: number }> => {
      for (let index = 0; index < count; index += 1) {
        await using ensemble = await startEnsemble(3);
        expect(ensemble.peers).toHaveLength(3);
      }
      await new Promise((resolve) => setImmediate(resolve));
      collectGarbage();
      const megabytes = process.memoryUsage().heapUsed / 2 ** 20;
      return { handles: process.getActiveResourcesInfo().sort(), megabytes };
    };
    const warm = await live(20);
    const later = await live(200);
    expect(later.handles).toEqual(warm.handles);
    expect(later.megabytes).toBeLessThan(warm.megabytes + 10);
  },
  aMinute,
);

function exposedGc(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}

test(
  "50 leaders die under load: no acknowledged write is lost, none comes twice",
  async () => {
    await using ensemble = await startEnsemble(3);
    await using client = await ensemble.connect();
    await client.create("/log");
    const writers = await Promise.all([1, 2, 3, 4].map((id) => Writer.start(ensemble, id)));
    for (let kill = 0; kill < 50; kill += 1) {
      await Promise.all(writers.map((writer) => writer.nextAcknowledged()));
      const { killed } = await ensemble.killLeader();
      await killed.start();
    }
    for (const writer of writers) await writer.stop();
    await ensemble.waitForConverged();

    // The peers agree, by digest: the log of one is the log of all.
    const log = new Map<string, string[]>();
    for (const [name, text] of Object.entries(await ensemble.dump("/log"))) {
      log.set(String(text), [...(log.get(String(text)) ?? []), `/log/${name}`]);
    }
    const attempts = writers.flatMap((writer) => writer.attempts);
    const wrong = attempts.filter(({ text, path }) => {
      const paths = log.get(text) ?? [];
      return path === undefined ? paths.length > 1 : paths.length !== 1 || paths[0] !== path;
    });
    const known = new Set(attempts.map(({ text }) => text));
    const unknown = [...log.keys()].filter((text) => !known.has(text));
    expect({ wrong, unknown }).toEqual({ wrong: [], unknown: [] });
  },
  aMinute,
);

interface Attempt {
  readonly text: string;
  /** undefined: the write was not acknowledged, so nobody can say. */
  path: string | undefined;
}

/** Writes one sequential node after the other, each with a text of its own, and never tries one again. */
class Writer {
  readonly attempts: Attempt[] = [];
  readonly #acknowledged: (() => void)[] = [];
  #stopping = false;
  #stopped: Promise<void> = Promise.resolve();

  static async start(ensemble: Ensemble, id: number): Promise<Writer> {
    const writer = new Writer();
    const client = await ensemble.connect();
    writer.#stopped = writer.#write(client, id);
    return writer;
  }

  nextAcknowledged(): Promise<void> {
    return new Promise((resolve) => this.#acknowledged.push(resolve));
  }

  stop(): Promise<void> {
    this.#stopping = true;
    return this.#stopped;
  }

  async #write(client: Awaited<ReturnType<Ensemble["connect"]>>, id: number): Promise<void> {
    while (!this.#stopping) {
      const attempt: Attempt = { text: `${id}.${this.attempts.length}`, path: undefined };
      this.attempts.push(attempt);
      try {
        const options = { mode: "persistentSequential" } as const;
        attempt.path = await client.create("/log/n-", attempt.text, options);
        for (const resolve of this.#acknowledged.splice(0)) resolve();
      } catch (error) {
        expect(error).toMatchObject({ code: "CONNECTIONLOSS" });
      }
    }
    await client.close();
  }
}

test(
  "a cut-off leader takes a write that does not survive it",
  async () => {
    await using ensemble = await startEnsemble(3, { tickTime: 50, syncLimit: 4 });
    for (let round = 0; round < 5; round += 1) {
      const old = await ensemble.leader();
      await using client = await ensemble.connect({ to: old.id });
      const cut = await ensemble.isolate(old.id);
      const doomed = client.create(`/doomed${round}`).catch((error: unknown) => error);
      const leader = await ensemble.waitForLeader({ not: old.id, timeout: 10_000 });
      await using other = await ensemble.connect({ to: leader.id });
      await other.create(`/survivor${round}`);
      await cut.undo();
      expect(await doomed).toMatchObject({ code: "CONNECTIONLOSS" });
      await ensemble.waitForConverged();
    }
    const survivors = [
      "survivor0",
      "survivor1",
      "survivor2",
      "survivor3",
      "survivor4",
      "zookeeper",
    ];
    for (const peer of ensemble.peers) {
      await using client = await ensemble.connect({ to: peer.id });
      expect((await client.children("/")).children.sort()).toEqual(survivors);
    }
  },
  aMinute,
);
