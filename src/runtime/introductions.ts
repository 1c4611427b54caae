import { authMsMax } from "./authentication.ts";
import type { Wire } from "./wire.ts";

/** So many at one port; the oldest that was not dialled from here makes way. */
export const introductionsMax = 256;

/** A connection whose other end has yet to say who it is. */
interface Unknown {
  readonly wire: Wire;
  /** From this side. */
  readonly isDialled: boolean;
  giveUp(): void;
}

/** Connections of one port whose other end has not said who it is, oldest first: each has its time, and there is room for so many. */
export class Introductions<T extends Unknown> {
  readonly #unknown = new Set<T>();

  add(connection: T): void {
    this.#unknown.add(connection);
  }

  /** It is known now, or gone. */
  delete(connection: T): void {
    this.#unknown.delete(connection);
  }

  clear(): void {
    this.#unknown.clear();
  }

  makeRoom(): void {
    if (this.#unknown.size <= introductionsMax) return;
    for (const connection of this.#unknown) if (!connection.isDialled) return connection.giveUp();
  }

  /** When the next one is given up. */
  get dueAt(): number {
    for (const connection of this.#unknown) return connection.wire.openedAt + authMsMax;
    return Infinity;
  }

  giveUpLate(now: number): void {
    for (const connection of this.#unknown) {
      if (connection.wire.openedAt + authMsMax > now) return;
      connection.giveUp();
    }
  }
}
