// A quorum counted by weights: the third server has none, so each of the two others is needed, and both are enough.
import { expect, test } from "vitest";
import { connect } from "../../src/client/index.ts";
import { MixedEnsemble } from "./mixed-ensemble.ts";
import { expectSameFiles, expectSameOnAll } from "./same-everywhere.ts";

test("servers of both kinds count groups and weights alike", async () => {
  const settings = { "group.1": "1:2:3", "weight.1": 1, "weight.2": 1, "weight.3": 0 };
  const kinds = ["apache", "ours", "apache"] as const;
  await using ensemble = await MixedEnsemble.start({
    kinds,
    leader: 2,
    also: () => ({ settings }),
  });
  const [first, ours, weightless] = [1, 2, 3].map((sid) => ensemble.server(sid));
  if (!first || !ours || !weightless) throw new Error("three servers");
  await using client = await connect(ensemble.connectString, { connectTimeout: 30_000 });
  await client.create("/three");
  const { config } = await client.getConfig();
  expect(config.match(/^(group|weight).*$/gm)).toEqual([
    "group.1=1:2:3",
    "weight.1=1",
    "weight.2=1",
    "weight.3=0",
  ]);

  await weightless.kill();
  await client.create("/two");
  await weightless.start();
  await ensemble.untilAllServe();

  // Two of three servers, ours and Apache's, who have one vote of two: not enough to go on, nor for an Apache that has the other.
  for (const needed of [first, ours]) {
    await needed.kill();
    await ensemble.until("nobody serves", async () => {
      const surveys = await Promise.all(ensemble.running.map((server) => server.survey()));
      return surveys.every(({ serving }) => !serving);
    });
    await needed.start();
    expect((await ensemble.untilAllServe()).sid).toBe(2); // never the third, whose number is the largest
  }

  await client.create("/again");
  const tree = await expectSameOnAll(ensemble);
  expect(["/three", "/two", "/again"].filter((path) => !tree.has(path))).toEqual([]);
  await client.close();
  await ensemble.untilConverged();
  await ensemble.stop();
  await expectSameFiles(ensemble);
});
