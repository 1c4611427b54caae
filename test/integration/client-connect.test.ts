import { expect, test } from "vitest";
import { connect } from "../../src/client/index.ts";
import { startEnsemble } from "../../src/index.ts";

test("a connect string is all that the small client needs", async () => {
  await using ensemble = await startEnsemble(3);
  await ensemble.seedTree({ app: { config: "blue" } });
  await using zk = await connect(`${ensemble.connectString}/app`);
  expect((await zk.get("/config")).data.toString()).toBe("blue");
});
