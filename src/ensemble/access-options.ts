import type { ClientOptions } from "../client/index.ts";
import type { TlsChoice } from "./certificates.ts";
import { badOption, Given } from "./given.ts";
import { pemOf } from "./pem.ts";

// Who may connect, and as whom.

export interface SuperUser {
  readonly id: string;
  readonly password: string;
}

export function resolveSuperUser(given: Given): SuperUser | undefined {
  const value = given.value("superUser") ?? { id: "super", password: "super" };
  if (value === false) return undefined;
  const user = new Given("superUser", value, { names: ["id", "password"] });
  return { id: user.text("id", ""), password: user.text("password", "") };
}

/** What makes a client the super user; nothing where there is none. */
export const asSuper = (user: SuperUser | undefined): Pick<ClientOptions, "auth"> =>
  user === undefined ? {} : { auth: [{ scheme: "digest", auth: `${user.id}:${user.password}` }] };

export function resolveSasl(given: Given): ReadonlyMap<string, string> | undefined {
  const value = given.value("sasl");
  if (value === undefined) return undefined;
  if (typeof value !== "object" || value === null || !("digest" in value)) {
    throw badOption("sasl", value, "names no users", 'sasl: { digest: { user: "password" } }');
  }
  const users = new Given("sasl", value, { names: ["digest"] }).value("digest") ?? {};
  if (typeof users !== "object" || users === null) {
    throw badOption("sasl.digest", users, "is no object of passwords by name");
  }
  const passwords = new Given("sasl.digest", users, { names: Object.keys(users) });
  return new Map(Object.keys(users).map((name) => [name, passwords.text(name, "")]));
}

export function resolveTls(given: Given): TlsChoice | undefined {
  const value = given.value("tls");
  if (value === undefined || value === false) return undefined;
  if (value === true) return { kind: "made" };
  const tls = new Given("tls", value, { names: ["ca", "cert", "key", "clientAuth"] });
  const pem = (name: string): string => {
    const text = tls.text(name, "");
    try {
      return pemOf(text);
    } catch {
      throw tls.bad(name, "is neither a PEM text nor a file that can be read");
    }
  };
  const clientAuth = tls.oneOf("clientAuth", "need", ["none", "want", "need"]);
  return { kind: "given", ca: pem("ca"), cert: pem("cert"), key: pem("key"), clientAuth };
}
