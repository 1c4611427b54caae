// aes128- and aes256-cts-hmac-sha1-96 (RFC 3961 and RFC 3962), which every KDC and Java have.
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  randomBytes,
  timingSafeEqual,
} from "node:crypto";
import { KerberosError } from "./kerberos-error.ts";

export interface EncryptionKey {
  readonly type: number;
  readonly value: Uint8Array;
}

/** What a key is used for, so that no message can be taken for one of another kind (RFC 4120, 7.5.1; RFC 4121, 2). */
export const KeyUsage = {
  timestampOfAsReq: 1,
  ticket: 2,
  asRep: 3,
  bodyOfTgsReq: 6,
  authenticatorOfTgsReq: 7,
  tgsRep: 8,
  authenticator: 11,
  wrapOfAcceptor: 22,
  wrapOfInitiator: 24,
} as const;
export type KeyUsage = (typeof KeyUsage)[keyof typeof KeyUsage];

interface Profile {
  readonly name: string;
  readonly keyBytes: number;
  readonly bits: number;
  readonly checksumType: number;
}

/** By number, the preferred one first. */
const profiles: ReadonlyMap<number, Profile> = new Map([
  [18, { name: "aes256-cts-hmac-sha1-96", keyBytes: 32, bits: 256, checksumType: 16 }],
  [17, { name: "aes128-cts-hmac-sha1-96", keyBytes: 16, bits: 128, checksumType: 15 }],
]);
const blockBytes = 16;
export const checksumBytes = 12;
const noVector = new Uint8Array(blockBytes);

/** The types that are spoken here, the preferred one first. */
export const encryptionTypes: readonly number[] = [...profiles.keys()];

export const encryptionNames: string = [...profiles.values()].map(({ name }) => name).join(", ");

export const checksumTypeOf = (key: EncryptionKey): number => profileOf(key).checksumType;

export const newKeyLike = (key: EncryptionKey): EncryptionKey => ({
  type: key.type,
  value: randomBytes(profileOf(key).keyBytes),
});

export function encrypt(key: EncryptionKey, usage: KeyUsage, plain: Uint8Array): Uint8Array {
  const { bits } = profileOf(key);
  const data = Buffer.concat([randomBytes(blockBytes), plain]); // the confounder makes each cipher its own
  const derived = derive(key, usage, 0xaa);
  const padded = Buffer.concat([data, new Uint8Array(-data.length & (blockBytes - 1))]);
  const blocks = throughCipher(createCipheriv(`aes-${bits}-cbc`, derived, noVector), padded);
  // Ciphertext stealing: the last two blocks change places, and the last one is as long as what was left.
  const lastAt = padded.length - blockBytes;
  const before = lastAt - blockBytes;
  const cipher =
    before < 0
      ? blocks
      : Buffer.concat([
          blocks.subarray(0, before),
          blocks.subarray(lastAt),
          blocks.subarray(before, before + data.length - lastAt),
        ]);
  return Buffer.concat([cipher, macOf(key, usage, { kind: 0x55, data })]);
}

/** undefined: it was encrypted with another key or for another use, or changed on the way. */
export function decrypt(
  key: EncryptionKey,
  usage: KeyUsage,
  sealed: Uint8Array,
): Uint8Array | undefined {
  const length = sealed.length - checksumBytes;
  if (length < blockBytes) return undefined;
  const data = unstolen(key, usage, sealed.subarray(0, length));
  const mac = macOf(key, usage, { kind: 0x55, data });
  return timingSafeEqual(mac, sealed.subarray(length)) ? data.subarray(blockBytes) : undefined;
}

function unstolen(key: EncryptionKey, usage: KeyUsage, cipher: Uint8Array): Uint8Array {
  const { bits } = profileOf(key);
  const derived = derive(key, usage, 0xaa);
  const left = cipher.length % blockBytes || blockBytes;
  const lastAt = cipher.length - left;
  const before = lastAt - blockBytes;
  let blocks = cipher;
  if (before >= 0) {
    const swapped = cipher.subarray(before, lastAt);
    const ecb = createDecipheriv(`aes-${bits}-ecb`, derived, null);
    const stolen = throughCipher(ecb, swapped).subarray(left);
    blocks = Buffer.concat([cipher.subarray(0, before), cipher.subarray(lastAt), stolen, swapped]);
  }
  const cbc = createDecipheriv(`aes-${bits}-cbc`, derived, noVector);
  return throughCipher(cbc, blocks).subarray(0, cipher.length);
}

export const checksum = (key: EncryptionKey, usage: KeyUsage, data: Uint8Array): Uint8Array =>
  macOf(key, usage, { kind: 0x99, data });

export const isChecksum = (
  sum: Uint8Array,
  key: EncryptionKey,
  { usage, data }: { readonly usage: KeyUsage; readonly data: Uint8Array },
): boolean => sum.length === checksumBytes && timingSafeEqual(sum, checksum(key, usage, data));

function macOf(
  key: EncryptionKey,
  usage: KeyUsage,
  { kind, data }: { readonly kind: number; readonly data: Uint8Array },
): Uint8Array {
  const mac = createHmac("sha1", derive(key, usage, kind))
    .update(data)
    .digest();
  return mac.subarray(0, checksumBytes);
}

/** A key of its own for each use (RFC 3961, 5.1): the constant is stretched to a block and encrypted again and again. */
function derive(key: EncryptionKey, usage: KeyUsage, kind: number): Uint8Array {
  const { bits, keyBytes } = profileOf(key);
  const blocks: Uint8Array[] = [];
  let block = folded(Uint8Array.of(0, 0, 0, usage, kind), blockBytes);
  while (blocks.length * blockBytes < keyBytes) {
    block = throughCipher(createCipheriv(`aes-${bits}-ecb`, key.value, null), block);
    blocks.push(block);
  }
  return Buffer.concat(blocks);
}

/**
 * n-fold (RFC 3961, 5.1): copies of the bytes, each turned 13 bits further to the right than the one before, until they fill a whole
 * number of `length` bytes; these are added with the carry going round.
 */
export function folded(bytes: Uint8Array, length: number): Uint8Array {
  const bitCount = bytes.length * 8;
  const copies = leastCommonMultiple(bytes.length, length) / bytes.length;
  const all: number[] = [];
  for (let copy = 0; copy < copies; copy += 1) {
    for (let at = 0; at < bytes.length; at += 1) {
      let byte = 0;
      for (let bit = 0; bit < 8; bit += 1) {
        const from = (((at * 8 + bit - 13 * copy) % bitCount) + bitCount) % bitCount;
        byte = byte * 2 + (((bytes[from >> 3] ?? 0) >> (7 - (from & 7))) & 1);
      }
      all.push(byte);
    }
  }
  const sum = new Uint8Array(length);
  let carry = 0;
  const add = (at: number, value: number): void => {
    const total = (sum[at] ?? 0) + value + carry;
    sum[at] = total & 0xff;
    carry = total >> 8;
  };
  for (let start = 0; start < all.length; start += length) {
    for (let at = length - 1; at >= 0; at -= 1) add(at, all[start + at] ?? 0);
  }
  while (carry > 0) for (let at = length - 1; at >= 0; at -= 1) add(at, 0);
  return sum;
}

function leastCommonMultiple(a: number, b: number): number {
  let [divisor, rest] = [a, b];
  while (rest > 0) [divisor, rest] = [rest, divisor % rest];
  return (a / divisor) * b;
}

/** Throws KerberosError for a type that is not spoken here, and for a key that is none of its type. */
function profileOf({ type, value }: EncryptionKey): Profile {
  const profile = profiles.get(type);
  if (profile?.keyBytes === value.length) return profile;
  throw new KerberosError(`a key of encryption type ${type} and ${value.length} bytes`, {
    hint: `keys of ${encryptionNames}`,
  });
}

interface BlockCipher {
  setAutoPadding(isOn: boolean): unknown;
  update(data: Uint8Array): Uint8Array;
  final(): Uint8Array;
}

function throughCipher(cipher: BlockCipher, data: Uint8Array): Uint8Array {
  cipher.setAutoPadding(false);
  return Buffer.concat([cipher.update(data), cipher.final()]);
}
