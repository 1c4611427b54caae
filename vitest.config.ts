import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: [
      "test/tidy.test.ts",
      "test/{unit,docs,datadriven,golden,simulation,integration,conformance,fuzz}/**/*.test.ts",
    ],
    pool: "forks",
    maxWorkers: Math.max(2, availableParallelism() - 1), // much of a test is waiting: two fit on two cores
    globals: false,
    // The first startEnsemble of a file imports the engine, whose sources vitest transforms: seconds on a busy machine.
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
