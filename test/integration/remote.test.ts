// What is true of an ensemble is true of a handle on it from elsewhere: the same tests, over HTTP. Any of those that start their
// ensembles by started.ts may stand here; these few have most of the verbs.
import { describe } from "vitest";
import { startElsewhere } from "./started.ts";

startElsewhere();
describe("from elsewhere", async () => {
  await import("./ensemble-waits.test.ts");
  await import("./ensemble-faults.test.ts");
  await import("./ensemble-content.test.ts");
});
