/** What a module costs who imports it: processor time, which other work on the machine disturbs less than it does the time. */
import { run } from "./projects.mjs";

const turns = 9;

/**
 * The median processor time, in ms, of a bare start of Node and of what the code adds to one: processes of each by turns, so that
 * both meet the same machine. `flags` are node's, `code` is what imports.
 */
export async function importCost({ flags, code }, { cwd, env }) {
  const bare = [];
  const added = [];
  for (let turn = 0; turn < turns; turn += 1) {
    const without = await processorMs(flags, "", { cwd, env });
    bare.push(without);
    added.push((await processorMs(flags, code, { cwd, env })) - without);
  }
  return { bareMs: median(bare), importMs: median(added) };
}

async function processorMs(flags, code, place) {
  const script = `${code}\nconst { user, system } = process.cpuUsage(); console.log((user + system) / 1000);`;
  const { ok, said } = await run("node", [...flags, "--eval", script], { ...place, show: false });
  const ms = Number(said);
  if (!ok || !(ms > 0)) throw new Error(`node --eval '${code}': ${said}`);
  return ms;
}

const median = (values) => values.sort((one, other) => one - other)[Math.floor(values.length / 2)];
