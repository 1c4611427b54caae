import { fieldOf, namedSchemas, type Schema } from "../control/shape.ts";
import { type Receiver, type ReceiverName, routeOf, table } from "../control/table.ts";
import { type AnyVerb, bodyFields } from "../control/verb.ts";
import { badOption } from "../ensemble/given.ts";
import { nearestName } from "../ensemble/nearest-name.ts";

/** A request to the control API. */
export interface Call {
  readonly path: string;
  readonly verb: AnyVerb;
  readonly body: Readonly<Record<string, unknown>>;
}

/**
 * What words on a command line ask for: `kill leader`, `peer 2 restart --wipe`, `network block --from 1 --to 2,3`. A receiver, its
 * number or name, a verb, its arguments in their order, its options by their names. Values are JSON where they are any.
 */
export function readCall(words: readonly string[]): Call {
  const [first = "", ...more] = words;
  const receiver = receiverOf(first);
  if (receiver === undefined) return readVerb(table.ensemble, "ensemble", words);
  if (!receiver.path.includes("{id}")) return readVerb(receiver, receiver.path, more);
  const [id, ...rest] = more;
  // `namespace NAME` makes one, `namespace NAME dump` is about one.
  if (rest.length === 0 && Object.hasOwn(table.ensemble.verbs, first)) {
    return readVerb(table.ensemble, "ensemble", words);
  }
  if (id === undefined) throw badOption(first, undefined, "is not told apart", `${first} 1 …`);
  return readVerb(receiver, receiver.path.replace("{id}", encodeURIComponent(id)), rest);
}

/** The receivers that words can name; what is no word here is a verb of the ensemble's. */
const spoken: readonly ReceiverName[] = [
  ...(["peer", "network", "clock", "sessions", "storage", "events"] as const),
  ...(["nemesis", "fault", "namespace"] as const),
];

const receiverOf = (word: string): Receiver | undefined => {
  const name = spoken.find((each) => each === word);
  return name === undefined ? undefined : table[name];
};

function readVerb(receiver: Receiver, path: string, [word, ...args]: readonly string[]): Call {
  const whole = `/v1/${path}/${camelCase(word ?? "")}`;
  const verb = routeOf(whole)?.verb; // a hold's verbs are below a fault's path
  if (verb === undefined) throw noVerb(receiver, word);
  return { path: whole, verb, body: readArguments(verb, args) };
}

function noVerb({ verbs }: Receiver, word: string | undefined): Error {
  const names = Object.keys(verbs).map(kebabCase);
  const known = verbs === table.ensemble.verbs ? [...names, ...spoken] : names;
  const nearest = word === undefined ? undefined : nearestName(kebabCase(word), known);
  return badOption("verb", word, "is none", nearest ?? `one of ${known.join(", ")}`);
}

function readArguments(verb: AnyVerb, words: readonly string[]): Record<string, unknown> {
  const body = new Map<string, unknown>();
  const inOrder = verb.takes.filter((each) => each.kind !== "options");
  const queue = [...words];
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    if (word.startsWith("--")) {
      const [name = "", inline] = split(word.slice(2), "=");
      const text = inline ?? (isValue(queue[0]) ? queue.shift() : undefined);
      give(verb, body, { name: camelCase(name), text });
      continue;
    }
    const next = inOrder[0];
    if (next === undefined) throw badOption(word, word, "is one argument too many", usage(verb));
    if (next.kind === "rest") {
      const before = body.get(next.name);
      body.set(next.name, [
        ...(Array.isArray(before) ? before : []),
        readValue(word, next.shape.schema),
      ]);
    } else {
      inOrder.shift();
      body.set(next.name, readValue(word, next.shape.schema));
    }
  }
  return Object.fromEntries(body);
}

const isValue = (word: string | undefined): word is string =>
  word !== undefined && !word.startsWith("--");

/** They stand before the verb, since a verb may have fields of these names. */
const ownFlags: readonly string[] = ["json", "url", "token"];

/** An option: a field of the request's, or of an object among its arguments. */
function give(
  verb: AnyVerb,
  body: Map<string, unknown>,
  { name, text }: { readonly name: string; readonly text: string | undefined },
): void {
  const fields = bodyFields(verb);
  const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (field !== undefined) {
    body.set(name, readValue(text, fieldOf(field).shape.schema));
    return;
  }
  for (const [outer, each] of Object.entries(fields)) {
    const inner = propertiesOf(fieldOf(each).shape.schema)[name];
    if (inner === undefined) continue;
    const before = body.get(outer);
    body.set(outer, { ...(isObject(before) && before), [name]: readValue(text, inner) });
    return;
  }
  if (ownFlags.includes(name)) {
    const what = "belongs to ctl, not to the verb";
    throw badOption(`--${name}`, text ?? true, what, `ctl --${name} before it`);
  }
  const known = optionsOf(verb);
  const nearest = nearestName(name, known);
  const hint = nearest === undefined ? usage(verb) : `--${kebabCase(nearest)}`;
  throw badOption(`--${kebabCase(name)}`, text ?? true, "is an option nobody knows", hint);
}

function optionsOf(verb: AnyVerb): string[] {
  return Object.entries(bodyFields(verb)).flatMap(([name, field]) => [
    name,
    ...Object.keys(propertiesOf(fieldOf(field).shape.schema)),
  ]);
}

/** In words, as `ctl --help` lists it. */
export function usage(verb: AnyVerb): string {
  return verb.takes
    .map((each) => {
      if (each.kind === "rest") return `<${each.name}…>`;
      if (each.kind === "named") return each.isOptional ? `[${each.name}]` : `<${each.name}>`;
      const names = optionsOf({ ...verb, takes: [each] });
      return names.map((name) => `[--${kebabCase(name)}]`).join(" ");
    })
    .filter((part) => part !== "")
    .join(" ");
}

/** Every verb with its words. */
export function allVerbs(): { readonly words: string; readonly does: string }[] {
  return (["ensemble", ...spoken, "hold"] as const).flatMap((name) => {
    const { path, verbs } = table[name];
    const spokenName = name === "hold" ? "fault" : name;
    const prefix =
      name === "ensemble" ? [] : [spokenName, ...(path.includes("{id}") ? ["<id>"] : [])];
    return Object.entries(verbs).map(([verb, row]) => ({
      words: [...prefix, kebabCase(verb), usage(row)].filter((part) => part !== "").join(" "),
      does: row.does,
    }));
  });
}

/** The JSON that a word is, numbers with commas between them as a list; text where text is wanted, or nothing else fits. */
function readValue(word: string | undefined, schema: Schema): unknown {
  if (word === undefined) return true;
  if (schema["type"] === "string") return word;
  if (/^\d+(,\d+)+$/.test(word)) return word.split(",").map(Number);
  try {
    return JSON.parse(word);
  } catch {
    return word;
  }
}

function propertiesOf(schema: Schema): Readonly<Record<string, Schema>> {
  const { $ref: reference, properties } = schema;
  if (typeof reference === "string") {
    const named = namedSchemas()[reference.split("/").at(-1) ?? ""];
    return named === undefined ? {} : propertiesOf(named);
  }
  return isSchemas(properties) ? properties : {};
}

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;
const isSchemas = (value: unknown): value is Readonly<Record<string, Schema>> => isObject(value);

function split(text: string, by: string): [string, string | undefined] {
  const at = text.indexOf(by);
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

const camelCase = (word: string): string =>
  word.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
const kebabCase = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
