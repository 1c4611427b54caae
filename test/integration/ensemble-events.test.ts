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
      expect(kept.length).toBe(heard.length);
      expect(kept.some((event) => "path" in event && event.path === "/a")).toBe(true);
    });
  },
);

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
