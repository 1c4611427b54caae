// Sessions that write all the time, each to nodes of its own, and know of every write whether it was acknowledged.
import { connect, type ZooKeeperClient } from "../../src/client/index.ts";
import { codeOf } from "../../src/ensemble/errors.ts";

export interface LoadFigures {
  readonly acknowledged: number;
  readonly reconnects: number;
}

/** After these nobody knows whether the write was carried out. */
const unknown: ReadonlySet<unknown> = new Set(["CONNECTIONLOSS", "OPERATIONTIMEOUT"]);

/** One session: it sets two nodes at once to the same number, one higher each time, and creates a node now and then. */
class Writer {
  readonly #client: ZooKeeperClient;
  readonly #home: string;
  readonly #ended: Promise<void>;
  /** How often the pair was set, as far as the servers have said. */
  #sets = 0;
  /** The names of nodes whose creation was acknowledged. */
  readonly #created: string[] = [];
  #acknowledged = 0;
  #reconnects = 0;
  #stopped = false;
  #mayWrite: Promise<void> = Promise.resolve();
  #goOn: () => void = () => {};
  #failure: unknown;

  private constructor(client: ZooKeeperClient, home: string) {
    this.#client = client;
    this.#home = home;
    client.onState((state) => {
      if (state === "disconnected") this.#reconnects += 1;
    });
    this.#ended = this.#run().catch((error: unknown) => {
      this.#failure = error;
    });
  }

  static async begin(connectString: string, home: string): Promise<Writer> {
    const options = { sessionTimeout: 60_000, connectTimeout: 60_000 };
    const client = await connect(connectString, options);
    await client.create(home);
    for (const name of ["left", "right"]) await client.create(`${home}/${name}`, "0");
    await client.create(`${home}/alive`, "", { mode: "ephemeral" });
    return new Writer(client, home);
  }

  get acknowledged(): number {
    if (this.#failure !== undefined) throw this.#failure;
    return this.#acknowledged;
  }

  get reconnects(): number {
    return this.#reconnects;
  }

  /** Begins no further write until `goOn`. */
  rest(): void {
    this.#mayWrite = new Promise((resolve) => {
      this.#goOn = resolve;
    });
  }

  goOn(): void {
    this.#goOn();
  }

  /** Ends the writing; the session stays. */
  async pause(): Promise<void> {
    this.#stopped = true;
    await this.#ended;
    if (this.#failure !== undefined) throw this.#failure;
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  /** What is wrong with this session's nodes on the server that a client is connected to. */
  async faultsSeenBy(reader: ZooKeeperClient): Promise<string[]> {
    const faults: string[] = [];
    for (const name of ["left", "right"]) {
      const { data, stat } = await reader.get(`${this.#home}/${name}`);
      const found = `${data.toString()} at version ${stat.version}`;
      const wanted = `${this.#sets} at version ${this.#sets}`;
      if (found !== wanted) faults.push(`${this.#home}/${name} is ${found}, not ${wanted}`);
    }
    const alive = await reader.exists(`${this.#home}/alive`);
    if (alive?.ephemeralOwner !== this.#client.sessionId) faults.push(`${this.#home}/alive`);
    const { children } = await reader.children(this.#home);
    const present = new Set(children);
    for (const name of this.#created) {
      if (!present.has(name)) faults.push(`${this.#home}/${name} is lost`);
    }
    return faults;
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      await this.#mayWrite;
      await this.#setPair(this.#sets);
      this.#sets += 1;
      this.#acknowledged += 1;
      if (this.#sets % 8 === 0) await this.#createOne(`n${this.#sets}`);
    }
  }

  /** Repeated until a server has answered for sure. */
  async #setPair(version: number): Promise<void> {
    const data = String(version + 1);
    for (let attempt = 0; ; attempt += 1) {
      try {
        await this.#client.multi([
          { op: "set", path: `${this.#home}/left`, data, version },
          { op: "set", path: `${this.#home}/right`, data, version },
        ]);
        return;
      } catch (error) {
        if (unknown.has(codeOf(error))) continue;
        if (codeOf(error) === "BADVERSION" && attempt > 0) return; // an earlier attempt was carried out
        throw new Error(`${this.#home}: version ${version}, attempt ${attempt}`, { cause: error });
      }
    }
  }

  async #createOne(name: string): Promise<void> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        await this.#client.create(`${this.#home}/${name}`, name);
        break;
      } catch (error) {
        if (unknown.has(codeOf(error))) continue;
        if (codeOf(error) === "NODEEXISTS" && attempt > 0) break;
        throw new Error(`${this.#home}/${name}, attempt ${attempt}`, { cause: error });
      }
    }
    this.#created.push(name);
    this.#acknowledged += 1;
  }
}

/** Several writers. */
export class Load implements AsyncDisposable {
  readonly #writers: readonly Writer[];

  private constructor(writers: readonly Writer[]) {
    this.#writers = writers;
  }

  static async begin(connectString: string, writers: number): Promise<Load> {
    const homes = Array.from({ length: writers }, (_, index) => `/writer-${index}`);
    return new Load(await Promise.all(homes.map((home) => Writer.begin(connectString, home))));
  }

  /** Throws what a writer has failed with. */
  get figures(): LoadFigures {
    let [acknowledged, reconnects] = [0, 0];
    for (const writer of this.#writers) {
      acknowledged += writer.acknowledged;
      reconnects += writer.reconnects;
    }
    return { acknowledged, reconnects };
  }

  /** What each writer has had acknowledged, for waiting until all of them have more. */
  get progress(): readonly number[] {
    return this.#writers.map((writer) => writer.acknowledged);
  }

  /** Nobody begins a write until `goOn`. */
  rest(): void {
    for (const writer of this.#writers) writer.rest();
  }

  goOn(): void {
    for (const writer of this.#writers) writer.goOn();
  }

  async pause(): Promise<void> {
    await Promise.all(this.#writers.map((writer) => writer.pause()));
  }

  /** What one server has lost, or has and should not. */
  async faultsOn(connectString: string): Promise<string[]> {
    await using reader = await connect(connectString, { connectTimeout: 30_000 });
    await reader.sync("/");
    const faults: string[] = [];
    for (const writer of this.#writers) faults.push(...(await writer.faultsSeenBy(reader)));
    return faults;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#writers.map((writer) => writer.close()));
  }
}
