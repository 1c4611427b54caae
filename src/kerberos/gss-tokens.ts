// Tokens of GSS-API's mechanism of Kerberos (RFC 4121; RFC 2743, 3.1 for the frame of the first one).
import { application, readApplication, readDer } from "./der.ts";
import { checksum, checksumBytes, type EncryptionKey, isChecksum, KeyUsage } from "./encryption.ts";
import { KerberosError } from "./kerberos-error.ts";

/** 1.2.840.113554.1.2.2 in DER. */
const mechanism = Uint8Array.of(0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x02);
const apReqToken = [0x01, 0x00] as const;
const wrapToken = [0x05, 0x04] as const;
const wrapHeadBytes = 16;
const Flag = { fromAcceptor: 1, sealed: 2 } as const;

/** The checksum of an authenticator holds flags and no sum (RFC 4121, 4.1.1). */
export const flagsChecksumType = 0x8003;
const bindingBytes = 16;
/** What Java asks for: replays and order are watched; it may seal and sign, which nobody does here. */
const flags = 0x04 | 0x08 | 0x10 | 0x20;

export function flagsChecksum(): Uint8Array {
  const value = new Uint8Array(4 + bindingBytes + 4); // no binding to a channel
  value[0] = bindingBytes;
  value[4 + bindingBytes] = flags;
  return value;
}

/** The initiator's first token. */
export function firstToken(apReq: Uint8Array): Uint8Array {
  return application(0, Buffer.concat([mechanism, Uint8Array.from(apReqToken), apReq]));
}

/** The AP-REQ of an initiator's first token. Throws KerberosError. */
export function apReqIn(token: Uint8Array): Uint8Array {
  const kind = readApplication(token, 0);
  const isOurs = kind !== undefined && Buffer.from(mechanism).equals(kind.whole);
  if (!isOurs) throw new KerberosError("a token of another mechanism than Kerberos");
  const content = readDer(token).content.subarray(mechanism.length);
  const [first, second] = content;
  if (first !== apReqToken[0] || second !== apReqToken[1]) {
    throw new KerberosError("a token that shows no ticket");
  }
  return content.subarray(2);
}

/** How one side of a context wraps what it says; neither side seals. */
export interface Wrapping {
  readonly key: EncryptionKey;
  readonly side: "initiator" | "acceptor";
  readonly sequence: number;
}

const usageOf = ({ side }: Wrapping): KeyUsage =>
  side === "initiator" ? KeyUsage.wrapOfInitiator : KeyUsage.wrapOfAcceptor;

export function wrap(plain: Uint8Array, wrapping: Wrapping): Uint8Array {
  const head = Buffer.alloc(wrapHeadBytes);
  head.set(wrapToken);
  head[2] = wrapping.side === "acceptor" ? Flag.fromAcceptor : 0;
  head[3] = 0xff;
  head.writeUInt32BE(wrapping.sequence, 12);
  const sum = checksum(wrapping.key, usageOf(wrapping), Buffer.concat([plain, head]));
  head.writeUInt16BE(checksumBytes, 4);
  return Buffer.concat([head, plain, sum]);
}

/** Throws KerberosError for what that side has not said at that place. */
export function unwrap(token: Uint8Array, wrapping: Wrapping): Uint8Array {
  const head = Buffer.from(token.subarray(0, wrapHeadBytes));
  if (head.length < wrapHeadBytes || head[0] !== wrapToken[0] || head[1] !== wrapToken[1]) {
    throw new KerberosError("a token that wraps nothing");
  }
  const flagsOf = head[2] ?? 0;
  const isFromAcceptor = (flagsOf & Flag.fromAcceptor) !== 0;
  if (isFromAcceptor !== (wrapping.side === "acceptor")) {
    throw new KerberosError("a token of the wrong side");
  }
  if ((flagsOf & Flag.sealed) !== 0) {
    throw new KerberosError("a token that is sealed, which was not asked for");
  }
  const rotation = head.readUInt16BE(6);
  head.writeUInt32BE(0, 4);
  const rotated = token.subarray(wrapHeadBytes);
  const left = rotated.length === 0 ? 0 : rotation % rotated.length;
  const content = Buffer.concat([rotated.subarray(left), rotated.subarray(0, left)]);
  const plain = content.subarray(0, Math.max(0, content.length - checksumBytes));
  const sum = content.subarray(plain.length);
  const data = Buffer.concat([plain, head]);
  if (!isChecksum(sum, wrapping.key, { usage: usageOf(wrapping), data })) {
    throw new KerberosError("a token that was changed, or wrapped with another key");
  }
  if (head.readUInt32BE(12) !== wrapping.sequence || head.readUInt32BE(8) !== 0) {
    throw new KerberosError("a token out of turn");
  }
  return plain;
}
