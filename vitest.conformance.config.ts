import { defineConfig } from "vitest/config";

/**
 * One body of tests, told to our peers and to Apache's: `npm run test:conformance -- --project apache` for one of them. Ours as 3.8
 * are told it by `npm test`.
 */
const project = (
  name: string,
  {
    timeout = 60_000,
    ...more
  }: { include?: string[]; globalSetup?: string[]; provide?: object; timeout?: number },
) => ({
  test: {
    name,
    include: ["test/conformance/**/*.test.ts"],
    pool: "forks" as const,
    globals: false,
    fileParallelism: false, // one story at a time has a server's zxids to itself
    testTimeout: timeout,
    hookTimeout: timeout,
    ...more,
  },
});

/** An ensemble of Apache's takes seconds to start, and on a machine that does other things besides a minute. */
const withApache = { timeout: 240_000 };

export default defineConfig({
  test: {
    projects: [
      project("ours", { provide: { engine: "ours 3.9" } }),
      project("apache", {
        include: ["test/{conformance,differential,apache}/**/*.test.ts"],
        globalSetup: ["test/conformance/apache-setup.ts"],
        ...withApache,
      }),
      project("mixed", { include: ["test/mixed/**/*.test.ts"], ...withApache }),
    ],
  },
});
