import { logIn, ticketFor } from "./kdc.ts";
import { KerberosError } from "./kerberos-error.ts";
import type { Keytab } from "./keytab.ts";
import type { Krb5Conf } from "./krb5-conf.ts";
import { type Credential, KdcRefusal } from "./messages.ts";
import { formatPrincipal, type Principal } from "./principal.ts";

/** Of a ticket's life a fifth is left over: it is asked for anew, as Apache's Login does. */
const lifeUsed = 0.8;

export interface CredentialsOptions {
  readonly principal: Principal;
  readonly keytab: Keytab;
  readonly conf: Krb5Conf;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** The tickets of one principal, which a keytab logs in. Each is fetched when it is asked for, and kept for most of its life. */
export class Credentials {
  readonly #options: CredentialsOptions;
  readonly #kept = new Map<string, Promise<Credential>>();

  constructor(options: CredentialsOptions) {
    this.#options = options;
  }

  get principal(): Principal {
    return this.#options.principal;
  }

  /** Throws KerberosError where it cannot log in: with what was asked, what was seen and how to go on. */
  async logIn(): Promise<Credential> {
    const { principal, keytab, conf, now } = this.#options;
    const key = keytab.newestKey(principal);
    const name = formatPrincipal(principal);
    return await this.#fresh("", () => logIn(conf, { client: principal, key }, now()), {
      what: `${name} cannot log in`,
      hints: {
        6: `kadmin: addprinc -randkey ${name}, then ktadd -k ${keytab.file} ${name}`,
        14: `a key in the keytab of a type that the KDC has for ${name}`,
        24: `kadmin: ktadd -k ${keytab.file} ${name}, for the key has changed since that file was written`,
        37: "the same time on both machines",
      },
    });
  }

  /** A ticket for a server. Throws KerberosError. */
  async ticketFor(server: Principal): Promise<Credential> {
    const { conf, now } = this.#options;
    const { realm } = this.principal;
    const name = formatPrincipal(server);
    if (server.realm !== realm) {
      throw new KerberosError(
        `no ticket for ${name}: ${formatPrincipal(this.principal)} is of another realm`,
        { hint: "peers of one realm: ways between realms are not looked for" },
      );
    }
    const granting = await this.logIn();
    return await this.#fresh(name, () => ticketFor(conf, { server, granting }, now()), {
      what: `no ticket for ${name}`,
      hints: {
        7: `kadmin: addprinc -randkey ${name}, or another quorum.auth.kerberos.servicePrincipal`,
      },
    });
  }

  async #fresh(
    name: string,
    fetch: () => Promise<Credential>,
    failure: { readonly what: string; readonly hints: Readonly<Record<number, string>> },
  ): Promise<Credential> {
    const kept = this.#kept.get(name);
    if (kept !== undefined) {
      const { startTime, endTime } = await kept;
      if (this.#options.now() < startTime + lifeUsed * (endTime - startTime)) return await kept;
    }
    const fetching = this.#kept.get(name);
    if (fetching !== undefined && fetching !== kept) return await fetching; // somebody asked meanwhile
    const fetched = fetch().catch((error: unknown) => {
      this.#kept.delete(name);
      throw explained(error, failure);
    });
    this.#kept.set(name, fetched);
    return await fetched;
  }
}

function explained(
  error: unknown,
  { what, hints }: { readonly what: string; readonly hints: Readonly<Record<number, string>> },
): unknown {
  if (!(error instanceof KerberosError)) return error;
  const hint = error instanceof KdcRefusal ? hints[error.code] : error.hint;
  return new KerberosError(`${what}: ${error.message}`, {
    ...(hint !== undefined && { hint }),
    cause: error,
  });
}
