// The symbols of `using` and `await using`. Node 20 has them, but inside Jest's sandbox the global Symbol is another one, where
// they may be missing; TypeScript's own helper looks for the same fallback names.

export const dispose: typeof Symbol.dispose =
  Symbol.dispose ?? (Symbol.for("nodejs.dispose") as typeof Symbol.dispose);
export const asyncDispose: typeof Symbol.asyncDispose =
  Symbol.asyncDispose ?? (Symbol.for("nodejs.asyncDispose") as typeof Symbol.asyncDispose);
