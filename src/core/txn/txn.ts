import type { SessionId, Zxid } from "../base/ids.ts";
import { OpCode } from "../protocol/op-codes.ts";
import type { Acl } from "../protocol/records.ts";

// A transaction is a decided request: the sequence number is in the path, `auth` in the ACL is expanded, versions are computed.
// Whoever applies it never checks again.

export interface CreateTxn {
  readonly path: string;
  readonly data: Uint8Array | null;
  readonly acl: readonly Acl[];
  readonly ephemeral: boolean;
  /** The parent's count of creates after this one; −1 in logs of old. */
  readonly parentCversion: number;
}
export interface CreateContainerTxn {
  readonly path: string;
  readonly data: Uint8Array | null;
  readonly acl: readonly Acl[];
  readonly parentCversion: number;
}
export interface CreateTtlTxn extends CreateContainerTxn {
  readonly ttl: number;
}
export interface DeleteTxn {
  readonly path: string;
}
export interface SetDataTxn {
  readonly path: string;
  readonly data: Uint8Array | null;
  /** The version that the node has afterwards. */
  readonly version: number;
}
export interface SetAclTxn {
  readonly path: string;
  readonly acl: readonly Acl[];
  readonly version: number;
}
/** Only inside multi; `version` is the expected one plus 1. */
export interface CheckTxn {
  readonly path: string;
  readonly version: number;
}
export interface CreateSessionTxn {
  readonly timeout: number;
}
export interface CloseSessionTxn {
  /** undefined in logs older than 3.6, which is not the same as an empty list. */
  readonly paths: readonly string[] | undefined;
}
export interface ErrorTxn {
  readonly err: number;
}
export interface MultiTxn {
  readonly txns: readonly SubTxn[];
}

/** The body of each transaction type; a new transaction is a row here and one in `codec.ts`. */
export interface TxnBodies {
  readonly [OpCode.create]: CreateTxn;
  readonly [OpCode.create2]: CreateTxn;
  readonly [OpCode.createContainer]: CreateContainerTxn;
  readonly [OpCode.createTtl]: CreateTtlTxn;
  readonly [OpCode.delete]: DeleteTxn;
  readonly [OpCode.deleteContainer]: DeleteTxn;
  readonly [OpCode.setData]: SetDataTxn;
  readonly [OpCode.reconfig]: SetDataTxn;
  readonly [OpCode.setAcl]: SetAclTxn;
  readonly [OpCode.check]: CheckTxn;
  readonly [OpCode.multi]: MultiTxn;
  readonly [OpCode.createSession]: CreateSessionTxn;
  readonly [OpCode.closeSession]: CloseSessionTxn;
  readonly [OpCode.error]: ErrorTxn;
}
export type TxnType = keyof TxnBodies;

/** What is done, without who and when: the element of a multi. */
export type SubTxn = {
  readonly [T in TxnType]: { readonly type: T; readonly body: TxnBodies[T] };
}[TxnType];

/** The sum of all node digests after the transaction, with the algorithm's version. */
export interface TxnDigest {
  readonly version: number;
  readonly tree: number;
}

export type Txn = SubTxn & {
  readonly session: SessionId;
  /** The client's xid, by which the server that holds its connection finds the request. */
  readonly cxid: number;
  readonly zxid: Zxid;
  /** The leader's wall clock, in milliseconds. */
  readonly time: number;
  /** undefined for error transactions, and where digests are off. */
  readonly digest: TxnDigest | undefined;
};

export const isError = (txn: SubTxn): txn is SubTxn & { type: typeof OpCode.error } =>
  txn.type === OpCode.error;
