import { formatHostPort } from "../core/base/host-port.ts";
import type { Channel } from "../core/network/link.ts";
import type { Peer, PeerStatus } from "../ensemble/api.ts";
import type { Ms, PeerId, Role, WaitOptions } from "../ensemble/api-controls.ts";
import type { Calls } from "../ensemble/calls.ts";
import { ZkmsError } from "../ensemble/errors.ts";
import { askWord } from "../ensemble/four-letter-word.ts";
import { badOption, Given } from "../ensemble/given.ts";
import type { Gates } from "./gates.ts";
import type { Seat } from "./seat.ts";
import type { Standings } from "./standings.ts";

export interface PeerHandleOptions {
  readonly seat: Seat;
  readonly gates: Gates;
  readonly calls: Calls;
  readonly standings: Standings;
  /** The address that clients' ports are bound to, and the name they know it by. */
  readonly host: string;
  readonly advertisedHost: string;
  readonly timeouts: { readonly start: Ms; readonly wait: Ms; readonly close: Ms };
}

/** What a user holds of one of Apache's servers. */
export class PeerHandle implements Peer {
  readonly id: PeerId;
  readonly type: "participant" | "observer";
  readonly host: string;
  readonly port: number;
  readonly address: string;
  readonly ports: Peer["ports"];
  readonly dataDir: string;
  readonly #seat: Seat;
  readonly #options: PeerHandleOptions;

  constructor(options: PeerHandleOptions) {
    const { seat, advertisedHost } = options;
    this.#seat = seat;
    this.#options = options;
    this.id = seat.id;
    this.type = seat.type;
    this.host = advertisedHost;
    this.port = seat.clientPort;
    this.address = formatHostPort(this.host, this.port);
    const { quorum, election, admin } = seat.ports;
    this.ports = { client: this.port, quorum, election, ...(admin !== undefined && { admin }) };
    this.dataDir = seat.process.plan.dir;
  }

  role(): Promise<Role> {
    return this.#run(async () => {
      await this.#seat.look();
      return this.#seat.role;
    });
  }

  status(): Promise<PeerStatus> {
    return this.#run(async () => {
      const leader = await this.#options.standings.leaderNow();
      return await this.#seat.status(leader?.id);
    });
  }

  start(): Promise<void> {
    return this.#run(() => this.#start());
  }

  stop(): Promise<void> {
    return this.#run(() => this.#seat.stop(this.#options.timeouts.close));
  }

  kill(): Promise<void> {
    return this.#run(async () => void (await this.#seat.kill()));
  }

  pause(): Promise<void> {
    return this.#run(() => {
      if (this.#seat.isPaused) return;
      if (!this.#seat.isUp) throw this.#isDown("pause");
      this.#seat.pause();
    });
  }

  resume(): Promise<void> {
    return this.#run(() => {
      if (this.#seat.isUp) return;
      if (!this.#seat.isPaused) throw this.#isDown("resume");
      this.#seat.resume();
    });
  }

  restart(options: { crash?: boolean; wipe?: boolean } = {}): Promise<void> {
    return this.#run(async () => {
      const given = new Given("", options, { names: ["crash", "wipe"] });
      const [crash, wipe] = [given.flag("crash", false), given.flag("wipe", false)];
      if (crash) await this.#seat.kill();
      else await this.#seat.stop(this.#options.timeouts.close);
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
      if (!this.#seat.isUp) throw this.#isDown(`answer ${word}`);
      const { host, timeouts } = this.#options;
      return await askWord(word, { host, port: this.port, timeout: timeouts.wait });
    });
  }

  dropConnections(options: { clients?: boolean; peers?: boolean } = {}): Promise<number> {
    return this.#run(() => {
      const given = new Given("", options, { names: ["clients", "peers"] });
      const peers = given.flag("peers", false);
      const channels: Channel[] = peers ? ["quorum", "election"] : [];
      if (given.flag("clients", !peers)) channels.push("client");
      const near = [this.#seat.id];
      return this.#options.gates.reset(
        channels.map((channel) => ({ from: near, channel, bothWays: true })),
      );
    });
  }

  async #start(): Promise<void> {
    if (this.#seat.isPaused) throw this.#isDown("start");
    await this.#seat.start();
    await this.#options.standings.ready([this.#seat], this.#options.timeouts.start);
  }

  #isDown(verb: string): ZkmsError {
    const what = `peer ${this.id} cannot ${verb}: it is ${this.#seat.role}`;
    const hint = `ensemble.peer(${this.id}).${this.#seat.isPaused ? "resume" : "start"}()`;
    return new ZkmsError("ZKMS_BAD_STATE", what, { hint });
  }

  #run<T>(action: () => T | Promise<T>): Promise<T> {
    return this.#options.calls.run(action);
  }
}
