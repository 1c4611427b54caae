/** Our own bug: the peer in which it is thrown stops, and nobody catches it to go on. */
export class AssertionError extends Error {
  override readonly name: string = "AssertionError";
}

/** Throws AssertionError unless `condition` holds; `what` says in words what was expected. */
export function assert(condition: boolean, what: string): asserts condition {
  if (!condition) throw new AssertionError(what);
}

/** Returns `value`, which by the logic of the caller cannot be missing. */
export function present<T>(value: T | undefined | null, what: string): T {
  if (value === undefined || value === null) throw new AssertionError(`${what} is missing`);
  return value;
}

/** Closes a switch over a union: a new member is a compile error here. */
export function unreachable(value: never): never {
  throw new AssertionError(`unreachable: ${JSON.stringify(value, withBigints)}`);
}

const withBigints = (_key: string, value: unknown): unknown =>
  typeof value === "bigint" ? `${value}n` : value;

/** Bytes from outside that are no message; caught once per frame and turned into an error reply or a close. */
export class ProtocolError extends Error {
  override readonly name: string = "ProtocolError";
}
