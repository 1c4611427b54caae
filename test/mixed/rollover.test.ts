// Epochs that run out of zxids: a leader of either kind begins each a few transactions before its end (`testingonly.initialZxid`).
import { expect, test } from "vitest";
import { connect } from "../../src/client/index.ts";
import { MixedEnsemble } from "./mixed-ensemble.ts";
import { expectSameOnAll } from "./same-everywhere.ts";

const zxidsOfAnEpoch = 24; // what is asked of every server at the end takes ten of them
const writes = 2 * zxidsOfAnEpoch;

const rows = [
  { what: "one of ours follows Apache's leaders", kinds: ["ours", "apache", "apache"], sid: 1 },
  { what: "Apache's servers follow leaders of ours", kinds: ["apache", "apache", "ours"], sid: 3 },
] as const;

test.each(rows)(
  "$what from one used-up epoch into the next, and no write is lost",
  async ({ kinds, sid }) => {
    const initialZxid = 0xffff_ffff - zxidsOfAnEpoch;
    const also = () => ({ properties: { "zookeeper.testingonly.initialZxid": initialZxid } });
    await using ensemble = await MixedEnsemble.start({ kinds, leader: 3, also });
    const ours = ensemble.server(sid);
    await using client = await connect(ours.connectString, { sessionTimeout: 60_000 });
    await client.create("/parent");
    const epochs = new Set<number>();
    const leaders = new Set<string>();
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
      const { epoch, role } = await ours.survey();
      epochs.add(epoch);
      leaders.add(role === "leader" ? "ours" : "apache");
    }
    await ensemble.untilAllServe();
    const tree = await expectSameOnAll(ensemble);
    const kept = [...tree.keys()].filter((path) => path.startsWith("/parent/"));
    expect(kept).toHaveLength(writes);
    expect(epochs.size).toBeGreaterThanOrEqual(3);
    expect(leaders).toContain(kinds[2]);
  },
);
