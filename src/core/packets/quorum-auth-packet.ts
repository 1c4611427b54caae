import { ProtocolError } from "../base/assert.ts";
import type { Codec } from "../jute/record.ts";

/** How far two peers have come in knowing each other. */
export const AuthStatus = { inProgress: 0, success: 1, error: -1 } as const;
export type AuthStatus = (typeof AuthStatus)[keyof typeof AuthStatus];

/** With what every QuorumAuthPacket begins, and nothing else between peers does (QuorumAuth.QUORUM_AUTH_MAGIC_NUMBER). */
export const authMagic: Uint8Array = Uint8Array.of(0x5f, 0x24, 0x35, 0x01, 0x35, 0x01, 0xed, 0xcc);

/** What peers send each other before their protocol, where they authenticate; no length comes before it. */
export interface QuorumAuthPacket {
  readonly status: AuthStatus;
  readonly token: Uint8Array | null;
}

export const QuorumAuthPacket: Codec<QuorumAuthPacket> = {
  read: (r) => {
    const magic = r.take(authMagic.length);
    if (!authMagic.every((byte, at) => magic[at] === byte)) throw new ProtocolError("other magic");
    const status = r.int();
    if (!isStatus(status)) throw new ProtocolError(`a status of ${status}`);
    return { status, token: r.buffer() };
  },
  write: (w, v) => {
    w.raw(authMagic);
    w.int(v.status);
    w.buffer(v.token);
  },
};

const isStatus = (status: number): status is AuthStatus =>
  status === AuthStatus.inProgress || status === AuthStatus.success || status === AuthStatus.error;
