import { deepEqual } from "node:assert/strict";
import type { Acl, ZooKeeperClient } from "../../src/client/index.ts";
import type { Ensemble, PeerId } from "../../src/index.ts";

/** Where those live who behave: nobody else may change anything there. */
export const preserve = "/beside";

const auth = [{ scheme: "digest", auth: "beside:secret" }];
export const onlyOurs: Acl[] = [
  { scheme: "digest", id: "beside:3HlPhHvGptUoE2HeqM53zRmAlxk=", perms: 31 },
];

/** A client that behaves, beside those who do not: nothing they do may be seen in its answers. */
export class Bystander {
  /** Rounds of create, get, set, delete, and the milliseconds of the longest. */
  rounds = 0;
  longestMs = 0;
  readonly #client: ZooKeeperClient;
  readonly #session: bigint;
  readonly #folder: string;
  readonly #ephemeral: string;
  readonly #onFault: (error: unknown) => void;
  #isOver = false;
  #life: Promise<void> = Promise.resolve();

  private constructor(client: ZooKeeperClient, id: PeerId, onFault: (error: unknown) => void) {
    this.#client = client;
    this.#session = client.sessionId;
    this.#folder = `${preserve}/${id}`;
    this.#ephemeral = `${preserve}/lives-${id}`;
    this.#onFault = onFault;
  }

  /** On one peer, below `preserve`; it goes on until `leave`, and says once what was not as it should be. */
  static async enter(
    ensemble: Ensemble,
    id: PeerId,
    onFault: (error: unknown) => void,
  ): Promise<Bystander> {
    const client = await ensemble.connect({ to: id, auth, sessionTimeout: 60_000 });
    const bystander = new Bystander(client, id, onFault);
    await client.create(bystander.#folder, "", { acl: onlyOurs });
    await client.create(bystander.#ephemeral, "alive", { acl: onlyOurs, mode: "ephemeral" });
    bystander.#life = bystander.#live();
    return bystander;
  }

  /** Looks once more whether all is as it was left. */
  async leave(): Promise<void> {
    this.#isOver = true;
    await this.#life;
    const { data, stat } = await this.#client.get(this.#ephemeral);
    deepEqual([data.toString(), stat.ephemeralOwner], ["alive", this.#session]);
    deepEqual([this.#client.sessionId, this.#client.state], [this.#session, "connected"]);
    await this.#client.close();
  }

  async #live(): Promise<void> {
    try {
      while (!this.#isOver) {
        const startedAt = performance.now();
        await this.#round();
        this.longestMs = Math.max(this.longestMs, performance.now() - startedAt);
        this.rounds += 1;
      }
    } catch (error) {
      this.#onFault(error);
    }
  }

  async #round(): Promise<void> {
    const client = this.#client;
    const path = `${this.#folder}/n${this.rounds}`;
    const heard: string[] = [];
    const watch = ({ type, path: of }: { type: string; path: string }) =>
      heard.push(`${type} ${of}`);
    deepEqual(await client.create(path, "one", { acl: onlyOurs }), path);
    deepEqual((await client.get(path, { watch })).data.toString(), "one");
    deepEqual((await client.set(path, "two", { version: 0 })).version, 1);
    const { data, stat } = await client.get(path, { watch });
    deepEqual([data.toString(), stat.version, stat.dataLength], ["two", 1, 3]);
    deepEqual((await client.children(this.#folder)).children, [`n${this.rounds}`]);
    await client.delete(path, { version: 1 });
    deepEqual(await client.exists(path), null);
    deepEqual(heard, [`dataChanged ${path}`, `deleted ${path}`]);
  }
}
