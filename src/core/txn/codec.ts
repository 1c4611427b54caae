import { ProtocolError } from "../base/assert.ts";
import { readableZxid } from "../base/ids.ts";
import type { Reader } from "../jute/reader.ts";
import type { Codec } from "../jute/record.ts";
import type { Writer } from "../jute/writer.ts";
import { OpCode } from "../protocol/op-codes.ts";
import { OpTable } from "../protocol/op-table.ts";
import { Acl } from "../protocol/records.ts";
import type {
  CheckTxn,
  CloseSessionTxn,
  CreateContainerTxn,
  CreateSessionTxn,
  CreateTtlTxn,
  CreateTxn,
  DeleteTxn,
  ErrorTxn,
  MultiTxn,
  SetAclTxn,
  SetDataTxn,
  SubTxn,
  Txn,
  TxnBodies,
  TxnDigest,
  TxnType,
} from "./txn.ts";

// The one encoding of a transaction: the same bytes in the log, in PROPOSAL and in INFORM. The data of one that was read is a
// view; what the tree keeps of it is the tree's own.

const CreateTxnCodec: Codec<CreateTxn> = {
  read: (r) => ({
    path: r.string(),
    data: r.buffer(),
    acl: r.vector(Acl.read),
    ephemeral: r.bool(),
    parentCversion: r.remaining >= 4 ? r.int() : -1, // CreateTxnV0, in old logs
  }),
  write: (w, v) => {
    w.string(v.path);
    w.buffer(v.data);
    w.vector(v.acl, Acl.write);
    w.bool(v.ephemeral);
    w.int(v.parentCversion);
  },
};

const CreateContainerTxnCodec: Codec<CreateContainerTxn> = {
  read: (r) => ({
    path: r.string(),
    data: r.buffer(),
    acl: r.vector(Acl.read),
    parentCversion: r.int(),
  }),
  write: (w, v) => {
    w.string(v.path);
    w.buffer(v.data);
    w.vector(v.acl, Acl.write);
    w.int(v.parentCversion);
  },
};

const CreateTtlTxnCodec: Codec<CreateTtlTxn> = {
  read: (r) => ({
    path: r.string(),
    data: r.buffer(),
    acl: r.vector(Acl.read),
    parentCversion: r.int(),
    ttl: r.long(),
  }),
  write: (w, v) => {
    CreateContainerTxnCodec.write(w, v);
    w.long(v.ttl);
  },
};

const DeleteTxnCodec: Codec<DeleteTxn> = {
  read: (r) => ({ path: r.string() }),
  write: (w, v) => w.string(v.path),
};

const SetDataTxnCodec: Codec<SetDataTxn> = {
  read: (r) => ({ path: r.string(), data: r.buffer(), version: r.int() }),
  write: (w, v) => {
    w.string(v.path);
    w.buffer(v.data);
    w.int(v.version);
  },
};

const SetAclTxnCodec: Codec<SetAclTxn> = {
  read: (r) => ({ path: r.string(), acl: r.vector(Acl.read), version: r.int() }),
  write: (w, v) => {
    w.string(v.path);
    w.vector(v.acl, Acl.write);
    w.int(v.version);
  },
};

const CheckTxnCodec: Codec<CheckTxn> = {
  read: (r) => ({ path: r.string(), version: r.int() }),
  write: (w, v) => {
    w.string(v.path);
    w.int(v.version);
  },
};

const CreateSessionTxnCodec: Codec<CreateSessionTxn> = {
  read: (r) => ({ timeout: r.int() }),
  write: (w, v) => w.int(v.timeout),
};

const CloseSessionTxnCodec: Codec<CloseSessionTxn> = {
  read: (r) => ({ paths: r.remaining >= 4 ? r.vector((reader) => reader.string()) : undefined }),
  write: (w, v) => {
    if (v.paths !== undefined) w.vector(v.paths, (writer, path) => writer.string(path));
  },
};

const ErrorTxnCodec: Codec<ErrorTxn> = {
  read: (r) => ({ err: r.int() }),
  write: (w, v) => w.int(v.err),
};

/** Each element is a type and its record as a buffer of its own. */
const MultiTxnCodec: Codec<MultiTxn> = {
  read: (r) => ({
    txns: r.vector((reader) => {
      const type = reader.int();
      const length = reader.int();
      if (length === -1) throw new ProtocolError("a multi with an element that is null");
      const outer = reader.narrow(length);
      const body = codecOf(type).read(reader);
      reader.widen(outer);
      return { type, body } as SubTxn;
    }),
  }),
  write: (w, v) =>
    w.vector(v.txns, (writer, txn) => {
      writer.int(txn.type);
      const at = writer.beginFrame();
      codecOf(txn.type).write(writer, txn.body);
      writer.endFrame(at);
    }),
};

const codecs: { readonly [T in TxnType]: Codec<TxnBodies[T]> } = {
  [OpCode.create]: CreateTxnCodec,
  [OpCode.create2]: CreateTxnCodec,
  [OpCode.createContainer]: CreateContainerTxnCodec,
  [OpCode.createTtl]: CreateTtlTxnCodec,
  [OpCode.delete]: DeleteTxnCodec,
  [OpCode.deleteContainer]: DeleteTxnCodec,
  [OpCode.setData]: SetDataTxnCodec,
  [OpCode.reconfig]: SetDataTxnCodec,
  [OpCode.setAcl]: SetAclTxnCodec,
  [OpCode.check]: CheckTxnCodec,
  [OpCode.multi]: MultiTxnCodec,
  [OpCode.createSession]: CreateSessionTxnCodec,
  [OpCode.closeSession]: CloseSessionTxnCodec,
  [OpCode.error]: ErrorTxnCodec,
};

const codecByType: OpTable<Codec<unknown>> = new OpTable(codecs);

function codecOf(type: number): Codec<unknown> {
  const codec = codecByType.get(type);
  if (codec === undefined) throw new ProtocolError(`a transaction of type ${type}`);
  return codec;
}

/** A copy whose memory holds nothing else: a view would pin a whole socket chunk to a small node. */
export function ownBytes(view: Uint8Array): Uint8Array {
  const own = new Uint8Array(view.length);
  own.set(view);
  return own;
}

/** The digest's version that this server computes. */
export const digestVersion = 2;

/** A transaction from exactly the bytes of one log entry; what remains behind the record is its digest. */
export function readTxn(r: Reader): Txn {
  const session = r.id();
  const cxid = r.int();
  const zxid = readableZxid(r.long());
  const time = r.long();
  const type = r.int();
  const body = codecOf(type).read(r);
  const digest: TxnDigest | undefined =
    r.remaining >= 12 ? { version: r.int(), tree: r.long() } : undefined;
  return { type, body, session, cxid, zxid, time, digest } as Txn;
}

export function writeTxn(w: Writer, txn: Txn): void {
  w.id(txn.session);
  w.int(txn.cxid);
  w.long(txn.zxid);
  w.long(txn.time);
  w.int(txn.type);
  codecOf(txn.type).write(w, txn.body);
  if (txn.digest !== undefined) {
    w.int(txn.digest.version);
    w.long(txn.digest.tree);
  }
}
