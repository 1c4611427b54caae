// node-zookeeper-client with promises, for the tests that use it as its users do.
import {
  type Client,
  CreateMode,
  createClient,
  type Event,
  type Exception,
  type Option,
  type Stat,
  State,
  type Transaction,
} from "node-zookeeper-client";

type Done<T> = (error: Error | Exception | null, value: T) => void;

function ask<T>(call: (done: Done<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    call((error, value) => (error ? reject(error) : resolve(value)));
  });
}

/** What its types leave out: a session to go on with. */
export interface Settings extends Partial<Option> {
  readonly sessionId?: Buffer;
  readonly sessionPassword?: Buffer;
}

export class NodeZookeeper implements AsyncDisposable {
  readonly client: Client;
  readonly #states: State[] = [];
  readonly #waiting: { state: State; resolve: () => void }[] = [];

  private constructor(client: Client) {
    this.client = client;
    client.on("state", (state) => {
      this.#states.push(state);
      for (const waiting of this.#waiting.splice(0)) {
        if (waiting.state === state) waiting.resolve();
        else this.#waiting.push(waiting);
      }
    });
  }

  /** Not connected yet. */
  static create(connectString: string, options: Settings = {}): NodeZookeeper {
    const defaults = { sessionTimeout: 10_000, spinDelay: 20 };
    return new NodeZookeeper(createClient(connectString, { ...defaults, ...options }));
  }

  /** Resolves with a session. */
  static async connect(connectString: string, options?: Settings): Promise<NodeZookeeper> {
    const connected = NodeZookeeper.create(connectString, options);
    const ready = connected.next(State.SYNC_CONNECTED);
    connected.client.connect();
    await ready;
    return connected;
  }

  get states(): readonly string[] {
    return this.#states.map(String);
  }

  get session(): bigint {
    return this.client.getSessionId().readBigInt64BE();
  }

  /** The next time that the client comes to this state. */
  next(state: State): Promise<void> {
    return new Promise((resolve) => this.#waiting.push({ state, resolve }));
  }

  create(path: string, data = "", mode: number = CreateMode.PERSISTENT): Promise<string> {
    return ask((done) => this.client.create(path, Buffer.from(data), mode, done));
  }

  set(path: string, data: string, version = -1): Promise<Stat> {
    return ask((done) => this.client.setData(path, Buffer.from(data), version, done));
  }

  remove(path: string, version = -1): Promise<void> {
    return ask((done) => this.client.remove(path, version, (error) => done(error, undefined)));
  }

  get(path: string, watch?: (event: Event) => void): Promise<string> {
    return ask((done) => {
      const answered = (error: Error | Exception | null, data: Buffer): void =>
        done(error, data?.toString());
      if (watch === undefined) this.client.getData(path, answered);
      else this.client.getData(path, watch, answered);
    });
  }

  /** null: there is no such node. */
  exists(path: string, watch?: (event: Event) => void): Promise<Stat | null> {
    return ask((done) => {
      if (watch === undefined) this.client.exists(path, done);
      else this.client.exists(path, watch, done);
    });
  }

  children(path: string, watch?: (event: Event) => void): Promise<string[]> {
    return ask((done) => {
      const answered = (error: Error | Exception | null, names: string[]): void =>
        done(error, names?.sort());
      if (watch === undefined) this.client.getChildren(path, answered);
      else this.client.getChildren(path, watch, answered);
    });
  }

  commit(transaction: Transaction): Promise<unknown> {
    return ask((done) => transaction.commit(done));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.client.getState() !== State.SYNC_CONNECTED) return this.client.close();
    const closed = this.next(State.DISCONNECTED);
    this.client.close();
    await closed;
  }
}

export { ask };
