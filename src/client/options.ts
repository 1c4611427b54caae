import type { AuthRequest } from "../core/protocol/requests.ts";
import type { SaslUser } from "../core/sasl/digest-md5-login.ts";
import { validatePath } from "../core/tree/path.ts";
import type { Ms } from "../ensemble/api-controls.ts";
import { Given } from "../ensemble/given.ts";
import { pemOf } from "../ensemble/pem.ts";
import type { SecureDial } from "./dial.ts";
import type { ClientOptions } from "./types.ts";

export interface ConnectOptions extends Omit<ClientOptions, "to"> {
  /** How long to look for a server that takes the session, default 4_000: before the five seconds of a test runner. */
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
  /** undefined: plain. */
  readonly secure: SecureDial | undefined;
  readonly sasl: SaslUser | undefined;
}

/** What a client is asked for with, wherever it is asked for. */
export const clientNames: readonly string[] = [
  "sessionTimeout",
  "readOnly",
  "chroot",
  "auth",
  "tls",
  "sasl",
];
const timeoutMax = 0x7fff_ffff;

/** Throws ZKMS_BAD_OPTIONS. */
export function readClientOptions(options: ConnectOptions): ClientSettings {
  const given = new Given("", options, { names: [...clientNames, "connectTimeout"] });
  return {
    sessionTimeout: given.whole("sessionTimeout", 30_000, { min: 1, max: timeoutMax }),
    connectTimeout: given.whole("connectTimeout", 4_000, { min: 1, max: timeoutMax }),
    readOnly: given.flag("readOnly", false),
    chroot: readChroot(given),
    auths: readAuths(given),
    secure: readTls(given),
    sasl: readSasl(given),
  };
}

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

function readTls(given: Given): SecureDial | undefined {
  const value = given.value("tls");
  if (value === undefined || value === false) return undefined;
  const names = ["ca", "cert", "key", "hostnameVerification"];
  const tls = new Given("tls", value === true ? {} : value, { names });
  const pem = (name: string): string | undefined => {
    if (tls.value(name) === undefined) return undefined;
    const text = tls.text(name, "");
    try {
      return pemOf(text);
    } catch {
      throw tls.bad(name, "is neither a PEM text nor a file that can be read");
    }
  };
  const [ca, cert, key] = [pem("ca"), pem("cert"), pem("key")];
  if ((cert === undefined) !== (key === undefined)) {
    throw given.bad("tls", "has a certificate without its key, or a key without its certificate");
  }
  return { ca, cert, key, hostnameVerification: tls.flag("hostnameVerification", true) };
}

function readSasl(given: Given): SaslUser | undefined {
  const value = given.value("sasl");
  if (value === undefined) return undefined;
  const sasl = new Given("sasl", value, { names: ["user", "password"] });
  return { user: sasl.text("user", ""), password: sasl.text("password", "") };
}
