import { sessionIdOf, zxidOf } from "../../../src/core/base/ids.ts";
import { OpCode } from "../../../src/core/protocol/op-codes.ts";
import type { Txn } from "../../../src/core/txn/txn.ts";

/** A transaction that creates a node. */
export const created = (path: string, zxid: number, session: bigint): Txn => ({
  type: OpCode.create,
  body: { path, data: null, acl: [], ephemeral: false, parentCversion: 1 },
  session: sessionIdOf(session),
  cxid: 1,
  zxid: zxidOf(zxid),
  time: 0,
  digest: undefined,
});
