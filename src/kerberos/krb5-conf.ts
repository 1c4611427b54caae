import { readFileSync } from "node:fs";
import { KerberosError } from "./kerberos-error.ts";

export interface KdcAddress {
  readonly host: string;
  readonly port: number;
}

const kdcPort = 88;
const clockSkewSeconds = 300;

/** What a krb5.conf says of realms. Of its keys those count that are read here; nothing is asked of DNS. */
export class Krb5Conf {
  readonly file: string;
  readonly #values: ReadonlyMap<string, readonly string[]>;

  /** `values` of a key, which is named with its section: `realms/EXAMPLE/kdc`. */
  private constructor(file: string, values: ReadonlyMap<string, readonly string[]>) {
    this.file = file;
    this.#values = values;
  }

  /** Throws KerberosError where it cannot be read. */
  static read(file: string): Krb5Conf {
    try {
      return new Krb5Conf(file, valuesIn(readFileSync(file, "utf8")));
    } catch (cause) {
      throw new KerberosError(`${file} cannot be read`, {
        hint: "KRB5_CONFIG names another one, or java's -Djava.security.krb5.conf",
        cause,
      });
    }
  }

  /** Of principals that name none. Throws KerberosError where there is none. */
  get defaultRealm(): string {
    const [realm] = this.#values.get("libdefaults/default_realm") ?? [];
    if (realm !== undefined) return realm;
    const hint = "default_realm in [libdefaults], or a principal with its @REALM";
    throw new KerberosError(`${this.file} names no default realm`, { hint });
  }

  /** How far the clocks of two machines may be apart. */
  get clockSkewMs(): number {
    const [seconds = ""] = this.#values.get("libdefaults/clockskew") ?? [];
    return (/^\d+$/.test(seconds) ? Number(seconds) : clockSkewSeconds) * 1000;
  }

  /** In the order in which they are asked. Throws KerberosError where a realm has none. */
  kdcsOf(realm: string): readonly KdcAddress[] {
    const written = this.#values.get(`realms/${realm}/kdc`) ?? [];
    const found = written.flatMap((text) => text.split(/\s+/)).map(addressOf);
    if (found.length > 0) return found;
    const hint = `[realms] ${realm} = { kdc = host:port }`;
    throw new KerberosError(`${this.file} names no kdc of realm ${realm}`, { hint });
  }
}

function addressOf(text: string): KdcAddress {
  const [, bracketed, plain, port] = /^(?:\[(.*)\]|([^:]*))(?::(\d+))?$/.exec(text) ?? [];
  return { host: bracketed ?? plain ?? text, port: Number(port ?? kdcPort) };
}

function valuesIn(content: string): Map<string, string[]> {
  const values = new Map<string, string[]>();
  let path: string[] = [];
  for (const line of content.split("\n").map((written) => written.trim())) {
    const section = /^\[(.*)\]\*?$/.exec(line)?.[1];
    const [, key, value] = /^([^=\s]+)\s*=\s*(.*)$/.exec(line) ?? [];
    if (line.startsWith("#") || line.startsWith(";")) continue;
    if (section !== undefined) path = [section];
    else if (line.startsWith("}")) path = path.slice(0, -1);
    else if (key !== undefined && value === "{") path = [...path, key];
    else if (key !== undefined && value !== undefined) {
      const name = [...path, key].join("/");
      values.set(name, [...(values.get(name) ?? []), value.replace(/^"(.*)"$/, "$1")]);
    }
  }
  return values;
}
