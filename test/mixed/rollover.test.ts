// Epochs that run out of zxids: Apache's leader begins each a few transactions before its end (`testingonly.initialZxid`).
import { expect, test } from "vitest";
import { connect } from "../../src/client/index.ts";
import { MixedEnsemble } from "./mixed-ensemble.ts";
import { expectSameOnAll } from "./same-everywhere.ts";

const zxidsOfAnEpoch = 24; // what is asked of every server at the end takes ten of them
const writes = 2 * zxidsOfAnEpoch;

test("one of ours follows leaders of Apache's from one used-up epoch into the next, and no write is lost", async () => {
  const initialZxid = 0xffff_ffff - zxidsOfAnEpoch;
  const also = () => ({ properties: { "zookeeper.testingonly.initialZxid": initialZxid } });
  const kinds = ["ours", "apache", "apache"] as const;
  await using ensemble = await MixedEnsemble.start({ kinds, leader: 3, also });
  const ours = ensemble.server(1);
  await using client = await connect(ours.connectString, { sessionTimeout: 60_000 });
  await client.create("/parent");
  const epochs = new Set<number>();
  for (let written = 0; written < writes; written += 1) {
    const path = `/parent/${written}`;
    // The write for which no zxid is left is lost together with its connection.
    await ensemble.until(`${path} is written`, async () => {
      const code = await client.create(path).then(
        () => undefined,
        (error: { code: string }) => error.code,
      );
      if (code !== undefined && code !== "NODEEXISTS") expect(code).toBe("CONNECTIONLOSS");
      return code !== "CONNECTIONLOSS";
    });
    epochs.add((await ours.survey()).epoch);
  }
  await ensemble.untilAllServe();
  const tree = await expectSameOnAll(ensemble);
  const kept = [...tree.keys()].filter((path) => path.startsWith("/parent/"));
  expect(kept).toHaveLength(writes);
  expect(epochs.size).toBeGreaterThanOrEqual(3);
});
