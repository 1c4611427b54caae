import { ProtocolError } from "../base/assert.ts";
import {
  type Epoch,
  epochFrom,
  epochOf,
  makeZxid,
  readableZxid,
  type SessionId,
  type Sid,
  sidOf,
  type Zxid,
  zxidOf,
} from "../base/ids.ts";
import type { Reader } from "../jute/reader.ts";
import { Writer } from "../jute/writer.ts";
import { Id } from "../protocol/records.ts";
import { LogEntry } from "../txn/log-entry.ts";

/** The types of quorum packets by their numbers on the wire. */
export const PacketType = {
  REQUEST: 1,
  PROPOSAL: 2,
  ACK: 3,
  COMMIT: 4,
  PING: 5,
  REVALIDATE: 6,
  SYNC: 7,
  INFORM: 8,
  COMMITANDACTIVATE: 9,
  NEWLEADER: 10,
  FOLLOWERINFO: 11,
  UPTODATE: 12,
  DIFF: 13,
  TRUNC: 14,
  SNAP: 15,
  OBSERVERINFO: 16,
  LEADERINFO: 17,
  ACKEPOCH: 18,
  INFORMANDACTIVATE: 19,
} as const;

/** The only version sent since 3.4. */
export const protocolVersion = 0x10000;

/** A session that was active on a learner, with its timeout in milliseconds. */
export interface Touch {
  readonly session: SessionId;
  readonly timeout: number;
}

/** What leader and learner say to each other, in this order of first use. */
export type QuorumPacket =
  | {
      readonly type: "FOLLOWERINFO" | "OBSERVERINFO";
      readonly sid: Sid;
      readonly acceptedEpoch: Epoch;
      /** Version of the learner's committed configuration. */
      readonly configVersion: Zxid;
    }
  | { readonly type: "LEADERINFO"; readonly epoch: Epoch }
  /** currentEpoch −1: this peer has promised the epoch already and the answer is no vote for it. */
  | { readonly type: "ACKEPOCH"; readonly lastLogged: Zxid; readonly currentEpoch: Epoch }
  | { readonly type: "DIFF" | "TRUNC" | "SNAP"; readonly zxid: Zxid }
  /** A piece of the snapshot that follows SNAP; on the wire its bytes alone, without a packet around them. */
  | { readonly type: "SNAPSHOT"; readonly bytes: Uint8Array; readonly last: boolean }
  | { readonly type: "NEWLEADER"; readonly zxid: Zxid; readonly config: string | null }
  | { readonly type: "UPTODATE" }
  | { readonly type: "PROPOSAL" | "INFORM"; readonly entry: LogEntry }
  | { readonly type: "ACK" | "COMMIT"; readonly zxid: Zxid }
  | { readonly type: "COMMITANDACTIVATE"; readonly zxid: Zxid; readonly designated: Sid }
  | { readonly type: "INFORMANDACTIVATE"; readonly entry: LogEntry; readonly designated: Sid }
  | {
      readonly type: "REQUEST";
      readonly session: SessionId;
      readonly cxid: number;
      readonly op: number;
      /** The client's request body, unchanged. */
      readonly body: Uint8Array;
      /** Every identity of the client's connection; null for createSession only. */
      readonly ids: readonly Id[] | null;
    }
  /** The leader's carries no table (null); the learner's answer does, empty or not. */
  | { readonly type: "PING"; readonly zxid: Zxid; readonly touched: readonly Touch[] | null }
  | { readonly type: "REVALIDATE"; readonly session: SessionId; readonly timeout: number }
  | { readonly type: "REVALIDATED"; readonly session: SessionId; readonly valid: boolean }
  | { readonly type: "SYNC" }
  /** A type this peer does not know; to be ignored. */
  | { readonly type: "UNKNOWN"; readonly number: number };

export type QuorumPacketType = QuorumPacket["type"];

/** type, zxid, data, authinfo; nothing around them: packets follow each other on the link. */
export function writePacket(w: Writer, packet: QuorumPacket): void {
  switch (packet.type) {
    case "PROPOSAL":
      return header(w, PacketType.PROPOSAL, packet.entry.zxid, packet.entry.bytes);
    case "INFORM":
      return header(w, PacketType.INFORM, packet.entry.zxid, packet.entry.bytes);
    case "ACK":
      return header(w, PacketType.ACK, packet.zxid, null);
    case "COMMIT":
      return header(w, PacketType.COMMIT, packet.zxid, null);
    case "REQUEST":
      return writeRequest(w, packet);
    case "PING":
      return writePing(w, packet.zxid, packet.touched);
    case "FOLLOWERINFO":
    case "OBSERVERINFO":
      return writeInfo(w, packet);
    case "LEADERINFO":
      return header(w, PacketType.LEADERINFO, makeZxid(packet.epoch, 0), ints(protocolVersion));
    case "ACKEPOCH":
      return header(w, PacketType.ACKEPOCH, packet.lastLogged, ints(packet.currentEpoch));
    case "DIFF":
    case "TRUNC":
    case "SNAP":
      return header(w, PacketType[packet.type], packet.zxid, null);
    case "SNAPSHOT":
      return w.raw(packet.bytes);
    case "NEWLEADER":
      return header(w, PacketType.NEWLEADER, packet.zxid, text(packet.config));
    case "UPTODATE":
      return header(w, PacketType.UPTODATE, zxidOf(-1), null);
    case "COMMITANDACTIVATE":
      return header(w, PacketType.COMMITANDACTIVATE, packet.zxid, longs(packet.designated));
    case "INFORMANDACTIVATE": {
      const data = new Writer();
      data.long(packet.designated);
      data.raw(packet.entry.bytes);
      return header(w, PacketType.INFORMANDACTIVATE, packet.entry.zxid, data.view());
    }
    case "REVALIDATE": {
      const data = new Writer(12);
      data.id(packet.session);
      data.int(packet.timeout);
      return header(w, PacketType.REVALIDATE, zxidOf(-1), data.view());
    }
    case "REVALIDATED": {
      const data = new Writer(9);
      data.id(packet.session);
      data.bool(packet.valid);
      return header(w, PacketType.REVALIDATE, zxidOf(-1), data.view());
    }
    case "SYNC":
      return header(w, PacketType.SYNC, zxidOf(0), null);
    case "UNKNOWN":
      return header(w, packet.number, zxidOf(0), null);
  }
}

function header(w: Writer, type: number, zxid: Zxid, data: Uint8Array | null): void {
  w.int(type);
  w.long(zxid);
  w.buffer(data);
  w.int(-1); // authinfo, which only REQUEST uses
}

function ints(value: number): Uint8Array {
  const data = new Writer(4);
  data.int(value);
  return data.view();
}

function longs(value: number): Uint8Array {
  const data = new Writer(8);
  data.long(value);
  return data.view();
}

/** A string without its length: the length is that of the data around it. */
function text(value: string | null): Uint8Array | null {
  if (value === null) return null;
  const data = new Writer();
  data.string(value);
  return data.view().subarray(4);
}

function writeInfo(
  w: Writer,
  packet: QuorumPacket & { type: "FOLLOWERINFO" | "OBSERVERINFO" },
): void {
  const data = new Writer(20);
  data.long(packet.sid);
  data.int(protocolVersion);
  data.long(packet.configVersion);
  header(w, PacketType[packet.type], makeZxid(packet.acceptedEpoch, 0), data.view());
}

function writeRequest(w: Writer, packet: QuorumPacket & { type: "REQUEST" }): void {
  w.int(PacketType.REQUEST);
  w.long(-1);
  const at = w.beginFrame();
  w.id(packet.session);
  w.int(packet.cxid);
  w.int(packet.op);
  w.raw(packet.body);
  w.endFrame(at);
  w.vector(packet.ids, Id.write);
}

function writePing(w: Writer, zxid: Zxid, touched: readonly Touch[] | null): void {
  if (touched === null) return header(w, PacketType.PING, zxid, null);
  w.int(PacketType.PING);
  w.long(zxid);
  w.int(touched.length * 12);
  for (const touch of touched) {
    w.id(touch.session);
    w.int(touch.timeout);
  }
  w.int(-1);
}

/** Two strings, both empty. */
const identityBytesMin = 8;

/** Who sent it: REVALIDATE and PING mean different things in the two directions. */
export type Sender = "leader" | "learner";

/**
 * One packet, or undefined when the bytes end before it does (the reader's position then means nothing). Throws
 * ProtocolError for a packet that cannot be.
 */
export function readPacket(r: Reader, sender: Sender, lengthMax: number): QuorumPacket | undefined {
  if (r.remaining < 20) return undefined;
  const type = r.int();
  const zxid = readableZxid(r.long());
  const length = r.int();
  if (length < -1 || length > lengthMax) throw new ProtocolError(`a packet of ${length} bytes`);
  if (r.remaining < Math.max(length, 0) + 4) return undefined;
  const outer = r.narrow(Math.max(length, 0));
  if (type === PacketType.REQUEST) return readRequestPacket(r, outer, lengthMax);
  const packet = readBody(r, type, zxid, length === -1, sender);
  r.widen(outer);
  return readIds(r, lengthMax) === undefined ? undefined : packet;
}

/** A client's request, and behind the data who sent it. */
function readRequestPacket(r: Reader, outer: number, lengthMax: number): QuorumPacket | undefined {
  const session = r.id();
  const cxid = r.int();
  const op = r.int();
  const body = r.rest();
  r.widen(outer);
  const ids = readIds(r, lengthMax);
  return ids && { type: "REQUEST", session, cxid, op, body, ids: ids.list };
}

/** undefined where the bytes end too early. */
function readIds(
  r: Reader,
  lengthMax: number,
): { readonly list: readonly Id[] | null } | undefined {
  const count = r.int();
  if (count === -1) return noIds;
  if (count > lengthMax / identityBytesMin) throw new ProtocolError(`${count} identities`);
  const list: Id[] = [];
  for (let i = 0; i < count; i += 1) {
    const scheme = partialString(r, lengthMax);
    const id = scheme === undefined ? undefined : partialString(r, lengthMax);
    if (scheme === undefined || id === undefined) return undefined;
    list.push({ scheme, id });
  }
  return { list };
}

const noIds: { readonly list: null } = { list: null };

function partialString(r: Reader, lengthMax: number): string | undefined {
  if (r.remaining < 4) return undefined;
  const length = r.peekInt();
  if (length < 0 || length > lengthMax) throw new ProtocolError(`an identity of ${length} bytes`);
  return r.remaining < 4 + length ? undefined : r.string();
}

/** A packet from its data, to whose range the reader is narrowed; `isNull`: they are null, not empty. */
function readBody(
  r: Reader,
  type: number,
  zxid: Zxid,
  isNull: boolean,
  sender: Sender,
): QuorumPacket {
  switch (type) {
    case PacketType.PROPOSAL:
      return { type: "PROPOSAL", entry: LogEntry.read(r, r.remaining) };
    case PacketType.INFORM:
      return { type: "INFORM", entry: LogEntry.read(r, r.remaining) };
    case PacketType.ACK:
      return { type: "ACK", zxid };
    case PacketType.COMMIT:
      return { type: "COMMIT", zxid };
    case PacketType.PING:
      return { type: "PING", zxid, touched: sender === "leader" ? null : readTouches(r) };
    case PacketType.FOLLOWERINFO:
      return toInfo("FOLLOWERINFO", zxid, r);
    case PacketType.OBSERVERINFO:
      return toInfo("OBSERVERINFO", zxid, r);
    case PacketType.LEADERINFO:
      return { type: "LEADERINFO", epoch: epochOf(zxid) };
    case PacketType.ACKEPOCH:
      return { type: "ACKEPOCH", lastLogged: zxid, currentEpoch: epochFrom(r.int()) };
    case PacketType.DIFF:
      return { type: "DIFF", zxid };
    case PacketType.TRUNC:
      return { type: "TRUNC", zxid };
    case PacketType.SNAP:
      return { type: "SNAP", zxid };
    case PacketType.NEWLEADER:
      return { type: "NEWLEADER", zxid, config: isNull ? null : r.text() };
    case PacketType.UPTODATE:
      return { type: "UPTODATE" };
    case PacketType.COMMITANDACTIVATE:
      return { type: "COMMITANDACTIVATE", zxid, designated: sidOf(r.long()) };
    case PacketType.INFORMANDACTIVATE: {
      const designated = sidOf(r.long());
      return { type: "INFORMANDACTIVATE", designated, entry: LogEntry.read(r, r.remaining) };
    }
    case PacketType.REVALIDATE: {
      const session = r.id();
      return sender === "leader"
        ? { type: "REVALIDATED", session, valid: r.bool() }
        : { type: "REVALIDATE", session, timeout: r.int() };
    }
    case PacketType.SYNC:
      return { type: "SYNC" };
    default:
      return { type: "UNKNOWN", number: type };
  }
}

/** Shorter forms are those of peers before 3.4 and 3.5 (LearnerHandler.run). */
function toInfo(type: "FOLLOWERINFO" | "OBSERVERINFO", zxid: Zxid, r: Reader): QuorumPacket {
  const sid = sidOf(r.long());
  if (r.remaining >= 4) r.int();
  const configVersion = zxidOf(r.remaining >= 8 ? r.long() : 0);
  return { type, sid, acceptedEpoch: epochOf(zxid), configVersion };
}

function readTouches(r: Reader): readonly Touch[] {
  const touched: Touch[] = [];
  while (r.remaining >= 12) touched.push({ session: r.id(), timeout: r.int() });
  return touched;
}
