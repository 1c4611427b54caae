// The Distinguished Encoding Rules of ASN.1, as far as Kerberos' messages go: short tags, definite lengths.
import { KerberosError } from "./kerberos-error.ts";

const universal = {
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  sequence: 0x30,
  time: 0x18,
  text: 0x1b,
} as const;
const applicationTag = 0x60;
const contextTag = 0xa0;

/** One value that was read: its tag and its content. */
export interface Der {
  readonly tag: number;
  readonly content: Uint8Array;
  /** With tag and length. */
  readonly whole: Uint8Array;
}

// ------------------------------------------------------------------ reading

/** The value that `bytes` begin with. Throws KerberosError for what is none. */
export function readDer(bytes: Uint8Array): Der {
  const [tag, first] = bytes;
  if (tag === undefined || first === undefined) throw malformed();
  let start = 2;
  let length = first;
  if (first >= 0x80) {
    const count = first & 0x7f;
    if (count < 1 || count > 4) throw malformed();
    start += count;
    if (start > bytes.length) throw malformed();
    length = bytes.subarray(2, start).reduce((sum, byte) => sum * 256 + byte, 0);
  }
  const end = start + length;
  if (end > bytes.length) throw malformed();
  return { tag, content: bytes.subarray(start, end), whole: bytes.subarray(0, end) };
}

/** What stands in an `[APPLICATION n]`; undefined: something else does. */
export function readApplication(bytes: Uint8Array, number: number): Der | undefined {
  const der = readDer(bytes);
  return der.tag === applicationTag + number ? readDer(der.content) : undefined;
}

/** The members of a sequence whose members are all `[n]`. */
export class Fields {
  readonly #members = new Map<number, Der>();

  constructor(sequence: Der) {
    for (const member of valuesOf(sequence)) {
      if (member.tag < contextTag || member.tag > contextTag + 30) throw malformed();
      this.#members.set(member.tag - contextTag, readDer(member.content));
    }
  }

  find(number: number): Der | undefined {
    return this.#members.get(number);
  }

  get(number: number): Der {
    const member = this.#members.get(number);
    if (member === undefined) throw malformed();
    return member;
  }

  integer(number: number): number {
    return integerOf(this.get(number));
  }

  octets(number: number): Uint8Array {
    return contentOf(this.get(number), universal.octets);
  }

  text(number: number): string {
    return textOf(this.get(number));
  }

  /** Milliseconds since 1970. */
  time(number: number): number {
    const text = Buffer.from(contentOf(this.get(number), universal.time)).toString("latin1");
    const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text);
    if (match === null) throw malformed();
    const [year = 0, month = 1, day = 1, hours, minutes, seconds] = match.slice(1).map(Number);
    return Date.UTC(year, month - 1, day, hours, minutes, seconds);
  }

  /** The first 32 bits, the most significant one first. */
  bits(number: number): number {
    const content = contentOf(this.get(number), universal.bits);
    const word = new Uint8Array(4);
    word.set(content.subarray(1, 5));
    return new DataView(word.buffer).getUint32(0);
  }

  fields(number: number): Fields {
    return new Fields(this.get(number));
  }

  list(number: number): readonly Der[] {
    return valuesOf(this.get(number));
  }
}

export const textOf = (der: Der): string =>
  Buffer.from(contentOf(der, universal.text)).toString("utf8");

function integerOf(der: Der): number {
  const content = contentOf(der, universal.integer);
  const [first] = content;
  if (first === undefined || content.length > 6) throw malformed();
  return content
    .subarray(1)
    .reduce((sum, byte) => sum * 256 + byte, first < 128 ? first : first - 256);
}

function contentOf(der: Der, tag: number): Uint8Array {
  if (der.tag !== tag) throw malformed();
  return der.content;
}

function valuesOf({ tag, content }: Der): Der[] {
  if (tag !== universal.sequence) throw malformed();
  const values: Der[] = [];
  for (let rest = content; rest.length > 0; ) {
    const value = readDer(rest);
    values.push(value);
    rest = rest.subarray(value.whole.length);
  }
  return values;
}

const malformed = (): KerberosError => new KerberosError("a message that is no Kerberos");

// ------------------------------------------------------------------ writing

function der(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const head = [tag];
  if (length < 0x80) head.push(length);
  else if (length < 0x100) head.push(0x81, length);
  else head.push(0x82, length >> 8, length & 0xff); // no message of ours comes near 64 KiB
  return Buffer.concat([Uint8Array.from(head), ...parts]);
}

export const application = (number: number, content: Uint8Array): Uint8Array =>
  der(applicationTag + number, content);

/** Members by number, in ascending order; undefined: it is left out. */
export const fields = (members: Readonly<Record<number, Uint8Array | undefined>>): Uint8Array =>
  list(
    ...Object.entries(members).flatMap(([number, content]) =>
      content === undefined ? [] : [der(contextTag + Number(number), content)],
    ),
  );

export const list = (...values: readonly Uint8Array[]): Uint8Array =>
  der(universal.sequence, ...values);

export const octets = (bytes: Uint8Array): Uint8Array => der(universal.octets, bytes);

export const text = (value: string): Uint8Array => der(universal.text, Buffer.from(value, "utf8"));

/** From −2³¹ up to 2³² − 1. */
export function integer(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.unshift(((rest % 256) + 256) % 256);
    rest = Math.floor(rest / 256);
  } while (!((rest === 0 && (bytes[0] ?? 0) < 128) || (rest === -1 && (bytes[0] ?? 0) >= 128)));
  return der(universal.integer, Uint8Array.from(bytes));
}

/** Of milliseconds since 1970. */
export const time = (at: number): Uint8Array =>
  der(
    universal.time,
    Buffer.from(new Date(at).toISOString().replace(/\.\d+|[-:T]/g, ""), "latin1"),
  );

export function bits(word: number): Uint8Array {
  const content = new Uint8Array(5); // the first octet counts the bits that are left over
  new DataView(content.buffer).setUint32(1, word);
  return der(universal.bits, content);
}
