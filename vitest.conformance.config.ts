import { defineConfig } from "vitest/config";

/**
 * One body of tests, told to our peers and to Apache's: `npm run test:conformance -- --project apache` for one of them. Ours as 3.8
 * are told it by `npm test`.
 */
const project = (
  name: string,
  more: { include?: string[]; globalSetup?: string[]; provide?: object },
) => ({
  test: {
    name,
    include: ["test/conformance/**/*.test.ts"],
    pool: "forks" as const,
    globals: false,
    fileParallelism: false, // one story at a time has a server's zxids to itself
    // An ensemble of Apache's takes seconds to start, and on a machine that does other things besides a minute.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    ...more,
  },
});

export default defineConfig({
  test: {
    projects: [
      project("ours", { provide: { engine: "ours 3.9" } }),
      project("apache", {
        include: ["test/{conformance,differential,apache}/**/*.test.ts"],
        globalSetup: ["test/conformance/apache-setup.ts"],
      }),
      project("mixed", { include: ["test/mixed/**/*.test.ts"] }),
    ],
  },
});
