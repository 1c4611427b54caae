/** Does things one after the other, in the order in which they are asked for. */
export class OneByOne {
  #last: Promise<void> = Promise.resolve();
  #left = 0;

  /** One is under way, or waits. */
  get isBusy(): boolean {
    return this.#left > 0;
  }

  next<T>(action: () => Promise<T>): Promise<T> {
    this.#left += 1;
    const done = this.#last.then(action);
    const over = (): void => {
      this.#left -= 1;
    };
    this.#last = done.then(over, over); // its caller hears of it; the next one is another matter
    return done;
  }
}
