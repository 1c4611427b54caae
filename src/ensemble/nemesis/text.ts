import type { NemesisAction, NemesisStep } from "../api-nemesis.ts";
import { ZkmsError } from "../errors.ts";

/** `note` is a line above the steps that replaying passes over. */
export function printSteps(steps: readonly NemesisStep[], note: string): string {
  const lines = steps.map((step) => {
    const call = `${step.do}(${argumentsOf(step).map(printed).join(", ")})`;
    return `${String(step.no).padStart(3)} ${String(step.at).padStart(6)} ms  ${call}`;
  });
  return [`// ${note}`, ...lines, ""].join("\n");
}

function argumentsOf(action: NemesisAction): readonly unknown[] {
  switch (action.do) {
    case "partition":
      return action.sides;
    case "isolate":
      return [action.peer, action.direction];
    case "slow":
    case "skew":
    case "slowDisk":
      return [action.peer, action.ms];
    case "undo":
      return [action.step];
    default:
      return [action.peer];
  }
}

const printed = (argument: unknown): string => JSON.stringify(argument).replaceAll(",", ", ");

/** Steps in the order of their lines; empty ones and comments are passed over. */
export function parseSteps(text: string): NemesisStep[] {
  const steps: NemesisStep[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    const code = line.replace(/\/\/.*/, "").trim();
    if (code === "") continue;
    const step = parseStep(code);
    if (step === undefined) throw badLine(index, code, "is no step");
    const { no, at } = step;
    if (steps.some((earlier) => earlier.no === no)) throw badLine(index, code, `is a second ${no}`);
    if (at < (steps.at(-1)?.at ?? 0)) throw badLine(index, code, "is before the step above it");
    if (step.do === "undo" && !steps.some((earlier) => begins(earlier, step.step))) {
      throw badLine(index, code, "ends what no step above it begins");
    }
    steps.push(step);
  }
  return steps;
}

const begins = (step: NemesisStep, no: number): boolean =>
  step.no === no &&
  ["partition", "isolate", "slow", "skew", "slowDisk"].some((name) => name === step.do);

function badLine(index: number, code: string, what: string): ZkmsError {
  return new ZkmsError("ZKMS_BAD_OPTIONS", `line ${index + 1} of the plan: ${code} ${what}`, {
    hint: "  1    200 ms  kill(2)",
  });
}

function parseStep(code: string): NemesisStep | undefined {
  const match = /^(\d+)\s+(\d+) ms\s+(\w+)\((.*)\)$/.exec(code);
  if (match === null) return undefined;
  const [, no, at, name, list] = match;
  const given = parseArguments(`[${list}]`);
  const action = given === undefined ? undefined : actionOf(name, given);
  return action === undefined ? undefined : { no: Number(no), at: Number(at), ...action };
}

function parseArguments(json: string): readonly unknown[] | undefined {
  try {
    const parsed: unknown = JSON.parse(json);
    return Array.isArray(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function actionOf(name: string | undefined, given: readonly unknown[]): NemesisAction | undefined {
  const [peer, second] = given;
  switch (name) {
    case "kill":
    case "stop":
    case "start":
    case "pause":
    case "resume":
    case "reset":
    case "disconnect":
      return isNumber(peer) && given.length === 1 ? { do: name, peer } : undefined;
    case "slow":
    case "skew":
    case "slowDisk":
      if (!isNumber(peer) || !isNumber(second) || given.length !== 2) return undefined;
      return { do: name, peer, ms: second };
    case "isolate": {
      const direction = (["both", "in", "out"] as const).find((one) => one === second);
      if (!isNumber(peer) || direction === undefined || given.length !== 2) return undefined;
      return { do: name, peer, direction };
    }
    case "partition":
      return given.every(isNumbers) ? { do: name, sides: given } : undefined;
    case "undo":
      return isNumber(peer) && given.length === 1 ? { do: name, step: peer } : undefined;
    default:
      return undefined;
  }
}

const isNumber = (value: unknown): value is number => Number.isSafeInteger(value);
const isNumbers = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.every(isNumber);
