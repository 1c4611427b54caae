import type { ApacheEngine, StorageOptions } from "./api.ts";
import { Given, unsupportedOption } from "./given.ts";

/** Where a peer keeps what must survive it. */
export interface ResolvedStorage {
  readonly kind: "memory" | "disk";
  /** The folder of this very peer, or of all of them with one inside for each; undefined: a temporary one. */
  readonly dir: { readonly path: string; readonly holds: "a peer" | "peers" } | undefined;
  readonly keep: boolean | "on-failure";
  readonly fsync: boolean;
  readonly loseUnsynced: boolean;
}

const names: readonly (keyof StorageOptions)[] = ["kind", "dir", "keep", "fsync", "loseUnsynced"];

export const memoryOnly: ResolvedStorage = {
  kind: "memory",
  dir: undefined,
  keep: false,
  fsync: false,
  loseUnsynced: false,
};

/** Of the ensemble, or of one peer; undefined: not given. */
export function resolveStorage(
  given: Given,
  holds: "a peer" | "peers",
): ResolvedStorage | undefined {
  const storage = given.value("storage");
  if (storage === undefined) return undefined;
  if (storage === "memory") return memoryOnly;
  if (typeof storage !== "object" || storage === null) {
    const hint = `${given.name("storage")}: { kind: "disk" }`;
    throw given.bad("storage", `is neither "memory" nor { kind: … }`, hint);
  }
  const options = new Given(given.name("storage"), storage, { names });
  if (options.value("kind") === undefined) {
    throw options.bad("kind", "is missing", `${options.name("kind")}: "disk"`);
  }
  const kind = options.oneOf("kind", "disk", ["memory", "disk"]);
  const path = options.value("dir") === undefined ? undefined : options.text("dir", "");
  if (kind === "memory") {
    for (const name of ["dir", "keep"]) {
      if (options.value(name) === undefined) continue;
      throw options.bad(name, "has no effect in memory", `${options.name("kind")}: "disk"`);
    }
  }
  const fsync = options.flag("fsync", false);
  const keep = options.value("keep");
  return {
    kind,
    dir: path === undefined ? undefined : { path, holds },
    keep: keep === "on-failure" ? keep : options.flag("keep", path !== undefined),
    fsync,
    loseUnsynced: options.flag("loseUnsynced", fsync),
  };
}

/** Apache's servers have folders of their own, which go with the ensemble. */
export function refuseStorage(given: Given, engine: ApacheEngine | undefined): void {
  const storage = given.value("storage");
  if (engine === undefined || storage === undefined || storage === "memory") return;
  throw unsupportedOption(given.name("storage"), storage, 'engine: "embedded"');
}
