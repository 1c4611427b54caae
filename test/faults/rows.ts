// What each line of docs/faults.md does to a client of somebody else's, as the page says.
import { connect as connectSocket } from "node:net";
import { expect } from "vitest";
import type { Ensemble, Fault } from "../../src/index.ts";
import type { Witness } from "./witness.ts";

export interface Scene {
  /** Three peers with a node "/a" that has the data "before"; peer 3 leads. */
  readonly ensemble: Ensemble;
  /** On peer 1, which follows, and knows no other; its session's timeout is 10 s. */
  readonly witness: Witness;
  /** The line on the page. */
  readonly run: () => Promise<unknown>;
}
type Hold = Awaited<ReturnType<Ensemble["network"]["hold"]>>;
type Check = (scene: Scene) => Promise<void>;

/** Cut off, and back on its peer with its session and its data. */
async function comesBack(
  { ensemble, witness }: Scene,
  mend: () => unknown = () => undefined,
): Promise<void> {
  const { session } = witness;
  await witness.sees("disconnected");
  await mend();
  await witness.sees("connected");
  expect(witness.session).toBe(session);
  expect(await witness.get("/a")).toBe("before");
  expect(await ensemble.sessions.get(session)).toMatchObject({ connected: true, peer: 1 });
}

/** A write that waits until the fault is over. */
async function waits({ ensemble, witness, run }: Scene, mend: (fault: Fault) => unknown) {
  const fault = (await run()) as Fault;
  const writing = witness.set("/a", "after");
  await ensemble.waitForQuorum();
  expect(await ensemble.dump()).toEqual({ a: "before" });
  await mend(fault);
  await writing;
  expect(await witness.get("/a")).toBe("after");
}

/** A write that takes no less than this of the ensemble's time. */
const takes =
  (ms: number, data: string): Check =>
  async ({ ensemble, witness, run }) => {
    await run();
    const before = await ensemble.clock.now();
    await witness.set("/a", data);
    expect((await ensemble.clock.now()) - before).toBeGreaterThanOrEqual(ms);
    await ensemble.heal();
  };

const givesUp: Check = async (scene) => {
  await scene.run();
  await scene.ensemble.clock.advance(3_000);
  await comesBack(scene, () => scene.ensemble.heal());
};

const blow =
  (mend?: (ensemble: Ensemble) => unknown): Check =>
  async (scene) => {
    await scene.run();
    await comesBack(scene, () => mend?.(scene.ensemble));
  };

/** A write that nobody can tell the outcome of; then the peer whose disk failed is down, and the client is back on its own. */
const diskEnds =
  (id: number): Check =>
  async ({ ensemble, witness, run }) => {
    const { session } = witness;
    await run();
    await witness.set("/a", "after").catch(() => {});
    await witness.sees("disconnected");
    await ensemble.peer(id).waitForRole("crashed");
    await ensemble.heal();
    await ensemble.peer(id).start();
    await witness.sees("connected");
    expect(witness.session).toBe(session);
    await ensemble.waitForConverged();
  };

const refusesToStart = { code: "ZKMS_STORAGE" };

/** Peer 2 is down while its files are spoiled; its fellows and their client go on. */
const spoiled =
  (comesUp: boolean): Check =>
  async ({ ensemble, witness, run }) => {
    await ensemble.peer(2).kill();
    await run();
    await witness.set("/a", "after");
    if (comesUp) await ensemble.peer(2).start();
    else await expect(ensemble.peer(2).start()).rejects.toMatchObject(refusesToStart);
    if (!comesUp) await ensemble.peer(2).restart({ wipe: true });
    await ensemble.waitForConverged();
    expect(await witness.get("/a")).toBe("after");
  };

const expires: Check = async ({ ensemble, witness, run }) => {
  await run();
  await witness.sees("disconnected");
  await witness.sees("expired");
  expect(await ensemble.dump()).toEqual({ a: "before" });
};

/** By section, in the order of its rows. */
export const checks: Readonly<Record<string, readonly Check[]>> = {
  Processes: [
    blow((ensemble) => ensemble.peer(1).start()),
    blow(),
    blow((ensemble) => ensemble.peer(1).start()),
    async (scene) => {
      await scene.run();
      const writing = scene.witness.set("/a", "after");
      await scene.ensemble.waitForQuorum();
      await scene.ensemble.peer(1).resume();
      await writing;
      expect(await scene.witness.get("/a")).toBe("after");
    },
    blow(),
    blow(),
  ],
  Links: [
    givesUp,
    (scene) => waits(scene, (fault) => fault.undo()),
    givesUp,
    async ({ ensemble, witness, run }) => {
      await run();
      await witness.set("/a", "after");
      expect(await dial(ensemble.peer(1).port)).toBe("ECONNREFUSED");
      await ensemble.heal();
      expect(await dial(ensemble.peer(1).port)).toBe("connected");
    },
    blow(),
    takes(30, "after"),
    takes(400, "5 KB ".padEnd(5_000, "x")),
    takes(50, "after"),
    blow((ensemble) => ensemble.heal()),
    async ({ ensemble, witness, run }) => {
      await run();
      const data = "x".repeat(1_000);
      await witness.set("/a", data);
      await ensemble.heal();
      const { a } = await ensemble.dump();
      expect(String(a).length).toBe(1_000);
      expect(a).not.toBe(data);
    },
  ],
  Messages: [
    async ({ ensemble, witness, run }) => {
      const { queued, release, undo } = (await run()) as Hold;
      const writing = witness.set("/a", "after");
      await ensemble.waitFor("the proposal on its way to both followers", async () => {
        const held = await queued();
        return held.filter(({ type, path }) => type === "PROPOSAL" && path === "/a").length === 2;
      });
      await release();
      await writing;
      await undo();
      expect(await witness.get("/a")).toBe("after");
    },
    takes(50, "after"),
    async (scene) => {
      const { ensemble, witness, run } = scene;
      await run();
      await witness.set("/a", "after").catch(() => {}); // done or not, its client cannot know
      await witness.sees("disconnected");
      await witness.sees("connected");
      expect(await ensemble.peer(3).role()).toBe("crashed");
      expect(await witness.get("/a")).toBe("after");
    },
  ],
  Time: [
    async ({ ensemble, witness, run }) => {
      await run();
      await witness.set("/a", "after");
      expect(await ensemble.sessions.get(witness.session)).toMatchObject({ connected: true });
    },
    async ({ witness, run }) => {
      await run();
      await witness.sees("disconnected");
      await witness.sees("expired");
    },
    async ({ ensemble, witness, run }) => {
      await run();
      const stood = await ensemble.clock.now();
      await witness.set("/a", "after");
      expect(await ensemble.clock.now()).toBe(stood);
    },
    async ({ ensemble, witness, run }) => {
      await run();
      await witness.set("/a", "after");
      await using zk = await ensemble.connect();
      const { ctime, mtime } = (await zk.get("/a")).stat;
      expect(mtime.getTime() - ctime.getTime()).toBeGreaterThanOrEqual(60_000);
    },
  ],
  Disks: [
    diskEnds(1),
    diskEnds(3),
    async (scene) => {
      const { ensemble, run } = scene;
      const { session } = scene.witness;
      await ensemble.peer(1).stop();
      await using zk = await ensemble.connect({ to: "leader" });
      const writes = Array.from({ length: 600 }, () => zk.set("/a", "before")); // more than leaders keep to send one by one
      await Promise.all(writes);
      await run();
      await expect(ensemble.peer(1).start()).rejects.toMatchObject(refusesToStart);
      await ensemble.peer(1).start();
      await scene.witness.sees("connected");
      expect(scene.witness.session).toBe(session);
    },
    async (scene) => {
      const { ensemble, run } = scene;
      await run();
      await ensemble.peer(1).kill();
      await expect(ensemble.peer(1).start()).rejects.toMatchObject(refusesToStart);
      await comesBack(scene, () => ensemble.peer(1).start());
    },
    diskEnds(3),
    takes(50, "after"),
    takes(50, "after"),
    spoiled(false),
    spoiled(true),
    spoiled(false),
  ],
  Sessions: [expires, expires, blow(), (scene) => waits(scene, (fault) => fault.undo())],
  "The whole state": [expires],
};

/** What becomes of a new connection. */
function dial(port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connectSocket({ port, host: "127.0.0.1" });
    socket.once("connect", () => resolve("connected"));
    socket.once("error", (error) => resolve("code" in error ? String(error.code) : "failed"));
    socket.once("connect", () => socket.destroy());
  });
}
