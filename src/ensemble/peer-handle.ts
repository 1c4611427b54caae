import { formatHostPort } from "../core/base/host-port.ts";
import type { Peer, PeerStatus } from "./api.ts";
import type { Ms, PeerId, Role, WaitOptions } from "./api-controls.ts";
import type { Calls } from "./calls.ts";
import { ZkmsError } from "./errors.ts";
import { askWord } from "./four-letter-word.ts";
import { badOption, Given } from "./given.ts";
import { revival } from "./picture.ts";
import type { Seat } from "./seat.ts";
import type { Standings } from "./standings.ts";

export interface PeerHandleOptions {
  readonly seat: Seat;
  /** The host name for clients. */
  readonly advertisedHost: string;
  /** The address that is bound. */
  readonly host: string;
  readonly calls: Calls;
  readonly standings: Standings;
  readonly timeouts: { readonly start: Ms; readonly wait: Ms };
}

/** A peer as users hold it. */
export class PeerHandle implements Peer {
  readonly id: PeerId;
  readonly dataDir: string | undefined;
  readonly #seat: Seat;
  readonly #options: PeerHandleOptions;

  constructor(options: PeerHandleOptions) {
    const { seat } = options;
    this.#seat = seat;
    this.id = seat.id;
    this.dataDir = seat.storage.dataDir;
    this.#options = options;
  }

  get host(): string {
    return this.#seat.host.clientHost ?? this.#options.advertisedHost;
  }

  get port(): number {
    return this.#seat.host.ports.client;
  }

  get ports(): Peer["ports"] {
    const { admin, secure, ...ports } = this.#seat.host.ports;
    return {
      ...ports,
      ...(admin !== undefined && { admin }),
      ...(secure !== undefined && { secure }),
    };
  }

  get type(): "participant" | "observer" {
    return this.#seat.votes ? "participant" : "observer";
  }

  get address(): string {
    return formatHostPort(this.host, this.port);
  }

  role(): Promise<Role> {
    return this.#run(() => this.#seat.role);
  }

  status(): Promise<PeerStatus> {
    return this.#run(() => this.#seat.status());
  }

  start(): Promise<void> {
    return this.#run(() => this.#start());
  }

  stop(): Promise<void> {
    return this.#run(() => this.#seat.stop());
  }

  kill(): Promise<void> {
    return this.#run(() => {
      this.#seat.kill();
    });
  }

  pause(): Promise<void> {
    return this.#run(() => {
      if (this.#seat.state === "paused") return;
      if (this.#seat.state !== "running") throw this.#isDown("pause");
      this.#seat.pause();
    });
  }

  resume(): Promise<void> {
    return this.#run(() => {
      if (this.#seat.state === "running") return;
      if (this.#seat.state !== "paused") throw this.#isDown("resume");
      this.#seat.resume();
    });
  }

  restart(options: { crash?: boolean; wipe?: boolean } = {}): Promise<void> {
    return this.#run(async () => {
      const given = new Given("", options, { names: ["crash", "wipe"] });
      const [crash, wipe] = [given.flag("crash", false), given.flag("wipe", false)];
      if (crash) this.#seat.kill();
      else await this.#seat.stop();
      if (wipe) await this.#seat.wipe();
      await this.#start();
    });
  }

  waitForRole(role: Role, options?: WaitOptions): Promise<void> {
    return this.#run(() => this.#options.standings.role(this.#seat, role, options));
  }

  fourLetterWord(word: string): Promise<string> {
    return this.#run(async () => {
      if (!/^[a-z]{4}$/.test(word)) throw badOption("word", word, "is no word of four letters");
      if (this.#seat.state !== "running") throw this.#isDown(`answer ${word}`);
      const { timeouts } = this.#options;
      const host = this.#seat.host.clientHost ?? this.#options.host;
      return await askWord(word, { host, port: this.port, timeout: timeouts.wait });
    });
  }

  dropConnections(options: { clients?: boolean; peers?: boolean } = {}): Promise<number> {
    return this.#run(() => {
      const given = new Given("", options, { names: ["clients", "peers"] });
      const peers = given.flag("peers", false);
      return this.#seat.host.dropConnections({ clients: given.flag("clients", !peers), peers });
    });
  }

  async #start(): Promise<void> {
    if (this.#seat.state === "paused") throw this.#isDown("start");
    await this.#seat.start();
    const { standings, timeouts } = this.#options;
    await standings.ready([this.#seat], { timeout: timeouts.start, code: "ZKMS_START_TIMEOUT" });
  }

  #isDown(verb: string): ZkmsError {
    const what = `peer ${this.id} cannot ${verb}: it is ${this.#seat.role}`;
    return new ZkmsError("ZKMS_BAD_STATE", what, { hint: revival(this.#seat) });
  }

  #run<T>(action: () => T | Promise<T>): Promise<T> {
    return this.#options.calls.run(action);
  }
}
