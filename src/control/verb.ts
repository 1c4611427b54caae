import {
  type Crossing,
  type FieldShapes,
  type Fields,
  fieldOf,
  isHereOnly,
  list,
  type Shape,
} from "./shape.ts";

/** A parameter by its own name. */
export interface Named<T> {
  readonly kind: "named";
  readonly name: string;
  readonly isOptional: boolean;
  readonly shape: Shape<T>;
}
/** All arguments from here on, as one list. */
export interface Rest<T> {
  readonly kind: "rest";
  readonly name: string;
  readonly shape: Shape<T>;
}
/** An object of options, whose fields stand beside the named parameters. */
export interface Options<T> {
  readonly kind: "options";
  readonly shapes: FieldShapes<T>;
}

type Param<T> = Named<T> | ([T] extends [object] ? Options<T> : never);
type Params<P extends readonly unknown[]> = { readonly [I in keyof P]: Param<P[I]> };
/** A parameter for every one of the method's. */
type Takes<P extends readonly unknown[]> = number extends P["length"]
  ? readonly [Rest<P[number]>]
  : Params<Required<P>>;

/** One method of the public API, as data: the server, the remote handle and the description are made of it. */
export interface Verb<P extends readonly unknown[], R> {
  /** One sentence. */
  readonly does: string;
  readonly takes: Takes<P>;
  readonly gives: Shape<R>;
  /** Changes nothing: GET will do where it takes nothing. */
  readonly reads?: true;
  /** Whoever else uses the ensemble would feel it: refused where it is shared. */
  readonly disturbs?: true;
}

/** The methods of T that another process can call. */
export type VerbOf<T> = {
  [K in keyof T]: T[K] extends (...args: never[]) => Promise<unknown> ? K : never;
}[keyof T] &
  string;

/** A row for every verb of T; a verb without one does not compile. */
export type Rows<T, Elsewhere extends VerbOf<T> = never> = {
  readonly [K in Exclude<VerbOf<T>, Elsewhere>]: T[K] extends (
    ...args: infer P extends readonly unknown[]
  ) => Promise<infer R>
    ? Verb<P, R>
    : never;
};

/** A row without its types. */
export interface AnyVerb {
  readonly does: string;
  readonly takes: readonly AnyParam[];
  readonly gives: Crossing;
  readonly reads?: true;
  readonly disturbs?: true;
}
export type AnyParam =
  | {
      readonly kind: "named";
      readonly name: string;
      readonly isOptional: boolean;
      readonly shape: Crossing;
    }
  | { readonly kind: "rest"; readonly name: string; readonly shape: Crossing }
  | { readonly kind: "options"; readonly shapes: Fields };

export function param<T>(name: string, shape: Shape<T>): Named<T> {
  return { kind: "named", name, shape, isOptional: false };
}
export function optionalParam<T>(name: string, shape: Shape<T>): Named<T> {
  return { kind: "named", name, shape, isOptional: true };
}
export function rest<T>(name: string, shape: Shape<T>): Rest<T> {
  return { kind: "rest", name, shape };
}
export function options<T>(shapes: NoInfer<FieldShapes<T>>): Options<T> {
  return { kind: "options", shapes };
}

/** The fields of the JSON object that a verb takes. */
export function bodyFields({ takes }: AnyVerb): Fields {
  const found = new Map<string, Fields[string]>();
  for (const each of takes) {
    if (each.kind === "rest") {
      found.set(each.name, list(each.shape));
    } else if (each.kind === "named") {
      found.set(each.name, each.isOptional ? { optional: each.shape } : each.shape);
    } else {
      for (const [name, field] of Object.entries(each.shapes)) {
        if (!isHereOnly(fieldOf(field).shape)) found.set(name, field);
      }
    }
  }
  return Object.fromEntries(found);
}
