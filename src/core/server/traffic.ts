import { LatencyMeter } from "./connection.ts";

/** What a peer's clients brought about since it started, or since `srst`. */
export class Traffic {
  received = 0;
  sent = 0;
  /** ConnectRequests. */
  handshakes = 0;
  /** Connections whose TLS came to nothing; `srst` leaves it alone (ServerStats.reset). */
  authFailed = 0;
  /** Connections above a limit, and handshakes that came too soon. */
  rejected = 0;
  /** The chance that one is dropped by. */
  dropProbability = 0;
  /** Requests that waited for too long. */
  throttled = 0;
  readonly latency: LatencyMeter = new LatencyMeter();
  readonly reads: LatencyMeter = new LatencyMeter();
  readonly updates: LatencyMeter = new LatencyMeter();

  answered(ms: number, kind: "read" | "update"): void {
    this.latency.record(ms);
    if (kind === "read") this.reads.record(ms);
    else this.updates.record(ms);
  }

  turnedAway(over: "limit" | "tls"): void {
    if (over === "limit") this.rejected += 1;
    else this.authFailed += 1;
  }

  reset(): void {
    this.received = 0;
    this.sent = 0;
    this.handshakes = 0;
    this.rejected = 0;
    this.throttled = 0;
    for (const meter of [this.latency, this.reads, this.updates]) meter.reset();
  }
}
