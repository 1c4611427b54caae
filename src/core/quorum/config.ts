import { ProtocolError } from "../base/assert.ts";
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
  const [, host, port] = /^\[?(.*?)\]?:(\d+)$/.exec(client ?? "") ?? [];
  return host === undefined || port === undefined ? undefined : { host, port: Number(port) };
}

export const portMax = 65_535;

/** Java's sockets take no other ports, and the configuration's reader in Apache's server fails at them with an exception of Java's. */
export const hasPortsInRange = (member: Member): boolean =>
  [member, ...(member.moreAddresses ?? [])]
    .flatMap(({ quorumPort, electionPort }) => [quorumPort, electionPort])
    .concat(clientAddressOf(member)?.port ?? 0)
    .every((port) => port <= portMax);

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
    const client = m.client === undefined ? "" : `;${m.client}`;
    lines.push(`server.${m.sid}=${addresses}:${m.role}${client}`);
    if (m.group === undefined) continue;
    const sids = groups.get(m.group);
    if (sids === undefined) groups.set(m.group, [m.sid]);
    else sids.push(m.sid);
  }
  const ordered = [...groups].sort(([left], [right]) => left - right);
  for (const [group, sids] of ordered) lines.push(`group.${group}=${sids.join(":")}`);
  if (groups.size > 0) for (const m of config.members) lines.push(`weight.${m.sid}=${m.weight}`);
  lines.push(`version=${BigInt.asUintN(64, BigInt(config.version)).toString(16)}`);
  return lines.join("\n");
}

function formatAddress(address: Address): string {
  const host = address.host.includes(":") ? `[${address.host}]` : address.host;
  return `${host}:${address.quorumPort}:${address.electionPort}`;
}

/** Throws ProtocolError for text that is no configuration. */
export function parseConfig(text: string): EnsembleConfig {
  const members = new Map<Sid, Member>();
  const weights = new Map<Sid, number>();
  const groups = new Map<Sid, number>();
  let version = zxidOf(0);
  for (const line of text.split("\n")) {
    if (line.trim() === "") continue;
    const at = line.indexOf("=");
    if (at < 0) throw new ProtocolError(`not a configuration line: ${line}`);
    const value = line.slice(at + 1).trim();
    const [kind, number = ""] = line.slice(0, at).trim().split(".");
    switch (kind) {
      case "version":
        version = parseVersion(value);
        break;
      case "server": {
        const member = parseMember(sidOf(wholeNumber(number)), value);
        members.set(member.sid, member);
        break;
      }
      case "group":
        for (const sid of value.split(":")) {
          groups.set(sidOf(wholeNumber(sid)), wholeNumber(number));
        }
        break;
      case "weight":
        weights.set(sidOf(wholeNumber(number)), wholeNumber(value));
        break;
      default:
        throw new ProtocolError(`an unknown configuration key: ${kind}`);
    }
  }
  return {
    version,
    members: [...members.values()]
      .sort((left, right) => left.sid - right.sid)
      .map((m) => ({ ...m, weight: weights.get(m.sid) ?? 1, group: groups.get(m.sid) })),
  };
}

/** The version that a configuration's text ends with, without a look at the rest; 0: none. */
export function versionIn(text: string): Zxid {
  const version = /^version=([0-9a-f]{1,16})\s*$/im.exec(text)?.[1];
  return version === undefined ? zxidOf(0) : parseVersion(version);
}

const serverLine = /^(?<addresses>[^;]*?)(?::(?<role>participant|observer))?(?:;(?<client>.+))?$/i;
const addressText =
  /^(?:\[(?<bracketed>[^\]]+)\]|(?<plain>[^:[\]]+)):(?<quorum>\d+):(?<election>\d+)$/;

/** A member from what stands behind `server.N=`; throws ProtocolError. */
export function parseMember(sid: Sid, value: string): Member {
  const fields = serverLine.exec(value)?.groups ?? {};
  const [first, ...more] = (fields["addresses"] ?? "").split("|").map(parseAddress);
  if (first === undefined) throw new ProtocolError(`not a server: ${value}`);
  const client = fields["client"]?.trim();
  if (client !== undefined) portNumber(client.slice(client.lastIndexOf(":") + 1));
  return {
    sid,
    ...first,
    ...(more.length > 0 && { moreAddresses: more }),
    role: fields["role"]?.toLowerCase() === "observer" ? "observer" : "participant",
    client: client === undefined || client.includes(":") ? client : `0.0.0.0:${client}`,
    weight: 1,
    group: undefined,
  };
}

function parseAddress(text: string): Address {
  const fields = addressText.exec(text.trim())?.groups;
  const host = fields?.["bracketed"] ?? fields?.["plain"];
  if (fields === undefined || host === undefined)
    throw new ProtocolError(`not an address: ${text}`);
  return {
    host,
    quorumPort: portNumber(fields["quorum"] ?? ""),
    electionPort: portNumber(fields["election"] ?? ""),
  };
}

function parseVersion(text: string): Zxid {
  if (!/^[0-9a-f]{1,16}$/i.test(text)) throw new ProtocolError(`not a version: ${text}`);
  return zxidOf(Number(BigInt.asIntN(64, BigInt(`0x${text}`))));
}

/** As far as Java's int goes. */
function portNumber(text: string): number {
  const port = wholeNumber(text);
  if (port >= 2 ** 31) throw new ProtocolError(`not a port: ${text}`);
  return port;
}

function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text.trim())) throw new ProtocolError(`not a number: ${text}`);
  return Number(text);
}
