import { describe, expect, test } from "vitest";
import { present } from "../../src/core/base/assert.ts";
import { epochFrom, makeZxid } from "../../src/core/base/ids.ts";
import { Reader } from "../../src/core/jute/reader.ts";
import { decode, encode } from "../../src/core/jute/record.ts";
import { Writer } from "../../src/core/jute/writer.ts";
import { InitialMessage, Notification } from "../../src/core/packets/notification.ts";
import { QuorumAuthPacket } from "../../src/core/packets/quorum-auth-packet.ts";
import {
  PacketType,
  protocolVersion,
  type QuorumPacket,
  readPacket,
  type Sender,
  writePacket,
} from "../../src/core/packets/quorum-packet.ts";
import { formatConfig, parseConfig } from "../../src/core/quorum/config.ts";
import { DigestMd5, quorumService } from "../../src/core/sasl/digest-md5.ts";
import { DigestMd5Login } from "../../src/core/sasl/digest-md5-login.ts";
import { type AuthOutput, LearnerAuth, ServerAuth } from "../../src/core/sasl/quorum-auth.ts";
import { LogEntry } from "../../src/core/txn/log-entry.ts";
import type { Txn } from "../../src/core/txn/txn.ts";
import { documented, fromHex, type Golden, loadGolden, plain, toHex } from "./golden.ts";

interface DocumentedTxn {
  readonly hdr: { readonly type: number };
  readonly txn: { readonly txns?: readonly { readonly type: number; readonly txn: object }[] };
  readonly digest: object | null;
}
interface Unit
  extends Golden<{
    readonly initial?: true;
    readonly protocolVersion?: number | string;
    readonly sid?: number;
    readonly addr?: string;
    readonly notification?: { readonly config: string };
    readonly type?: number;
    readonly typeName?: string;
    readonly zxid?: string;
    readonly authinfo?: readonly object[] | null;
    readonly learnerInfo?: object;
    readonly currentEpoch?: number;
    readonly config?: string;
    readonly request?: { readonly type: number; readonly payloadHex: string };
    readonly revalidate?: object;
    readonly touches?: readonly object[];
    readonly designatedLeader?: number;
    readonly txn?: DocumentedTxn | object;
    readonly hdr?: object;
    readonly digest?: object | null;
    readonly snapshotStream?: object;
    readonly quorumAuth?: { readonly status: number; readonly token: string };
  }> {
  readonly link: "election" | "learner" | "disk";
}

const units = loadGolden<Unit>("golden-quorum.json");
const named = (matches: (unit: Unit) => boolean): [string, Unit][] =>
  units.filter(matches).map((unit) => [unit.name, unit]);

const isInitial = (unit: Unit): boolean => unit.decoded.initial === true;
const isNotification = (unit: Unit): boolean => unit.decoded.notification !== undefined;
const isPacket = (unit: Unit): boolean =>
  unit.link === "learner" && unit.decoded.type !== undefined;
const isLogRecord = (unit: Unit): boolean => unit.name.startsWith("disk/txnlog-record-");
const isAuth = (unit: Unit): boolean => unit.decoded.quorumAuth !== undefined;
// Snapshots and log headers are the file formats' to test.
const isElsewhere = (unit: Unit): boolean =>
  unit.decoded.snapshotStream !== undefined ||
  unit.name === "disk/txnlog-file-header" ||
  unit.name.startsWith("disk/snapshot");

test("every recorded unit is covered once", () => {
  const kinds = [isInitial, isNotification, isPacket, isLogRecord, isAuth, isElsewhere];
  const misfits = units.filter((unit) => kinds.filter((is) => is(unit)).length !== 1);
  expect(misfits.map((unit) => unit.name)).toEqual([]);
  expect(kinds.map((is) => units.filter(is).length)).toEqual([3, 10, 167, 6, 8, 5]);
});

describe("an initial message is read and written as Apache does", () => {
  test.each(named(isInitial))("%s", (_name, { hex, decoded }) => {
    const message = InitialMessage.read(new Reader(fromHex(hex)));
    expect(message).toEqual({
      version: decoded.protocolVersion,
      sid: decoded.sid,
      address: decoded.addr,
    });
    expect(toHex(encode(InitialMessage, message))).toBe(hex);
  });
});

describe("a notification is read and written as Apache does", () => {
  test.each(named(isNotification))("%s", (_name, { hex, decoded }) => {
    const frame = new Reader(fromHex(hex));
    expect(frame.int()).toBe(frame.remaining);
    const notification = Notification.read(frame);
    const { stateName, leader, zxid, peerEpoch, electionEpoch, ...rest } = documented(
      decoded.notification,
    ) as Record<string, unknown>;
    expect(notification).toEqual({
      ...rest,
      round: electionEpoch,
      vote: { leader, zxid, epoch: peerEpoch },
    });
    expect(frame.remaining).toBe(0);
    expect(hex.slice(8)).toBe(toHex(encode(Notification, notification)));
  });
});

describe("a configuration's text is read and written as Apache does", () => {
  const texts = units.flatMap(
    (unit) => unit.decoded.config ?? unit.decoded.notification?.config ?? [],
  );

  test.each([...new Set(texts)])("%s", (text) => {
    expect(formatConfig(parseConfig(text))).toBe(text);
  });
});

describe("a quorum packet is read and written as Apache does", () => {
  test.each(named(isPacket))("%s", (_name, unit) => {
    const bytes = fromHex(unit.hex);
    const reader = new Reader(bytes);
    const packet = present(readPacket(reader, senderOf(unit), bytes.length), "the packet");
    expect(reader.remaining).toBe(0);
    expect(describePacket(packet)).toEqual(documentedPacket(unit));
    const writer = new Writer();
    writePacket(writer, packet);
    expect(toHex(writer.view())).toBe(unit.hex);
  });
});

/** The name's last word, which the recorder took from the side of the connection; an observer master leads. */
function senderOf(unit: Unit): Sender {
  return /-(leader|master)$/.test(unit.name) ? "leader" : "learner";
}

/** A packet of ours under the recorder's view of it: type, zxid, and what its data says. */
function describePacket(packet: QuorumPacket): unknown {
  const describe = "entry" in packet ? { ...packet, entry: describeTxn(packet.entry.txn) } : packet;
  return plain(describe);
}

function describeTxn({ type, body, session, cxid, zxid, time, digest }: Txn): unknown {
  return plain({ header: { type, session, cxid, zxid, time }, body: textual(body), digest });
}

/** The recorder shows the data of a transaction as text. */
function textual(body: Txn["body"]): unknown {
  if ("txns" in body)
    return { txns: body.txns.map((t) => ({ type: t.type, body: textual(t.body) })) };
  if (!("data" in body)) return body;
  return { ...body, data: body.data === null ? null : Buffer.from(body.data).toString() };
}

function documentedTxn({ hdr, txn, digest }: DocumentedTxn): unknown {
  const { op, ...header } = documented(hdr) as Record<string, unknown>;
  const body =
    txn.txns === undefined
      ? documented(txn)
      : { txns: txn.txns.map((sub) => ({ type: sub.type, body: documented(sub.txn) })) };
  return { header, body, digest: digest === null ? undefined : documented(digest) };
}

function documentedPacket(unit: Unit): unknown {
  const { decoded } = unit;
  const { typeName: type, zxid } = documented(decoded) as { typeName: string; zxid: number };
  switch (decoded.type) {
    case PacketType.FOLLOWERINFO:
    case PacketType.OBSERVERINFO: {
      const { protocolVersion: version, ...info } = documented(decoded.learnerInfo) as Record<
        string,
        unknown
      >;
      expect(version).toBe(`0x${protocolVersion.toString(16)}`);
      return { type, ...info, acceptedEpoch: zxid / 2 ** 32 };
    }
    case PacketType.LEADERINFO:
      return { type, epoch: zxid / 2 ** 32 };
    case PacketType.ACKEPOCH:
      return { type, lastLogged: zxid, currentEpoch: decoded.currentEpoch };
    case PacketType.NEWLEADER:
      return { type, zxid, config: decoded.config };
    case PacketType.UPTODATE:
    case PacketType.SYNC:
      return { type };
    case PacketType.PROPOSAL:
    case PacketType.INFORM:
      return { type, entry: documentedTxn(decoded.txn as DocumentedTxn) };
    case PacketType.INFORMANDACTIVATE:
      return {
        type,
        designated: decoded.designatedLeader,
        entry: documentedTxn(decoded.txn as DocumentedTxn),
      };
    case PacketType.COMMITANDACTIVATE:
      return { type, zxid, designated: decoded.designatedLeader };
    case PacketType.REQUEST: {
      const request = documented(decoded.request) as Record<string, unknown>;
      return {
        type,
        session: request["session"],
        cxid: request["cxid"],
        op: request["type"],
        body: `hex:${String(request["payloadHex"])}`,
        ids: decoded.authinfo,
      };
    }
    case PacketType.PING:
      return { type, zxid, touched: documented(decoded.touches ?? null) };
    case PacketType.REVALIDATE:
      return {
        type: senderOf(unit) === "leader" ? "REVALIDATED" : "REVALIDATE",
        ...(documented(decoded.revalidate) as object),
      };
    default:
      return { type, zxid };
  }
}

describe("a QuorumAuthPacket is read and written as Apache does", () => {
  test.each(named(isAuth))("%s", (_name, { hex, decoded }) => {
    const packet = decode(QuorumAuthPacket, fromHex(hex));
    expect({ ...packet, token: textOf(packet.token) }).toEqual({
      status: decoded.quorumAuth?.status,
      token: decoded.quorumAuth?.token,
    });
    expect(toHex(encode(QuorumAuthPacket, packet))).toBe(hex);
  });
});

describe.each(["election", "learner"])("an authentication on the %s link", (link) => {
  const exchange = units.filter(({ name }) => name.startsWith(`sasl/${link}/`));
  const [, challenge, response] = exchange.map(({ decoded }) => decoded.quorumAuth?.token);
  const sent = (side: "dialler" | "acceptor"): string[] =>
    exchange.filter(({ name }) => name.endsWith(side)).map(({ hex }) => hex);

  test("is asked for, byte by byte, as Apache does", () => {
    const cnonce = /cnonce="([^"]+)"/.exec(response ?? "")?.[1] ?? "";
    const login = { user: "quorum", password: "secret" };
    const learner = new LearnerAuth(
      new DigestMd5Login({ ...login, service: quorumService, cnonce }),
    );
    const out: AuthOutput[] = [];
    learner.begin(out);
    for (const hex of sent("acceptor")) learner.take(fromHex(hex), out);
    expect(bytesSent(out)).toEqual(sent("dialler"));
    expect(out.at(-1)).toMatchObject({ type: "passed", user: "quorum" });
  });

  test("is granted, byte by byte, as Apache does", () => {
    const nonce = /nonce="([^"]+)"/.exec(challenge ?? "")?.[1] ?? "";
    const users = new Map([["quorum", "secret"]]);
    const server = new ServerAuth({
      exchange: new DigestMd5({ users, service: quorumService, nonce }),
      isRequired: true,
    });
    const out: AuthOutput[] = [];
    for (const hex of sent("dialler")) server.take(fromHex(hex), out);
    expect(bytesSent(out)).toEqual(sent("acceptor"));
    expect(out.at(-1)).toMatchObject({ type: "passed", user: "quorum" });
  });
});

const textOf = (token: Uint8Array | null): string | null => token && Buffer.from(token).toString();
const bytesSent = (out: readonly AuthOutput[]): string[] =>
  out.flatMap((output) => (output.type === "send" ? [toHex(output.bytes)] : []));

describe("a record of the transaction log is read and written as Apache does", () => {
  test.each(named(isLogRecord))("%s", (_name, { hex, decoded }) => {
    const record = new Reader(fromHex(hex));
    record.take(8); // the checksum, which is the file format's
    const bytes = present(record.buffer(), "the entry");
    const { txn } = LogEntry.decode(bytes);
    expect(describeTxn(txn)).toEqual(documentedTxn(decoded as unknown as DocumentedTxn));
    expect(toHex(new LogEntry(txn).bytes)).toBe(toHex(bytes));
  });
});

describe("PROPOSAL", () => {
  const [, proposal] = present(named((unit) => unit.name === "create/PROPOSAL")[0], "the unit");

  test("keeps the bytes it came with, and makes the same ones from the transaction", () => {
    const packet = readPacket(new Reader(fromHex(proposal.hex)), "leader", 1000);
    if (packet?.type !== "PROPOSAL") return expect.fail("a PROPOSAL");
    expect(toHex(new LogEntry(packet.entry.txn).bytes)).toBe(toHex(packet.entry.bytes));
    expect(packet.entry.zxid).toBe(makeZxid(epochFrom(1), 2));
  });
});
