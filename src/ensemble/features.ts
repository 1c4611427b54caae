import type { Feature } from "./api-controls.ts";
import { badOption } from "./given.ts";
import { nearestValue } from "./nearest-name.ts";

/** All that an engine may have or lack. */
export const featureNames: readonly Feature[] = [
  "clock",
  "storage-faults",
  "session-control",
  "message-match",
  "snapshot",
  "reconfig",
  "transactions",
];

/** Whether the feature is among those that an engine has; a name that is no feature is not taken for one that it lacks. */
export function hasFeature(had: readonly Feature[], feature: Feature): boolean {
  if (featureNames.includes(feature)) return had.includes(feature);
  const what = `is none of ${featureNames.join(", ")}`;
  throw badOption("feature", feature, what, nearestValue(feature, featureNames));
}
