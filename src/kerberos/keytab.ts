import { readFileSync } from "node:fs";
import { type EncryptionKey, encryptionNames, encryptionTypes } from "./encryption.ts";
import { KerberosError } from "./kerberos-error.ts";
import { formatPrincipal, isSame, type Principal } from "./principal.ts";

/** A principal's key of one type, of one version. */
export interface KeytabEntry {
  readonly principal: Principal;
  readonly version: number;
  readonly key: EncryptionKey;
}

/** 5, then the format's version; the older one is in the byte order of whoever wrote it, and nobody writes it any more. */
const magic = 0x0502;

/** A keytab file, as ktutil and kadmin write it. */
export class Keytab {
  readonly file: string;
  readonly #entries: readonly KeytabEntry[];

  private constructor(file: string, entries: readonly KeytabEntry[]) {
    this.file = file;
    this.#entries = entries;
  }

  /** Throws KerberosError where it is none, or cannot be read. */
  static read(file: string): Keytab {
    let bytes: Uint8Array;
    try {
      bytes = readFileSync(file);
    } catch (cause) {
      const hint = "kadmin's ktadd, or ktutil, writes one";
      throw new KerberosError(`keytab ${file} cannot be read`, { hint, cause });
    }
    return new Keytab(file, entriesOf(file, bytes));
  }

  /** The newest key of a principal in the best type that is spoken here. Throws KerberosError where it has none. */
  newestKey(principal: Principal): EncryptionKey {
    const own = this.#entries.filter((entry) => isSame(entry.principal, principal));
    const rank = ({ key }: KeytabEntry): number => encryptionTypes.indexOf(key.type);
    const [best] = own
      .filter((entry) => rank(entry) >= 0)
      .sort((a, b) => b.version - a.version || rank(a) - rank(b));
    if (best !== undefined) return best.key;
    const whom = formatPrincipal(principal);
    if (own.length > 0) {
      const types = own.map(({ key }) => key.type).join(", ");
      throw new KerberosError(
        `keytab ${this.file} has keys of ${whom} in encryption types ${types} only`,
        { hint: `a key in one of ${encryptionNames}` },
      );
    }
    const others = [...new Set(this.#entries.map((entry) => formatPrincipal(entry.principal)))];
    throw new KerberosError(
      `keytab ${this.file} has no key of ${whom}, but of ${others.join(", ") || "nobody"}`,
      { hint: `kadmin: ktadd -k ${this.file} ${whom}` },
    );
  }

  /** A key with which a ticket was made; undefined: it has none. Without a version the newest one. */
  keyOf(
    principal: Principal,
    type: number,
    version: number | undefined,
  ): EncryptionKey | undefined {
    return this.#entries
      .filter((entry) => isSame(entry.principal, principal) && entry.key.type === type)
      .filter((entry) => version === undefined || entry.version === version)
      .sort((a, b) => b.version - a.version)
      .at(0)?.key;
  }
}

function entriesOf(file: string, bytes: Uint8Array): KeytabEntry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const entries: KeytabEntry[] = [];
  try {
    if (view.getUint16(0) !== magic) throw new RangeError("another beginning");
    for (let at = 2; at + 4 <= bytes.length; ) {
      const size = view.getInt32(at);
      at += 4;
      if (size === 0) break;
      if (size > 0) entries.push(readEntry(bytes.subarray(at, at + size))); // a negative one is a hole
      at += Math.abs(size);
    }
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new KerberosError(`${file} is no keytab`, { cause });
  }
  return entries;
}

/** Throws RangeError where it ends too early. */
function readEntry(bytes: Uint8Array): KeytabEntry {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  const short = (): number => {
    at += 2;
    return view.getUint16(at - 2);
  };
  const counted = (): Uint8Array => {
    const length = short();
    if (at + length > bytes.length) throw new RangeError("an entry that is cut off");
    at += length;
    return bytes.subarray(at - length, at);
  };
  const word = (): string => Buffer.from(counted()).toString("utf8");
  const count = short();
  const realm = word();
  const parts = Array.from({ length: count }, word);
  at += 8; // the kind of name, and when it was written
  let version = view.getUint8(at);
  at += 1;
  const key = { type: short(), value: counted() };
  if (bytes.length - at >= 4) version = view.getUint32(at) || version;
  return { principal: { parts, realm }, version, key };
}
