import { expect, test } from "vitest";
import { optionsOfRun } from "../../../../src/ensemble/test-run/shared-run.ts";
import type { EnsembleOptions } from "../../../../src/index.ts";

test.each<[EnsembleOptions, NodeJS.ProcessEnv, EnsembleOptions["control"]]>([
  [{}, {}, true],
  [{ engine: "embedded" }, { ZKMS_ENGINE: "apache" }, true],
  [{ control: false }, {}, false],
  [{ control: { port: 7000 } }, {}, { port: 7000 }],
  [{ engine: "apache" }, {}, undefined],
  [{ engine: { kind: "apache" } }, {}, undefined],
  [{}, { ZKMS_ENGINE: "apache" }, undefined],
])("a run with %j and %j has the control API %j, which Apache's engine has not", (...given) => {
  const [options, environment, control] = given;
  expect(optionsOfRun("vitest", options, environment).control).toEqual(control);
});
