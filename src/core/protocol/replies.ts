import { ProtocolError } from "../base/assert.ts";
import type { Zxid } from "../base/ids.ts";
import type { Reader } from "../jute/reader.ts";
import type { Codec } from "../jute/record.ts";
import type { Writer } from "../jute/writer.ts";
import { OpCode } from "./op-codes.ts";
import { OpTable } from "./op-table.ts";
import { Acl, type ReplyHeader, Stat } from "./records.ts";
import { Empty, MultiHeader, multiEnd } from "./requests.ts";

export interface PathReply {
  readonly path: string | null;
}
export const PathReply: Codec<PathReply> = {
  read: (r) => ({ path: r.nullableString() }),
  write: (w, v) => w.string(v.path),
};

export interface PathStatReply {
  readonly path: string;
  readonly stat: Stat;
}
export const PathStatReply: Codec<PathStatReply> = {
  read: (r) => ({ path: r.string(), stat: Stat.read(r) }),
  write: (w, v) => {
    w.string(v.path);
    Stat.write(w, v.stat);
  },
};

export interface StatReply {
  readonly stat: Stat;
}
export const StatReply: Codec<StatReply> = {
  read: (r) => ({ stat: Stat.read(r) }),
  write: (w, v) => Stat.write(w, v.stat),
};

export interface DataReply {
  readonly data: Uint8Array | null;
  readonly stat: Stat;
}
export const DataReply: Codec<DataReply> = {
  read: (r) => ({ data: r.buffer(), stat: Stat.read(r) }),
  write: (w, v) => {
    w.buffer(v.data);
    Stat.write(w, v.stat);
  },
};

export interface AclReply {
  readonly acl: readonly Acl[];
  readonly stat: Stat;
}
export const AclReply: Codec<AclReply> = {
  read: (r) => ({ acl: r.vector(Acl.read), stat: Stat.read(r) }),
  write: (w, v) => {
    w.vector(v.acl, Acl.write);
    Stat.write(w, v.stat);
  },
};

const readName = (r: Reader): string => r.string();
const writeName = (w: Writer, name: string): void => w.string(name);

export interface ChildrenReply {
  readonly children: readonly string[];
}
export const ChildrenReply: Codec<ChildrenReply> = {
  read: (r) => ({ children: r.vector(readName) }),
  write: (w, v) => w.vector(v.children, writeName),
};

export interface ChildrenStatReply {
  readonly children: readonly string[];
  readonly stat: Stat;
}
export const ChildrenStatReply: Codec<ChildrenStatReply> = {
  read: (r) => ({ children: r.vector(readName), stat: Stat.read(r) }),
  write: (w, v) => {
    w.vector(v.children, writeName);
    Stat.write(w, v.stat);
  },
};

export interface NumberReply {
  readonly value: number;
}
export const NumberReply: Codec<NumberReply> = {
  read: (r) => ({ value: r.int() }),
  write: (w, v) => w.int(v.value),
};

export interface TokenReply {
  readonly token: Uint8Array | null;
}
export const TokenReply: Codec<TokenReply> = {
  read: (r) => ({ token: r.buffer() }),
  write: (w, v) => w.buffer(v.token),
};

export interface ClientInfo {
  readonly scheme: string;
  readonly user: string;
}
export const ClientInfo: Codec<ClientInfo> = {
  read: (r) => ({ scheme: r.string(), user: r.string() }),
  write: (w, v) => {
    w.string(v.scheme);
    w.string(v.user);
  },
};
export interface WhoAmIReply {
  readonly clients: readonly ClientInfo[];
}
export const WhoAmIReply: Codec<WhoAmIReply> = {
  read: (r) => ({ clients: r.vector(ClientInfo.read) }),
  write: (w, v) => w.vector(v.clients, ClientInfo.write),
};

/** One element's outcome; containers and TTL nodes are answered as create2, in Apache as here. */
export type MultiResult =
  | { readonly type: typeof OpCode.create; readonly path: string }
  | { readonly type: typeof OpCode.create2; readonly path: string; readonly stat: Stat }
  | { readonly type: typeof OpCode.delete }
  | { readonly type: typeof OpCode.setData; readonly stat: Stat }
  | { readonly type: typeof OpCode.check }
  | { readonly type: typeof OpCode.getData; readonly data: Uint8Array | null; readonly stat: Stat }
  | { readonly type: typeof OpCode.getChildren; readonly children: readonly string[] }
  | { readonly type: typeof OpCode.error; readonly err: number };

export interface MultiReply {
  readonly results: readonly MultiResult[];
}
export const MultiReply: Codec<MultiReply> = {
  read: (r) => {
    const results: MultiResult[] = [];
    for (;;) {
      const header = MultiHeader.read(r);
      if (header.done) return { results };
      results.push(readResult(r, header.type));
    }
  },
  write: (w, v) => {
    for (const result of v.results) writeResult(w, result);
    MultiHeader.write(w, multiEnd);
  },
};

function readResult(r: Reader, type: number): MultiResult {
  switch (type) {
    case OpCode.create:
      return { type, path: r.string() };
    case OpCode.create2:
      return { type, path: r.string(), stat: Stat.read(r) };
    case OpCode.delete:
    case OpCode.check:
      return { type };
    case OpCode.setData:
      return { type, stat: Stat.read(r) };
    case OpCode.getData:
      return { type, data: r.buffer(), stat: Stat.read(r) };
    case OpCode.getChildren:
      return { type, children: r.vector(readName) };
    case OpCode.error:
      return { type, err: r.int() };
    default:
      throw new ProtocolError(`a multi result of type ${type}`);
  }
}

function writeResult(w: Writer, result: MultiResult): void {
  const err = result.type === OpCode.error ? result.err : 0;
  MultiHeader.write(w, { type: result.type, done: false, err });
  switch (result.type) {
    case OpCode.create:
      return w.string(result.path);
    case OpCode.create2:
      w.string(result.path);
      return Stat.write(w, result.stat);
    case OpCode.setData:
      return Stat.write(w, result.stat);
    case OpCode.getData:
      w.buffer(result.data);
      return Stat.write(w, result.stat);
    case OpCode.getChildren:
      return w.vector(result.children, writeName);
    case OpCode.error:
      return w.int(result.err);
    case OpCode.delete:
    case OpCode.check:
      return;
  }
}

/** The body of each reply, by the type of its request. */
export interface ReplyBodies {
  readonly [OpCode.create]: PathReply;
  readonly [OpCode.create2]: PathStatReply;
  readonly [OpCode.createContainer]: PathStatReply;
  readonly [OpCode.createTtl]: PathStatReply;
  readonly [OpCode.delete]: Empty;
  readonly [OpCode.deleteContainer]: Empty;
  readonly [OpCode.exists]: StatReply;
  readonly [OpCode.getData]: DataReply;
  readonly [OpCode.setData]: StatReply;
  readonly [OpCode.getAcl]: AclReply;
  readonly [OpCode.setAcl]: StatReply;
  readonly [OpCode.getChildren]: ChildrenReply;
  readonly [OpCode.getChildren2]: ChildrenStatReply;
  readonly [OpCode.sync]: PathReply;
  readonly [OpCode.ping]: Empty;
  readonly [OpCode.multi]: MultiReply;
  readonly [OpCode.multiRead]: MultiReply;
  readonly [OpCode.reconfig]: DataReply;
  readonly [OpCode.checkWatches]: Empty;
  readonly [OpCode.removeWatches]: Empty;
  readonly [OpCode.addWatch]: NumberReply;
  readonly [OpCode.auth]: Empty;
  readonly [OpCode.sasl]: TokenReply;
  readonly [OpCode.setWatches]: Empty;
  readonly [OpCode.setWatches2]: Empty;
  readonly [OpCode.getEphemerals]: ChildrenReply;
  readonly [OpCode.getAllChildrenNumber]: NumberReply;
  readonly [OpCode.whoAmI]: WhoAmIReply;
  readonly [OpCode.closeSession]: Empty;
}
export type ReplyType = keyof ReplyBodies;
export type ReplyBody = ReplyBodies[ReplyType];

export const replyCodecs: { readonly [T in ReplyType]: Codec<ReplyBodies[T]> } = {
  [OpCode.create]: PathReply,
  [OpCode.create2]: PathStatReply,
  [OpCode.createContainer]: PathStatReply,
  [OpCode.createTtl]: PathStatReply,
  [OpCode.delete]: Empty,
  [OpCode.deleteContainer]: Empty,
  [OpCode.exists]: StatReply,
  [OpCode.getData]: DataReply,
  [OpCode.setData]: StatReply,
  [OpCode.getAcl]: AclReply,
  [OpCode.setAcl]: StatReply,
  [OpCode.getChildren]: ChildrenReply,
  [OpCode.getChildren2]: ChildrenStatReply,
  [OpCode.sync]: PathReply,
  [OpCode.ping]: Empty,
  [OpCode.multi]: MultiReply,
  [OpCode.multiRead]: MultiReply,
  [OpCode.reconfig]: DataReply,
  [OpCode.checkWatches]: Empty,
  [OpCode.removeWatches]: Empty,
  [OpCode.addWatch]: NumberReply,
  [OpCode.auth]: Empty,
  [OpCode.sasl]: TokenReply,
  [OpCode.setWatches]: Empty,
  [OpCode.setWatches2]: Empty,
  [OpCode.getEphemerals]: ChildrenReply,
  [OpCode.getAllChildrenNumber]: NumberReply,
  [OpCode.whoAmI]: WhoAmIReply,
  [OpCode.closeSession]: Empty,
};

const codecByType: OpTable<Codec<unknown>> = new OpTable(replyCodecs);

/** An answer: the body is present when the request succeeded, and for a refused sasl token. */
export interface Reply {
  readonly xid: number;
  readonly zxid: Zxid;
  readonly err: number;
  readonly type: number;
  readonly body: ReplyBody | undefined;
}

export function writeReply(w: Writer, reply: Reply): void {
  w.int(reply.xid);
  w.long(reply.zxid);
  w.int(reply.err);
  if (reply.body === undefined) return;
  const codec = codecByType.get(reply.type);
  if (codec !== undefined) codec.write(w, reply.body);
}

/** The client's side: the header was read, the body is that of `type`; most errors have none. */
export function readReply(r: Reader, header: ReplyHeader, type: number): Reply {
  const codec = header.err === 0 || r.remaining > 0 ? codecByType.get(type) : undefined;
  return { ...header, type, body: codec?.read(r) as ReplyBody | undefined };
}
