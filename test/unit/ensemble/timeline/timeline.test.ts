import { describe, expect, test } from "vitest";
import { EventLog, keptMax } from "../../../../src/ensemble/events.ts";

/** Peer 2 leads, is cut off by a fault, and peer 1 leads in its place; the times are given. */
function failover(): EventLog {
  let now = 0;
  const log = new EventLog(() => now);
  log.record("peer", { peer: 1, from: "looking", to: "follower", why: "elected peer 2" });
  log.record("peer", { peer: 2, from: "looking", to: "leader", why: "elected" });
  log.record("leader", { peer: 2, epoch: 1 });
  for (let zxid = 1n; zxid <= 3n; zxid += 1n) {
    now += 1;
    log.record("commit", { zxid, op: "create", path: `/${zxid}`, session: 7n });
  }
  now = 10;
  log.record("fault", { id: 1, label: "partition 2 | 1", change: "on" });
  log.record("peer", { peer: 2, from: "leader", to: "crashed", why: "killed" });
  log.record("leader", { peer: undefined, epoch: 1 });
  now = 12;
  log.record("election", { peer: 1, round: 2, vote: 1, change: "decided" });
  log.record("message", { from: 1, to: "client", message: "REPLY", bytes: 20 });
  log.record("fault", { id: 1, label: "partition 2 | 1", change: "off" });
  return log;
}

describe("a timeline", () => {
  test("has a column for each moment, and commits in a row are one mark", async () => {
    const drawn = JSON.parse(await failover().timeline("json"));
    expect(drawn).toEqual({
      columns: [0, 1, 10, 12, 12],
      lanes: [
        {
          id: 1,
          bands: [{ kind: "follower", label: "follower: elected peer 2", from: 0, to: 5 }],
          marks: [{ kind: "election", label: "decides 1", column: 3, count: 1 }],
        },
        {
          id: 2,
          bands: [
            { kind: "leader", label: "leader: elected", from: 0, to: 2 },
            { kind: "crashed", label: "crashed: killed", from: 2, to: 5 },
          ],
          marks: [],
        },
        { id: "client", bands: [], marks: [] },
      ],
      leaders: [
        { kind: "leader", label: "2 leads epoch 1", from: 0, to: 2 },
        { kind: "none", label: "no leader", from: 2, to: 5 },
      ],
      faults: [{ kind: "fault", label: "#1 partition 2 | 1", from: 2, to: 4 }],
      marks: [{ kind: "commit", label: "create /1 0x1 … create /3 0x3", column: 1, count: 3 }],
      arrows: [{ from: 1, to: "client", label: "REPLY", column: 4 }],
    });
  });

  test("is a table in text", async () => {
    expect(await failover().timeline("text")).toBe(
      `${[
        "       ms  peer 1                 peer 2                 clients                ensemble",
        "       +0  ▶ follower: elected p… ▶ leader: elected                             2 leads epoch 1",
        "       +1  │                      ┃ leads                                       commit 3 × create /1 0x1 … create /3 0x3",
        "      +10  │                      ▶ crashed: killed                             fault #1 partition 2 | 1; no leader",
        "      +12  decides 1              ×",
        "      +12  │                      ×                                             healed #1 partition 2 | 1; 1 → client REPLY",
      ].join("\n")}\n`,
    );
  });

  test("is one html file without a script, an address or a mark of markup from outside", async () => {
    const log = new EventLog(() => 0);
    const hostile = `/<script src="http://example.org/x">&'\u0007`;
    log.record("commit", { zxid: 1n, op: "create", path: hostile, session: 1n });
    log.record("log", { peer: 1, level: "warn", text: hostile });
    log.record("fault", { id: 1, label: hostile, change: "on" });
    log.record("peer", { peer: 1, from: "looking", to: "leader", why: hostile });
    const html = await log.timeline("html");
    expect(html).toContain("&lt;script src=&quot;http://example.org/x&quot;&gt;&amp;&#39; ");
    expect(html).not.toMatch(/<script|<link|<img|@import|url\(/);
    expect(html).not.toContain("\u0007");
    const opened = [...html.matchAll(/<(g|svg|text|title|div)\b/g)].length;
    expect([...html.matchAll(/<\/(g|svg|text|title|div)>/g)].length).toBe(opened);
  });

  test("stays in proportion with a ring full of events: every column keeps its least width", async () => {
    let now = 0;
    const log = new EventLog(() => now);
    for (let round = 0; round < keptMax; round += 1) {
      now += 1;
      log.record("election", { peer: 1, round, vote: 1, change: "vote" });
    }
    const places = [...(await log.timeline("html")).matchAll(/cx="([\d.]+)"/g)].map(placeOf);
    expect(places.length).toBe(keptMax);
    expect(places.every((x, index) => index === 0 || x - (places[index - 1] ?? 0) >= 11)).toBe(
      true,
    );
  });

  test("shows a fault from the left edge on whose beginning is forgotten", async () => {
    const log = new EventLog(() => 0);
    log.record("leader", { peer: 1, epoch: 1 });
    log.record("fault", { id: 4, label: "skew 1", change: "off" });
    const { faults } = JSON.parse(await log.timeline("json"));
    expect(faults).toEqual([{ kind: "fault", label: "#4 skew 1", from: 0, to: 0 }]);
  });

  test("of nothing is drawn too, and a format that nobody knows is refused", async () => {
    const log = new EventLog(() => 0);
    expect(await log.timeline("text")).toBe("no events\n");
    expect(await log.timeline("html")).toContain("<svg");
    await expect(log.timeline("pdf" as "text")).rejects.toMatchObject({ code: "ZKMS_BAD_OPTIONS" });
  });
});

const placeOf = (match: RegExpMatchArray): number => Number(match[1]);
