import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: [
      "test/tidy.test.ts",
      "test/{unit,datadriven,golden,simulation,integration,conformance,fuzz}/**/*.test.ts",
    ],
    pool: "forks",
    globals: false,
    testTimeout: 20_000,
    hookTimeout: 20_000,
  },
});
