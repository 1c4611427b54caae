import { ZkmsError } from "./errors.ts";
import { nearestName } from "./nearest-name.ts";

/** A bad option, in the one form they are all told in. */
export function badOption(option: string, value: unknown, what: string, hint?: string): ZkmsError {
  return new ZkmsError("ZKMS_BAD_OPTIONS", `option ${option}: ${show(value)} ${what}`, { hint });
}

/** An option the contract knows and this engine does not have. */
export function unsupportedOption(option: string, value: unknown, hint?: string): ZkmsError {
  const what = `option ${option}: ${show(value)} is not supported yet`;
  return new ZkmsError("ZKMS_UNSUPPORTED", what, { hint });
}

export interface Range {
  readonly min: number;
  readonly max?: number;
}

/** The names an object may have; `aliases` are names that others call them by. */
interface Known {
  readonly names: readonly string[];
  readonly aliases?: Readonly<Record<string, string>>;
}

/** One object of options as the user gave it: who reads a value checks it, and a name nobody knows is refused at once. */
export class Given {
  readonly #path: string;
  readonly #known: Known;
  readonly #values: ReadonlyMap<string, unknown>;

  /** `path` leads to the object: "" for the outermost, else as in "peers[1]". */
  constructor(path: string, object: unknown, known: Known) {
    if (typeof object !== "object" || object === null || Array.isArray(object)) {
      const example = `{ ${known.names[0]}: … }`;
      throw path === ""
        ? badOption("options", object, "is no object of options", example)
        : badOption(path, object, "is no object of options", `${path}: ${example}`);
    }
    this.#path = path;
    this.#known = known;
    this.#values = new Map(Object.entries(object).filter(([, value]) => value !== undefined));
    for (const [name, value] of this.#values) {
      if (known.names.includes(name)) continue;
      const nearest = known.aliases?.[name] ?? nearestName(name, known.names);
      const hint = nearest === undefined ? `one of ${known.names.join(", ")}` : this.name(nearest);
      throw badOption(this.name(name), value, "is an option nobody knows", hint);
    }
  }

  /** The same object with values for options that were not given. */
  completedBy(more: ReadonlyMap<string, unknown>): Given {
    return new Given(this.#path, Object.fromEntries([...more, ...this.#values]), this.#known);
  }

  /** The option's full name, as errors show it. */
  name(option: string): string {
    return this.#path === "" ? option : `${this.#path}.${option}`;
  }

  /** The value as given; undefined: not given. */
  value(option: string): unknown {
    return this.#values.get(option);
  }

  #or(option: string, fallback: unknown): unknown {
    return this.#values.has(option) ? this.#values.get(option) : fallback;
  }

  bad(option: string, what: string, hint?: string): ZkmsError {
    return badOption(this.name(option), this.value(option), what, hint);
  }

  whole(option: string, fallback: number, range: Range): number {
    const value = this.#or(option, fallback);
    if (isWhole(value, range)) return value;
    throw this.bad(option, `is not a whole number ${inWords(range)}`);
  }

  /** How often something happens: once, so many times, or Infinity, always. */
  times(option: string): number {
    return this.value(option) === Infinity ? Infinity : this.whole(option, 1, { min: 1 });
  }

  /** Any number from `min` up; the option must be there. */
  atLeast(option: string, min: number): number {
    const value = this.value(option);
    if (typeof value === "number" && value >= min && value < Infinity) return value;
    throw this.bad(option, `is not a number of ${min === 0 ? "0 or more" : "more than 0"}`);
  }

  /** A probability; the option must be there. */
  chance(option: string): number {
    const value = this.value(option);
    if (typeof value === "number" && value >= 0 && value <= 1) return value;
    throw this.bad(option, "is not a probability from 0 to 1");
  }

  oneOf<T extends string>(option: string, fallback: T, choices: readonly T[]): T {
    const value = this.#or(option, fallback);
    const choice = choices.find((candidate) => candidate === value);
    if (choice !== undefined) return choice;
    const nearest = nearestName(String(value), choices);
    throw this.bad(
      option,
      `is none of ${choices.map((candidate) => `"${candidate}"`).join(", ")}`,
      nearest === undefined ? undefined : `${option}: "${nearest}"`,
    );
  }

  flag(option: string, fallback: boolean): boolean {
    const value = this.#or(option, fallback);
    if (typeof value === "boolean") return value;
    throw this.bad(option, "is neither true nor false");
  }

  text(option: string, fallback: string): string {
    const value = this.#or(option, fallback);
    if (typeof value === "string" && value !== "") return value;
    throw this.bad(option, "is not a text of at least one character");
  }

  list(option: string): readonly unknown[] | undefined {
    const value = this.value(option);
    return Array.isArray(value) ? value : undefined;
  }
}

export function isWhole(value: unknown, range: Range): value is number {
  if (typeof value !== "number" || !Number.isInteger(value)) return false;
  return value >= range.min && value <= (range.max ?? Number.MAX_SAFE_INTEGER);
}

const inWords = (range: Range): string =>
  range.max === undefined ? `of ${range.min} or more` : `from ${range.min} to ${range.max}`;

/** A value as error texts show it: short, and never a reason for another error. */
export function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "function") return "a function";
  if (typeof value !== "object" || value === null) return String(value);
  try {
    const text = JSON.stringify(value);
    return text.length <= 80 ? text : `${text.slice(0, 77)}…`;
  } catch {
    return "an object";
  }
}
