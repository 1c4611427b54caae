import { formatHostPort } from "../core/base/host-port.ts";
import type { Peer, PeerStatus } from "./api.ts";
import type { Ms, PeerId, Role, WaitOptions } from "./api-controls.ts";
import type { Calls } from "./calls.ts";
import type { PeerVerbs } from "./engine.ts";
import { ZkmsError } from "./errors.ts";
import { askWord } from "./four-letter-word.ts";
import { badOption, Given } from "./given.ts";
import { revival } from "./picture.ts";

export interface PeerHandleOptions {
  readonly peer: PeerVerbs;
  readonly calls: Calls;
  /** For a four-letter word's answer. */
  readonly timeout: Ms;
}

/** A peer as users hold it, on either engine: each verb checks what it was given, and whether the peer is as it takes. */
export class PeerHandle implements Peer {
  readonly id: PeerId;
  readonly #peer: PeerVerbs;
  readonly #options: PeerHandleOptions;

  constructor(options: PeerHandleOptions) {
    this.id = options.peer.id;
    this.#peer = options.peer;
    this.#options = options;
  }

  get type(): "participant" | "observer" {
    return this.#peer.type;
  }

  get host(): string {
    return this.#peer.host;
  }

  get port(): number {
    return this.#peer.ports.client;
  }

  get address(): string {
    return formatHostPort(this.host, this.port);
  }

  get ports(): Peer["ports"] {
    return this.#peer.ports;
  }

  get dataDir(): string | undefined {
    return this.#peer.dataDir;
  }

  role(): Promise<Role> {
    return this.#run(() => this.#peer.askRole());
  }

  status(): Promise<PeerStatus> {
    return this.#run(() => this.#peer.status());
  }

  start(): Promise<void> {
    return this.#run(() => {
      if (this.#peer.state === "paused") throw this.#isDown("start");
      return this.#peer.start();
    });
  }

  stop(): Promise<void> {
    return this.#run(() => this.#peer.stop());
  }

  kill(): Promise<void> {
    return this.#run(() => this.#peer.kill());
  }

  pause(): Promise<void> {
    return this.#run(() => {
      if (this.#peer.state === "paused") return;
      if (this.#peer.state !== "running") throw this.#isDown("pause");
      this.#peer.pause();
    });
  }

  resume(): Promise<void> {
    return this.#run(() => {
      if (this.#peer.state === "running") return;
      if (this.#peer.state !== "paused") throw this.#isDown("resume");
      this.#peer.resume();
    });
  }

  restart(options: { crash?: boolean; wipe?: boolean } = {}): Promise<void> {
    return this.#run(() => {
      const given = new Given("", options, { names: ["crash", "wipe"] });
      return this.#peer.restart({
        crash: given.flag("crash", false),
        wipe: given.flag("wipe", false),
      });
    });
  }

  waitForRole(role: Role, options?: WaitOptions): Promise<void> {
    return this.#run(() => this.#peer.untilRole(role, options));
  }

  fourLetterWord(word: string): Promise<string> {
    return this.#run(async () => {
      if (!/^[a-z]{4}$/.test(word)) throw badOption("word", word, "is no word of four letters");
      if (this.#peer.state !== "running") throw this.#isDown(`answer ${word}`);
      const { timeout } = this.#options;
      return await askWord(word, { host: this.#peer.boundHost, port: this.port, timeout });
    });
  }

  dropConnections(options: { clients?: boolean; peers?: boolean } = {}): Promise<number> {
    return this.#run(() => {
      const given = new Given("", options, { names: ["clients", "peers"] });
      const peers = given.flag("peers", false);
      return this.#peer.dropConnections({ clients: given.flag("clients", !peers), peers });
    });
  }

  #isDown(verb: string): ZkmsError {
    const { id, role } = this.#peer;
    const what = `peer ${id} cannot ${verb}: it is ${role}`;
    return new ZkmsError("ZKMS_BAD_STATE", what, { hint: revival({ id, role }) });
  }

  #run<T>(action: () => T | Promise<T>): Promise<T> {
    return this.#options.calls.run(action);
  }
}
