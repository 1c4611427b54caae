// The messages of Kerberos that a peer sends and gets (RFC 4120, 5.3 to 5.9).
import {
  application,
  bits,
  type Der,
  Fields,
  fields,
  integer,
  list,
  octets,
  readApplication,
  text,
  textOf,
  time,
} from "./der.ts";
import {
  checksum,
  checksumTypeOf,
  decrypt,
  type EncryptionKey,
  encrypt,
  encryptionTypes,
  KeyUsage,
} from "./encryption.ts";
import { KerberosError } from "./kerberos-error.ts";
import { formatPrincipal, isSame, type Principal } from "./principal.ts";

const version = 5;
const MessageType = { asReq: 10, asRep: 11, tgsReq: 12, tgsRep: 13, apReq: 14, error: 30 } as const;
const PaData = { tgsReq: 1, encryptedTimestamp: 2 } as const;
const ticketTag = 1;
const authenticatorTag = 2;
const encTicketPartTag = 3;
const encAsRepPartTag = 25;
const encTgsRepPartTag = 26;
/** KRB_NT_PRINCIPAL and KRB_NT_SRV_INST */
const NameType = { principal: 1, service: 2 } as const;
/** Far away: the KDC gives what it allows. */
const till = Date.UTC(2037, 8, 13, 2, 48, 5);

// ------------------------------------------------------------------ parts

const nameOf = ({ parts }: Principal, type: number): Uint8Array =>
  fields({ 0: integer(type), 1: list(...parts.map(text)) });

const nameLengthMax = 1024;

/** Anybody may write a name into what can be read without a key, and a refusal tells it: on a terminal, in a log. */
function readName(name: Fields, realm: string): Principal {
  const principal = { parts: name.list(1).map(textOf), realm };
  const told = formatPrincipal(principal);
  if (told.length > nameLengthMax || /\p{Cc}/u.test(told)) {
    throw new KerberosError("a name that cannot be told");
  }
  return principal;
}

const keyOf = (key: Fields): EncryptionKey => ({ type: key.integer(0), value: key.octets(1) });

const sealed = (key: EncryptionKey, usage: KeyUsage, plain: Uint8Array): Uint8Array =>
  fields({ 0: integer(key.type), 2: octets(encrypt(key, usage, plain)) });

export interface Sealed {
  readonly type: number;
  readonly keyVersion: number | undefined;
  readonly cipher: Uint8Array;
}

const readSealed = (part: Fields): Sealed => ({
  type: part.integer(0),
  keyVersion: part.find(1) && part.integer(1),
  cipher: part.octets(2),
});

export interface Ticket {
  readonly server: Principal;
  readonly sealed: Sealed;
}

function readTicket(der: Der): Ticket {
  const inner = readApplication(der.whole, ticketTag);
  if (inner === undefined) throw new KerberosError("no ticket where there should be one");
  const ticket = new Fields(inner);
  return {
    server: readName(ticket.fields(2), ticket.text(1)),
    sealed: readSealed(ticket.fields(3)),
  };
}

// ------------------------------------------------------------------ with the KDC

/** A ticket that was granted, and what its owner knows of it. */
export interface Credential {
  readonly client: Principal;
  readonly server: Principal;
  /** As it came: it goes to the server as it is. */
  readonly ticket: Uint8Array;
  readonly sessionKey: EncryptionKey;
  /** Milliseconds since 1970. */
  readonly startTime: number;
  readonly endTime: number;
}

/** When a message is made, and numbers that make it one of its kind. */
export interface Stamp {
  readonly at: number;
  readonly microseconds: number;
  readonly nonce: number;
}

interface Whom {
  readonly client: Principal;
  readonly server: Principal;
}

/** `types` are what the KDC may seal with, and of what the session's key may be. */
const body = (
  whom: { readonly client?: Principal; readonly server: Principal },
  types: readonly number[],
  { nonce }: Stamp,
): Uint8Array =>
  fields({
    0: bits(0),
    1: whom.client && nameOf(whom.client, NameType.principal),
    2: text(whom.server.realm),
    3: nameOf(whom.server, NameType.service),
    5: time(till),
    7: integer(nonce),
    8: list(...types.map(integer)),
  });

const request = (type: number, pa: { type: number; value: Uint8Array }, of: Uint8Array) =>
  application(
    type,
    fields({
      1: integer(version),
      2: integer(type),
      3: list(fields({ 1: integer(pa.type), 2: octets(pa.value) })),
      4: of,
    }),
  );

/**
 * Asks for the ticket that tickets are granted for, with the time sealed by the client's own key. The answer is sealed with the key of
 * the first type that is asked for, so it is that key's alone.
 */
export function asReq(whom: Whom, key: EncryptionKey, stamp: Stamp): Uint8Array {
  const now = fields({ 0: time(stamp.at), 1: integer(stamp.microseconds) });
  const value = sealed(key, KeyUsage.timestampOfAsReq, now);
  const of = body(whom, [key.type], stamp);
  return request(MessageType.asReq, { type: PaData.encryptedTimestamp, value }, of);
}

/** Asks for a ticket for a server. */
export function tgsReq(server: Principal, granting: Credential, stamp: Stamp): Uint8Array {
  const of = body({ server }, encryptionTypes, stamp);
  const { sessionKey } = granting;
  const sum = {
    type: checksumTypeOf(sessionKey),
    value: checksum(sessionKey, KeyUsage.bodyOfTgsReq, of),
  };
  const usage = KeyUsage.authenticatorOfTgsReq;
  const value = apReq(granting, { usage, checksum: sum, stamp });
  return request(MessageType.tgsReq, { type: PaData.tgsReq, value }, of);
}

/** An error of Kerberos' own, by number. */
export class KdcRefusal extends KerberosError {
  readonly code: number;

  constructor(code: number, words: string) {
    super(`the KDC says ${words}`);
    this.code = code;
  }
}

/** What was asked, and the key with which the answer is sealed. */
export interface Question extends Whom {
  readonly key: EncryptionKey;
  readonly nonce: number;
}

/** The grant that a KDC's answer to that question holds. Throws KdcRefusal, KerberosError. */
export function readGrant(answer: Uint8Array, kind: "as" | "tgs", asked: Question): Credential {
  const { key, nonce } = asked;
  const refusal = readApplication(answer, MessageType.error);
  if (refusal !== undefined) throw refusalOf(new Fields(refusal));
  const isAs = kind === "as";
  const inner = readApplication(answer, isAs ? MessageType.asRep : MessageType.tgsRep);
  if (inner === undefined) throw new KerberosError("the KDC answers something else");
  const rep = new Fields(inner);
  const { type, cipher } = readSealed(rep.fields(6));
  const usage = isAs ? KeyUsage.asRep : KeyUsage.tgsRep;
  const plain = type === key.type ? decrypt(key, usage, cipher) : undefined;
  if (plain === undefined) throw new KerberosError("the KDC's answer is sealed with another key");
  // Some KDCs seal either as the other one.
  const part = readApplication(plain, encTgsRepPartTag) ?? readApplication(plain, encAsRepPartTag);
  if (part === undefined) throw new KerberosError("the KDC answers something else");
  const known = new Fields(part);
  if (known.integer(2) !== nonce) throw new KerberosError("the KDC answers another question");
  const client = readName(rep.fields(4), rep.text(3));
  const server = readName(known.fields(10), known.text(9));
  // An AS-REQ is not signed: who changes it on its way would choose whose key opens the ticket (RFC 4120, 3.1.5).
  if (!isSame(client, asked.client) || !isSame(server, asked.server)) {
    const what = `a ticket of ${formatPrincipal(client)} for ${formatPrincipal(server)}`;
    throw new KerberosError(`the KDC grants ${what}, which was not asked for`);
  }
  return {
    client,
    server,
    ticket: rep.get(5).whole,
    sessionKey: keyOf(known.fields(0)),
    startTime: known.time(known.find(6) === undefined ? 5 : 6),
    endTime: known.time(7),
  };
}

/** RFC 4120, 7.5.9; those that a configuration can bring about. */
const refusals: Readonly<Record<number, string>> = {
  6: "it does not know the client (6)",
  7: "it does not know the server (7)",
  12: "its policy forbids it (12)",
  14: "it has no key of these encryption types (14)",
  18: "the client is locked out (18)",
  23: "the client's key has expired (23)",
  24: "the client's key is not the one that it knows (24)",
  25: "it wants another proof of the client (25)",
  31: "the client's key is not the one that it knows (31)",
  32: "the ticket has expired (32)",
  37: "its clock and this one are too far apart (37)",
  68: "the client is of another realm (68)",
};

function refusalOf(error: Fields): KdcRefusal {
  const code = error.integer(6);
  const detail = error.find(11) === undefined ? "" : `: ${error.text(11)}`;
  return new KdcRefusal(code, refusals[code] ?? `error ${code}${detail}`);
}

// ------------------------------------------------------------------ with a server

export interface Checksum {
  readonly type: number;
  readonly value: Uint8Array;
}

export interface ApReqOptions {
  readonly usage: KeyUsage;
  readonly checksum: Checksum;
  readonly stamp: Stamp;
  /** The key of what follows, and the number of its first message; undefined: nothing follows. */
  readonly sequel?: { readonly key: EncryptionKey; readonly sequence: number };
}

/** Shows a ticket, and proves to know its key. */
export function apReq(
  { client, ticket, sessionKey }: Credential,
  { usage, checksum: sum, stamp, sequel }: ApReqOptions,
): Uint8Array {
  const authenticator = application(
    authenticatorTag,
    fields({
      0: integer(version),
      1: text(client.realm),
      2: nameOf(client, NameType.principal),
      3: fields({ 0: integer(sum.type), 1: octets(sum.value) }),
      4: integer(stamp.microseconds),
      5: time(stamp.at),
      6: sequel && fields({ 0: integer(sequel.key.type), 1: octets(sequel.key.value) }),
      7: sequel && integer(sequel.sequence),
    }),
  );
  return application(
    MessageType.apReq,
    fields({
      0: integer(version),
      1: integer(MessageType.apReq),
      2: bits(0),
      3: ticket,
      4: sealed(sessionKey, usage, authenticator),
    }),
  );
}

export interface ApReq {
  /** The client wants the server's proof before it goes on. */
  readonly isMutual: boolean;
  readonly ticket: Ticket;
  readonly authenticator: Sealed;
}

const mutualBit = 0x2000_0000;

/** Throws KerberosError. */
export function readApReq(bytes: Uint8Array): ApReq {
  const inner = readApplication(bytes, MessageType.apReq);
  if (inner === undefined) throw new KerberosError("no ticket is shown");
  const shown = new Fields(inner);
  return {
    isMutual: (shown.bits(2) & mutualBit) !== 0,
    ticket: readTicket(shown.get(3)),
    authenticator: readSealed(shown.fields(4)),
  };
}

/** What the KDC has written into a ticket for the server alone. */
export interface Grant {
  readonly client: Principal;
  readonly sessionKey: EncryptionKey;
  readonly isInvalid: boolean;
  /** Milliseconds since 1970. */
  readonly startTime: number;
  readonly endTime: number;
}

const invalidBit = 0x0100_0000;

/** undefined: it was sealed with another key. */
export function openTicket({ sealed: part }: Ticket, key: EncryptionKey): Grant | undefined {
  const plain = decrypt(key, KeyUsage.ticket, part.cipher);
  const inner = plain && readApplication(plain, encTicketPartTag);
  if (inner === undefined) return undefined;
  const grant = new Fields(inner);
  return {
    client: readName(grant.fields(3), grant.text(2)),
    sessionKey: keyOf(grant.fields(1)),
    isInvalid: (grant.bits(0) & invalidBit) !== 0,
    startTime: grant.time(grant.find(6) === undefined ? 5 : 6),
    endTime: grant.time(7),
  };
}

export interface Authenticator {
  readonly client: Principal;
  readonly checksum: Checksum | undefined;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly subkey: EncryptionKey | undefined;
  readonly sequence: number;
}

/** undefined: it was sealed with another key. */
export function openAuthenticator(part: Sealed, key: EncryptionKey): Authenticator | undefined {
  if (part.type !== key.type) return undefined;
  const plain = decrypt(key, KeyUsage.authenticator, part.cipher);
  const inner = plain && readApplication(plain, authenticatorTag);
  if (inner === undefined) return undefined;
  const proof = new Fields(inner);
  const sum = proof.find(3) && proof.fields(3);
  return {
    client: readName(proof.fields(2), proof.text(1)),
    checksum: sum && { type: sum.integer(0), value: sum.octets(1) },
    at: proof.time(5),
    subkey: proof.find(6) && keyOf(proof.fields(6)),
    sequence: proof.find(7) === undefined ? 0 : proof.integer(7) >>> 0, // some count in signed numbers
  };
}
