/**
 * What a call was given, as it is now: whatever the caller changes in its objects later is nothing to the call. Lists and plain
 * objects are copied; what is known by its identity (functions, signals, bytes) is not.
 */
export function asCalled(value: unknown): unknown {
  return copyOf(value, new Map());
}

function copyOf(value: unknown, copies: Map<unknown, unknown>): unknown {
  if (copies.has(value)) return copies.get(value); // an object may hold itself, and is refused later
  if (Array.isArray(value)) {
    const list: unknown[] = [];
    copies.set(value, list);
    for (const item of value) list.push(copyOf(item, copies));
    return list;
  }
  if (!isPlain(value)) return value;
  const copy: Record<string, unknown> = {};
  copies.set(value, copy);
  for (const [name, each] of Object.entries(value)) keep(copy, name, copyOf(each, copies));
  return copy;
}

/** As its own, whatever the name: an assignment to `__proto__` is no property. */
function keep(copy: object, name: string, value: unknown): void {
  Object.defineProperty(copy, name, {
    value,
    configurable: true,
    enumerable: true,
    writable: true,
  });
}

/** Without a prototype, or of the Object of any realm: Jest's tests have their own. Others may have something by inheritance. */
function isPlain(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype: object | null = Object.getPrototypeOf(value);
  return prototype === null || Object.hasOwn(prototype, "isPrototypeOf");
}
