import type { Corruption } from "../runtime/disk/corruption.ts";
import type { NewFailure } from "../runtime/storage-faults.ts";
import type { Fault, Ms, Storage, StorageOp, Target } from "./api-controls.ts";
import type { Calls } from "./calls.ts";
import { ZkmsError } from "./errors.ts";
import type { Faults } from "./faults.ts";
import { badOption, Given, isWhole } from "./given.ts";
import { nearestValue } from "./nearest-name.ts";
import { storageError } from "./peer-storage.ts";
import type { Roster } from "./roster.ts";
import type { Seat } from "./seat.ts";

export interface StorageControlOptions {
  readonly calls: Calls;
  readonly faults: Faults;
  readonly roster: Roster;
}

const ops: readonly StorageOp[] = ["append", "fsync", "snapshot", "read"];
const ways: readonly Corruption[] = ["bitflip", "truncate", "torn"];

/** The peers' disks in the public API's terms. */
export class StorageControl implements Storage {
  readonly #options: StorageControlOptions;

  constructor(options: StorageControlOptions) {
    this.#options = options;
  }

  fail(
    target: Target,
    op: StorageOp,
    options: { error?: "EIO" | "ENOSPC"; nth?: number; times?: number } = {},
  ): Promise<Fault> {
    return this.#run(() => {
      checkOp(op);
      const given = new Given("", options, { names: ["error", "nth", "times"] });
      const errno = given.oneOf("error", "EIO", ["EIO", "ENOSPC"]);
      const nth = given.whole("nth", 1, { min: 1 });
      const times = given.times("times");
      const which = nth === 1 ? "" : `, from number ${nth} on`;
      const what = `${op} of ${idsOf(this.#resolve(target))} with ${errno}${which}`;
      return this.#fail(target, { kind: "fail", what }, { ops: [op], errno, nth, times });
    });
  }

  fill(target: Target): Promise<Fault> {
    return this.#run(() => {
      const name = { kind: "full disk", what: `of ${idsOf(this.#resolve(target))}` };
      const written = ["append", "snapshot", "epoch"] as const;
      return this.#fail(target, name, { ops: written, errno: "ENOSPC", nth: 1, times: Infinity });
    });
  }

  slow(target: Target, op: StorageOp, ms: Ms): Promise<Fault> {
    return this.#run(() => {
      checkOp(op);
      if (!isWhole(ms, { min: 1 })) throw badOption("ms", ms, "is not a whole number of 1 or more");
      const seats = this.#resolve(target);
      const ends = seats.map((seat) => seat.storage.faults.slow(op, ms));
      const what = `${op} of ${idsOf(seats)} by ${ms} ms`;
      return this.#options.faults.add({ kind: "slow", what, end: () => each(ends) });
    });
  }

  corrupt(
    target: Target,
    options: { file: "log" | "snapshot"; how: "bitflip" | "truncate" | "torn" },
  ): Promise<void> {
    return this.#run(async () => {
      const given = new Given("", options, { names: ["file", "how"] });
      for (const name of ["file", "how"]) {
        if (given.value(name) !== undefined) continue;
        throw given.bad(name, "is missing", `{ file: "log", how: "bitflip" }`);
      }
      const kind = given.oneOf("file", "log", ["log", "snapshot"]);
      const how = given.oneOf("how", "bitflip", ways);
      const seats = this.#resolve(target);
      const up = seats.find((seat) => seat.peer !== undefined);
      if (up !== undefined) {
        throw new ZkmsError("ZKMS_BAD_STATE", `peer ${up.id} is ${up.role}: its files are in use`, {
          hint: `ensemble.peer(${up.id}).stop()`,
        });
      }
      for (const seat of seats) await corruptOne(seat, kind, how);
    });
  }

  files(peer: number): ReturnType<Storage["files"]> {
    return this.#run(async () => [...(await this.#options.roster.seat(peer).storage.files())]);
  }

  /** The fault is over when it is for each of the peers. */
  #fail(
    target: Target,
    name: { readonly kind: string; readonly what: string },
    failure: Omit<NewFailure, "onSpent">,
  ): Fault {
    const { faults } = this.#options;
    const seats = this.#resolve(target);
    let left = seats.length;
    const onSpent = (): void => {
      left -= 1;
      if (left === 0) faults.ended(fault.id);
    };
    const ends = seats.map((seat) => seat.storage.faults.fail({ ...failure, onSpent }));
    const fault = faults.add({ ...name, end: () => each(ends) });
    return fault;
  }

  #resolve(target: Target): readonly Seat[] {
    return this.#options.roster.resolve(target);
  }

  #run<T>(action: () => T | Promise<T>): Promise<T> {
    return this.#options.calls.run(action);
  }
}

async function corruptOne(seat: Seat, kind: "log" | "snapshot", how: Corruption): Promise<void> {
  let isDone: boolean;
  try {
    isDone = await seat.corrupt({ kind, how });
  } catch (error) {
    throw storageError(seat.id, "has files that cannot be corrupted", error);
  }
  if (isDone) return;
  const what = `peer ${seat.id} has no ${kind} with anything in it`;
  const hint = kind === "log" ? "a write before the peer is stopped" : "snapCount: 10, and writes";
  throw new ZkmsError("ZKMS_BAD_STATE", what, { hint });
}

function checkOp(op: unknown): void {
  if (ops.some((known) => known === op)) return;
  throw badOption("op", op, `is none of ${ops.join(", ")}`, nearestValue(op, ops));
}

const idsOf = (seats: readonly Seat[]): string => seats.map((seat) => seat.id).join(",");

function each(acts: readonly (() => void)[]): void {
  for (const act of acts) act();
}
