// How values cross to another process and back: JSON, with bigints as "0x…" text and bytes as base64, and the schema that says so.

/** JSON Schema 2020-12, as OpenAPI 3.1 has it. */
export type Schema = Readonly<Record<string, unknown>>;

/** What is not data but lives in the ensemble's process: the other side holds a handle that names it. */
export type HandleKind = "peer" | "fault" | "hold" | "namespace" | "plan";
/** Each side's own: the server makes names of handles, the caller makes handles of names. */
export type Scope = Readonly<Record<HandleKind, (value: unknown) => unknown>>;

const same = (value: unknown): unknown => value;
/** For values in which there are no handles. */
export const noHandles: Scope = {
  peer: same,
  fault: same,
  hold: same,
  namespace: same,
  plan: same,
};

/**
 * One kind of value. Neither direction judges: what is not as it should be passes as it is, and the verb itself complains of it, in
 * the words in which it complains to a caller in its own process.
 */
export interface Crossing {
  readonly schema: Schema;
  encode(value: unknown, scope: Scope): unknown;
  decode(json: unknown, scope: Scope): unknown;
}
/** With the type of the values, so that the compiler holds it against the public API. */
export interface Shape<T> extends Crossing {
  /** Never there. */
  readonly type?: (value: T) => T;
}
/** A value that this package sent, whose type is taken on trust. */
export function decodeAs<T>(shape: Shape<T>, json: unknown, scope: Scope = noHandles): T {
  return shape.decode(json, scope) as T;
}

/** A field that may be missing. */
export interface Optional<T> {
  readonly optional: Shape<T>;
}

type IsOptional<T, K extends keyof T> = Record<never, never> extends Pick<T, K> ? true : false;
/** A shape for every field of T, no more and no less. */
export type FieldShapes<T> = {
  readonly [K in keyof T]-?: IsOptional<T, K> extends true
    ? Optional<Exclude<T[K], undefined>>
    : Shape<T[K]>;
};
export type Fields = Readonly<Record<string, Crossing | { readonly optional: Crossing }>>;

/** JSON as it is. */
export function plain<T>(schema: Schema): Shape<T> {
  return { schema, encode: (value) => value, decode: (json) => json };
}

export const text: Shape<string> = plain({ type: "string" });
export const flag: Shape<boolean> = plain({ type: "boolean" });
export const number: Shape<number> = plain({ type: "number" });
export const whole: Shape<number> = plain({ type: "integer" });
export const nothing: Shape<void> = plain({ type: "null" });

export function choice<const V extends readonly string[]>(...values: V): Shape<V[number]> {
  return plain({ enum: values });
}

/** One that may be Infinity, which JSON has no number for. */
export const count: Shape<number> = {
  schema: { oneOf: [{ type: "integer" }, { const: "Infinity" }] },
  encode: (value) => (value === Infinity ? "Infinity" : value),
  decode: (json) => (json === "Infinity" ? Infinity : json),
};

const hexPattern = /^0x[0-9a-f]{1,16}$/i;
const hexSchema = { type: "string", pattern: "^0x[0-9a-fA-F]{1,16}$", examples: ["0x100000007"] };
const toHex = (value: unknown): unknown =>
  typeof value === "bigint" ? `0x${BigInt.asUintN(64, value).toString(16)}` : value;

/** A bigint that is not negative: a zxid. */
export const zxid: Shape<bigint> = {
  schema: hexSchema,
  encode: toHex,
  decode: (json) => (isHex(json) ? BigInt(json) : json),
};
/** A session's id: signed, as the public API has it; unsigned in JSON, as ZooKeeper prints it. */
export const sessionId: Shape<bigint> = {
  schema: hexSchema,
  encode: toHex,
  decode: (json) => (isHex(json) ? BigInt.asIntN(64, BigInt(json)) : json),
};

const isHex = (json: unknown): json is string => typeof json === "string" && hexPattern.test(json);

/** undefined is null in JSON, so that nobody has to know which fields there are. */
export function maybe<T>(shape: Shape<T>): Shape<T | undefined> {
  return {
    schema: { anyOf: [shape.schema, { type: "null" }] },
    encode: (value, scope) => (value === undefined ? null : shape.encode(value, scope)),
    decode: (json, scope) =>
      json === null || json === undefined ? undefined : shape.decode(json, scope),
  };
}

export function optional<T>(shape: Shape<T>): Optional<T> {
  return { optional: shape };
}

export function list<A extends readonly unknown[]>(of: Shape<A[number]>): Shape<A> {
  return {
    schema: { type: "array", items: of.schema },
    encode: (value, scope) =>
      Array.isArray(value) ? value.map((item) => of.encode(item, scope)) : value,
    decode: (json, scope) =>
      Array.isArray(json) ? json.map((item) => of.decode(item, scope)) : json,
  };
}

/** An object with these fields; others that somebody gave it cross as they are. */
export function fields<T>(shapes: NoInfer<FieldShapes<T>>): Shape<T> {
  return fieldsOf(shapes as Fields); // a mapped type of a type parameter is opaque to the compiler
}

function fieldsOf<T>(shapes: Fields): Shape<T> {
  const entries = Object.entries(shapes).map(([name, field]) => ({ name, ...fieldOf(field) }));
  const crossed = (value: unknown, way: "encode" | "decode", scope: Scope): unknown => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    const crossing = new Map<string, unknown>(Object.entries(value));
    for (const { name, shape, isOptional } of entries) {
      const field = crossing.get(name);
      if (isOptional && field === undefined) crossing.delete(name);
      else crossing.set(name, shape[way](field, scope));
    }
    return Object.fromEntries(crossing);
  };
  return {
    schema: objectSchema(shapes),
    encode: (value, scope) => crossed(value, "encode", scope),
    decode: (json, scope) => crossed(json, "decode", scope),
  };
}

export function objectSchema(shapes: Fields): Schema {
  const entries = Object.entries(shapes).map(([name, field]) => ({ name, ...fieldOf(field) }));
  const crossing = entries.filter(({ shape }) => !isHereOnly(shape));
  const required = crossing.filter(({ isOptional }) => !isOptional).map(({ name }) => name);
  return {
    type: "object",
    properties: Object.fromEntries(crossing.map(({ name, shape }) => [name, shape.schema])),
    ...(required.length > 0 && { required }),
  };
}

export function fieldOf(field: Crossing | { readonly optional: Crossing }): {
  readonly shape: Crossing;
  readonly isOptional: boolean;
} {
  return "optional" in field
    ? { shape: field.optional, isOptional: true }
    : { shape: field, isOptional: false };
}

/** What stays in the caller's process: a signal, a function. */
export function hereOnly<T>(): Shape<T> {
  return { schema: hereOnlySchema, encode: () => undefined, decode: () => undefined };
}
const hereOnlySchema: Schema = { not: {} };
export const isHereOnly = (shape: Crossing): boolean => shape.schema === hereOnlySchema;

/** One of several; the first whose `is` says so, in either direction. */
export function either<T>(
  ...ways: readonly { readonly is: (value: unknown) => boolean; readonly shape: Crossing }[]
): Shape<T> {
  const find = (value: unknown): Crossing | undefined => ways.find(({ is }) => is(value))?.shape;
  return {
    schema: { anyOf: ways.map(({ shape }) => shape.schema) },
    encode: (value, scope) => find(value)?.encode(value, scope) ?? value,
    decode: (json, scope) => find(json)?.decode(json, scope) ?? json,
  };
}

/** A handle: what the other side has of it is what `schema` says. */
export function handle<T>(kind: HandleKind, schema: Schema): Shape<T> {
  return {
    schema,
    encode: (value, scope) => scope[kind](value),
    decode: (json, scope) => scope[kind](json),
  };
}

const definitions = new Map<string, Schema>();

/** The same shape, which the description tells of once, by this name. */
export function named<T>(name: string, shape: Shape<T>): Shape<T> {
  definitions.set(name, shape.schema);
  return { ...shape, schema: { $ref: `#/components/schemas/${name}` } };
}

export const namedSchemas = (): Readonly<Record<string, Schema>> => Object.fromEntries(definitions);
