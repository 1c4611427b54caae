import { fileURLToPath } from "node:url";
import { Command, Option } from "commander";
import { badOption } from "../ensemble/given.ts";
import { nearestName } from "../ensemble/nearest-name.ts";
import { type CtlFlags, ctl } from "./ctl.ts";
import { allVerbs } from "./ctl-words.ts";
import { doctor } from "./doctor.ts";
import { type EnsembleFlags, withEnsembleFlags } from "./ensemble-flags.ts";
import { makeJavaHome } from "./java/java-home.ts";
import { type RunFlags, run } from "./run.ts";
import { start } from "./start.ts";
import { startOne } from "./start-one.ts";
import { parentGone, stopSignals } from "./stop-signals.ts";
import { packageVersion } from "./version.ts";

/** What stands in for java; beside this one in the package. */
const javaProgram = new URL("./java/main.mjs", import.meta.url);

const examples = `
Examples:
  zookeeper-memory-server --peers 5 --json   five peers, told in a line of JSON
  zookeeper-memory-server run -- pytest -x   tests that find ZOOKEEPER_CONNECT
  zookeeper-memory-server --config zoo.cfg   one peer, as zkServer.sh starts it
  JAVA_HOME=$(zookeeper-memory-server java-home) zkServer.sh start

The first line on standard output is the connect string; all else goes to
standard error, and what DEBUG=zkms:* asks to be told too.
ZKMS_PEERS, ZKMS_OBSERVERS, ZKMS_CLIENT_PORT, ZKMS_TICK_TIME, ZKMS_SEED,
ZKMS_ENGINE, ZKMS_CONTROL, ZKMS_CONTROL_PORT and, with one of these two,
ZKMS_CONTROL_TOKEN stand in for flags not given.
Exit codes: 0 stopped as asked, 1 failed, 2 the command line is wrong; run ends
with its command's own.`;

/** The words of each command as a person types them; commander would show those that are there to be refused. */
const terms: Readonly<Record<string, string>> = {
  run: "run [options] -- <command>",
  ctl: "ctl [options] <verb>",
  "java-home": "java-home",
};

interface StartFlags extends EnsembleFlags {
  readonly config?: string;
  readonly loginConfig?: string;
  readonly json?: true;
  readonly exitWithParent?: true;
}

/** The whole command line: parsing it does what it says. */
export function program(): Command {
  const root = new Command("zookeeper-memory-server")
    .description("Real ZooKeeper in one process: boots an ensemble and keeps it up until Ctrl-C.")
    .version(packageVersion(), "-v, --version", "the version")
    .helpOption("-h, --help", "this text")
    .helpCommand(false)
    .configureHelp({
      subcommandTerm: (command) => terms[command.name()] ?? `${command.name()} [options]`,
    })
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ outputError: () => {} }) // whoever called tells it, in the shape of all our errors
    .addHelpText("after", examples);
  starting(root);
  starting(root.command("start").description("the same, by name"));
  withEnsembleFlags(root.command("run").description("boot, run a command, close, end as it ended"))
    .usage("[options] -- <command> [arguments]")
    .argument("<command...>", "and its arguments, behind --")
    .option("--timeline <file>", "write there what happened (.html, .json, .txt)")
    .passThroughOptions()
    .action(async (words: string[], flags: RunFlags) => {
      process.exitCode = await run(words, flags);
    });
  root
    .command("ctl")
    .description("do something to an ensemble that another process runs with --control")
    .usage("[options] <verb> [arguments]")
    .argument("[words...]")
    .addOption(new Option("--url <url>", "of its control API").env("ZKMS_CONTROL_URL"))
    .addOption(new Option("--token <text>", "that it printed").env("ZKMS_CONTROL_TOKEN"))
    .option("--json", "one line of JSON")
    .passThroughOptions()
    .addHelpText("after", ({ command }) => verbsHelp(command))
    .action((words: string[], flags: CtlFlags) => ctl(words, flags));
  root
    .command("doctor")
    .description(
      "look at this machine: Node, loopback, disk, runners, Apache; boot an ensemble and kill its leader",
    )
    .option("--json", "one line of JSON")
    .action(async ({ json }: { json?: true }) => {
      process.exitCode = await doctor(json === true);
    });
  root
    .command("java-home")
    .description(
      "print a folder to use as JAVA_HOME, or its bin first in PATH: what starts Apache ZooKeeper then starts this",
    )
    .action(() => console.log(makeJavaHome([process.execPath, fileURLToPath(javaProgram)])));
  return root;
}

function starting(command: Command): void {
  const json = new Option("--json", "one line of JSON on standard output, once ready");
  withEnsembleFlags(command)
    .addOption(new Option("--config <file>", "one peer of a zoo.cfg").helpGroup("Or one peer:"))
    .addOption(
      new Option("--login-config <file>", "users, as java.security.auth.login.config").helpGroup(
        "Or one peer:",
      ),
    )
    .addOption(json.helpGroup("For the program that starts this:"))
    .addOption(
      new Option(
        "--exit-with-parent",
        "end when it ends, or closes this one's standard input",
      ).helpGroup("For the program that starts this:"),
    )
    .argument("[words...]")
    .usage("[command] [options]")
    .action((words: string[], flags: StartFlags) => {
      const [word] = words;
      if (word !== undefined) throw noCommand(word, command);
      const { config, loginConfig, json, exitWithParent, ...ensemble } = flags;
      const signals = [stopSignals(), ...(exitWithParent ? [parentGone()] : [])];
      const stop = AbortSignal.any(signals);
      if (config === undefined) {
        if (loginConfig === undefined) return start(ensemble, json === true, stop);
        throw badOption("--login-config", loginConfig, "is one peer's", "--config zoo.cfg");
      }
      if (Object.keys(ensemble).length > 0) {
        throw badOption("--config", config, "says all of that", "no flag of an ensemble");
      }
      return startOne({ config, loginConfig, json: json === true, stop });
    });
}

function noCommand(word: string, command: Command): Error {
  const known = (command.parent ?? command).commands.map((each) => each.name());
  const nearest = nearestName(word, known);
  return badOption("command", word, "is nothing to do", nearest ?? `${known.join(", ")} or --help`);
}

const helpColumns = 80;

function verbsHelp(command: Command): string {
  const help = command.createHelp();
  const indented = (text: string, indent: string): string =>
    help.boxWrap(text, helpColumns - indent.length).replaceAll(/^/gm, indent);
  const rows = [
    { words: "follow [type…] [--since N]", does: "Events as they come, a line of JSON each." },
    ...allVerbs(),
  ];
  const lines = rows.flatMap(({ words, does }) => [
    indented(words, "  "),
    indented(does, "      "),
  ]);
  return `
Verbs, for example:
  ctl kill leader
  ctl peer 2 restart --wipe
  ctl network block --from 1 --to 2,3
${lines.join("\n")}`;
}
