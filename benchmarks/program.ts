// The command line.
import { Command, InvalidArgumentError } from "commander";
import { nearestName } from "../src/ensemble/nearest-name.ts";
import { type RunOptions, run } from "./run.ts";
import { suite } from "./suite.ts";

const names = suite.map(({ name }) => name);

export function program(): Command {
  return new Command("npm run bench --")
    .description(
      "What this machine makes of our ensemble, beside a bare Node TCP server (the limit) and Apache ZooKeeper.",
    )
    .option(
      "--only <cases>",
      "some cases, with commas between; a name ending in * means all that begin so",
      cases,
    )
    .option(
      "--quick",
      "seconds rather than minutes: fewer and shorter rounds, smaller trees",
      false,
    )
    .option("--json <file>", "write the figures there")
    .option(
      "--markdown <file>",
      "write the figures into the tables of that page, as docs/performance.md has them",
    )
    .option("--html <file>", "write a page with charts there, which needs no other file")
    .option("--compare <file>", "say what changed since those figures, and what is beyond noise")
    .option("--apache", "measure Apache beside, and fail where it is not found")
    .option("--no-apache", "leave Apache out (default: measured where it is found)")
    .option(
      "--guard",
      "fail where a request costs far more, beside the limit, than benchmarks/baseline.json says",
    )
    .option(
      "--profile <folder>",
      "write .cpuprofile files of ours there, from its sources, and say where the time went",
    )
    .option("--write-baseline", "put these figures there")
    .helpOption("-h, --help", "this text")
    .addHelpText("after", () => helpText())
    .action((options: RunOptions) => run(options));
}

function cases(text: string): readonly string[] {
  return text.split(",").flatMap((wanted) => {
    const found = wanted.endsWith("*")
      ? names.filter((name) => name.startsWith(wanted.slice(0, -1)))
      : names.filter((name) => name === wanted);
    if (found.length > 0) return found;
    const nearest = nearestName(wanted, names);
    const hint = nearest === undefined ? `there are ${names.join(", ")}` : `is it ${nearest}?`;
    throw new InvalidArgumentError(`no case ${wanted}: ${hint}`);
  });
}

function helpText(): string {
  const width = Math.max(...names.map(({ length }) => length));
  const lines = suite.map(({ name, about }) => `  ${name.padEnd(width)}  ${about}`);
  return `
Examples:
  npm run bench                                 all of it: half an hour or so, on a machine that does nothing else
  npm run bench -- --quick --only reads,boot    two cases in half a minute
  npm run bench -- --only 'writes*' --json before.json
  npm run bench -- --only 'writes*' --compare before.json
  npm run bench -- --html report.html --markdown docs/performance.md

Cases:
${lines.join("\n")}

A row is the median of its rounds; each round measures ours, the limit and Apache in turn. "spread" is how far the rounds lie
apart. "processor" is what one request takes of it, which other work on the machine disturbs least.`;
}
