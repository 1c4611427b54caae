// Between the public types and the protocol's records. Records are views of a socket's chunk: what is kept is copied here.
import type { Acl as AclRecord, Stat as StatRecord } from "../core/protocol/records.ts";
import { badArgument } from "./arguments.ts";
import type { Asked } from "./errors.ts";
import type { Acl, Stat } from "./types.ts";

export const toStat = (stat: StatRecord): Stat => ({
  czxid: BigInt(stat.czxid),
  mzxid: BigInt(stat.mzxid),
  pzxid: BigInt(stat.pzxid),
  ctime: new Date(stat.ctime),
  mtime: new Date(stat.mtime),
  version: stat.version,
  cversion: stat.cversion,
  aversion: stat.aversion,
  ephemeralOwner: stat.ephemeralOwner,
  dataLength: stat.dataLength,
  numChildren: stat.numChildren,
});

/** null reads as no bytes. */
export const toData = (data: Uint8Array | null): Buffer => Buffer.from(data ?? []);

/** Text as UTF-8. Looked at, because plain JavaScript may hand over anything. */
export function toBytes(data: string | Uint8Array | null, asked: Asked): Uint8Array | null {
  if (typeof data === "string") return Buffer.from(data);
  if (data === null || ArrayBuffer.isView(data)) return data;
  throw badArgument(asked, `data is text, bytes or null, not ${typeof data}`);
}

export const toAcl = ({ scheme, id, perms }: AclRecord): Acl => ({ scheme, id, perms });

/** Everyone may do everything. */
export const openAcl: readonly Acl[] = [{ scheme: "world", id: "anyone", perms: 31 }];
