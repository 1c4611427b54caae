import { Deque } from "../base/deque.ts";
import { ErrorCode } from "../protocol/error-codes.ts";
import { OpCode } from "../protocol/op-codes.ts";
import type { Clients } from "./clients.ts";
import type { Effect } from "./effects.ts";
import type { Service } from "./role.ts";
import { type Asked, headerOf } from "./submission.ts";

/** `zookeeper.request_throttle_…`, `request_stale_…` and `throttled_op_wait_time`. */
export interface RequestThrottleOptions {
  /** Requests under way before others have to wait; 0: no limit. */
  readonly requestsMax: number;
  readonly dropsStale: boolean;
  /** What is older than its session's timeout is stale, besides what comes of a closed connection. */
  readonly checksLatency: boolean;
  /** A request that waited longer is refused; 0: none is. */
  readonly waitMsMax: number;
}

export const unthrottled: RequestThrottleOptions = {
  requestsMax: 0,
  dropsStale: true,
  checksLatency: false,
  waitMsMax: 0,
};

/**
 * A queue in front of everything that clients ask (RequestThrottler): while too much is under way, nothing new is begun. Who
 * waited in it for too long is answered THROTTLEDOP. Where Apache looks again after `stall_time`, this goes on at once when
 * something is done. What comes of a closed connection is gone in any case.
 */
export class RequestThrottle {
  readonly #options: RequestThrottleOptions;
  readonly #clients: Clients;
  readonly #waiting: Deque<{ readonly event: Asked; readonly at: number }> = new Deque();

  constructor(options: RequestThrottleOptions, clients: Clients) {
    this.#options = options;
    this.#clients = clients;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  submit(now: number, event: Asked, service: Service | undefined, out: Effect[]): void {
    if (isForConnection(headerOf(event).type) || this.#options.requestsMax === 0) {
      return this.#clients.admit(now, event, service, out);
    }
    this.#waiting.push({ event, at: now });
    this.goOn(now, service, out);
  }

  /** Begins what may be begun. */
  goOn(now: number, service: Service | undefined, out: Effect[]): void {
    const { requestsMax, waitMsMax } = this.#options;
    while (this.#waiting.length > 0) {
      const { event, at } = this.#waiting.first() ?? {};
      if (event === undefined || at === undefined) return;
      if (this.#isStale(now, event, at)) this.#clients.drop(event.connection, out);
      else if (this.#clients.waiting >= requestsMax) return;
      else if (waitMsMax > 0 && now - at > waitMsMax && isThrottlable(event)) {
        this.#clients.traffic.throttled += 1;
        this.#clients.admit(now, event, service, out, ErrorCode.THROTTLEDOP);
      } else this.#clients.admit(now, event, service, out);
      this.#waiting.shift();
    }
  }

  #isStale(now: number, event: Asked, at: number): boolean {
    const { dropsStale, checksLatency } = this.#options;
    const connection = this.#clients.connections.get(event.connection);
    if (connection === undefined) return true;
    if (!dropsStale || !checksLatency || headerOf(event).type === OpCode.closeSession) return false;
    return connection.phase === "open" && now - at > connection.timeout;
  }
}

/** These never come into the queue (ZooKeeperServer.processPacket). */
const isForConnection = (op: number): boolean => op === OpCode.auth || op === OpCode.sasl;

/** Request.isThrottlable */
const isThrottlable = (event: Asked): boolean => {
  const op = headerOf(event).type;
  return op !== OpCode.ping && op !== OpCode.closeSession && op !== OpCode.createSession;
};
