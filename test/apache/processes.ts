import { readdirSync, readFileSync } from "node:fs";

/** The processes whose command line names the folder: servers, and who looks after them. */
export function processesOf(folder: string): { readonly pid: number; readonly command: string }[] {
  const found: { pid: number; command: string }[] = [];
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    let command = "";
    try {
      command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
    } catch {} // gone meanwhile
    if (command.includes(folder)) found.push({ pid: Number(pid), command });
  }
  return found;
}
