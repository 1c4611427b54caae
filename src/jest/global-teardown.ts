import { releaseShared } from "../ensemble/shared.ts";
import { forgetRun } from "../ensemble/test-run/shared-run.ts";

/** Closes what `zookeeper-memory-server/jest-global-setup` booted. */
export default async function globalTeardown(): Promise<void> {
  forgetRun(process.env);
  await releaseShared("jest");
}
