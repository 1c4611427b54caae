// Servers that lose their vote and get it back, in one quorum of both kinds.
import { expect, test } from "vitest";
import { connect } from "../../src/client/index.ts";
import { MixedEnsemble } from "./mixed-ensemble.ts";
import { expectSameOnAll } from "./same-everywhere.ts";
import type { Server } from "./server.ts";

test("a follower of each kind becomes an observer under a leader of the other kind, and a follower again", async () => {
  const kinds = ["ours", "apache", "ours"] as const;
  await using ensemble = await MixedEnsemble.start({ kinds, leader: 3, reconfig: true });
  const [first, second, third] = ensemble.servers as [Server, Server, Server];
  await thereAndBack(ensemble, second, third);
  await third.kill();
  await ensemble.untilLed(2);
  await third.start();
  await ensemble.untilAllServe();
  await thereAndBack(ensemble, first, second);
  const tree = await expectSameOnAll(ensemble);
  const made = ["/apache-observer", "/apache-follower", "/ours-observer", "/ours-follower"];
  expect(made.filter((path) => !tree.has(path))).toEqual([]);
});

/** `server` has no vote for a while; `leader` leads all the time. */
async function thereAndBack(ensemble: MixedEnsemble, server: Server, leader: Server) {
  await using client = await connect(leader.connectString);
  for (const [vote, role] of [
    ["observer", "observer"],
    ["participant", "follower"],
  ] as const) {
    const { config } = await client.getConfig();
    const lines = config.split("\n");
    const line = lines.find((text) => text.startsWith(`server.${server.sid}=`));
    const own = line?.replace(/(participant|observer).*/, `${vote};${server.connectString}`) ?? "";
    expect((await client.reconfig({ joining: [own] })).config).toContain(own);
    await ensemble.until(`server ${server.sid} is ${role}`, async () => {
      const survey = await server.survey();
      return survey.serving && survey.role === role;
    });
    await client.create(`/${server.kind}-${role}`);
    await ensemble.untilConverged();
  }
  expect((await ensemble.leader())?.sid).toBe(leader.sid);
}
