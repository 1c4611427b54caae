import { noSession, type SessionId, sessionIdOf, type Zxid } from "../base/ids.ts";
import type { ShardedMap } from "../base/sharded-map.ts";
import type { Acl, Stat } from "../protocol/records.ts";

/** What both an applied node and a change that is still pending know of a node. */
export interface NodeState {
  readonly data: Uint8Array | null;
  /** null for the built-in nodes that stand open; shown as world:anyone with all permissions. */
  readonly acl: readonly Acl[] | null;
  /** As stored: 0, a session, `containerOwner`, or 0xff and a time to live (EphemeralType). */
  readonly owner: SessionId;
  readonly czxid: Zxid;
  readonly mzxid: Zxid;
  readonly pzxid: Zxid;
  readonly ctime: number;
  readonly mtime: number;
  readonly version: number;
  /** As stored: the number of children ever created, not what clients see. */
  readonly cversion: number;
  readonly aversion: number;
  readonly childCount: number;
  /** The checksum's state behind path and data, from which a change of the Stat alone goes on. */
  readonly content: number;
  /** The node's summand of the tree digest, 0 below /zookeeper. */
  readonly digest: number;
}

/** One node of the applied tree. Only the tree and those who apply transactions write to it. */
export class Znode implements NodeState {
  data: Uint8Array | null;
  acl: readonly Acl[] | null;
  readonly owner: SessionId;
  czxid: Zxid;
  mzxid: Zxid;
  pzxid: Zxid;
  ctime: number;
  mtime: number;
  version = 0;
  cversion = 0;
  aversion = 0;
  content = 0;
  /** Kept as a signed int, which V8 stores in the field itself. */
  #digest = 0;
  children: ShardedMap<Znode> | undefined = undefined;

  constructor(fields: ZnodeFields) {
    this.data = fields.data;
    this.acl = fields.acl;
    this.owner = fields.owner;
    this.czxid = fields.zxid;
    this.mzxid = fields.zxid;
    this.pzxid = fields.zxid;
    this.ctime = fields.time;
    this.mtime = fields.time;
  }

  /** Without its children. */
  copy(acl: readonly Acl[] | null): Znode {
    const { data, owner, czxid: zxid, ctime: time } = this;
    const copy = new Znode({ data, acl, owner, zxid, time });
    copy.mzxid = this.mzxid;
    copy.pzxid = this.pzxid;
    copy.mtime = this.mtime;
    copy.version = this.version;
    copy.cversion = this.cversion;
    copy.aversion = this.aversion;
    copy.content = this.content;
    copy.#digest = this.#digest;
    return copy;
  }

  get childCount(): number {
    return this.children === undefined ? 0 : this.children.size;
  }

  get digest(): number {
    return this.#digest >>> 0;
  }

  set digest(value: number) {
    this.#digest = value | 0;
  }
}

/** What a creating transaction gives a node. */
export interface ZnodeFields {
  readonly data: Uint8Array | null;
  readonly acl: readonly Acl[] | null;
  readonly owner: SessionId;
  readonly zxid: Zxid;
  readonly time: number;
}

export const containerOwner: SessionId = sessionIdOf(-(1n << 63n));
const ttlOwner = -(1n << 56n);
const ttlBits = (1n << 40n) - 1n;
/** 2⁴⁰ − 1 ms, some 34 years. */
export const ttlMax = 0xff_ffff_ffff;

export const ttlOwnerOf = (ttl: number): SessionId => sessionIdOf(ttlOwner | BigInt(ttl));
/** The time to live of a TTL node, in milliseconds. */
export const ttlOf = (owner: SessionId): number => Number(owner & ttlBits);

export type OwnerKind = "none" | "session" | "container" | "ttl";

/** EphemeralType.get with extended types on: a high byte of 0xff is no session. */
export function ownerKind(owner: SessionId): OwnerKind {
  if (owner === noSession) return "none";
  if (owner === containerOwner) return "container";
  return owner < 0n && owner >= ttlOwner ? "ttl" : "session";
}

/** The Stat as clients see it, a copy (DataNode.copyStat). */
export function statOf(node: NodeState): Stat {
  const { owner, childCount } = node;
  return {
    czxid: node.czxid,
    mzxid: node.mzxid,
    ctime: node.ctime,
    mtime: node.mtime,
    version: node.version,
    cversion: (2 * node.cversion - childCount) | 0,
    aversion: node.aversion,
    ephemeralOwner: owner === noSession || ownerKind(owner) !== "session" ? noSession : owner,
    dataLength: node.data === null ? 0 : node.data.length,
    numChildren: childCount,
    pzxid: node.pzxid,
  };
}
