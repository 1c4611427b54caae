import type { AuthRequest } from "../core/protocol/requests.ts";
import { validatePath } from "../core/tree/path.ts";
import type { Ms } from "../ensemble/api-controls.ts";
import { Given } from "../ensemble/given.ts";
import type { ClientOptions } from "./types.ts";

export interface ConnectOptions extends Omit<ClientOptions, "to"> {
  /** How long to look for a server that takes the session, default 10_000. */
  connectTimeout?: Ms;
}

/** Options checked and completed. */
export interface ClientSettings {
  readonly sessionTimeout: Ms;
  readonly connectTimeout: Ms;
  readonly readOnly: boolean;
  /** As it is put in front of paths: "" for none. */
  readonly chroot: string;
  readonly auths: readonly AuthRequest[];
}

const names = ["sessionTimeout", "connectTimeout", "readOnly", "chroot", "auth"];
const timeoutMax = 0x7fff_ffff;

/** Throws ZKMS_BAD_OPTIONS. */
export function readClientOptions(options: ConnectOptions): ClientSettings {
  const given = new Given("", options, { names });
  return {
    sessionTimeout: given.whole("sessionTimeout", 30_000, { min: 1, max: timeoutMax }),
    connectTimeout: given.whole("connectTimeout", 10_000, { min: 1, max: timeoutMax }),
    readOnly: given.flag("readOnly", false),
    chroot: readChroot(given),
    auths: readAuths(given),
  };
}

/** Throws ZKMS_BAD_OPTIONS where a call's options have a name that it does not know, or are something else. */
export function checkNames(options: object, known: readonly string[]): void {
  new Given("", options, { names: known, aliases });
}

/** What other clients call the options of theirs. */
const aliases: Readonly<Record<string, string>> = {
  ephemeral: "mode",
  sequence: "mode",
  sequential: "mode",
  makepath: "parents",
  watcher: "watch",
};

function readChroot(given: Given): string {
  const chroot = given.value("chroot") ?? "/";
  if (chroot === "/" || chroot === "") return "";
  if (typeof chroot === "string" && validatePath(chroot)) return chroot;
  throw given.bad("chroot", "is not an absolute path");
}

function readAuths(given: Given): AuthRequest[] {
  if (given.value("auth") === undefined) return [];
  const list = given.list("auth");
  if (list === undefined) throw given.bad("auth", "is not a list", "auth: [{ scheme, auth }]");
  return list.map((item, index) => {
    const entry = new Given(`auth[${index}]`, item, { names: ["scheme", "auth"] });
    return { scheme: entry.text("scheme", ""), auth: Buffer.from(entry.text("auth", "")) };
  });
}
