/** What a store does that can fail or take long. "epoch" stands for all that is small: epochs and the configuration. */
export type StoreOp = "append" | "fsync" | "snapshot" | "read" | "epoch";

export type DiskErrno = "EIO" | "ENOSPC";

const texts: { readonly [errno in DiskErrno]: string } = {
  EIO: "i/o error",
  ENOSPC: "no space left on device",
};

/** A store failed because somebody wanted it to. */
export class OrderedFailure extends Error {
  override readonly name: string = "OrderedFailure";
  readonly op: StoreOp;

  constructor(errno: DiskErrno, op: StoreOp) {
    super(`${errno}: ${texts[errno]}, ${op}`);
    this.op = op;
  }
}

export interface NewFailure {
  readonly ops: readonly StoreOp[];
  readonly errno: DiskErrno;
  /** The first that fails, counted from 1. */
  readonly nth: number;
  /** How many fail, one after the other; Infinity: until it is undone. */
  readonly times: number;
  /** It has failed that often. */
  readonly onSpent: () => void;
}

/** The faults of one peer's disk, which outlive the peer's lives. Each is there until the function that its making returned is called. */
export class StorageFaults {
  readonly #failures = new Map<NewFailure, { seen: number }>();
  readonly #delays = new Set<{ readonly op: StoreOp; readonly ms: number }>();

  fail(failure: NewFailure): () => void {
    this.#failures.set(failure, { seen: 0 });
    return () => void this.#failures.delete(failure);
  }

  slow(op: StoreOp, ms: number): () => void {
    const delay = { op, ms };
    this.#delays.add(delay);
    return () => void this.#delays.delete(delay);
  }

  /** What an operation that is now begun fails with; undefined: nothing. */
  strike(op: StoreOp): OrderedFailure | undefined {
    let failure: OrderedFailure | undefined;
    for (const [rule, count] of this.#failures) {
      if (!rule.ops.includes(op)) continue;
      count.seen += 1;
      if (count.seen < rule.nth) continue;
      failure ??= new OrderedFailure(rule.errno, op);
      if (count.seen - rule.nth + 1 < rule.times) continue;
      this.#failures.delete(rule);
      rule.onSpent();
    }
    return failure;
  }

  /** Milliseconds by which an operation takes longer. */
  costOf(op: StoreOp): number {
    let cost = 0;
    for (const delay of this.#delays) if (delay.op === op) cost += delay.ms;
    return cost;
  }
}
