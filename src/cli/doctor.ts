import { startEnsemble } from "../ensemble/start.ts";
import { examinations } from "./examinations.ts";
import { ExitCode } from "./exit-codes.ts";
import { explain } from "./explain.ts";
import { type Line, type Style, Terminal } from "./terminal.ts";
import { packageVersion } from "./version.ts";

/** `note`: nothing is wrong, and something could be had. */
export interface Finding {
  readonly state: "ok" | "note" | "bad";
  readonly what: string;
  /** How to go on. */
  readonly hint?: string;
}

/** One thing that is looked at; a throw is a bad finding. */
export interface Examination {
  readonly name: string;
  look(): Finding | Promise<Finding>;
}

/** Looks at this machine and tells what it sees; resolves to an exit code. */
export async function doctor(json: boolean): Promise<number> {
  const terminal = new Terminal(process.stdout);
  const findings: (Finding & { readonly name: string })[] = [];
  if (!json)
    terminal.print([{ text: `zookeeper-memory-server ${packageVersion()}`, style: "bold" }]);
  for (const { name, look } of [...examinations, { name: "ensemble", look: liveThroughIt }]) {
    const finding = { name, ...(await findingOf(look)) };
    findings.push(finding);
    if (!json) terminal.print(...linesOf(name, finding));
  }
  const ok = findings.every(({ state }) => state !== "bad");
  if (json) console.log(JSON.stringify({ ok, version: packageVersion(), findings }));
  return ok ? ExitCode.done : ExitCode.failed;
}

async function findingOf(look: Examination["look"]): Promise<Finding> {
  try {
    return await look();
  } catch (error) {
    return { state: "bad", what: explain(error) };
  }
}

const signs: Readonly<Record<Finding["state"], readonly [string, Style]>> = {
  ok: ["✓", "green"],
  note: ["·", "yellow"],
  bad: ["✗", "red"],
};

function linesOf(name: string, { state, what, hint }: Finding): Line[] {
  const [text, style] = signs[state];
  const line: Line = [{ text, style }, ` ${name.padEnd(nameWidth)}${what}`];
  const indent = " ".repeat(nameWidth + 2);
  return hint === undefined ? [line] : [line, [indent, { text: `try  ${hint}`, style: "dim" }]];
}

const nameWidth = 14;

/** What all the rest is for: three peers elect, write, lose their leader, and have what was written. */
async function liveThroughIt(): Promise<Finding> {
  const begunAt = performance.now();
  const ensemble = await startEnsemble(3, { name: "doctor" });
  try {
    const bootMs = performance.now() - begunAt;
    const client = await ensemble.connect();
    await client.create("/doctor", "was here");
    const killedAt = performance.now();
    await ensemble.killLeader();
    await client.get("/doctor");
    const failoverMs = performance.now() - killedAt;
    await client.close();
    const what = `three peers boot in ${bootMs.toFixed(0)} ms, a write survives its leader: ${failoverMs.toFixed(0)} ms`;
    return { state: "ok", what };
  } finally {
    await ensemble.close();
  }
}
