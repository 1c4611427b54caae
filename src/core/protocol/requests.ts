import { ProtocolError } from "../base/assert.ts";
import { type Zxid, zxidOf } from "../base/ids.ts";
import type { Reader } from "../jute/reader.ts";
import type { Codec } from "../jute/record.ts";
import type { Writer } from "../jute/writer.ts";
import { OpCode } from "./op-codes.ts";
import { OpTable } from "./op-table.ts";
import { RawAcl } from "./records.ts";

// One codec a record, one row a request type: a new operation is a codec, a row in `RequestBodies` and one in `requestCodecs`.

export type Empty = Record<never, never>;
export const Empty: Codec<Empty> = { read: () => nothing, write: () => {} };
const nothing: Empty = Object.freeze({});

export interface CreateRequest {
  readonly path: string;
  readonly data: Uint8Array | null;
  readonly acl: readonly RawAcl[] | null;
  readonly flags: number;
}
export const CreateRequest: Codec<CreateRequest> = {
  read: (r) => ({
    path: r.string(),
    data: r.buffer(),
    acl: r.nullableVector(RawAcl.read),
    flags: r.int(),
  }),
  write: (w, v) => {
    w.string(v.path);
    w.buffer(v.data);
    w.vector(v.acl, RawAcl.write);
    w.int(v.flags);
  },
};

export interface CreateTtlRequest extends CreateRequest {
  readonly ttl: number;
}
export const CreateTtlRequest: Codec<CreateTtlRequest> = {
  read: (r) => ({
    path: r.string(),
    data: r.buffer(),
    acl: r.nullableVector(RawAcl.read),
    flags: r.int(),
    ttl: r.long(),
  }),
  write: (w, v) => {
    CreateRequest.write(w, v);
    w.long(v.ttl);
  },
};

/** delete and check. */
export interface PathVersionRequest {
  readonly path: string;
  readonly version: number;
}
export const PathVersionRequest: Codec<PathVersionRequest> = {
  read: (r) => ({ path: r.string(), version: r.int() }),
  write: (w, v) => {
    w.string(v.path);
    w.int(v.version);
  },
};

/** exists, getData, getChildren and getChildren2. */
export interface PathWatchRequest {
  readonly path: string;
  readonly watch: boolean;
}
export const PathWatchRequest: Codec<PathWatchRequest> = {
  read: (r) => ({ path: r.string(), watch: r.bool() }),
  write: (w, v) => {
    w.string(v.path);
    w.bool(v.watch);
  },
};

export interface SetDataRequest {
  readonly path: string;
  readonly data: Uint8Array | null;
  readonly version: number;
}
export const SetDataRequest: Codec<SetDataRequest> = {
  read: (r) => ({ path: r.string(), data: r.buffer(), version: r.int() }),
  write: (w, v) => {
    w.string(v.path);
    w.buffer(v.data);
    w.int(v.version);
  },
};

/** getACL, getAllChildrenNumber and deleteContainer. */
export interface PathRequest {
  readonly path: string;
}
export const PathRequest: Codec<PathRequest> = {
  read: (r) => ({ path: r.string() }),
  write: (w, v) => w.string(v.path),
};

/** sync and getEphemerals take any string, null too. */
export interface NullablePathRequest {
  readonly path: string | null;
}
export const NullablePathRequest: Codec<NullablePathRequest> = {
  read: (r) => ({ path: r.nullableString() }),
  write: (w, v) => w.string(v.path),
};

export interface SetAclRequest {
  readonly path: string;
  readonly acl: readonly RawAcl[] | null;
  readonly version: number;
}
export const SetAclRequest: Codec<SetAclRequest> = {
  read: (r) => ({ path: r.string(), acl: r.nullableVector(RawAcl.read), version: r.int() }),
  write: (w, v) => {
    w.string(v.path);
    w.vector(v.acl, RawAcl.write);
    w.int(v.version);
  },
};

/** checkWatches, removeWatches (type) and addWatch (mode). */
export interface PathTypeRequest {
  readonly path: string;
  readonly type: number;
}
export const PathTypeRequest: Codec<PathTypeRequest> = {
  read: (r) => ({ path: r.string(), type: r.int() }),
  write: (w, v) => {
    w.string(v.path);
    w.int(v.type);
  },
};

export interface AuthRequest {
  readonly scheme: string | null;
  readonly auth: Uint8Array | null;
}
export const AuthRequest: Codec<AuthRequest> = {
  read: (r) => {
    r.int(); // a type that nobody looks at
    return { scheme: r.nullableString(), auth: r.buffer() };
  },
  write: (w, v) => {
    w.int(0);
    w.string(v.scheme);
    w.buffer(v.auth);
  },
};

export interface SaslRequest {
  readonly token: Uint8Array | null;
}
export const SaslRequest: Codec<SaslRequest> = {
  read: (r) => ({ token: r.buffer() }),
  write: (w, v) => w.buffer(v.token),
};

export interface SetWatchesRequest {
  readonly relativeZxid: Zxid;
  readonly data: readonly string[];
  readonly exist: readonly string[];
  readonly child: readonly string[];
  readonly persistent: readonly string[];
  readonly recursive: readonly string[];
}
const readPath = (r: Reader): string => r.string();
const writePath = (w: Writer, path: string): void => w.string(path);
export const SetWatchesRequest: Codec<SetWatchesRequest> = {
  read: (r) => ({
    relativeZxid: zxidOf(r.long()),
    data: r.vector(readPath),
    exist: r.vector(readPath),
    child: r.vector(readPath),
    persistent: [],
    recursive: [],
  }),
  write: (w, v) => {
    w.long(v.relativeZxid);
    w.vector(v.data, writePath);
    w.vector(v.exist, writePath);
    w.vector(v.child, writePath);
  },
};
export const SetWatches2Request: Codec<SetWatchesRequest> = {
  read: (r) => ({
    relativeZxid: zxidOf(r.long()),
    data: r.vector(readPath),
    exist: r.vector(readPath),
    child: r.vector(readPath),
    persistent: r.vector(readPath),
    recursive: r.vector(readPath),
  }),
  write: (w, v) => {
    SetWatchesRequest.write(w, v);
    w.vector(v.persistent, writePath);
    w.vector(v.recursive, writePath);
  },
};

export interface ReconfigRequest {
  readonly joining: string | null;
  readonly leaving: string | null;
  readonly members: string | null;
  readonly configId: number;
}
export const ReconfigRequest: Codec<ReconfigRequest> = {
  read: (r) => ({
    joining: r.nullableString(),
    leaving: r.nullableString(),
    members: r.nullableString(),
    configId: r.long(),
  }),
  write: (w, v) => {
    w.string(v.joining);
    w.string(v.leaving);
    w.string(v.members);
    w.long(v.configId);
  },
};

/** Only peers send it to each other (in REQUEST); from a client it is a bad body. */
export interface CreateSessionRequest {
  readonly timeout: number;
}
export const CreateSessionRequest: Codec<CreateSessionRequest> = {
  read: (r) => ({ timeout: r.int() }),
  write: (w, v) => w.int(v.timeout),
};

export interface MultiHeader {
  readonly type: number;
  readonly done: boolean;
  readonly err: number;
}
export const MultiHeader: Codec<MultiHeader> = {
  read: (r) => ({ type: r.int(), done: r.bool(), err: r.int() }),
  write: (w, v) => {
    w.int(v.type);
    w.bool(v.done);
    w.int(v.err);
  },
};
export const multiEnd: MultiHeader = { type: -1, done: true, err: -1 };

/** What a multi may hold: writes, or in multiRead reads, never both. A multiRead of writes decodes; who answers it refuses. */
export type MultiElement =
  | { readonly type: typeof OpCode.create; readonly body: CreateRequest }
  | { readonly type: typeof OpCode.create2; readonly body: CreateRequest }
  | { readonly type: typeof OpCode.createContainer; readonly body: CreateRequest }
  | { readonly type: typeof OpCode.createTtl; readonly body: CreateTtlRequest }
  | { readonly type: typeof OpCode.delete; readonly body: PathVersionRequest }
  | { readonly type: typeof OpCode.setData; readonly body: SetDataRequest }
  | { readonly type: typeof OpCode.check; readonly body: PathVersionRequest }
  | { readonly type: typeof OpCode.getData; readonly body: PathWatchRequest }
  | { readonly type: typeof OpCode.getChildren; readonly body: PathWatchRequest };

export interface MultiRequest {
  readonly elements: readonly MultiElement[];
}
export const MultiRequest: Codec<MultiRequest> = multiCodec(false);
export const MultiReadRequest: Codec<MultiRequest> = multiCodec(true);

function multiCodec(reads: boolean): Codec<MultiRequest> {
  return {
    read: (r) => {
      const elements: MultiElement[] = [];
      for (;;) {
        const header = MultiHeader.read(r);
        if (header.done) return { elements };
        const element = readElement(r, header.type);
        const first = elements[0] ?? element;
        if (isRead(element) !== isRead(first) || (isRead(element) && !reads)) {
          throw new ProtocolError(`op ${header.type} in this kind of multi`);
        }
        elements.push(element);
      }
    },
    write: (w, v) => {
      for (const element of v.elements) {
        MultiHeader.write(w, { type: element.type, done: false, err: -1 });
        writeBody(w, element.type, element.body);
      }
      MultiHeader.write(w, multiEnd);
    },
  };
}

const isRead = ({ type }: MultiElement): boolean =>
  type === OpCode.getData || type === OpCode.getChildren;

function readElement(r: Reader, type: number): MultiElement {
  switch (type) {
    case OpCode.create:
    case OpCode.create2:
    case OpCode.createContainer:
      return { type, body: CreateRequest.read(r) };
    case OpCode.createTtl:
      return { type, body: CreateTtlRequest.read(r) };
    case OpCode.delete:
    case OpCode.check:
      return { type, body: PathVersionRequest.read(r) };
    case OpCode.setData:
      return { type, body: SetDataRequest.read(r) };
    case OpCode.getData:
    case OpCode.getChildren:
      return { type, body: PathWatchRequest.read(r) };
    default:
      throw new ProtocolError(`op ${type} in a multi`);
  }
}

/** The body of each request type. */
export interface RequestBodies {
  readonly [OpCode.create]: CreateRequest;
  readonly [OpCode.create2]: CreateRequest;
  readonly [OpCode.createContainer]: CreateRequest;
  readonly [OpCode.createTtl]: CreateTtlRequest;
  readonly [OpCode.delete]: PathVersionRequest;
  readonly [OpCode.deleteContainer]: PathRequest;
  readonly [OpCode.exists]: PathWatchRequest;
  readonly [OpCode.getData]: PathWatchRequest;
  readonly [OpCode.setData]: SetDataRequest;
  readonly [OpCode.getAcl]: PathRequest;
  readonly [OpCode.setAcl]: SetAclRequest;
  readonly [OpCode.getChildren]: PathWatchRequest;
  readonly [OpCode.getChildren2]: PathWatchRequest;
  readonly [OpCode.sync]: NullablePathRequest;
  readonly [OpCode.ping]: Empty;
  readonly [OpCode.multi]: MultiRequest;
  readonly [OpCode.multiRead]: MultiRequest;
  readonly [OpCode.reconfig]: ReconfigRequest;
  readonly [OpCode.checkWatches]: PathTypeRequest;
  readonly [OpCode.removeWatches]: PathTypeRequest;
  readonly [OpCode.addWatch]: PathTypeRequest;
  readonly [OpCode.auth]: AuthRequest;
  readonly [OpCode.sasl]: SaslRequest;
  readonly [OpCode.setWatches]: SetWatchesRequest;
  readonly [OpCode.setWatches2]: SetWatchesRequest;
  readonly [OpCode.getEphemerals]: NullablePathRequest;
  readonly [OpCode.getAllChildrenNumber]: PathRequest;
  readonly [OpCode.whoAmI]: Empty;
  readonly [OpCode.createSession]: CreateSessionRequest;
  readonly [OpCode.closeSession]: Empty;
}
export type RequestType = keyof RequestBodies;

/** A request as it came: `body` by its type, and for writes the bytes of the body, which a follower sends on unchanged. */
export type Request = {
  readonly [T in RequestType]: {
    readonly xid: number;
    readonly type: T;
    readonly body: RequestBodies[T];
  };
}[RequestType];

export const requestCodecs: { readonly [T in RequestType]: Codec<RequestBodies[T]> } = {
  [OpCode.create]: CreateRequest,
  [OpCode.create2]: CreateRequest,
  [OpCode.createContainer]: CreateRequest,
  [OpCode.createTtl]: CreateTtlRequest,
  [OpCode.delete]: PathVersionRequest,
  [OpCode.deleteContainer]: PathRequest,
  [OpCode.exists]: PathWatchRequest,
  [OpCode.getData]: PathWatchRequest,
  [OpCode.setData]: SetDataRequest,
  [OpCode.getAcl]: PathRequest,
  [OpCode.setAcl]: SetAclRequest,
  [OpCode.getChildren]: PathWatchRequest,
  [OpCode.getChildren2]: PathWatchRequest,
  [OpCode.sync]: NullablePathRequest,
  [OpCode.ping]: Empty,
  [OpCode.multi]: MultiRequest,
  [OpCode.multiRead]: MultiReadRequest,
  [OpCode.reconfig]: ReconfigRequest,
  [OpCode.checkWatches]: PathTypeRequest,
  [OpCode.removeWatches]: PathTypeRequest,
  [OpCode.addWatch]: PathTypeRequest,
  [OpCode.auth]: AuthRequest,
  [OpCode.sasl]: SaslRequest,
  [OpCode.setWatches]: SetWatchesRequest,
  [OpCode.setWatches2]: SetWatches2Request,
  [OpCode.getEphemerals]: NullablePathRequest,
  [OpCode.getAllChildrenNumber]: PathRequest,
  [OpCode.whoAmI]: Empty,
  [OpCode.createSession]: CreateSessionRequest,
  [OpCode.closeSession]: Empty,
};

const codecByType: OpTable<Codec<unknown>> = new OpTable(requestCodecs);

export const isRequestType = (type: number): type is RequestType =>
  codecByType.get(type) !== undefined;

/** Reads the body of a known type; throws ProtocolError for a bad one. */
export function readRequest(reader: Reader, xid: number, type: RequestType): Request {
  const codec = codecByType.get(type) as Codec<unknown>;
  return { xid, type, body: codec.read(reader) } as Request;
}

export function writeBody(
  w: Writer,
  type: RequestType | MultiElement["type"],
  body: unknown,
): void {
  const codec = codecByType.get(type) ?? PathVersionRequest; // check has no row: it lives only in multi
  (codec as Codec<unknown>).write(w, body);
}
