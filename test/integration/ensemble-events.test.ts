import { describe, expect, test } from "vitest";
import type { EventOf } from "../../src/ensemble/api-controls.ts";
import { dispose } from "../../src/ensemble/disposal.ts";
import { type EnsembleOptions, startEnsemble } from "../../src/index.ts";

/** One message in short; peers by what they are. */
type Heard = `${string} > ${string} ${string}`;

describe.each<["tcp" | "memory"]>([["tcp"], ["memory"]])(
  "message events, peers linked by %s",
  (peerLinks) => {
    test("tell of every message while somebody listens, and of none before and after", async () => {
      const options: EnsembleOptions = { peerLinks };
      await using ens = await startEnsemble(3, options);
      const leader = await ens.leader();
      const zk = await ens.connect({ to: "leader" });
      const heard: EventOf<"message">[] = [];
      const listening = ens.events.on("message", (event) => heard.push(event));
      await zk.create("/a", "");
      await ens.waitForConverged();
      listening[dispose]();
      await zk.set("/a", "unheard");

      const name = (end: number | "client"): string =>
        end === "client" ? end : end === leader.id ? "leader" : "follower";
      const zxid = heard.find(({ message, path }) => message === "PROPOSAL" && path === "/a")?.zxid;
      expect(zxid).toBeDefined();
      const ofTheWrite = heard.filter(
        (event) => event.message !== "PING" && (event.zxid === zxid || event.path === "/a"),
      );
      const count = new Map<Heard, number>();
      for (const { from, to, message } of ofTheWrite) {
        const key: Heard = `${name(from)} > ${name(to)} ${message}`;
        count.set(key, (count.get(key) ?? 0) + 1);
      }
      expect(Object.fromEntries(count)).toEqual({
        "client > leader CLIENT_REQUEST": 1,
        "leader > follower PROPOSAL": 2,
        "follower > leader ACK": 2,
        "leader > follower COMMIT": 2,
        "leader > client REPLY": 1,
      });
      const kept = await ens.events.history({ type: "message" });
      expect(kept).toEqual(heard.filter(({ message }) => message !== "PING"));
      expect(kept.some((event) => "path" in event && event.path === "/a")).toBe(true);
    });
  },
);

describe.each(["tcp", "memory"] as const)("deliveries, peers linked by %s", (peerLinks) => {
  test("tell of messages that a fault holds, when they arrive, and that they never will", async () => {
    await using ens = await startEnsemble(3, { peerLinks });
    const [follower] = await ens.followers();
    const id = follower?.id ?? 0;
    const zk = await ens.connect({ to: "leader" });
    using _ = ens.events.on("message", () => {});
    const fates = async (path: string): Promise<string[]> => {
      const sent = (await ens.events.history({ type: "message", peer: id })).filter(
        (event) => "path" in event && event.path === path && "to" in event && event.to === id,
      );
      const told = await ens.events.history({ type: "delivery", peer: id });
      return told.flatMap((event) =>
        event.type === "delivery" && sent.some(({ seq }) => seq === event.of) ? [event.change] : [],
      );
    };
    const hold = await ens.network.hold({ from: "leader", to: id }, { type: "PROPOSAL" });
    await zk.create("/late");
    expect(await fates("/late")).toEqual(["held"]);
    await hold.release();
    await ens.waitForConverged();
    expect(await fates("/late")).toEqual(["held", "arrived"]);
    await zk.create("/lost");
    await ens.kill(id);
    await ens.waitFor("it is lost", async () => (await fates("/lost")).includes("lost"));
    expect(await fates("/lost")).toEqual(["held", "lost"]);
    expect(await ens.events.timeline("text")).toMatch(/⇢ \d lost: PROPOSAL 0x\w+ \/lost/);
  });
});

test("onEvent alone asks for no messages, and hears those that somebody else asked for", async () => {
  const heard: string[] = [];
  await using ens = await startEnsemble(1, { onEvent: ({ type }) => heard.push(type) });
  const zk = await ens.connect();
  expect(heard).not.toContain("message");
  const listening = ens.events.on("message", () => {});
  await zk.create("/a", "");
  await ens.waitFor("a message", () => heard.includes("message"));
  listening[dispose]();
});

describe("events", () => {
  test("have the commit whose leader died with a quorum's ACK and before it heard of it", async () => {
    await using ens = await startEnsemble(3);
    const zk = await ens.connect({ to: "followers" });
    const old = await ens.leader();
    await ens.network.on({ type: "ACK", to: "leader" }, "crash-receiver");
    await zk.create("/a", "").catch(() => {}); // its fate is unknown to the client
    await ens.waitForLeader({ not: old.id });
    await ens.waitForQuorum();
    const told = await ens.events.history({ type: "commit" });
    const ofA = told.filter((event) => "path" in event && event.path === "/a");
    expect(ofA).toMatchObject([{ op: "create" }]);
    const zxids = told.flatMap((event) => (event.type === "commit" ? [event.zxid] : []));
    expect(zxids).toEqual([...zxids].sort((left, right) => Number(left - right)));
  });

  test("have a session's whole life: its peer's crash, its way to another, its end", async () => {
    await using ens = await startEnsemble(3);
    const zk = await ens.connect({ to: 1 });
    const id = zk.sessionId;
    const changes: string[] = ["created 1"];
    const listening = ens.events.on("session", (event) => {
      if (event.id === id) changes.push(`${event.change} ${event.peer}`);
    });
    const isBack = (times: number) => () =>
      changes.filter((change) => change === "moved 1").length === times;
    await ens.kill(1);
    await ens.peer(1).start();
    await ens.waitFor("the session on its peer again", isBack(1));
    await ens.sessions.disconnect(id);
    await ens.waitFor("the session back", isBack(2));
    await ens.sessions.expire(id);
    listening[dispose]();
    expect(changes).toEqual([
      "created 1",
      "disconnected 1",
      "moved 1",
      "disconnected 1",
      "moved 1",
      "expired 1",
    ]);
  });

  test("have every step of an election and of the roles around it, in one order", async () => {
    await using ens = await startEnsemble(3);
    const { seq = 0 } = (await ens.events.history()).at(-1) ?? {};
    const { killed, leader } = await ens.killLeader();
    const told = await ens.events.history({ since: seq + 1 });
    expect(told.map((event) => event.seq)).toEqual(told.map((_, index) => seq + 1 + index));
    const of = (peer: number | undefined): string[] =>
      told.flatMap((event) => {
        if (event.type === "peer" && event.peer === peer) return [`${event.from} > ${event.to}`];
        if (event.type !== "election" || event.peer !== peer) return [];
        return [event.change === "started" ? event.change : `${event.change} ${event.vote}`];
      });
    expect(of(killed.id)).toEqual(["leader > crashed"]);
    const steps = of(leader?.id);
    expect(steps.slice(0, 3)).toEqual(["follower > looking", "started", `vote ${leader?.id}`]);
    expect(steps.slice(-2)).toEqual([`decided ${leader?.id}`, "looking > leader"]);
    const leaders = told.flatMap((event) => (event.type === "leader" ? [event.peer] : []));
    expect(leaders).toEqual([undefined, leader?.id]);
  });
});
