import { describe, expect, test } from "vitest";
import { startEnsemble } from "./started.ts";

/** A silent leader is given up after 300 ms. */
const quick = { tickTime: 50, syncLimit: 6 } as const;

describe("a wait that runs out", () => {
  test("says who is where, why there is no leader, what to do, and the seed", async () => {
    await using ens = await startEnsemble(3, { ...quick, seed: "9f31c2" });
    await ens.kill(2);
    await ens.partition([1], [3]);
    await Promise.all([1, 3].map((id) => ens.peer(id).waitForRole("looking")));
    const late = ens.waitForLeader({ timeout: 1 });
    await expect(late).rejects.toMatchObject({
      code: "ZKMS_WAIT_TIMEOUT",
      hint: "ensemble.heal() or ensemble.peer(2).start()",
      seed: "9f31c2",
      status: { quorum: false, leader: undefined, faults: ["#1 partition 1 | 3"] },
      message: expect.stringMatching(
        new RegExp(
          [
            "^no leader after 1 ms",
            " {2}peers {3}1 looking round \\d+ zxid 0x\\w+ \\| 2 crashed \\d+ ms ago \\| 3 looking round \\d+ zxid 0x\\w+, cut from 1 \\(partition #1\\)",
            " {2}faults {2}#1 partition 1 \\| 3",
            " {2}why {5}2 of 3 voters are up, but 1 and 3 cannot reach each other",
            " {2}try {5}ensemble.heal\\(\\) or ensemble.peer\\(2\\).start\\(\\)",
            " {2}replay {2}seed 9f31c2",
            " {2}docs {4}zookeeper-memory-server/docs/errors.md#zkms_wait_timeout$",
          ].join("\n"),
        ),
      ),
    });
  });

  test("of no quorum names the voters that are missing", async () => {
    await using ens = await startEnsemble(3, quick);
    await ens.kill("followers");
    await ens.waitForNoLeader();
    await expect(ens.waitForQuorum({ timeout: 1 })).rejects.toMatchObject({
      message: expect.stringContaining("why     1 of 3 voters is up, which is no quorum"),
    });
  });

  test("of a leader that stays says so", async () => {
    await using ens = await startEnsemble(1);
    await expect(ens.waitForNoLeader({ timeout: 1 })).rejects.toThrow(
      /there is a leader still after 1 ms\n.*\n {2}why {5}1 leads and has its quorum/,
    );
    await expect(ens.waitForLeader({ not: 1, timeout: 1 })).rejects.toThrow(
      "why     1 leads still",
    );
  });

  test("of a leader that is cut off says that it does not know yet", async () => {
    await using ens = await startEnsemble(3);
    const { id } = await ens.leader();
    await ens.partition(id);
    const why = `why     ${id} reaches no quorum, and steps down after syncLimit ticks of silence`;
    await expect(ens.waitForNoLeader({ timeout: 1 })).rejects.toThrow(why);
    await expect(ens.waitForLeader({ not: id, timeout: 1 })).rejects.toThrow(why);
  });

  test("of a role says which one the peer has", async () => {
    await using ens = await startEnsemble(1);
    await expect(ens.peer(1).waitForRole("follower", { timeout: 1 })).rejects.toThrow(
      /peer 1 is not follower after 1 ms\n.*\n {2}why {5}it is standalone/,
    );
    await expect(ens.peer(1).waitForRole("folower" as "follower")).rejects.toThrow(
      'try     "follower"',
    );
  });

  test("of a peer that is cut off names the fault", async () => {
    await using ens = await startEnsemble(3, quick);
    const [follower] = await ens.followers();
    await ens.partition(follower?.id ?? 0);
    const others = ens.peers.filter(({ id }) => id !== follower?.id).map(({ id }) => id);
    await follower?.waitForRole("looking");
    await expect(ens.waitForConverged({ timeout: 1 })).rejects.toThrow(
      `faults  #1 partition ${follower?.id} | ${others}\n  why     ${follower?.id} is cut off by partition #1\n  try     ensemble.heal()`,
    );
  });

  test("of a client that finds no server ends like any other", async () => {
    await using ens = await startEnsemble(1, { timeouts: { wait: 300 } });
    await ens.kill(1);
    await expect(ens.connect()).rejects.toThrow("no server answered within 300 ms");
  });

  test("of a session says where it is and how to end it", async () => {
    await using ens = await startEnsemble(1);
    const zk = await ens.connect();
    await expect(ens.waitForSessionGone(zk.sessionId, { timeout: 1 })).rejects.toThrow(
      /why {5}it is connected to 1 and expires in \d+ ms\n {2}try {5}ensemble.sessions.expire\("0x\w+"\)/,
    );
    await zk.close();
    await ens.waitForSessionGone(zk.sessionId);
    await ens.waitForSessionGone("/nobody-owns-this");
  });

  test("of a check says what it threw", async () => {
    await using ens = await startEnsemble(1);
    const check = () => {
      throw new Error("not there");
    };
    await expect(ens.waitFor("a miracle", check, { timeout: 1 })).rejects.toMatchObject({
      message: expect.stringMatching(
        /^not yet: a miracle after 1 ms\n.*\n {2}why {5}the check threw: not there/,
      ),
      cause: new Error("not there"),
    });
  });
});

describe("waitFor", () => {
  test("is refused without a text or a check", async () => {
    await using ens = await startEnsemble(1);
    await expect(ens.waitFor((() => false) as never, undefined as never)).rejects.toThrow(
      "option what: a function is no text",
    );
    await expect(ens.waitFor("a check", undefined as never)).rejects.toThrow(
      "option check: undefined is no function",
    );
  });

  test("is asked again when something happens", async () => {
    await using ens = await startEnsemble(3, quick);
    const zk = await ens.connect();
    const found = ens.waitFor("the node is there", async () => "a" in (await ens.dump()));
    await zk.create("/a");
    await found;
    await zk.close();
  });

  test("ends with its signal", async () => {
    await using ens = await startEnsemble(1);
    const controller = new AbortController();
    const waiting = ens.waitFor("never", () => false, { signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
  });
});

test("converged peers agree on the last transaction", async () => {
  await using ens = await startEnsemble(3, { observers: 1 });
  const zk = await ens.connect();
  await zk.create("/a");
  const { zxid } = await ens.waitForConverged();
  expect((await ens.status()).peers.map((peer) => peer.zxid)).toEqual([zxid, zxid, zxid, zxid]);
  expect((await zk.exists("/a"))?.czxid).toBe(zxid);
  await zk.close();
});
