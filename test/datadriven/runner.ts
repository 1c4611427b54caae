import { Story } from "./story.ts";

/**
 * Plays a story and gives back the text it should have been. A story is a file: lines that begin with "#" tell it, then come
 * blocks of commands, four dashes, and what happened:
 *
 *   # The peer with the greatest number wins among equals.
 *   peers 3
 *   start 1 2 3
 *   run
 *   ----
 *   1 looking: started
 *
 * To accept what happens now, run vitest with -u and read the difference.
 */
export function play(text: string): string {
  const story = new Story();
  const output: string[] = [];
  for (const block of blocksOf(text)) {
    if (block.commands.every((line) => line.startsWith("#"))) {
      output.push(...block.commands, "");
      continue;
    }
    for (const line of block.commands) {
      if (!line.startsWith("#")) perform(story, line);
    }
    const happened = story.takeLines();
    output.push(...block.commands, "----", ...(happened.length > 0 ? happened : ["nothing"]), "");
  }
  return `${output.join("\n").trimEnd()}\n`;
}

function blocksOf(text: string): { commands: string[] }[] {
  return text
    .split(/\n{2,}/)
    .map((block) => block.split("\n").filter((line) => line !== ""))
    .map((lines) => {
      const dashes = lines.indexOf("----");
      return { commands: dashes < 0 ? lines : lines.slice(0, dashes) };
    })
    .filter(({ commands }) => commands.length > 0);
}

/** Each command, with what it does; arguments are separated by blanks. */
const commands: Readonly<Record<string, (story: Story, args: readonly string[]) => void>> = {
  peers: (story, [voters = "3", ...rest]) =>
    story.create(Number(voters), {
      observers: numberBehind(rest, "observers"),
      spares: numberBehind(rest, "spares"),
      syncs: numberBehind(rest, "syncs"),
    }),
  show: (story, kinds) => story.show(kinds),
  start: (story, sids) => story.start(sids.map(Number)),
  run: (story, [ms = "50"]) => story.run(Number.parseInt(ms, 10)),
  elect: (story) => story.elect(),
  crash: (story, [sid = "", when, ...pattern]) => story.crash(Number(sid), when, pattern.join(" ")),
  pause: (story, [sid = ""]) => story.pause(Number(sid)),
  resume: (story, [sid = ""]) => story.resume(Number(sid)),
  cut: (story, args) => story.cut(args.join(" ")),
  heal: (story) => story.heal(),
  reset: (story, [left = "", right = ""]) => story.reset(Number(left), Number(right)),
  hold: (story, [from = "", to = "", type = ""]) => story.hold(Number(from), Number(to), type),
  release: (story) => story.release(),
  slow: (story, [sid = "", ms = ""]) => story.slow(Number(sid), Number.parseInt(ms, 10)),
  client: (story, [name = "", , sid = ""]) => story.connect(name, Number(sid)),
  ask: (story, [name = "", op = "", path = "", value = ""]) => story.ask(name, op, path, value),
  reconfig: (story, changes) => story.reconfig(changes),
  members: (story) => story.members(),
  status: (story) => story.status(),
  logs: (story) => story.logs(),
};

/** `observers 1`; undefined where the word is missing. */
function numberBehind(args: readonly string[], word: string): number | undefined {
  const at = args.indexOf(word);
  return at < 0 ? undefined : Number(args[at + 1]);
}

function perform(story: Story, line: string): void {
  const [name = "", ...args] = line.trim().split(/\s+/);
  const command = commands[name];
  if (command === undefined) throw new Error(`no such command: ${line}`);
  command(story, args);
}
