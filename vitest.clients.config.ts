import { defineConfig } from "vitest/config";

/** Real clients: they need Debian packages and a C toolchain, so `.ci/run` installs those first. */
export default defineConfig({
  test: {
    include: ["test/clients/**/*.test.ts"],
    pool: "forks",
    maxWorkers: 2, // much of a test is waiting: two fit on two cores
    globals: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
