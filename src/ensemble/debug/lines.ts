import { machineNow } from "../../runtime/machine-time.ts";

/** What there is to be told, each by itself. `message` is told only where it is asked for by its whole name. */
export const debugNames = [
  "election",
  "quorum",
  "commit",
  "session",
  "storage",
  "faults",
  "client",
  "cli",
  "message",
] as const;
export type DebugName = (typeof debugNames)[number];

/** Writes a line of what `who` did: a peer as in `jest-3f21b0/2`, a client, a process. */
export type DebugLine = (who: string, text: string) => void;

const nameWidth = Math.max(...debugNames.map((name) => name.length));
let lastAt = machineNow();

/**
 * Where lines of this name go while the variable DEBUG asks for them, as the package `debug` reads it: names and `*`, between commas
 * or blanks, `-` before what is left out. undefined: nobody asks, and nothing is to be made ready for telling.
 */
export function debugLine(
  name: DebugName,
  environment: NodeJS.ProcessEnv = process.env,
): DebugLine | undefined {
  const asked = environment["DEBUG"];
  if (asked === undefined || !isAsked(name, asked)) return undefined;
  const start = `zkms:${name.padEnd(nameWidth)}`;
  return (who, text) => {
    const now = machineNow();
    const since = Math.round(now - lastAt);
    lastAt = now;
    process.stderr.write(`${start} ${who} ${text.replace(/\p{Cc}+/gu, " ")} +${since}ms\n`);
  };
}

function isAsked(name: DebugName, asked: string): boolean {
  const full = `zkms:${name}`;
  const patterns = asked.split(/[\s,]+/);
  const matches = (pattern: string): boolean =>
    // Who listens for messages has each leave by itself: that is another run than the one that is looked at.
    name === "message" ? pattern === full : matcher(pattern).test(full);
  const isLeftOut = patterns.some((each) => each.startsWith("-") && matches(each.slice(1)));
  return !isLeftOut && patterns.some(matches);
}

const matcher = (pattern: string): RegExp =>
  new RegExp(`^${pattern.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*")}$`);
