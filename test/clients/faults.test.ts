// docs/faults.md, line by line, as kazoo sees it.
import { spawnSync } from "node:child_process";
import { describe } from "vitest";
import { walkThePage } from "../faults/walk.ts";
import { kazooWitness } from "./kazoo-witness.ts";

/** Debian's own: kazoo is a package of the distribution's. */
const python = "/usr/bin/python3";
const isThere = spawnSync(python, ["-c", "import kazoo"]).status === 0;

describe.skipIf(!isThere)(isThere ? "kazoo" : "kazoo: python3-kazoo is not installed", () => {
  walkThePage((connectString) => kazooWitness(python, connectString));
});
