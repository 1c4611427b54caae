export type { SharedNamespace } from "../ensemble/test-run/shared-namespace.ts";
export {
  fixtures,
  test,
  type ZooKeeperFixtureDefinitions,
  type ZooKeeperFixtures,
} from "./fixtures.ts";
