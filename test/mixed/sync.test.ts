// Learners of each kind brought up to date by leaders of the other; what was done stands in Apache's own log.
import { describe, expect, test } from "vitest";
import { connect } from "../../src/client/index.ts";
import { Load } from "./load.ts";
import { MixedEnsemble } from "./mixed-ensemble.ts";
import { expectSameFiles, expectSameOnAll } from "./same-everywhere.ts";
import type { Kind, Server } from "./server.ts";

const boxes = [
  ["one of ours and two of Apache's", "ours", "apache"],
  ["two of ours and one of Apache's", "apache", "ours"],
] as const;

/** The last of three is of another kind than the others. */
const kindsOf = (last: Kind, others: Kind): readonly Kind[] => [others, others, last];

/** How often Apache's servers say that learner and leader have done so. */
const countIn = ({ servers }: MixedEnsemble, how: "DIFF" | "SNAP" | "TRUNC"): number => {
  const patterns = {
    DIFF: /Getting a diff from the leader|Sending DIFF/g,
    SNAP: /Getting a snapshot from leader|Sending snapshot/g,
    TRUNC: /Truncating log to get in sync|Sending TRUNC/g,
  };
  const logs = servers.filter(({ kind }) => kind === "apache").map(({ log }) => log);
  return logs.join("\n").match(patterns[how])?.length ?? 0;
};

describe.each(boxes)("%s", (_, last, others) => {
  test(`led by ${last}, a learner that was away gets DIFF, one that has nothing SNAP`, async () => {
    await using ensemble = await MixedEnsemble.start({ kinds: kindsOf(last, others), leader: 3 });
    const learner = ensemble.server(1);
    const leader = ensemble.server(3);
    await using client = await connect(leader.connectString);
    await client.create("/a", "1");
    for (const how of ["DIFF", "SNAP"] as const) {
      await learner.kill();
      if (how === "SNAP") learner.wipe();
      for (let i = 0; i < 20; i += 1) await client.create(`/${how}-${i}`, String(i));
      const before = countIn(ensemble, how);
      await learner.start();
      await ensemble.untilAllServe();
      expect(countIn(ensemble, how)).toBe(before + 1);
      await client.set("/a", how);
      await expectSameOnAll(ensemble);
    }
    await client.close();
    await ensemble.untilConverged();
    await ensemble.stop();
    await expectSameFiles(ensemble);
  });

  test(`led by ${last}, a learner that has nothing gets SNAP while the tree changes`, async () => {
    await using ensemble = await MixedEnsemble.start({ kinds: kindsOf(last, others), leader: 3 });
    await using load = await Load.begin(ensemble.connectString, 4);
    const learner = ensemble.server(1);
    await learner.kill();
    learner.wipe();
    const many = load.figures.acknowledged + 1500; // three times what a leader keeps to send one by one
    await ensemble.until("there is much to send", () => load.figures.acknowledged > many);
    const before = countIn(ensemble, "SNAP");
    await learner.start();
    await ensemble.untilAllServe();
    expect(countIn(ensemble, "SNAP")).toBeGreaterThan(before);
    await load.pause();
    for (const { connectString } of ensemble.servers) {
      expect(await load.faultsOn(connectString)).toEqual([]);
    }
    await expectSameOnAll(ensemble);
    await ensemble.stop();
    await expectSameFiles(ensemble);
  });

  test(`led by ${last}, then ${others}, which cuts off what only the old leader had logged`, async () => {
    await using ensemble = await MixedEnsemble.start({ kinds: kindsOf(last, others), leader: 3 });
    const [old, ...rest] = [3, 2, 1].map((sid) => ensemble.server(sid)) as [Server, Server, Server];
    const client = await connect(old.connectString);
    await client.create("/kept", "1");
    await ensemble.untilConverged();
    for (const server of rest) server.signal("SIGSTOP");
    const doomed = expect(client.create("/doomed", "1")).rejects.toMatchObject({
      code: "CONNECTIONLOSS",
    });
    await ensemble.until("the leader has logged it", () => old.hasLogged("/doomed"));
    await Promise.all(ensemble.servers.map((server) => server.kill()));
    await doomed;
    const before = countIn(ensemble, "TRUNC");
    await ensemble.startLedBy(2); // the old leader comes last
    expect(countIn(ensemble, "TRUNC")).toBe(before + 1);
    const tree = await expectSameOnAll(ensemble);
    expect([tree.has("/kept"), tree.has("/doomed")]).toEqual([true, false]);
    await ensemble.stop();
    await expectSameFiles(ensemble);
  });
});
