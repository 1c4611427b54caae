import { ask } from "./zookeeper.js";

// What a leader does, where that is kept in ZooKeeper itself.

/** Relies on there being one leader. */
export const write = (client, _epoch, text) =>
  ask((done) => client.setData("/progress", Buffer.from(text), done));

/** Refused with BAD_VERSION, and not done, if there has been a leader since that epoch. */
export const writeInEpoch = (client, epoch, text) =>
  ask((done) =>
    client
      .transaction()
      .check("/epoch", epoch)
      .setData("/progress", Buffer.from(text))
      .commit(done),
  );

/** What a leader does to the world outside: mails, payments. */
export class Outbox {
  sent = [];

  send(text) {
    this.sent.push(text);
  }
}

/** Sends nothing for a leader after it has sent something for a later one. */
export class FencedOutbox extends Outbox {
  #newest = 0;

  send(text, epoch) {
    if (epoch < this.#newest) throw new Error(`epoch ${epoch} is over, ${this.#newest} has begun`);
    this.#newest = epoch;
    super.send(text);
  }
}
