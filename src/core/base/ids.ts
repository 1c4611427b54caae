import { ProtocolError } from "./assert.ts";

declare const brand: unique symbol;

/**
 * A transaction id: epoch · 2³² + counter, a safe integer while the epoch is below 2²¹. −1 ("empty, not trusted") and
 * −2⁶³ (a non-voter's vote) are exact too. Compare with `<` and `===`.
 */
export type Zxid = number & { readonly [brand]: "zxid" };
/** A peer's number in its ensemble. */
export type Sid = number & { readonly [brand]: "sid" };
/** A leader's term, the high half of its zxids. */
export type Epoch = number & { readonly [brand]: "epoch" };
/** Signed 64 bits, as on the wire; the high byte is the sid of the peer that made it. */
export type SessionId = bigint & { readonly [brand]: "session" };
/** One client socket of one peer; never reused while the peer runs. */
export type ConnectionId = number & { readonly [brand]: "connection" };
/** One connection between a learner and a leader; never reused while the peer runs. */
export type LinkId = number & { readonly [brand]: "link" };

const counterSpan = 0x1_0000_0000;

/** The largest epoch whose zxids are still safe integers. */
export const epochMax = 0x1f_ffff;
/** The counter that no transaction uses: a leader that reaches it makes way for a new epoch. */
export const counterMax = 0xffff_ffff;

/** A zxid as it was read; throws ProtocolError for one of an epoch that cannot be. */
export function readableZxid(value: number): Zxid {
  if (value < (epochMax + 1) * counterSpan) return value as Zxid;
  throw new ProtocolError(`a zxid of an epoch above ${epochMax}`);
}

export const zxidOf = (value: number): Zxid => value as Zxid;
export const sidOf = (value: number): Sid => value as Sid;
export const epochFrom = (value: number): Epoch => value as Epoch;
export const sessionIdOf = (value: bigint): SessionId => BigInt.asIntN(64, value) as SessionId;
export const connectionIdOf = (value: number): ConnectionId => value as ConnectionId;
export const linkIdOf = (value: number): LinkId => value as LinkId;

/** The zxid of a peer that has nothing. */
export const zxidZero: Zxid = zxidOf(0);
/** "The database is empty and not trusted": such a peer's votes count for nobody. */
export const zxidUntrusted: Zxid = zxidOf(-1);
/** −2⁶³, what those who may not be elected put into their votes. */
export const longMin: number = -(2 ** 63);
/** The session of transactions that no client asked for. */
export const noSession: SessionId = sessionIdOf(0n);

export const makeZxid = (epoch: Epoch, counter: number): Zxid =>
  (epoch * counterSpan + counter) as Zxid;
export const epochOf = (zxid: Zxid): Epoch => Math.floor(zxid / counterSpan) as Epoch;
export const counterOf = (zxid: Zxid): number => zxid >>> 0;
export const nextZxid = (zxid: Zxid): Zxid => (zxid + 1) as Zxid;

/** As Apache prints it: 0x and the unsigned 64-bit value in hex. */
export function formatZxid(zxid: Zxid): string {
  return `0x${BigInt.asUintN(64, BigInt(zxid)).toString(16)}`;
}

export function formatSession(session: SessionId): string {
  return `0x${BigInt.asUintN(64, session).toString(16)}`;
}
