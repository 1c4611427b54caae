// What the client's tests talk to: one server, and cuttable ways to it; and how they listen.
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import type { ClientState, WatchEvent, ZooKeeperClient } from "../../src/client/types.ts";
import { startEnsemble } from "../../src/index.ts";

export interface TestServer extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
}

/** Ours, or Apache's with ZKMS_ENGINE=apache. */
export async function startServer(): Promise<TestServer> {
  const ensemble = await startEnsemble(1, { tickTime: 100 });
  const [peer] = ensemble.peers;
  if (peer === undefined) throw new Error("an ensemble without a peer");
  const { host, port } = peer;
  return { host, port, [Symbol.asyncDispose]: () => ensemble.close() };
}

export interface Recorder<T> {
  readonly seen: readonly T[];
  readonly record: (value: T) => void;
  next(): Promise<T>;
}

/** Values as they come, and a promise for the next one. */
export function recorder<T>(): Recorder<T> {
  const seen: T[] = [];
  const waiting: ((value: T) => void)[] = [];
  return {
    seen,
    record: (value) => {
      seen.push(value);
      waiting.shift()?.(value);
    },
    next: () => new Promise((resolve) => waiting.push(resolve)),
  };
}

export const brief = ({ type, path }: WatchEvent): string => `${type} ${path}`;

export function reached(client: ZooKeeperClient, state: ClientState): Promise<void> {
  return new Promise((resolve) => {
    if (client.state === state) resolve();
    client.onState((now) => {
      if (now === state) resolve();
    });
  });
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

/** A port of its own that leads to the server, until it is cut or stalled. */
export class Way implements AsyncDisposable {
  readonly host = "127.0.0.1";
  readonly #listener: Server;
  readonly #sockets = new Set<Socket>();
  readonly #clients = new Set<Socket>();
  #state: "open" | "refusing" | "stalled" = "open";

  private constructor(listener: Server) {
    this.#listener = listener;
  }

  static async to(target: { host: string; port: number }): Promise<Way> {
    const listener = createServer();
    const way = new Way(listener);
    listener.on("connection", (client) => way.#join(client, connect(target)));
    listener.listen(0, way.host);
    await once(listener, "listening");
    return way;
  }

  get port(): number {
    return portOf(this.#listener);
  }

  /** Connections that are there are closed; new ones are let through. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** As `cut`, and new ones are closed at once. */
  refuse(): void {
    this.#state = "refusing";
    this.cut();
  }

  /** Nothing comes through, and nobody is told. */
  stall(): void {
    this.#state = "stalled";
    for (const socket of this.#sockets) socket.pause();
  }

  reopen(): void {
    this.#state = "open";
    for (const socket of this.#sockets) socket.resume();
  }

  /** Puts words into the server's mouth. */
  say(bytes: Uint8Array): void {
    for (const client of this.#clients) client.write(bytes);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#listener.close();
    await once(this.#listener, "close");
  }

  #join(client: Socket, server: Socket): void {
    if (this.#state === "refusing") client.destroy();
    this.#clients.add(client);
    client.on("close", () => this.#clients.delete(client));
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(from);
      from.on("data", (chunk) => to.write(chunk));
      from.on("error", () => {});
      from.on("close", () => {
        this.#sockets.delete(from);
        to.destroy();
      });
      if (this.#state === "stalled") from.pause();
    }
  }
}
