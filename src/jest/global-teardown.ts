import { releaseShared } from "../ensemble/shared.ts";

/** Closes what `zookeeper-memory-server/jest-global-setup` booted. */
export default function globalTeardown(): Promise<void> {
  return releaseShared("jest");
}
