import { isWrite, OpCode } from "../protocol/op-codes.ts";
import type { Service } from "./role.ts";

/** ReadOnlyRequestProcessor. A session can be closed there, if it is a local one, and no others are served. */
export const isRefusedReadOnly = (op: number): boolean =>
  op === OpCode.sync || op === OpCode.check || (isWrite(op) && op !== OpCode.closeSession);

/** What a peer without a quorum has for clients that asked for no more (ReadOnlyZooKeeperServer): reads, and local sessions. */
const readOnlyService: Service = {
  kind: "readonly",
  serving: true,
  touch: () => false,
  claim: () => true,
  openSession: () => {},
  revalidate: () => false,
  write: () => {}, // refused before
  sync: () => true,
};

/** QuorumPeer.run; with longer ticks, one tick. */
const graceMs = 2000;

/** off ─look▶ waiting: 2 s or a tick without a leader ─▶ serving; a decided election ends either */
export class ReadOnlyMode {
  wakeAt: number = Number.POSITIVE_INFINITY;
  service: Service | undefined;
  readonly #graceMs: number | undefined;

  constructor(enabled: boolean, tickTime: number) {
    this.#graceMs = enabled ? Math.max(graceMs, tickTime) : undefined;
  }

  look(now: number): void {
    if (this.#graceMs !== undefined) this.wakeAt = now + this.#graceMs;
  }

  /** True when it begins now. */
  woken(now: number): boolean {
    if (now < this.wakeAt) return false;
    this.wakeAt = Number.POSITIVE_INFINITY;
    this.service = readOnlyService;
    return true;
  }

  /** True when there was somebody to serve until now. */
  end(): boolean {
    const served = this.service !== undefined;
    this.wakeAt = Number.POSITIVE_INFINITY;
    this.service = undefined;
    return served;
  }
}
