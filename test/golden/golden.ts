import { readFileSync } from "node:fs";

/** One recorded unit: its bytes, and what they mean field by field, as the recorder's own decoder saw it. */
export interface Golden<T> {
  readonly name: string;
  readonly hex: string;
  readonly decoded: T;
  readonly note: string;
}

export function loadGolden<T>(file: string): readonly T[] {
  return JSON.parse(readFileSync(new URL(`./data/${file}`, import.meta.url), "utf8"));
}

export const fromHex = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"));
export const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** Names in the recordings that differ from ours. */
const renamed: Readonly<Record<string, string>> = {
  timeOut: "timeout",
  sessionId: "session",
  clientId: "session",
  passwd: "password",
  dataWatches: "data",
  existWatches: "exist",
  childWatches: "child",
  persistentWatches: "persistent",
  persistentRecursiveWatches: "recursive",
  prefixPath: "path",
  mode: "type",
  totalNumber: "value",
  ephemerals: "children",
  clientInfo: "clients",
  authScheme: "scheme",
  joiningServers: "joining",
  leavingServers: "leaving",
  newMembers: "members",
  curConfigId: "configId",
  parentCVersion: "parentCversion",
  paths2Delete: "paths",
  treeDigest: "tree",
  serverid: "sid",
};
const longs: ReadonlySet<string> = new Set([
  "czxid",
  "mzxid",
  "pzxid",
  "zxid",
  "relativeZxid",
  "lastZxidSeen",
  "configVersion",
  "treeDigest",
  "electionEpoch",
  "peerEpoch",
]);
const ids: ReadonlySet<string> = new Set(["sessionId", "clientId", "ephemeralOwner"]);

const signed = (hex: string): bigint => BigInt.asIntN(64, BigInt(hex));

/** A recorded value in our names and types, bytes as "hex:…". */
export function documented(value: unknown, key = ""): unknown {
  if (typeof value === "string" && longs.has(key)) return Number(signed(value));
  if (typeof value === "string" && ids.has(key)) return signed(value);
  if (Array.isArray(value)) return value.map((item) => documented(item));
  if (typeof value !== "object" || value === null) return value;
  if ("hex" in value) return `hex:${String(value.hex)}`;
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [renamed[name] ?? name, documented(field, name)]),
  );
}

/** What we decoded, bytes as "hex:…". */
export function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return `hex:${toHex(value)}`;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, plain(field)]));
}
