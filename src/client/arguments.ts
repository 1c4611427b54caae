// What a caller hands over is looked at, because plain JavaScript may hand over anything.
import { ZkmsError } from "../ensemble/errors.ts";
import { Given, show } from "../ensemble/given.ts";
import { nearestValue } from "../ensemble/nearest-name.ts";
import type { Asked } from "./errors.ts";
import type { Acl, Watch } from "./types.ts";

/** A call that no server is asked, for it is not one. */
export function badArgument({ op, path }: Asked, why: string, hint?: string): ZkmsError {
  const what = typeof path === "string" ? `${op} ${path}` : op;
  return new ZkmsError("ZKMS_BAD_OPTIONS", `${what}: ${why}`, { hint });
}

export function noSuchMode(asked: Asked, mode: unknown, known: readonly string[]): ZkmsError {
  const why = `no such mode: ${typeof mode === "string" ? mode : show(mode)}; there are ${known.join(", ")}`;
  return badArgument(asked, why, nearestValue(mode, known));
}

/** What other clients call the options of theirs. */
const aliases: Readonly<Record<string, string>> = {
  ephemeral: "mode",
  sequence: "mode",
  sequential: "mode",
  makepath: "parents",
  watcher: "watch",
};

/** A call's options; throws ZKMS_BAD_OPTIONS where they have a name that it does not know, or are something else. */
export const callOptions = (options: object, names: readonly string[], path = ""): Given =>
  new Given(path, options, { names, aliases });

/** Any version where none is given. */
export const versionIn = (given: Given): number =>
  given.whole("version", -1, { min: -0x8000_0000, max: 0x7fff_ffff });

/** The options of a call that can only set a watch. */
export function watchIn(options: { readonly watch?: Watch }): Watch | undefined {
  const given = callOptions(options, ["watch"]);
  const { watch } = options;
  if (watch === undefined || typeof watch === "function") return watch;
  throw given.bad("watch", "is no function");
}

/** Its form only: whether it means anything is for the server to say. */
export function checkAcl(acl: readonly Acl[], asked: Asked): void {
  const isAcl = (entry: unknown): boolean =>
    typeof entry === "object" &&
    entry !== null &&
    "scheme" in entry &&
    typeof entry.scheme === "string" &&
    "id" in entry &&
    typeof entry.id === "string" &&
    "perms" in entry &&
    Number.isInteger(entry.perms);
  if (Array.isArray(acl) && acl.every(isAcl)) return;
  throw badArgument(asked, "an ACL is a list of { scheme, id, perms }");
}
