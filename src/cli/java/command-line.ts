/** A command line of `java`, as far as it matters to a peer. */
export interface JavaCommand {
  /** The class, or undefined where none is named, as in `java -version`. */
  readonly main: string | undefined;
  readonly args: readonly string[];
  /** `-Dname=value`. */
  readonly properties: ReadonlyMap<string, string>;
}

/** Options whose value is the next argument. */
const withValue = new Set([
  "-cp",
  "-classpath",
  "--class-path",
  "-p",
  "--module-path",
  "--add-modules",
  "--add-opens",
  "--add-exports",
  "--add-reads",
  "--upgrade-module-path",
  "--source",
]);

export function readJavaCommand(argv: readonly string[]): JavaCommand {
  const properties = new Map<string, string>();
  let at = 0;
  for (; at < argv.length; at += 1) {
    const word = argv[at] ?? "";
    if (!word.startsWith("-")) break;
    if (word === "-jar") return { main: undefined, args: argv.slice(at), properties };
    const [, name, value = ""] = /^-D([^=]+)=?(.*)$/s.exec(word) ?? [];
    if (name !== undefined) properties.set(name, value);
    else if (withValue.has(word)) at += 1;
  }
  return { main: argv[at], args: argv.slice(at + 1), properties };
}
