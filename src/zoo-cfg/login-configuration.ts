/** One line of a section: a class, and what it is told. */
export interface LoginModule {
  readonly name: string;
  readonly options: ReadonlyMap<string, string>;
}

/** A JAAS login configuration: the modules of each section. */
export type LoginConfiguration = ReadonlyMap<string, readonly LoginModule[]>;

/**
 * `Section { some.Module required key="value" …; … };` as Java's ConfigFile reads it, with its comments and without its `${…}`.
 * Throws SyntaxError where it is written otherwise.
 */
export function parseLoginConfiguration(text: string): LoginConfiguration {
  const tokens = new Tokens(text);
  const sections = new Map<string, readonly LoginModule[]>();
  while (!tokens.isDone) {
    const section = tokens.word("the name of a section");
    tokens.expect("{");
    const modules: LoginModule[] = [];
    while (!tokens.isNext("}")) modules.push(readModule(tokens));
    tokens.expect("}");
    tokens.expect(";");
    sections.set(section, modules);
  }
  return sections;
}

function readModule(tokens: Tokens): LoginModule {
  const name = tokens.word("the class of a module");
  tokens.word("required or another flag");
  const options = new Map<string, string>();
  while (!tokens.isNext(";")) {
    const key = tokens.word("the name of an option");
    tokens.expect("=");
    options.set(key, tokens.word("a value"));
  }
  tokens.expect(";");
  return { name, options };
}

const digestModule = "org.apache.zookeeper.server.auth.DigestLoginModule";

/** What a module is told in a section; undefined: the section is not there, or is another module's. */
export function optionsOf(
  logins: LoginConfiguration,
  section: string,
  module: string,
): ReadonlyMap<string, string> | undefined {
  return logins.get(section)?.find(({ name }) => name === module)?.options;
}

/** What DigestLoginModule is told in a section. */
export const digestOptionsOf = (
  logins: LoginConfiguration,
  section: string,
): ReadonlyMap<string, string> | undefined => optionsOf(logins, section, digestModule);

/** Passwords by name, of options `user_NAME="password"`. */
export function usersOf(options: ReadonlyMap<string, string>): Map<string, string> {
  const users = [...options].filter(([key]) => key.startsWith("user_"));
  return new Map(users.map(([key, password]) => [key.slice("user_".length), password]));
}

const tokenPattern =
  /\s+|\/\/[^\n]*|#[^\n]*|\/\*.*?\*\/|([{}=;])|"((?:\\.|[^"\\\n])*)"|([^\s{}=;"/#][^\s{}=;"]*)|(.)/gs;

/** Words, texts in quotes and the signs { } = ; of a configuration. */
class Tokens {
  readonly #tokens: { readonly text: string; readonly isSign: boolean; readonly line: number }[];
  #at = 0;

  constructor(text: string) {
    this.#tokens = [];
    let line = 1;
    for (const [whole, sign, quoted, plain, other] of text.matchAll(tokenPattern)) {
      if (other !== undefined) throw new SyntaxError(`line ${line}: ${other} has no meaning here`);
      const word = quoted?.replace(/\\(.)/gs, "$1") ?? plain;
      if (sign !== undefined) this.#tokens.push({ text: sign, isSign: true, line });
      else if (word !== undefined) this.#tokens.push({ text: word, isSign: false, line });
      line += whole.split("\n").length - 1;
    }
  }

  get isDone(): boolean {
    return this.#at === this.#tokens.length;
  }

  isNext(sign: string): boolean {
    const token = this.#tokens[this.#at];
    return token?.isSign === true && token.text === sign;
  }

  expect(sign: string): void {
    if (!this.isNext(sign)) this.#fail(sign);
    this.#at += 1;
  }

  word(what: string): string {
    const token = this.#tokens[this.#at];
    if (token === undefined || token.isSign) this.#fail(what);
    this.#at += 1;
    return token.text;
  }

  #fail(wanted: string): never {
    const token = this.#tokens[this.#at];
    const where = token === undefined ? "at the end" : `line ${token.line}`;
    throw new SyntaxError(`${where}: ${token?.text ?? "nothing"} stands where ${wanted} should`);
  }
}
