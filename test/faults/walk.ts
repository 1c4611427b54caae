import { describe, expect, test } from "vitest";
import { startEnsemble } from "../../src/index.ts";
import { rowsOf, runLine } from "./page.ts";
import { checks } from "./rows.ts";
import type { Witness } from "./witness.ts";

/** Walks the page's rows with one kind of client. */
export function walkThePage(connect: (connectString: string) => Promise<Witness>): void {
  describe.each(Object.entries(checks))("%s", (section, ofSection) => {
    const rows = rowsOf(section);

    test("has a check for each line", () => {
      expect(ofSection.length).toBe(rows.length);
    });

    test.each(rows.map((code, index) => [code, ofSection[index]] as const))(
      "%s",
      async (code, check) => {
        await using ensemble = await startEnsemble(3, { seed: "faults" });
        await ensemble.seedTree({ a: "before" });
        await ensemble.peer(3).waitForRole("leader");
        await using witness = await connect(ensemble.peer(1).address);
        await check?.({ ensemble, witness, run: () => runLine(code, ensemble) });
      },
    );
  });
}
