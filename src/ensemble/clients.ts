import { connectClient } from "../client/client.ts";
import type { ClientOptions, ZooKeeperClient } from "../client/index.ts";
import type { Ms } from "./api-controls.ts";
import { Given } from "./given.ts";
import type { Roster } from "./roster.ts";

/** The clients that this ensemble gave out, closed with it. */
export class Clients {
  readonly #roster: Roster;
  readonly #host: string;
  readonly #connectTimeout: Ms;
  readonly #open = new Set<ZooKeeperClient>();

  /** `host` is the address that peers are bound to; `timeout` is that of any wait. */
  constructor(roster: Roster, options: { readonly host: string; readonly timeout: Ms }) {
    this.#roster = roster;
    this.#host = options.host;
    this.#connectTimeout = Math.max(1, options.timeout);
  }

  async connect(options: ClientOptions): Promise<ZooKeeperClient> {
    // The names only: values are checked where they are used.
    new Given("", options, { names: ["to", "sessionTimeout", "readOnly", "chroot", "auth"] });
    const { to = "all", ...rest } = options;
    const servers = this.#roster
      .resolve(to)
      .map((seat) => ({ host: this.#host, port: seat.host.ports.client }));
    const client = await connectClient(servers, {
      ...rest,
      connectTimeout: this.#connectTimeout,
    });
    this.#open.add(client);
    client.onState((state) => {
      if (state === "closed" || state === "expired") this.#open.delete(client);
    });
    return client;
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.#open].map((client) => client.close()));
  }
}
