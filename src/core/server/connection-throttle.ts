import type { Prng } from "../base/prng.ts";

/** `zookeeper.connection_throttle_…`, as BlueThrottle reads them. */
export interface ConnectionThrottleOptions {
  /** In the bucket at most, and at first; 0: no throttle. */
  readonly tokens: number;
  readonly fillTimeMs: number;
  readonly fillCount: number;
  /** Between two changes of the drop probability; −1: nothing is dropped by chance. */
  readonly freezeTimeMs: number;
  readonly dropIncrease: number;
  readonly dropDecrease: number;
  readonly decreaseRatio: number;
  /** What a handshake costs, by kind; undefined: one token, whatever is asked. */
  readonly weights: ConnectionWeights | undefined;
}

export interface ConnectionWeights {
  readonly global: number;
  readonly local: number;
  readonly renew: number;
}

/** Lets handshakes through at a rate: a bucket of tokens, and before it, when that is empty for long, chance. */
export class ConnectionThrottle {
  dropProbability = 0;
  readonly #options: ConnectionThrottleOptions;
  readonly #prng: Prng;
  readonly #tokensMax: number;
  readonly #fillCount: number;
  #tokens: number;
  #filledAt: number | undefined;
  #changedAt: number | undefined;

  constructor(options: ConnectionThrottleOptions, prng: Prng) {
    this.#options = options;
    this.#prng = prng;
    // With weights the numbers are meant for global sessions.
    const weight = options.weights?.global ?? 1;
    this.#tokensMax = options.tokens * weight;
    this.#fillCount = options.fillCount * weight;
    this.#tokens = this.#tokensMax;
  }

  admits(now: number, kind: keyof ConnectionWeights): boolean {
    if (this.#tokensMax === 0) return true;
    this.#fill(now);
    if (this.#options.freezeTimeMs !== -1) {
      this.#adapt(now);
      if (this.#prng.float() < this.dropProbability) return false;
    }
    const needed = this.#options.weights?.[kind] ?? 1;
    if (this.#tokens < needed) return false;
    this.#tokens -= needed;
    return true;
  }

  #fill(now: number): void {
    this.#filledAt ??= now;
    const passedMs = now - this.#filledAt;
    const { fillTimeMs } = this.#options;
    if (passedMs <= fillTimeMs) return;
    const refill = Math.floor((passedMs * this.#fillCount) / fillTimeMs);
    this.#tokens = Math.min(this.#tokens + refill, this.#tokensMax);
    this.#filledAt = now;
  }

  /** BLUE: more is dropped while the bucket is found empty, less again when little of it is missing. */
  #adapt(now: number): void {
    this.#changedAt ??= now;
    const { freezeTimeMs, dropIncrease, dropDecrease, decreaseRatio } = this.#options;
    if (now - this.#changedAt <= freezeTimeMs) return;
    const missing = this.#tokensMax - this.#tokens;
    if (this.#tokens === 0) this.dropProbability = Math.min(this.dropProbability + dropIncrease, 1);
    else if (missing <= Math.round(this.#tokensMax * decreaseRatio)) {
      this.dropProbability = Math.max(this.dropProbability - dropDecrease, 0);
    }
    this.#changedAt = now;
  }
}
