import { type SessionId, sessionIdOf, type Zxid, zxidOf } from "../base/ids.ts";
import type { Codec } from "../jute/record.ts";

export interface ConnectRequest {
  readonly protocolVersion: number;
  readonly lastZxidSeen: Zxid;
  /** Wanted, in milliseconds. */
  readonly timeout: number;
  /** 0 for a new session. */
  readonly session: SessionId;
  readonly password: Uint8Array | null;
  /** undefined where the byte is missing: clients of 3.3 and before, whose reply must lack it too. */
  readonly readOnly: boolean | undefined;
}
export const ConnectRequest: Codec<ConnectRequest> = {
  read: (r) => ({
    protocolVersion: r.int(),
    lastZxidSeen: zxidOf(r.long()),
    timeout: r.int(),
    session: r.id(),
    password: r.buffer(),
    readOnly: r.remaining > 0 ? r.bool() : undefined,
  }),
  write: (w, v) => {
    w.int(v.protocolVersion);
    w.long(v.lastZxidSeen);
    w.int(v.timeout);
    w.id(v.session);
    w.buffer(v.password);
    if (v.readOnly !== undefined) w.bool(v.readOnly);
  },
};

export interface ConnectResponse {
  readonly protocolVersion: number;
  /** Negotiated milliseconds; 0 when the session is refused. */
  readonly timeout: number;
  readonly session: SessionId;
  readonly password: Uint8Array;
  readonly readOnly: boolean | undefined;
}
export const ConnectResponse: Codec<ConnectResponse> = {
  read: (r) => ({
    protocolVersion: r.int(),
    timeout: r.int(),
    session: r.id(),
    password: r.buffer() ?? new Uint8Array(16),
    readOnly: r.remaining > 0 ? r.bool() : undefined,
  }),
  write: (w, v) => {
    w.int(v.protocolVersion);
    w.int(v.timeout);
    w.id(v.session);
    w.buffer(v.password);
    if (v.readOnly !== undefined) w.bool(v.readOnly);
  },
};

/** What an expired or unknown session and a wrong password are answered: there is no error code in the handshake. */
export const refusal = (readOnly: boolean | undefined): ConnectResponse => ({
  protocolVersion: 0,
  timeout: 0,
  session: sessionIdOf(0n),
  password: new Uint8Array(16),
  readOnly,
});
