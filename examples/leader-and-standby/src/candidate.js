import { EventEmitter } from "node:events";
import zookeeper from "node-zookeeper-client";
import { ask, gone } from "./zookeeper.js";

const { EPHEMERAL_SEQUENTIAL } = zookeeper.CreateMode;

/**
 * One process of several of which one leads: the one whose node below /election has the lowest number. Emits "leads" and "stands by".
 * `connect` opens a session, and a new one whenever one has expired.
 *
 * Each leader has an epoch, the version of /epoch after its own write there: higher than that of every earlier leader, and 1 at least,
 * as `transaction().check(path, 0)` of node-zookeeper-client checks nothing.
 */
export class Candidate extends EventEmitter {
  leads = false;
  epoch = 0;
  client;
  node;
  #name;
  #connect;
  #isCautious;

  /** Who is cautious does not lead while it has no connection; who is not leads until it hears that its session has expired. */
  constructor(name, connect, { isCautious = true } = {}) {
    super();
    this.#name = name;
    this.#connect = connect;
    this.#isCautious = isCautious;
  }

  /** Takes its place in the line. */
  async stand() {
    const client = await this.#connect();
    this.client = client;
    client.once("expired", () => {
      this.#standBy();
      this.#unlessOver(client, this.stand());
    });
    client.on("disconnected", () => {
      if (!this.leads || !this.#isCautious) return;
      this.#standBy();
      client.once("connected", () => this.#unlessOver(client, this.#awaitTurn(client)));
    });
    this.node = await ask((done) =>
      client.create("/election/candidate-", EPHEMERAL_SEQUENTIAL, done),
    );
    this.#unlessOver(client, this.#awaitTurn(client));
  }

  /** Leads when nobody stands before it, watching the one that does. */
  async #awaitTurn(client) {
    const mine = this.node.slice("/election/".length);
    for (;;) {
      const line = (await ask((done) => client.getChildren("/election", done))).sort();
      const place = line.indexOf(mine);
      if (place === 0) return this.#lead(client);
      if (place === -1) return; // expired, and about to hear of it
      await gone(client, `/election/${line[place - 1]}`);
    }
  }

  /** The write in /epoch is carried out before that of the next leader or never: it is of the session that the node is of. */
  async #lead(client) {
    const { version } = await ask((done) =>
      client.setData("/epoch", Buffer.from(this.#name), done),
    );
    this.epoch = version;
    this.leads = true;
    this.emit("leads");
  }

  #standBy() {
    if (!this.leads) return;
    this.leads = false;
    this.emit("stands by");
  }

  /** What fails with its session is begun anew in the next one. */
  #unlessOver(client, work) {
    work.catch((error) => {
      if (error.getName?.() !== "SESSION_EXPIRED" && client === this.client) throw error;
    });
  }
}
