import { Credentials } from "../kerberos/credentials.ts";
import { GssapiExchange } from "../kerberos/gssapi-exchange.ts";
import { GssapiLogin } from "../kerberos/gssapi-login.ts";
import { KerberosError } from "../kerberos/kerberos-error.ts";
import { Keytab } from "../kerberos/keytab.ts";
import { Krb5Conf } from "../kerberos/krb5-conf.ts";
import { type Principal, principalOf } from "../kerberos/principal.ts";
import { ReplayCache } from "../kerberos/replay-cache.ts";
import type { PeerAuthOptions } from "../runtime/authentication.ts";

export const kerberosModule = "com.sun.security.auth.module.Krb5LoginModule";
export const kerberosExample: string = `${kerberosModule} required useKeyTab=true storeKey=true keyTab="…" principal="zkquorum/HOST@REALM"`;

/** A principal that a section of Krb5LoginModule's logs in, and the file that does it. */
interface Owner {
  readonly principal: Principal;
  readonly keytab: Keytab;
  readonly conf: Krb5Conf;
  /** The KDC is asked when the peer starts, so that a wrong key is told then. */
  readonly logsIn: boolean;
}

/** Throws KerberosError, with what is wrong in the section or in the files that it names. */
function ownerOf(section: ReadonlyMap<string, string>, krb5Config: string): Owner {
  const [name, file] = [section.get("principal"), section.get("keyTab")];
  const isByKeytab = section.get("useKeyTab")?.toLowerCase() === "true";
  if (name === undefined || file === undefined || !isByKeytab) {
    const what =
      "it names no useKeyTab=true, keyTab and principal, and peers log in by no other way";
    throw new KerberosError(what, { hint: kerberosExample });
  }
  const conf = Krb5Conf.read(krb5Config);
  const principal = principalOf(name, name.includes("@") ? "" : conf.defaultRealm);
  const keytab = Keytab.read(file.replace(/^file:(\/\/)?/i, ""));
  keytab.newestKey(principal);
  const logsIn = section.get("isInitiator")?.toLowerCase() !== "false";
  return { principal, keytab, conf, logsIn };
}

const credentialsOf = (owner: Owner): Credentials => new Credentials({ ...owner, now: Date.now });

/** One side of what `PeerAuthOptions` wants, and what it takes before the first connection. */
export interface KerberosSide<Side extends "login" | "exchange"> {
  readonly make: NonNullable<PeerAuthOptions[Side]>;
  /** Rejected with KerberosError: the KDC does not know the principal by that key, or there is none. */
  readonly ready: () => Promise<void>;
}

/** How a peer makes itself known; `service` is quorum.auth.kerberos.servicePrincipal. Throws KerberosError. */
export function kerberosLogin(
  section: ReadonlyMap<string, string>,
  { service, krb5Config }: { readonly service: string; readonly krb5Config: string },
): KerberosSide<"login"> {
  const owner = ownerOf(section, krb5Config);
  const credentials = credentialsOf(owner);
  return {
    make: async (host) => {
      const server = principalOf(serviceAt(service, host), owner.principal.realm);
      try {
        return new GssapiLogin(await credentials.ticketFor(server), Date.now());
      } catch (error) {
        if (!(error instanceof KerberosError) || error.hint === undefined) throw error;
        throw new KerberosError(`${error.message}; to go on: ${error.hint}`, { cause: error });
      }
    },
    ready: async () => void (await credentials.logIn()),
  };
}

/** How a peer comes to know others; their principals name one of `hosts`. Throws KerberosError. */
export function kerberosExchange(
  section: ReadonlyMap<string, string>,
  { hosts, krb5Config }: { readonly hosts: ReadonlySet<string>; readonly krb5Config: string },
): KerberosSide<"exchange"> {
  const owner = ownerOf(section, krb5Config);
  const { principal, keytab, conf, logsIn } = owner;
  const { clockSkewMs } = conf;
  const acceptor = {
    principal,
    keytab,
    clockSkewMs,
    hosts,
    replays: new ReplayCache(),
    now: Date.now,
  };
  return {
    make: () => new GssapiExchange(acceptor),
    ready: async () => {
      if (logsIn) await credentialsOf(owner).logIn();
    },
  };
}

/** SecurityUtils.getServerPrincipal: a pattern of two parts, no realm behind them. */
function serviceAt(service: string, host: string): string {
  const [name, pattern, ...more] = service.split("/");
  return pattern === "_HOST" && more.length === 0 ? `${name}/${host.toLowerCase()}` : service;
}
