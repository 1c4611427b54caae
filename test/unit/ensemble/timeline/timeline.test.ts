import { describe, expect, test } from "vitest";
import { EventLog, keptMax } from "../../../../src/ensemble/events.ts";
import { created } from "../created.ts";

/** Peer 2 leads, is cut off by a fault, and peer 1 leads in its place; the times are given. */
function failover(): EventLog {
  let now = 0;
  const log = new EventLog(() => now);
  log.record("peer", { peer: 1, from: "looking", to: "follower", why: "elected peer 2" });
  log.record("peer", { peer: 2, from: "looking", to: "leader", why: "elected" });
  log.record("leader", { peer: 2, epoch: 1 });
  for (let zxid = 1; zxid <= 3; zxid += 1) {
    now += 1;
    log.recordCommit(created(`/${zxid}`, zxid, 7n));
  }
  now = 10;
  log.record("fault", { id: 1, label: "partition 2 | 1", change: "on" });
  log.record("peer", { peer: 2, from: "leader", to: "crashed", why: "killed" });
  log.record("leader", { peer: undefined, epoch: 1 });
  now = 12;
  log.record("election", { peer: 1, round: 2, vote: 1, change: "decided" });
  log.record("message", { from: 1, to: "client", message: "REPLY", zxid: 3n, bytes: 20 });
  log.record("message", { from: 1, to: 2, message: "PING", bytes: 20 });
  log.record("fault", { id: 1, label: "partition 2 | 1", change: "off" });
  return log;
}

describe("a timeline", () => {
  test("has a moment for what happens at once, and commits in a row are one mark", async () => {
    const drawn = JSON.parse(await failover().timeline("json"));
    expect(drawn).toEqual({
      moments: [0, 1, 10, 10, 12, 12],
      lanes: [
        { id: "client", bands: [], marks: [] },
        {
          id: 1,
          bands: [{ kind: "follower", label: "follower: elected peer 2", from: 0, to: 6 }],
          marks: [{ kind: "election", label: "decides 1", moment: 4, count: 1 }],
        },
        {
          id: 2,
          bands: [
            { kind: "leader", label: "leader: elected", from: 0, to: 2 },
            { kind: "crashed", label: "crashed: killed", from: 2, to: 6 },
          ],
          marks: [],
        },
      ],
      leaders: [
        { kind: "leader", label: "2 leads epoch 1", from: 0, to: 3 },
        { kind: "none", label: "no leader", from: 3, to: 6 },
      ],
      faults: [{ kind: "fault", label: "#1 partition 2 | 1", from: 2, to: 5 }],
      marks: [{ kind: "commit", label: "create /1 0x1 … create /3 0x3", moment: 1, count: 3 }],
      arrows: [
        {
          kind: "client",
          from: 1,
          to: "client",
          label: "REPLY 0x3",
          moment: 5,
          fate: "arrived",
          until: 5,
        },
      ],
    });
  });

  test("is a table in text", async () => {
    expect(await failover().timeline("text")).toBe(
      `${[
        "       ms  clients                peer 1                 peer 2                 ensemble",
        "       +0                         ▶ follower: elected p… ▶ leader: elected      2 leads epoch 1",
        "       +1                         │                      ┃ leads                commit 3 × create /1 0x1 … create /3 0x3",
        "      +10                         │                      ▶ crashed: killed      fault #1 partition 2 | 1",
        "      +10                         │                      ×                      no leader",
        "      +12                         decides 1              ×",
        "      +12                         │                      ×                      healed #1 partition 2 | 1; 1 → client REPLY 0x3",
      ].join("\n")}\n`,
    );
  });

  test("messages share a moment where they leave one peer or reach one, never where one may answer the other", async () => {
    const log = new EventLog(() => 0);
    const send = (from: number, to: number, message: "PROPOSAL" | "ACK"): void =>
      log.record("message", { from, to, message, bytes: 1 });
    send(2, 1, "PROPOSAL");
    send(2, 3, "PROPOSAL");
    send(1, 2, "ACK");
    send(3, 2, "ACK");
    const { arrows } = JSON.parse(await log.timeline("json"));
    const places = arrows.map(({ from, to, moment }: Arrow) => `${from} > ${to} at ${moment}`);
    expect(places).toEqual(["2 > 1 at 0", "2 > 3 at 0", "1 > 2 at 1", "3 > 2 at 1"]);
  });

  test("is one html file without a script, an address or a mark of markup from outside", async () => {
    const log = new EventLog(() => 0);
    const hostile = `/<script src="http://example.org/x">&'\u0007`;
    log.recordCommit(created(hostile, 1, 1n));
    log.record("log", { peer: 1, level: "warn", text: hostile });
    log.record("fault", { id: 1, label: hostile, change: "on" });
    log.record("peer", { peer: 1, from: "looking", to: "leader", why: hostile });
    log.record("message", { from: 1, to: 2, message: "ACK", path: hostile, bytes: 1 });
    const html = await log.timeline("html");
    expect(html).toContain("&lt;script src=&quot;http://example.org/x&quot;&gt;&amp;&#39; ");
    expect(html).not.toMatch(/<script|<link|<img|@import|url\(/);
    expect(html).not.toContain("\u0007");
    expect(unclosed(html)).toEqual([]);
  });

  test("draws an arrow from lane to lane, its head at the receiver's, and its words beside the sender", async () => {
    const log = new EventLog(() => 0);
    for (const peer of [1, 2, 3]) log.record("peer", { peer, from: "looking", to: "follower" });
    log.record("message", { from: 3, to: 1, message: "ACK", zxid: 7n, bytes: 1 });
    const html = await log.timeline("html");
    const lanes = [...html.matchAll(/<text class="name middle" x="([\d.]+)"[^>]*>(.*?)</g)];
    expect(lanes.map((lane) => lane[2])).toEqual(["peer 1", "peer 2", "peer 3"]);
    const [first = 0, second = 0, third = 0] = lanes.map((lane) => Number(lane[1]));
    const arrow = html.slice(html.indexOf("<title>peer 3 → peer 1: ACK 0x7</title>"));
    const at = (pattern: RegExp): number => Number(pattern.exec(arrow)?.[1]);
    expect(Math.abs(at(/class="arrow broadcast" d="M([\d.]+) /) - third)).toBeLessThan(10);
    expect(Math.abs(at(/class="tip broadcast" d="M([\d.]+) /) - first)).toBeLessThan(10);
    expect(at(/on-arrow" x="([\d.]+)"/)).toBeGreaterThan(second);
  });

  test("shows what a fault made late, lost or holds still: dashed, to where it arrived, or to a cross or a bar", async () => {
    let now = 0;
    const log = new EventLog(() => now);
    const send = (to: number, zxid: bigint): number => {
      log.record("message", { from: 1, to, message: "PROPOSAL", zxid, bytes: 1 });
      const of = log.lastSeq;
      log.record("delivery", { of, from: 1, to, change: "held" });
      return of;
    };
    const [late, lost] = [send(2, 1n), send(3, 2n)];
    send(2, 3n);
    now = 400;
    log.record("delivery", { of: late, from: 1, to: 2, change: "arrived" });
    log.record("delivery", { of: lost, from: 1, to: 3, change: "lost" });

    const { arrows, moments } = JSON.parse(await log.timeline("json"));
    expect(moments).toEqual([0, 0, 0, 400]);
    const drawn = arrows.map(({ label, fate, moment, until }: Record<string, unknown>) => {
      return [label, fate, moment, until];
    });
    expect(drawn).toEqual([
      ["400 ms late: PROPOSAL 0x1", "late", 0, 3],
      ["lost: PROPOSAL 0x2", "lost", 1, 1],
      ["held: PROPOSAL 0x3", "held", 2, 2],
    ]);
    expect(await log.timeline("text")).toContain("1 ⇢ 2 arrives: 400 ms late: PROPOSAL 0x1\n");
    const html = await log.timeline("html");
    expect(html.match(/class="arrow dashed broadcast"/g)).toHaveLength(3);
    for (const tip of ["late", "lost", "held"])
      expect(html).toContain(`class="tip ${tip} broadcast"`);
    expect(unclosed(html)).toEqual([]);
  });

  test("keeps a row for each moment with a ring full of events, and nothing is drawn over its end", async () => {
    let now = 0;
    const log = new EventLog(() => now);
    for (let round = 0; round < keptMax; round += 1) {
      now += round % 50 === 0 ? 60_000 : 1;
      log.record("election", { peer: 1, round, vote: 1, change: "vote" });
    }
    const html = await log.timeline("html");
    const places = [...html.matchAll(/cy="([\d.]+)"/g)].map((match) => Number(match[1]));
    expect(places.length).toBe(keptMax);
    const gaps = places.slice(1).map((place, index) => place - (places[index] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(20);
    const heights = [...html.matchAll(/<svg [^>]* height="([\d.]+)"/g)].map(([, h]) => Number(h));
    expect(places.at(-1)).toBeLessThan(Math.max(...heights));
  });

  test("shows a fault from the start on whose beginning is forgotten", async () => {
    const log = new EventLog(() => 0);
    log.record("leader", { peer: 1, epoch: 1 });
    log.record("fault", { id: 4, label: "skew 1", change: "off" });
    const { faults } = JSON.parse(await log.timeline("json"));
    expect(faults).toEqual([{ kind: "fault", label: "#4 skew 1", from: 0, to: 1 }]);
  });

  test("of nothing is drawn too, and a format that nobody knows is refused", async () => {
    const log = new EventLog(() => 0);
    expect(await log.timeline("text")).toBe("no events\n");
    expect(await log.timeline("html")).toContain("<svg");
    await expect(log.timeline("pdf" as "text")).rejects.toMatchObject({ code: "ZKMS_BAD_OPTIONS" });
  });
});

interface Arrow {
  readonly from: number;
  readonly to: number;
  readonly moment: number;
}

/** The elements that are open at the end, or closed in another order than they were opened. */
function unclosed(html: string): string[] {
  const open: string[] = [];
  for (const [tag, slash, name = ""] of html.matchAll(/<(\/?)([a-z]+)[^>]*>/g)) {
    if (slash === "/" && open.at(-1) === name) open.pop();
    else if (slash === "/" || (!tag.endsWith("/>") && name !== "meta")) open.push(name);
  }
  return open;
}
