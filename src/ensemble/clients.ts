import type { ClientOptions, ClientTls, ZooKeeperClient } from "../client/index.ts";
import { clientNames } from "../client/options.ts";
import type { Ensemble } from "./api.ts";
import type { Ms, Target } from "./api-controls.ts";
import { Given } from "./given.ts";

interface Address {
  readonly host: string;
  readonly port: number;
}
/** Where a peer is for clients. */
export interface ClientPlace extends Address {
  /** undefined: it has no secure port. */
  readonly secure: Address | undefined;
}

export interface ClientsOptions {
  readonly engine: Ensemble["engine"];
  readonly placesOf: (to: Target) => readonly ClientPlace[] | Promise<readonly ClientPlace[]>;
  /** That of any wait. */
  readonly timeout: Ms;
  /** Whom clients of TLS trust. */
  readonly ca: string | undefined;
}

/** How an ensemble comes to secure ports. */
const waysToTls: Readonly<Record<Ensemble["engine"], string>> = {
  embedded: "startEnsemble({ tls: true })",
  apache: 'engine: "embedded"',
};

/** The clients that this ensemble gave out, closed with it. */
export class Clients {
  readonly #options: ClientsOptions;
  readonly #open = new Set<ZooKeeperClient>();

  constructor(options: ClientsOptions) {
    this.#options = options;
  }

  async connect(options: ClientOptions): Promise<ZooKeeperClient> {
    // The names only: values are checked where they are used.
    const given = new Given("", options, { names: ["to", ...clientNames] });
    const { to = "all", tls, ...rest } = options;
    const isPlain = tls === undefined || tls === false;
    const servers = (await this.#options.placesOf(to)).map((place) => {
      const address = isPlain ? place : place.secure;
      if (address !== undefined) return { host: address.host, port: address.port };
      throw given.bad("tls", "has no secure port to go to", waysToTls[this.#options.engine]);
    });
    return await this.connectTo(servers, {
      ...rest,
      ...(tls !== undefined && { tls: this.#completed(tls) }),
    });
  }

  async connectTo(
    servers: readonly Address[],
    options: Omit<ClientOptions, "to">,
  ): Promise<ZooKeeperClient> {
    const { connectClient } = await import("../client/client.ts"); // tests bring clients of their own
    const connectTimeout = Math.max(1, this.#options.timeout);
    const client = await connectClient(servers, { ...options, connectTimeout });
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
    const { ca } = this.#options;
    const known = ca === undefined ? {} : { ca };
    return tls === true ? known : { ...known, ...tls };
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.#open].map((client) => client.close()));
  }
}
