import type { LinkConditions } from "./api-controls.ts";
import { Given } from "./given.ts";

const names: readonly (keyof LinkConditions)[] = [
  "latency",
  "bandwidth",
  "stall",
  "reset",
  "corrupt",
];
const distributions = ["constant", "uniform", "normal", "exponential"] as const;

/** The conditions of a link, checked; `option` is the name they were given under. */
export function resolveConditions(option: string, conditions: unknown): LinkConditions {
  const given = new Given(option, conditions, { names });
  const latency = resolveLatency(given);
  const stall = part(given, "stall", ["probability", "for"]);
  const reset = part(given, "reset", ["after", "probability"]);
  const corrupt = part(given, "corrupt", ["probability"]);
  return {
    ...(latency !== undefined && { latency }),
    ...(given.value("bandwidth") !== undefined && {
      bandwidth: given.atLeast("bandwidth", Number.MIN_VALUE),
    }),
    ...(stall && {
      stall: { probability: stall.chance("probability"), for: stall.atLeast("for", 0) },
    }),
    ...(reset && {
      reset: {
        ...(reset.value("after") !== undefined && { after: reset.atLeast("after", 0) }),
        ...(reset.value("probability") !== undefined && {
          probability: reset.chance("probability"),
        }),
      },
    }),
    ...(corrupt && { corrupt: { probability: corrupt.chance("probability") } }),
  };
}

function resolveLatency(given: Given): LinkConditions["latency"] {
  const value = given.value("latency");
  if (value === undefined) return undefined;
  if (typeof value !== "object") return given.atLeast("latency", 0);
  const latency = new Given(given.name("latency"), value, {
    names: ["mean", "jitter", "distribution"],
  });
  const distribution = latency.oneOf("distribution", "constant", distributions);
  return {
    mean: latency.atLeast("mean", 0),
    ...(latency.value("jitter") !== undefined && { jitter: latency.atLeast("jitter", 0) }),
    ...(latency.value("distribution") !== undefined && { distribution }),
  };
}

function part(given: Given, option: string, known: readonly string[]): Given | undefined {
  const value = given.value(option);
  return value === undefined ? undefined : new Given(given.name(option), value, { names: known });
}
