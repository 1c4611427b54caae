import { validatePath } from "../core/tree/path.ts";
import { show } from "../ensemble/given.ts";
import { badArgument } from "./arguments.ts";
import { type Asked, ZooKeeperError } from "./errors.ts";

/**
 * The server's path for the caller's. Checked here, as Apache's client does: behind a chroot, and for reads, the server could
 * not tell a wrong path from one that does not exist. `suffix` is what the server will put behind it.
 */
export function serverPath(chroot: string, asked: Asked & { path: string }, suffix = ""): string {
  const { path } = asked;
  if (typeof path !== "string") throw badArgument(asked, `not a path: ${show(path)} is no text`);
  if (!validatePath(path + suffix)) throw badPath(asked);
  return path === "/" && chroot !== "" && suffix === "" ? chroot : chroot + path;
}

export function clientPath(chroot: string, path: string): string {
  if (path === chroot) return "/";
  return path.startsWith(`${chroot}/`) ? path.slice(chroot.length) : path;
}

/** The paths above, from the top, without the root. */
export function ancestorsOf(path: string): string[] {
  const ancestors: string[] = [];
  for (let at = path.indexOf("/", 1); at > 0; at = path.indexOf("/", at + 1)) {
    ancestors.push(path.slice(0, at));
  }
  return ancestors;
}

function badPath(asked: Asked): ZooKeeperError {
  const why =
    'not a path: it starts with "/", ends without one, and has no empty, "." or ".." part and no control characters';
  return new ZooKeeperError("BADARGUMENTS", asked, { why });
}
