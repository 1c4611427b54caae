import fc from "fast-check";
import {
  type Epoch,
  epochFrom,
  epochMax,
  type SessionId,
  type Sid,
  sessionIdOf,
  sidOf,
  type Zxid,
  zxidOf,
} from "../../src/core/base/ids.ts";
import { Writer } from "../../src/core/jute/writer.ts";
import type { Notification } from "../../src/core/packets/notification.ts";
import { type QuorumPacket, writePacket } from "../../src/core/packets/quorum-packet.ts";
import { OpCode } from "../../src/core/protocol/op-codes.ts";
import type { Acl, Id, RawAcl, Stat } from "../../src/core/protocol/records.ts";
import type { MultiResult, ReplyBodies } from "../../src/core/protocol/replies.ts";
import type { MultiElement, RequestBodies } from "../../src/core/protocol/requests.ts";
import { LogEntry } from "../../src/core/txn/log-entry.ts";
import type { SubTxn, Txn, TxnBodies } from "../../src/core/txn/txn.ts";

type Arb<T> = fc.Arbitrary<T>;

/** Text of the basic plane: what lies outside it does not come back, as in Java (see writer.test.ts). */
export const text: Arb<string> = fc
  .string({ unit: "binary", maxLength: 40 })
  .map((value) => value.replace(/[\ud800-\udfff]|[\u{10000}-\u{10ffff}]/gu, "~"));
export const int: Arb<number> = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
export const long: Arb<number> = fc.oneof(
  fc.maxSafeInteger(),
  fc.constantFrom(0, -1, 2 ** 32, 2 ** 32 - 1, -(2 ** 32), -(2 ** 63)),
);
export const bytes: Arb<Uint8Array> = fc.uint8Array({ maxLength: 60 });
export const nullableBytes: Arb<Uint8Array | null> = fc.option(bytes);
export const nullableText: Arb<string | null> = fc.option(text);
export const zxid: Arb<Zxid> = long.map(zxidOf);
export const session: Arb<SessionId> = fc
  .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
  .map(sessionIdOf);
export const sid: Arb<Sid> = fc.oneof(fc.nat(255), fc.constant(-(2 ** 63))).map(sidOf);
export const epoch: Arb<Epoch> = fc.nat(epochMax).map(epochFrom);

const texts: Arb<string[]> = fc.array(text, { maxLength: 4 });

export const id: Arb<Id> = fc.record({ scheme: text, id: text });
export const rawAcl: Arb<RawAcl> = fc.record({
  perms: int,
  scheme: nullableText,
  id: nullableText,
});
export const acl: Arb<Acl> = fc.record({ perms: int, scheme: text, id: text });
export const stat: Arb<Stat> = fc.record({
  czxid: zxid,
  mzxid: zxid,
  ctime: long,
  mtime: long,
  version: int,
  cversion: int,
  aversion: int,
  ephemeralOwner: fc.oneof(fc.constant(sessionIdOf(0n)), session),
  dataLength: int,
  numChildren: int,
  pzxid: zxid,
});

const acls: Arb<Acl[]> = fc.array(acl, { maxLength: 3 });
const rawAcls: Arb<RawAcl[] | null> = fc.option(fc.array(rawAcl, { maxLength: 3 }));
const empty = fc.constant({});
const create = { path: text, data: nullableBytes, acl: rawAcls, flags: int };
const pathVersion = fc.record({ path: text, version: int });
const pathWatch = fc.record({ path: text, watch: fc.boolean() });
const pathType = fc.record({ path: text, type: int });
const path = fc.record({ path: text });
const nullablePath = fc.record({ path: nullableText });
const setData = fc.record({ path: text, data: nullableBytes, version: int });
const watches = { relativeZxid: zxid, data: texts, exist: texts, child: texts };
const none = fc.constant<string[]>([]);

const element = <T extends MultiElement["type"]>(type: T, body: Arb<unknown>): Arb<MultiElement> =>
  body.map((value) => ({ type, body: value }) as MultiElement);
const writes: Arb<MultiElement> = fc.oneof(
  element(OpCode.create, fc.record(create)),
  element(OpCode.create2, fc.record(create)),
  element(OpCode.createContainer, fc.record(create)),
  element(OpCode.createTtl, fc.record({ ...create, ttl: long })),
  element(OpCode.delete, pathVersion),
  element(OpCode.setData, setData),
  element(OpCode.check, pathVersion),
);
const reads: Arb<MultiElement> = fc.oneof(
  element(OpCode.getData, pathWatch),
  element(OpCode.getChildren, pathWatch),
);
const elements = (one: Arb<MultiElement>): Arb<{ elements: MultiElement[] }> =>
  fc.record({ elements: fc.array(one, { maxLength: 4 }) });

/** The body of every request type. */
export const requests: { readonly [T in keyof RequestBodies]: Arb<RequestBodies[T]> } = {
  [OpCode.create]: fc.record(create),
  [OpCode.create2]: fc.record(create),
  [OpCode.createContainer]: fc.record(create),
  [OpCode.createTtl]: fc.record({ ...create, ttl: long }),
  [OpCode.delete]: pathVersion,
  [OpCode.deleteContainer]: path,
  [OpCode.exists]: pathWatch,
  [OpCode.getData]: pathWatch,
  [OpCode.setData]: setData,
  [OpCode.getAcl]: path,
  [OpCode.setAcl]: fc.record({ path: text, acl: rawAcls, version: int }),
  [OpCode.getChildren]: pathWatch,
  [OpCode.getChildren2]: pathWatch,
  [OpCode.sync]: nullablePath,
  [OpCode.ping]: empty,
  [OpCode.multi]: elements(writes),
  [OpCode.multiRead]: elements(reads),
  [OpCode.reconfig]: fc.record({
    joining: nullableText,
    leaving: nullableText,
    members: nullableText,
    configId: long,
  }),
  [OpCode.checkWatches]: pathType,
  [OpCode.removeWatches]: pathType,
  [OpCode.addWatch]: pathType,
  [OpCode.auth]: fc.record({ scheme: nullableText, auth: nullableBytes }),
  [OpCode.sasl]: fc.record({ token: nullableBytes }),
  [OpCode.setWatches]: fc.record({ ...watches, persistent: none, recursive: none }),
  [OpCode.setWatches2]: fc.record({ ...watches, persistent: texts, recursive: texts }),
  [OpCode.getEphemerals]: nullablePath,
  [OpCode.getAllChildrenNumber]: path,
  [OpCode.whoAmI]: empty,
  [OpCode.createSession]: fc.record({ timeout: int }),
  [OpCode.closeSession]: empty,
};

const pathStat = fc.record({ path: text, stat });
const children = fc.record({ children: texts });
const result = (type: number, body: Arb<object>): Arb<MultiResult> =>
  body.map((value) => ({ type, ...value }) as MultiResult);
const results: Arb<{ results: MultiResult[] }> = fc.record({
  results: fc.array(
    fc.oneof(
      result(OpCode.create, path),
      result(OpCode.create2, pathStat),
      result(OpCode.delete, empty),
      result(OpCode.check, empty),
      result(OpCode.setData, fc.record({ stat })),
      result(OpCode.getData, fc.record({ data: nullableBytes, stat })),
      result(OpCode.getChildren, children),
      result(OpCode.error, fc.record({ err: int })),
    ),
    { maxLength: 4 },
  ),
});

/** The body of every reply type. */
export const replies: { readonly [T in keyof ReplyBodies]: Arb<ReplyBodies[T]> } = {
  [OpCode.create]: nullablePath,
  [OpCode.create2]: pathStat,
  [OpCode.createContainer]: pathStat,
  [OpCode.createTtl]: pathStat,
  [OpCode.delete]: empty,
  [OpCode.deleteContainer]: empty,
  [OpCode.exists]: fc.record({ stat }),
  [OpCode.getData]: fc.record({ data: nullableBytes, stat }),
  [OpCode.setData]: fc.record({ stat }),
  [OpCode.getAcl]: fc.record({ acl: acls, stat }),
  [OpCode.setAcl]: fc.record({ stat }),
  [OpCode.getChildren]: children,
  [OpCode.getChildren2]: fc.record({ children: texts, stat }),
  [OpCode.sync]: nullablePath,
  [OpCode.ping]: empty,
  [OpCode.multi]: results,
  [OpCode.multiRead]: results,
  [OpCode.reconfig]: fc.record({ data: nullableBytes, stat }),
  [OpCode.checkWatches]: empty,
  [OpCode.removeWatches]: empty,
  [OpCode.addWatch]: fc.record({ value: int }),
  [OpCode.auth]: empty,
  [OpCode.sasl]: fc.record({ token: nullableBytes }),
  [OpCode.setWatches]: empty,
  [OpCode.setWatches2]: empty,
  [OpCode.getEphemerals]: children,
  [OpCode.getAllChildrenNumber]: fc.record({ value: int }),
  [OpCode.whoAmI]: fc.record({
    clients: fc.array(fc.record({ scheme: text, user: text }), { maxLength: 3 }),
  }),
  [OpCode.closeSession]: empty,
};

const createTxn = fc.record({
  path: text,
  data: nullableBytes,
  acl: acls,
  ephemeral: fc.boolean(),
  parentCversion: int,
});
const containerTxn = { path: text, data: nullableBytes, acl: acls, parentCversion: int };

/** The body of every transaction type; a multi's are those of `subTxn`. */
const txnBodies: { readonly [T in Exclude<keyof TxnBodies, 14>]: Arb<TxnBodies[T]> } = {
  [OpCode.create]: createTxn,
  [OpCode.create2]: createTxn,
  [OpCode.createContainer]: fc.record(containerTxn),
  [OpCode.createTtl]: fc.record({ ...containerTxn, ttl: long }),
  [OpCode.delete]: path,
  [OpCode.deleteContainer]: path,
  [OpCode.setData]: setData,
  [OpCode.reconfig]: setData,
  [OpCode.setAcl]: fc.record({ path: text, acl: acls, version: int }),
  [OpCode.check]: pathVersion,
  [OpCode.createSession]: fc.record({ timeout: int }),
  [OpCode.closeSession]: fc.record({ paths: texts }),
  [OpCode.error]: fc.record({ err: int }),
};
const subTxn: Arb<SubTxn> = fc.oneof(
  ...Object.entries(txnBodies).map(([type, body]) =>
    (body as Arb<unknown>).map((value) => ({ type: Number(type), body: value }) as SubTxn),
  ),
);
const anyTxnBody: Arb<SubTxn> = fc.oneof(
  subTxn,
  fc
    .array(subTxn, { maxLength: 4 })
    .map((txns): SubTxn => ({ type: OpCode.multi, body: { txns } })),
);
export const txn: Arb<Txn> = fc
  .record({
    what: anyTxnBody,
    session,
    cxid: int,
    zxid,
    time: long,
    digest: fc.option(fc.record({ version: int, tree: long }), { nil: undefined }),
  })
  .map(({ what, ...rest }) => ({ ...what, ...rest }));

export const notification: Arb<Notification> = fc.record({
  state: fc.constantFrom(0, 1, 2, 3),
  vote: fc.record({ leader: sid, zxid, epoch }),
  round: long,
  version: fc.constant(2),
  config: text,
});

const entry = txn.map((value) => new LogEntry(value));
const type = <const T extends QuorumPacket["type"]>(...types: T[]): Arb<T> =>
  fc.constantFrom(...types);

/** Packets that follow each other on a link; a snapshot's bytes are no packet. */
export const packet: Arb<QuorumPacket> = fc.oneof(
  fc.record({
    type: type("FOLLOWERINFO", "OBSERVERINFO"),
    sid,
    acceptedEpoch: epoch,
    configVersion: zxid,
  }),
  fc.record({ type: type("LEADERINFO"), epoch }),
  fc.record({ type: type("ACKEPOCH"), lastLogged: zxid, currentEpoch: epoch }),
  fc.record({ type: type("DIFF", "TRUNC", "SNAP"), zxid }),
  fc.record({ type: type("NEWLEADER"), zxid, config: nullableText }),
  fc.record({ type: type("UPTODATE") }),
  fc.record({ type: type("PROPOSAL", "INFORM"), entry }),
  fc.record({ type: type("ACK", "COMMIT"), zxid }),
  fc.record({ type: type("COMMITANDACTIVATE"), zxid, designated: sid }),
  fc.record({ type: type("INFORMANDACTIVATE"), entry, designated: sid }),
  fc.record({
    type: type("REQUEST"),
    session,
    cxid: int,
    op: int,
    body: bytes,
    ids: fc.option(fc.array(id, { maxLength: 3 })),
  }),
  fc.record({
    type: type("PING"),
    zxid,
    touched: fc.option(fc.array(fc.record({ session, timeout: int }), { maxLength: 3 })),
  }),
  fc.record({ type: type("REVALIDATE"), session, timeout: int }),
  fc.record({ type: type("REVALIDATED"), session, valid: fc.boolean() }),
  fc.record({ type: type("SYNC") }),
  fc.record({ type: type("UNKNOWN"), number: fc.integer({ min: 20, max: 2 ** 31 - 1 }) }),
);

/** The bytes of packets as they lie on a link, end to end. */
export function stream(packets: readonly QuorumPacket[]): Uint8Array {
  const writer = new Writer(16);
  for (const one of packets) writePacket(writer, one);
  return writer.copy();
}
