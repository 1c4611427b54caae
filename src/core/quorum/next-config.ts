import { ProtocolError } from "../base/assert.ts";
import { type Sid, sidOf, type Zxid } from "../base/ids.ts";
import { ErrorCode } from "../protocol/error-codes.ts";
import type { ReconfigRequest } from "../protocol/requests.ts";
import {
  addressesOf,
  type EnsembleConfig,
  hasPortsInRange,
  hasTwoPorts,
  type Member,
  parseConfig,
  parseMember,
} from "./config.ts";
import { votersMax } from "./verifier.ts";

interface NextConfigOptions {
  readonly version: Zxid;
  readonly isStandaloneEnabled: boolean;
}

/**
 * The configuration that a request makes of the last one: all members anew, or some that join and leave. MARSHALLINGERROR is what
 * Apache's own exceptions end as, where its reader of numbers throws one.
 */
export function nextConfig(
  request: ReconfigRequest,
  last: EnsembleConfig,
  options: NextConfigOptions,
): EnsembleConfig | ErrorCode {
  const next =
    request.members === null
      ? changed(last, request)
      : replaced(request.members, options.isStandaloneEnabled);
  if (typeof next === "number") return next;
  const members = [...next].sort((left, right) => left.sid - right.sid);
  const voters = new Set(
    [...last.members, ...members]
      .filter(({ role }) => role === "participant")
      .map(({ sid }) => sid),
  );
  if (voters.size > votersMax) return ErrorCode.BADARGUMENTS;
  return { version: options.version, members };
}

// ------------------------------------------------------------------ joining and leaving

function changed(
  last: EnsembleConfig,
  { joining, leaving }: ReconfigRequest,
): readonly Member[] | ErrorCode {
  if (last.members.some(({ group }) => group !== undefined)) return ErrorCode.BADARGUMENTS;
  const members = new Map(last.members.map((member) => [member.sid, member]));
  for (const text of listed(leaving)) {
    const sid = sidIn(text);
    if (sid === undefined) return ErrorCode.MARSHALLINGERROR;
    members.delete(sid);
  }
  for (const text of listed(joining)) {
    const parts = listed(text, "=");
    const [key = "", value = ""] = parts;
    if (parts.length !== 2) return ErrorCode.BADARGUMENTS;
    const sid = sidIn(key.slice(key.lastIndexOf(".") + 1));
    if (sid === undefined) return ErrorCode.MARSHALLINGERROR;
    const joiner = memberIn(sid, value);
    if (typeof joiner === "number") return joiner;
    if (joiner.client === undefined) return ErrorCode.BADARGUMENTS;
    const others = [...members.values()].filter((member) => member.sid !== sid);
    if (others.some((other) => sharesAddress(joiner, other))) return ErrorCode.BADARGUMENTS;
    members.set(sid, joiner);
  }
  return [...members.values()];
}

const listed = (text: string | null, separator = ","): readonly string[] =>
  (text ?? "")
    .split(separator)
    .map((part) => part.trim())
    .filter((part) => part !== "");

const sidIn = (text: string): Sid | undefined =>
  /^[+-]?\d{1,15}$/.test(text) ? sidOf(Number(text)) : undefined;

function memberIn(sid: Sid, value: string): Member | ErrorCode {
  try {
    const member = parseMember(sid, value);
    return errorOf(member) ?? member;
  } catch (error) {
    if (error instanceof ProtocolError) return ErrorCode.BADARGUMENTS;
    throw error;
  }
}

/**
 * In the order of Apache's QuorumServer, which makes its sockets' addresses first. Several addresses are refused as there by default;
 * here they are also where zookeeper.multiAddress.enabled is on.
 */
function errorOf(member: Member): ErrorCode | undefined {
  if (!hasPortsInRange(member)) return ErrorCode.MARSHALLINGERROR;
  const isWellFormed = hasTwoPorts(member) && member.moreAddresses === undefined;
  return isWellFormed ? undefined : ErrorCode.BADARGUMENTS;
}

/** Wildcards and loopback may stand for any machine (QuorumServer.checkAddressDuplicate). */
function sharesAddress(left: Member, right: Member): boolean {
  const own = new Set(portsOf(left));
  return portsOf(right).some((port) => own.has(port));
}

function portsOf(member: Member): readonly string[] {
  const ports = addressesOf(member).flatMap(({ host, quorumPort, electionPort }) => [
    `${host}:${quorumPort}`,
    `${host}:${electionPort}`,
  ]);
  if (member.client !== undefined) ports.push(member.client);
  return ports.filter((port) => !/^(127\.|localhost:|0\.0\.0\.0:|\[?[0:]*1?\]?:\d+$)/i.test(port));
}

// ------------------------------------------------------------------ all anew

function replaced(text: string, isStandaloneEnabled: boolean): readonly Member[] | ErrorCode {
  const sids = [...text.matchAll(/(?:^|[,\n])\s*server\.([^=,\n]*)=/g)].map(([, sid = ""]) =>
    sid.trim(),
  );
  if (sids.some((sid) => sidIn(sid) === undefined)) return ErrorCode.MARSHALLINGERROR;
  let members: readonly Member[];
  try {
    ({ members } = parseConfig(text.replaceAll(",", "\n")));
  } catch (error) {
    if (error instanceof ProtocolError) return ErrorCode.BADARGUMENTS;
    throw error;
  }
  for (const member of members) {
    const error = errorOf(member);
    if (error !== undefined) return error;
  }
  // QuorumPeerConfig.parseDynamicConfig throws what is no ConfigException.
  const observers = members.filter(({ role }) => role === "observer").length;
  const voters = members.length - observers;
  const isRefused =
    voters === 0
      ? !isStandaloneEnabled || observers > 0
      : voters === 1 && isStandaloneEnabled && observers > 0;
  return isRefused ? ErrorCode.MARSHALLINGERROR : members;
}
