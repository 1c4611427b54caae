import { ErrorCode } from "../protocol/error-codes.ts";
import type { Acl, Id, RawAcl } from "../protocol/records.ts";

/** Permission bits; others are stored as they are sent. */
export const Permission = { read: 1, write: 2, create: 4, delete: 8, admin: 16, all: 31 } as const;

/** world:anyone with all permissions: one shared list for nearly every node. */
export const openAcl: readonly Acl[] = Object.freeze([
  Object.freeze({ perms: Permission.all, scheme: "world", id: "anyone" }),
]);
export const readOnlyAcl: readonly Acl[] = Object.freeze([
  Object.freeze({ perms: Permission.read, scheme: "world", id: "anyone" }),
]);

export function isOpen(acl: readonly Acl[]): boolean {
  if (acl === openAcl) return true;
  const [entry] = acl;
  return (
    acl.length === 1 &&
    entry !== undefined &&
    entry.perms === Permission.all &&
    entry.scheme === "world" &&
    entry.id === "anyone"
  );
}

/** What a peer makes of every list. */
export interface AclRules {
  /** Nobody is kept out (zookeeper.skipACL); default: as the lists say. */
  readonly skipAcl?: boolean;
  /** An entry of the scheme sasl with this id admits every sasl user (zookeeper.letAnySaslUserDoX); default: none does. */
  readonly anySaslUserId?: string | undefined;
}

/**
 * Whether one of `ids` holds at least one of the `wanted` permissions (ZooKeeperServer.checkACL): a node without a list is open,
 * `super` may everything.
 */
export function checkAcl(
  acl: readonly Acl[] | null,
  wanted: number,
  ids: readonly Id[],
  rules: AclRules = {},
): boolean {
  if (rules.skipAcl === true) return true;
  if (acl === openAcl || acl === null || acl.length === 0) return true;
  for (const id of ids) if (id.scheme === "super") return true;
  for (const entry of acl) {
    if ((entry.perms & wanted) === 0) continue;
    if (entry.scheme === "world" && entry.id === "anyone") return true;
    const isShared = entry.scheme === "sasl" && entry.id === rules.anySaslUserId;
    const matches = isShared ? matchesAny : matchers.get(entry.scheme);
    if (matches === undefined) continue;
    for (const id of ids) {
      if (id.scheme === entry.scheme && matches(id.id, entry.id)) return true;
    }
  }
  return false;
}

const matchesAny = (): boolean => true;

/** Whether a caller's id is one that an ACL entry of the same scheme admits; a new scheme is a row here. */
const matchers: ReadonlyMap<string, (caller: string, admitted: string) => boolean> = new Map([
  ["digest", (caller, admitted) => caller === admitted],
  ["x509", (caller, admitted) => caller === admitted],
  ["sasl", (caller, admitted) => caller === admitted || caller === "super"],
  ["ip", matchesAddress],
]);

/** Schemes whose ids `auth` in an ACL stands for (AuthenticationProvider.isAuthenticated). */
const authenticating: ReadonlySet<string> = new Set(["digest", "sasl", "x509"]);

export interface FixAclOptions {
  /** Schemes that may stand in an ACL besides world and auth. */
  readonly schemes: ReadonlySet<string>;
  readonly ipv6: boolean;
}
export const defaultAclSchemes: ReadonlySet<string> = new Set(["ip", "digest"]);

/**
 * The list to be stored for one that a client sent (PrepRequestProcessor.fixupACL): duplicates dropped, `auth` replaced by the
 * caller's authenticated ids. A number is the error.
 */
export function fixAcl(
  raw: readonly RawAcl[] | null,
  ids: readonly Id[],
  options: FixAclOptions,
): readonly Acl[] | ErrorCode {
  if (raw === null || raw.length === 0) return ErrorCode.INVALIDACL;
  const fixed: Acl[] = [];
  for (const [i, entry] of raw.entries()) {
    if (raw.findIndex((other) => isSame(other, entry)) < i) continue;
    const { perms, scheme, id } = entry;
    if (scheme === null) return ErrorCode.INVALIDACL;
    if (scheme === "auth") {
      const before = fixed.length;
      for (const own of ids) {
        if (authenticating.has(own.scheme)) fixed.push({ perms, scheme: own.scheme, id: own.id });
      }
      if (fixed.length === before) return ErrorCode.INVALIDACL;
      continue;
    }
    const isWorld = scheme === "world";
    if (!isWorld && !options.schemes.has(scheme)) return ErrorCode.INVALIDACL;
    if (id === null) return ErrorCode.MARSHALLINGERROR; // by accident, a NullPointerException
    if (isWorld ? id !== "anyone" : !isValidId(scheme, id, options)) return ErrorCode.INVALIDACL;
    fixed.push({ perms, scheme, id });
  }
  return isOpen(fixed) ? openAcl : fixed;
}

const isSame = (left: RawAcl, right: RawAcl): boolean =>
  left.perms === right.perms && left.scheme === right.scheme && left.id === right.id;

function isValidId(scheme: string, id: string, options: FixAclOptions): boolean {
  switch (scheme) {
    case "digest":
      return /^[^:]*:[^:]+:*$/.test(id); // two parts after Java's split, which drops empty ones at the end
    case "ip":
      return parseBlock(id, options.ipv6) !== undefined;
    case "x509":
      return id.includes("=");
    case "sasl":
      return !id.includes("@") || /^[^/@]*(?:\/[^/@]*)?@[^/@]*$/.test(id); // a Kerberos name, or none
    default:
      return id !== "";
  }
}

/** An address with the number of leading bits that count. */
interface AddressBlock {
  readonly bytes: readonly number[];
  readonly bits: number;
}

function matchesAddress(caller: string, admitted: string): boolean {
  const block = parseBlock(admitted, true);
  const address = parseAddress(caller, true);
  if (block === undefined || address === undefined) return false;
  if (address.length !== block.bytes.length) return false;
  return address.every((byte, i) => {
    const counted = Math.min(8, Math.max(0, block.bits - i * 8));
    const mask = (0xff << (8 - counted)) & 0xff;
    return (byte & mask) === ((block.bytes[i] ?? 0) & mask);
  });
}

function parseBlock(text: string, ipv6: boolean): AddressBlock | undefined {
  const at = text.indexOf("/");
  const bytes = parseAddress(at < 0 ? text : text.slice(0, at), ipv6);
  if (bytes === undefined) return undefined;
  if (at < 0) return { bytes, bits: bytes.length * 8 };
  const bits = parseNumber(text.slice(at + 1));
  return bits === undefined || bits > bytes.length * 8 ? undefined : { bytes, bits };
}

function parseAddress(text: string, ipv6: boolean): readonly number[] | undefined {
  if (text.includes(":")) return ipv6 ? parseIpv6(text) : undefined;
  const bytes: number[] = [];
  for (const part of text.split(".")) {
    const byte = parseNumber(part);
    if (byte === undefined || byte > 255) return undefined;
    bytes.push(byte);
  }
  return bytes.length === 4 ? bytes : undefined;
}

function parseIpv6(text: string): readonly number[] | undefined {
  const [before = "", after, more] = text.split("::");
  if (more !== undefined) return undefined;
  const head = before === "" ? [] : before.split(":");
  const tail = after === undefined || after === "" ? [] : after.split(":");
  const missing = 8 - head.length - tail.length;
  if (after === undefined ? missing !== 0 : missing <= 0) return undefined;
  const segments = [...head, ...new Array<string>(missing).fill("0"), ...tail];
  if (!segments.every((segment) => /^[0-9a-fA-F]{1,4}$/.test(segment))) return undefined;
  return segments.flatMap((segment) => {
    const value = Number.parseInt(segment, 16);
    return [value >> 8, value & 0xff];
  });
}

/** Java's Integer.parseInt, as far as no sign but plus (or minus before zero) can pass. */
function parseNumber(text: string): number | undefined {
  return /^(?:\+?\d{1,9}|-0{1,9})$/.test(text) ? Math.abs(Number(text)) : undefined;
}
