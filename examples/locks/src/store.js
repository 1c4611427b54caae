/** What locks are for: something outside ZooKeeper, a table or a file server, that one may write at a time. */
export class Store {
  text = "";

  write(text) {
    this.text = text;
  }
}

/** Takes the holder's token with each write, and nothing from who had the lock before somebody it has heard of. */
export class FencedStore extends Store {
  #newest = 0n;

  write(text, { token }) {
    if (token < this.#newest) throw new Error(`token ${token} is older than ${this.#newest}`);
    this.#newest = token;
    super.write(text);
  }
}
