import { ProtocolError } from "../base/assert.ts";
import { formatHostPort } from "../base/host-port.ts";
import { type Sid, sidOf, type Zxid, zxidOf } from "../base/ids.ts";

/** Where a peer is reached by its peers. */
export interface Address {
  /** An IPv6 host without brackets. */
  readonly host: string;
  readonly quorumPort: number;
  readonly electionPort: number;
}

export interface ClientAddress {
  /** An IPv6 host without brackets. */
  readonly host: string;
  readonly port: number;
}

export interface Member extends Address {
  readonly sid: Sid;
  /** The rest of a multi-address peer's addresses: kept for the text, never dialled. */
  readonly moreAddresses?: readonly Address[];
  readonly role: "participant" | "observer";
  /** host:port for clients, where known. */
  readonly client: string | undefined;
  /** Weight in a hierarchical quorum, default 1; a peer of weight 0 is never elected. */
  readonly weight: number;
  /** Group in a hierarchical quorum; undefined: majority. */
  readonly group: number | undefined;
}

/** Who belongs to the ensemble; the version is the zxid that made it so, 0 before the first leader. */
export interface EnsembleConfig {
  readonly version: Zxid;
  readonly members: readonly Member[];
}

export const memberOf = (config: EnsembleConfig, sid: Sid): Member | undefined =>
  config.members.find((member) => member.sid === sid);

/** Where clients connect to a member; undefined: its line does not say. */
export function clientAddressOf({ client }: Member): ClientAddress | undefined {
  const [, host, port] = /^\[?(.*?)\]?:(-?\d+)$/.exec(client ?? "") ?? [];
  return host === undefined || port === undefined ? undefined : { host, port: Number(port) };
}

/** Whether two texts are one host: `::1` is what a configuration's text has as `0:0:0:0:0:0:0:1`. */
export const isSameHost = (left: string, right: string): boolean =>
  left === right || delimited(left) === delimited(right);

export const portMax = 65_535;

/** Where its fellows may reach a member; most have one address. */
export const addressesOf = (member: Member): readonly Address[] => [
  member,
  ...(member.moreAddresses ?? []),
];

/** Java's sockets take no other ports, and the configuration's reader in Apache's server fails at them with an exception of Java's. */
export const hasPortsInRange = (member: Member): boolean =>
  addressesOf(member)
    .flatMap(({ quorumPort, electionPort }) => [quorumPort, electionPort])
    .concat(clientAddressOf(member)?.port ?? 0)
    .every((port) => port >= 0 && port <= portMax);

/** A peer cannot hear its learners and its fellow voters at one port. */
export const hasTwoPorts = (member: Member): boolean =>
  addressesOf(member).every(({ quorumPort, electionPort }) => quorumPort !== electionPort);

export const votersOf = (config: EnsembleConfig): readonly Member[] =>
  config.members.filter((member) => member.role === "participant");

/** Whether two configurations differ in their versions only. */
export function hasSameMembers(left: EnsembleConfig, right: EnsembleConfig): boolean {
  const { version } = left;
  return formatConfig(inOrder(left)) === formatConfig(inOrder({ ...right, version }));
}

/** The same configuration, with each member where `places` has it by now; whoever is not there stays where it was. */
export function movedTo(config: EnsembleConfig, places: EnsembleConfig): EnsembleConfig {
  const members = config.members.map((member): Member => {
    const place = memberOf(places, member.sid);
    if (place === undefined) return member;
    const { sid, role, weight, group } = member;
    return { ...place, sid, role, weight, group };
  });
  return { version: config.version, members };
}

const inOrder = (config: EnsembleConfig): EnsembleConfig => ({
  ...config,
  members: [...config.members].sort((left, right) => left.sid - right.sid),
});

/** The text of notifications, NEWLEADER and /zookeeper/config: servers by sid, groups, weights, the version in hex last. */
export function formatConfig(config: EnsembleConfig): string {
  const lines: string[] = [];
  const groups = new Map<number, Sid[]>();
  for (const m of config.members) {
    let addresses = formatAddress(m);
    for (const more of m.moreAddresses ?? []) addresses += `|${formatAddress(more)}`;
    const client = clientAddressOf(m);
    const place = client === undefined ? "" : `;${delimited(client.host)}:${client.port}`;
    lines.push(`server.${m.sid}=${addresses}:${m.role}${place}`);
    if (m.group === undefined) continue;
    const sids = groups.get(m.group);
    if (sids === undefined) groups.set(m.group, [m.sid]);
    else sids.push(m.sid);
  }
  const ordered = [...groups].sort(([left], [right]) => left - right);
  for (const [group, sids] of ordered) lines.push(`group.${group}=${sids.join(":")}`);
  if (groups.size > 0) {
    for (const { sid, role, weight } of config.members) {
      // Apache fills in what is left out for voters only.
      if (role === "participant" || weight !== 1) lines.push(`weight.${sid}=${weight}`);
    }
  }
  lines.push(`version=${BigInt.asUintN(64, BigInt(config.version)).toString(16)}`);
  return lines.join("\n");
}

const formatAddress = ({ host, quorumPort, electionPort }: Address): string =>
  `${delimited(host)}:${quorumPort}:${electionPort}`;

/** An IPv6 host in brackets, with all its groups, as Java writes it (QuorumServer.delimitedHostString). */
function delimited(host: string): string {
  if (!host.includes(":")) return host;
  if (!/^[0-9a-f:]+$/i.test(host)) return `[${host}]`;
  const [head = "", tail] = host.split("::");
  const left = groupsOf(head);
  const right = groupsOf(tail ?? "");
  const gap = tail === undefined ? 0 : 8 - left.length - right.length;
  return `[${[...left, ...new Array<string>(Math.max(0, gap)).fill("0"), ...right].join(":")}]`;
}

const groupsOf = (text: string): readonly string[] =>
  text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16).toString(16));

/** Throws ProtocolError for text that is no configuration; of a part of one, groups need not be whole. */
export function parseConfig(
  text: string,
  { isPart = false }: { readonly isPart?: boolean } = {},
): EnsembleConfig {
  const members = new Map<Sid, Member>();
  const weights = new Map<Sid, number>();
  const groups = new Map<Sid, number>();
  let version = zxidOf(0);
  for (const line of text.split("\n")) {
    if (line.trim() === "") continue;
    const at = line.indexOf("=");
    if (at < 0) throw new ProtocolError(`not a configuration line: ${line}`);
    const value = line.slice(at + 1).trimStart();
    const key = line.slice(0, at).trim();
    const dot = key.indexOf(".");
    const [kind, number] = dot < 0 ? [key, ""] : [key.slice(0, dot), key.slice(dot + 1)];
    switch (kind) {
      case "version":
        version = parseVersion(value.trim());
        break;
      case "server": {
        const member = parseMember(sidOf(wholeNumber(number)), value);
        members.set(member.sid, member);
        break;
      }
      case "group":
        for (const text of value.split(":")) {
          const sid = sidOf(wholeNumber(text));
          if (groups.has(sid)) throw new ProtocolError(`server ${sid} is in two groups`);
          groups.set(sid, wholeNumber(number));
        }
        break;
      case "weight":
        weights.set(sidOf(wholeNumber(number)), wholeNumber(value));
        break;
      default:
        throw new ProtocolError(`an unknown configuration key: ${kind}`);
    }
  }
  if (!isPart && groups.size + weights.size > 0) checkGroups(members, groups);
  return {
    version,
    members: [...members.values()]
      .sort((left, right) => left.sid - right.sid)
      .map((m) => ({ ...m, weight: weights.get(m.sid) ?? 1, group: groups.get(m.sid) })),
  };
}

/** Each voter is in a group, and each group is of members (QuorumHierarchical). */
function checkGroups(members: ReadonlyMap<Sid, Member>, groups: ReadonlyMap<Sid, number>): void {
  for (const { sid, role } of members.values()) {
    if (role === "participant" && !groups.has(sid)) {
      throw new ProtocolError(`server ${sid} is in no group`);
    }
  }
  for (const [sid, group] of groups) {
    if (!members.has(sid)) throw new ProtocolError(`group ${group} has no server ${sid}`);
  }
}

/** The version that a configuration's text ends with, without a look at the rest; 0: none. */
export function versionIn(text: string): Zxid {
  const version = /^version=([0-9a-f]{1,16})\s*$/im.exec(text)?.[1];
  return version === undefined ? zxidOf(0) : parseVersion(version);
}

/**
 * A member from what stands behind `server.N=`, letter by letter as Apache's QuorumServer reads it: a blank before or behind a port
 * is an error, a semicolon at the end is none. Throws ProtocolError.
 */
export function parseMember(sid: Sid, value: string): Member {
  const [servers = "", client, ...rest] = partsOf(value, ";");
  const parsed = partsOf(servers, "|").map(parseServer);
  const [first, ...others] = parsed;
  if (first === undefined || rest.length > 0) throw new ProtocolError(`not a server: ${value}`);
  const roles = new Set(parsed.map((server) => server.role).filter((one) => one !== undefined));
  if (roles.size > 1) throw new ProtocolError(`two roles: ${value}`);
  const [role = "participant"] = roles;
  return {
    sid,
    ...first.address,
    ...(others.length > 0 && { moreAddresses: others.map(({ address }) => address) }),
    role,
    client: client === undefined ? undefined : parseClient(client),
    weight: 1,
    group: undefined,
  };
}

interface ServerPart {
  readonly address: Address;
  /** undefined: it is not said. */
  readonly role: Member["role"] | undefined;
}

function parseServer(text: string): ServerPart {
  const [host, quorumPort, electionPort, role, ...rest] = hostAndPorts(text);
  if (host === undefined || electionPort === undefined || rest.length > 0) {
    throw new ProtocolError(`not an address: ${text}`);
  }
  return {
    address: {
      host,
      quorumPort: portNumber(quorumPort ?? ""),
      electionPort: portNumber(electionPort),
    },
    role: role === undefined ? undefined : parseRole(role),
  };
}

function parseRole(text: string): Member["role"] {
  const role = text.trim().toLowerCase();
  if (role === "participant" || role === "observer") return role;
  throw new ProtocolError(`not a role: ${text}`);
}

function parseClient(text: string): string {
  const parts = hostAndPorts(text);
  const [host, portText] = parts.length === 1 ? ["0.0.0.0", parts[0]] : parts;
  if (host === undefined || portText === undefined || parts.length > 2) {
    throw new ProtocolError(`not a client address: ${text}`);
  }
  return formatHostPort(host, portNumber(portText));
}

/** ConfigUtils.getHostAndPort: brackets are an IPv6 host's. */
function hostAndPorts(text: string): readonly string[] {
  if (!text.startsWith("[")) return partsOf(text, ":");
  const end = text.indexOf("]");
  if (end < 0) throw new ProtocolError(`no closing bracket: ${text}`);
  const host = text.slice(1, end);
  return end + 2 < text.length ? [host, ...partsOf(text.slice(end + 2), ":")] : [host];
}

/** Java's String.split: empty parts at the end are none. */
function partsOf(text: string, separator: string): readonly string[] {
  const parts = text.split(separator);
  while (parts.length > 1 && parts.at(-1) === "") parts.pop();
  return parts;
}

function parseVersion(text: string): Zxid {
  if (!/^[0-9a-f]{1,16}$/i.test(text)) throw new ProtocolError(`not a version: ${text}`);
  return zxidOf(Number(BigInt.asIntN(64, BigInt(`0x${text}`))));
}

/** As far as Java's int goes, with a sign or without. */
function portNumber(text: string): number {
  const port = /^[+-]?\d{1,15}$/.test(text) ? Number(text) : Infinity;
  if (port < -(2 ** 31) || port >= 2 ** 31) throw new ProtocolError(`not a port: ${text}`);
  return port;
}

function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new ProtocolError(`not a number: ${text}`);
  return Number(text);
}
