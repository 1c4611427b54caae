import { readFileSync } from "node:fs";

const clockTicksInSecond = 100; // USER_HZ, the same on every Linux that Node runs on

/** What a process has had of the processors, all its threads together, to 10 ms; NaN where the system does not tell. */
export function processorMs(pid: number | undefined): number {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" "); // from the third on: a name may hold spaces
    return ((Number(fields[11]) + Number(fields[12])) * 1000) / clockTicksInSecond;
  } catch {
    return Number.NaN;
  }
}

/** Of this process, in which our peers and the limit are. */
export function ownProcessorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
