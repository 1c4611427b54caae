import { connectClient } from "../client/client.ts";
import type { ClientOptions, ClientTls, ZooKeeperClient } from "../client/index.ts";
import { clientNames } from "../client/options.ts";
import type { Ms } from "./api-controls.ts";
import { Given } from "./given.ts";
import type { Roster } from "./roster.ts";

/** The clients that this ensemble gave out, closed with it. */
export class Clients {
  readonly #roster: Roster;
  readonly #host: string;
  readonly #connectTimeout: Ms;
  readonly #ca: string | undefined;
  readonly #open = new Set<ZooKeeperClient>();

  /** `host` is the address that peers are bound to; `timeout` is that of any wait; `ca` is whom clients of TLS trust. */
  constructor(
    roster: Roster,
    options: { readonly host: string; readonly timeout: Ms; readonly ca: string | undefined },
  ) {
    this.#roster = roster;
    this.#host = options.host;
    this.#ca = options.ca;
    this.#connectTimeout = Math.max(1, options.timeout);
  }

  async connect(options: ClientOptions): Promise<ZooKeeperClient> {
    // The names only: values are checked where they are used.
    const given = new Given("", options, { names: ["to", ...clientNames] });
    const { to = "all", tls, ...rest } = options;
    const servers = this.#roster.resolve(to).map(({ host: { ports, clientHost } }) => {
      const port = tls === undefined || tls === false ? ports.client : ports.secure;
      const host = port === ports.client ? (clientHost ?? this.#host) : this.#host;
      if (port !== undefined) return { host, port };
      throw given.bad("tls", "has no secure port to go to", "startEnsemble({ tls: true })");
    });
    const client = await connectClient(servers, {
      ...rest,
      ...(tls !== undefined && { tls: this.#completed(tls) }),
      connectTimeout: this.#connectTimeout,
    });
    this.#open.add(client);
    client.onState((state) => {
      if (state === "closed" || state === "expired" || state === "authFailed")
        this.#open.delete(client);
    });
    return client;
  }

  /** Whom to trust is known where nobody said. */
  #completed(tls: boolean | ClientTls): boolean | ClientTls {
    if (typeof tls === "boolean" && !tls) return false;
    const known = this.#ca === undefined ? {} : { ca: this.#ca };
    return tls === true ? known : { ...known, ...tls };
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.#open].map((client) => client.close()));
  }
}
