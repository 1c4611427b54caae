import { badOption, Given } from "../ensemble/given.ts";
import { fieldOf, isHereOnly, type Scope } from "./shape.ts";
import { type AnyVerb, bodyFields } from "./verb.ts";

/** A method's arguments as the JSON object that a request carries; the signal stays behind. */
export function encodeArguments(
  verb: AnyVerb,
  args: readonly unknown[],
  scope: Scope,
): { readonly body: object; readonly signal: AbortSignal | undefined } {
  const body = new Map<string, unknown>();
  let signal: AbortSignal | undefined;
  for (const [index, taken] of verb.takes.entries()) {
    if (taken.kind === "rest") {
      const values = args.slice(index).map((value) => taken.shape.encode(value, scope));
      body.set(taken.name, values);
    } else if (taken.kind === "named") {
      if (args[index] !== undefined) body.set(taken.name, taken.shape.encode(args[index], scope));
    } else {
      const value = args[index] === undefined ? {} : args[index];
      const given = new Given("", value, { names: Object.keys(taken.shapes) });
      for (const [name, field] of Object.entries(taken.shapes)) {
        const option = given.value(name);
        if (name === "signal" && isSignal(option)) signal = option;
        if (option !== undefined) body.set(name, fieldOf(field).shape.encode(option, scope));
      }
    }
  }
  return { body: Object.fromEntries(body), signal };
}

/** A method's arguments from a request's body. Throws ZKMS_BAD_OPTIONS for a name that nobody knows. */
export function decodeArguments(
  verb: AnyVerb,
  body: unknown,
  { scope, signal }: { readonly scope: Scope; readonly signal: AbortSignal },
): unknown[] {
  const names = Object.keys(bodyFields(verb));
  const [surplus] = names.length === 0 ? Object.entries(body ?? {}) : [];
  if (surplus !== undefined) throw badOption(surplus[0], surplus[1], "is given, and nothing taken");
  const given = new Given("", body, { names });
  return verb.takes.flatMap((taken) => {
    if (taken.kind === "named") return [taken.shape.decode(given.value(taken.name), scope)];
    if (taken.kind === "rest") {
      const list = given.value(taken.name) ?? [];
      if (!Array.isArray(list)) throw given.bad(taken.name, "is no list", `${taken.name}: [ … ]`);
      return list.map((value) => taken.shape.decode(value, scope));
    }
    const options = new Map<string, unknown>();
    for (const [name, field] of Object.entries(taken.shapes)) {
      const { shape } = fieldOf(field);
      const value = given.value(name);
      if (name === "signal" && isHereOnly(shape)) options.set(name, signal);
      else if (value !== undefined) options.set(name, shape.decode(value, scope));
    }
    return [Object.fromEntries(options)];
  });
}

/** By its shape: a signal may come from another realm, as in Jest's sandbox. */
const isSignal = (value: unknown): value is AbortSignal =>
  typeof value === "object" && value !== null && "addEventListener" in value;
