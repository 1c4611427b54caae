/** A real client on one peer: what it is told, and what becomes of its calls. */
export interface Witness extends AsyncDisposable {
  /** Of its session, as the ensemble spells ids. */
  readonly session: bigint;
  /** Resolves when it has come to this state, after what was seen before. */
  sees(state: "connected" | "disconnected" | "expired"): Promise<void>;
  /** What it reads; rejects when it may not, or cannot. */
  get(path: string): Promise<string>;
  set(path: string, data: string): Promise<void>;
}

/** States in the order in which the client told of them. */
export class States {
  readonly #seen: string[] = [];
  #waiting: { readonly state: string; readonly resolve: () => void } | undefined;

  add(state: string): void {
    this.#seen.push(state);
    this.#look();
  }

  /** States passed over are forgotten. */
  sees(state: string): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting = { state, resolve };
      this.#look();
    });
  }

  #look(): void {
    const index = this.#waiting === undefined ? -1 : this.#seen.indexOf(this.#waiting.state);
    if (index < 0) return;
    this.#seen.splice(0, index + 1);
    const { resolve } = this.#waiting ?? {};
    this.#waiting = undefined;
    resolve?.();
  }
}
