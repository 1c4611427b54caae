import { once } from "node:events";
import zookeeper from "node-zookeeper-client";

/** One session that writes all the time and knows what was acknowledged. */
export class Writer {
  acknowledged = 0;
  reconnects = 0;
  expired = 0;
  #client;
  #writing;
  #stopped = false;

  static async begin(connectString) {
    const writer = new Writer();
    writer.#client = zookeeper.createClient(connectString, {
      sessionTimeout: 10_000,
      spinDelay: 50,
    });
    const connected = once(writer.#client, "connected");
    writer.#client.connect();
    await connected;
    writer.#client.on("disconnected", () => {
      writer.reconnects += 1;
    });
    writer.#client.on("expired", () => {
      writer.expired += 1;
    });
    await writer.#ask((done) => writer.#client.create("/counter", Buffer.from("0"), done));
    const { EPHEMERAL } = zookeeper.CreateMode;
    await writer.#ask((done) => writer.#client.create("/alive", EPHEMERAL, done));
    writer.#writing = writer.#write();
    return writer;
  }

  /** Resolves when so many more writes were acknowledged. */
  async more(count) {
    const wanted = this.acknowledged + count;
    while (this.acknowledged < wanted) {
      await Promise.race([this.#writing, new Promise((resolve) => setTimeout(resolve, 20))]);
    }
  }

  /** Ends the writing; resolves with the number of acknowledged writes that are not there, and whether the session is. */
  async end() {
    this.#stopped = true;
    await this.#writing;
    const { version } = await this.#ask((done) => {
      this.#client.getData("/counter", (error, _, stat) => done(error, stat));
    });
    const alive = await this.#ask((done) => this.#client.exists("/alive", done));
    this.#client.close();
    return { lost: this.acknowledged - version, alive: Boolean(alive) };
  }

  async #write() {
    while (!this.#stopped) {
      await this.#set(this.acknowledged);
      this.acknowledged += 1;
    }
  }

  /** A write whose answer was lost with the connection is asked for again; the version tells whether it was carried out. */
  async #set(version) {
    for (let attempt = 0; ; attempt += 1) {
      try {
        const data = Buffer.from(String(version + 1));
        await this.#ask((done) => this.#client.setData("/counter", data, version, done));
        return;
      } catch (error) {
        const name = error.getName?.();
        if (name === "BAD_VERSION" && attempt > 0) return;
        if (name !== "CONNECTION_LOSS" && name !== "OPERATION_TIMEOUT") throw error;
      }
    }
  }

  #ask(send) {
    return new Promise((resolve, reject) => {
      send((error, value) => (error ? reject(error) : resolve(value)));
    });
  }
}
