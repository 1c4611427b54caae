import { connect, createServer, isIP, type Server, type Socket } from "node:net";
import type { Ending } from "./surroundings.ts";

/**
 * Keeps ports for the ensemble's life. A port whose peer is down must refuse connections, yet be taken by nobody else: an idle
 * outgoing socket is bound to it, connected to `PortKeeper`'s own server. Linux then neither gives the port out as an ephemeral
 * one (to `bind(0)` or `connect`) nor answers there, and since libuv sets SO_REUSEADDR on every socket it binds, a listener may
 * share the port with it: so the port is held before, while and after its peer listens, without a gap. Where a system does not
 * allow that (BSD and macOS refuse an exact match), the holder makes way while the peer listens.
 */
export class PortKeeper {
  readonly #host: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #opening: Promise<void> | undefined;
  /** The host as an address. */
  #address = "";
  #serverPort = 0;

  constructor(host: string) {
    this.#host = host;
    this.#server = createServer((socket) => this.#own(socket));
    this.#server.unref();
  }

  /** Reserves `port`, or any free one for 0. Rejects with the system's error, such as EADDRINUSE. */
  async reserve(port: number): Promise<Port> {
    this.#opening ??= this.#open();
    await this.#opening;
    const holder = await this.hold(port);
    return new Port({ host: this.#address, port: holder.localPort ?? 0 }, { keeper: this, holder });
  }

  /** For the ports reserved here: what keeps `port` while nobody listens on it. Rejects with the system's error. */
  hold(port: number): Promise<Socket> {
    const socket = connect({
      host: loopbackOf(this.#address),
      port: this.#serverPort,
      localAddress: this.#address,
      localPort: port,
    });
    this.#own(socket);
    return new Promise((resolve, reject) => {
      socket.once("connect", () => resolve(socket));
      socket.once("error", reject);
    });
  }

  /** The host as an address; after the first reservation. */
  get address(): string {
    return this.#address;
  }

  /** While on, the open ensemble keeps the process alive. */
  keepProcessAlive(on: boolean): void {
    if (on) this.#server.ref();
    else this.#server.unref();
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    if (this.#opening === undefined) return;
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #open(): Promise<void> {
    this.#address = await addressOf(this.#host);
    await listening(this.#server, { host: loopbackOf(this.#address), port: 0 });
    this.#serverPort = portOf(this.#server);
  }

  #own(socket: Socket): void {
    socket.unref();
    this.#sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => this.#sockets.delete(socket));
  }
}

/** Where a peer listens. */
export interface FixedAddress {
  /** undefined: every address. */
  readonly host: string | undefined;
  readonly port: number;
}

/** A port of a keeper's own address, and what keeps it while nobody listens on it. */
interface Reservation {
  readonly keeper: PortKeeper;
  readonly holder: Socket;
}

/** One port, on which a peer listens while it runs; without a reservation it is anybody's at other times. */
export class Port {
  #where: FixedAddress;
  readonly #keeper: PortKeeper | undefined;
  #holder: Socket | undefined;
  #server: Server | undefined;
  /** Somebody listens, or would if the port could be had. */
  #isWanted = false;
  /** It could not be had where it moved to: nobody listens before it moves again. */
  #isLost = false;
  /** Nobody listens before it moves somewhere. */
  #isNowhere = false;
  #moving: Promise<void> | undefined;
  /** Connections that a paused process has not accepted. */
  #backlog: Socket[] | undefined;
  #onConnection: (socket: Socket) => void = () => {};

  constructor(where: FixedAddress, reservation?: Reservation) {
    this.#where = where;
    this.#holder = reservation?.holder;
    this.#keeper = reservation?.keeper;
  }

  /** Number 0: there is no such port until it moves somewhere. */
  static nowhere(): Port {
    const port = new Port({ host: undefined, port: 0 });
    port.#isNowhere = true;
    return port;
  }

  get number(): number {
    return this.#where.port;
  }

  /** undefined: every address. */
  get host(): string | undefined {
    return this.#where.host;
  }

  get isLost(): boolean {
    return this.#isLost;
  }

  async listen(onConnection: (socket: Socket) => void): Promise<void> {
    this.#onConnection = onConnection;
    this.#isWanted = true;
    if (this.#moving !== undefined) await this.#moving.catch(() => {}); // whoever moves it hears of it
    if (!this.#isWanted || this.#isLost || this.#isNowhere || this.#server !== undefined) return;
    await this.#listen(this.#where);
  }

  /**
   * From here on connections are refused; those there are stay. "hand over": somebody is to listen in a moment; until then they
   * are made and reset.
   */
  unlisten(how: Ending = "end"): void {
    for (const socket of this.#backlog?.splice(0) ?? []) socket.resetAndDestroy();
    this.#backlog = undefined;
    if (how === "hand over") {
      this.#onConnection = (socket) => socket.resetAndDestroy();
      return;
    }
    this.#isWanted = false;
    this.#close();
    if (this.#holder === undefined && this.#moving === undefined) void this.#holdAgain();
  }

  /**
   * From here on it is another one: where somebody listens, they listen there. What was accepted stays, the old one is given up
   * first. Rejects with the system's error where nobody can listen there; another move may mend that, the same one too.
   */
  move(where: FixedAddress): Promise<void> {
    const before = this.#moving?.catch(() => {});
    const moving = (before ?? Promise.resolve()).then(() => this.#move(where));
    this.#moving = moving;
    const over = (): void => {
      if (this.#moving === moving) this.#moving = undefined;
    };
    moving.then(over, over);
    return moving;
  }

  /** The process is paused: the system accepts, the process does not. */
  freeze(): void {
    this.#backlog ??= [];
  }

  thaw(): void {
    const backlog = this.#backlog ?? [];
    this.#backlog = undefined;
    for (const socket of backlog) this.#onConnection(socket);
  }

  async #move(where: FixedAddress): Promise<void> {
    const { host, port } = this.#where;
    if (!this.#isLost && where.host === host && where.port === port) return;
    this.#close();
    await this.#release();
    this.#isLost = false;
    this.#isNowhere = false;
    try {
      this.#holder = await this.#holderOf(where);
      if (this.#isWanted) await this.#listen(where);
    } catch (error) {
      this.#isLost = true;
      throw error;
    } finally {
      this.#where = where;
    }
  }

  async #listen(where: FixedAddress): Promise<void> {
    const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
      if (this.#backlog === undefined) this.#onConnection(socket);
      else this.#backlog.push(socket);
    });
    server.unref();
    this.#server = server;
    try {
      await this.#open(server, where);
    } catch (error) {
      if (this.#server === server) this.#server = undefined;
      throw error;
    }
    if (this.#server === server) return;
    server.close(); // given up while it was being opened, which some versions of Node go on with
    server.once("listening", () => server.close());
  }

  /** Nobody listens; connections that no process has accepted are gone. */
  #close(): void {
    this.#server?.close();
    this.#server = undefined;
    for (const socket of this.#backlog?.splice(0) ?? []) socket.resetAndDestroy();
  }

  async #open(server: Server, { host, port }: FixedAddress): Promise<void> {
    const address = { ...(host !== undefined && { host }), port };
    try {
      await listening(server, address);
    } catch (error) {
      if (this.#holder === undefined || codeOf(error) !== "EADDRINUSE") throw error;
      await this.#release();
      await listening(server, address);
    }
  }

  async #holdAgain(): Promise<void> {
    const where = this.#where;
    const holder = await this.#holderOf(where);
    if (this.#where === where && this.#moving === undefined) this.#holder = holder;
    else holder?.resetAndDestroy(); // it has moved meanwhile
  }

  /** undefined where somebody is faster: the next `listen` says so. */
  async #holderOf({ host, port }: FixedAddress): Promise<Socket | undefined> {
    const keeper = this.#keeper;
    return host === keeper?.address ? await keeper?.hold(port).catch(() => undefined) : undefined;
  }

  async #release(): Promise<void> {
    const holder = this.#holder;
    if (holder === undefined) return;
    this.#holder = undefined;
    const closed = new Promise((resolve) => holder.once("close", resolve));
    holder.resetAndDestroy();
    await closed;
  }
}

/** Resolves when the server listens, or was closed before it could. */
function listening(server: Server, address: { host?: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.once("close", resolve);
    server.listen({ ...address, exclusive: true }, () => {
      server.off("error", reject);
      server.off("close", resolve);
      resolve();
    });
  });
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** What to bind for a host; undefined: every address. Of a name with addresses of both kinds the older one, as Java prefers. */
export async function addressToBind(host: string): Promise<string | undefined> {
  if (host === "0.0.0.0" || host === "::") return undefined;
  return await addressOf(host, { verbatim: false });
}

async function addressOf(host: string, options: { verbatim?: boolean } = {}): Promise<string> {
  if (isIP(host) > 0) return host;
  const { lookup } = await import("node:dns/promises");
  return (await lookup(host, options)).address;
}

/** Where a wildcard address is reached from the same machine. */
export function loopbackOf(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  return host === "::" ? "::1" : host;
}

function codeOf(error: unknown): unknown {
  return typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
}
