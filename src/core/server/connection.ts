import { Deque } from "../base/deque.ts";
import {
  type ConnectionId,
  noSession,
  type SessionId,
  type Zxid,
  zxidOf,
  zxidZero,
} from "../base/ids.ts";
import type { ConnectRequest } from "../protocol/connect.ts";
import type { ErrorCode } from "../protocol/error-codes.ts";
import type { Id } from "../protocol/records.ts";
import type { Request } from "../protocol/requests.ts";
import type { SaslExchange } from "../sasl/mechanism.ts";
import type { Remote } from "./effects.ts";
import type { Latency } from "./figures.ts";
import type { Asked } from "./submission.ts";

/** A request that waits for its turn, since `at`, with the identities it came with; replies leave in the order of these. */
export type Pending = { readonly at: number } & (
  | /** A write under way to or in the quorum; its transaction settles it. */
  {
      readonly kind: "write";
      readonly xid: number;
      readonly op: number;
      /** What a failure of it is called, whatever the leader calls it; undefined: as the leader does. */
      readonly failure: ErrorCode | undefined;
    }
  | { readonly kind: "read"; readonly request: Request; readonly ids: readonly Id[] }
  /** It is answered by the end of the connection, which its session has left. */
  | { readonly kind: "moved" }
  /** A bare answer that is known already. */
  | { readonly kind: "answer"; readonly xid: number; readonly op: number; readonly err: ErrorCode }
  | { readonly kind: "sync"; readonly request: Request; readonly ids: readonly Id[]; done: boolean }
);

interface Answered {
  readonly xid: number;
  readonly zxid: Zxid;
  /** 0: not told. */
  readonly op: number;
}

/** How long requests took, in milliseconds. */
export class LatencyMeter implements Latency {
  min = 0;
  max = 0;
  total = 0;
  count = 0;
  last = 0;

  record(ms: number): void {
    this.min = this.count === 0 ? ms : Math.min(this.min, ms);
    this.max = Math.max(this.max, ms);
    this.total += ms;
    this.count += 1;
    this.last = ms;
  }

  reset(): void {
    this.min = 0;
    this.max = 0;
    this.total = 0;
    this.count = 0;
    this.last = 0;
  }
}

/** One client's connection as the protocol sees it. */
export class Connection {
  readonly id: ConnectionId;
  readonly remote: Remote;
  /** new ─handshake▶ deciding (its session is being made or looked up) ─▶ open ─▶ closed */
  phase: "new" | "deciding" | "open" | "closed" = "new";
  session: SessionId = noSession;
  /** Negotiated, in milliseconds. */
  timeout = 0;
  /** The handshake under decision, for the reply's form, and since when. */
  handshake: { readonly request: ConnectRequest; readonly at: number } | undefined;
  /** Replaced, never changed: requests that wait keep the identities they came with. */
  ids: readonly Id[];
  /** Its SASL exchange, from the first token on. */
  sasl: SaslExchange | undefined;
  readonly pending: Deque<Pending> = new Deque();
  /** What arrived behind the handshake, to be taken up when it is decided. */
  backlog: Asked[] = [];
  /** The `now` of the last touch: one turn's requests touch the session once. */
  touchedAt = -1;
  /** A `throttle` effect is out. */
  throttled = false;
  /** Nothing more is read of it: a four-letter word was its last. */
  isSpent = false;
  received = 0;
  sent = 0;
  readonly establishedAt: number;
  /** Of what was answered last; the xids that mean something of their own are passed over. */
  lastXid = 0;
  lastZxid: Zxid = zxidZero;
  /** 0: none, or a write that failed. */
  lastOp = 0;
  lastResponseAt = 0;
  readonly latency: LatencyMeter = new LatencyMeter();

  constructor(id: ConnectionId, remote: Remote, now: number) {
    this.id = id;
    this.remote = remote;
    this.establishedAt = now;
    const { address, subject } = remote;
    const own: Id = { scheme: "ip", id: address };
    this.ids = subject === undefined ? [own] : [own, { scheme: "x509", id: subject }];
  }

  /** ServerCnxn.updateStatsForResponse */
  answered(now: number, at: number, { xid, zxid, op }: Answered): void {
    if (xid >= 0) this.lastXid = xid;
    this.lastZxid = zxid;
    this.lastOp = op;
    this.lastResponseAt = now;
    this.latency.record(now - at);
  }

  /** `crst`: as if it had done nothing yet. */
  resetCounts(): void {
    this.received = 0;
    this.sent = 0;
    this.lastXid = -1;
    this.lastZxid = zxidOf(-1);
    this.lastOp = 0;
    this.lastResponseAt = 0;
    this.latency.reset();
  }
}
