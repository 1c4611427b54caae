import type { Socket } from "node:net";
import type { Fabric } from "../core/network/fabric.ts";
import type { Link } from "../core/network/link.ts";
import type { ConnectResponse } from "../core/protocol/connect.ts";
import type { Lanes } from "../runtime/lanes.ts";
import { resetSocket } from "../runtime/reset-socket.ts";
import { overheard, redirected } from "./overheard.ts";
import { Way } from "./way.ts";

export interface RelayOptions {
  /** From who dials to who listens. */
  readonly link: Link;
  /** The dialler's side and the listener's. */
  readonly near: Socket;
  readonly far: Socket;
  readonly openedAt: number;
  readonly fabric: Fabric;
  readonly lanes: Lanes;
  /** Where the dialler of an election connection is to be called back. */
  readonly callBack: string | undefined;
  readonly waiting: () => void;
  /** Both sides have closed. */
  readonly over: () => void;
}

/** A connection that was made to a proxy, and the one that it made in turn. */
export class Relay {
  readonly link: Link;
  readonly openedAt: number;
  /** The dialler's end. */
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** What the server granted; undefined where it is no client's connection, or has no session. */
  granted: ConnectResponse | undefined;
  readonly #near: Socket;
  readonly #far: Socket;
  readonly #there: Way;
  readonly #back: Way;
  #freezes = 0;

  constructor(options: RelayOptions) {
    const { link, near, far, fabric, lanes, callBack, waiting, over } = options;
    this.link = link;
    this.openedAt = options.openedAt;
    this.remoteAddress = (near.remoteAddress ?? "").replace(/^::ffff:/, "");
    this.remotePort = near.remotePort ?? 0;
    this.#near = near;
    this.#far = far;
    const reset = (): void => this.breakOff();
    const same = (bytes: Uint8Array): Uint8Array => bytes;
    const shared = { fabric, lanes, reset, waiting };
    this.#there = new Way({
      ...shared,
      link,
      from: near,
      to: far,
      through: callBack === undefined ? same : redirected(callBack),
    });
    this.#back = new Way({
      ...shared,
      link: { from: link.to, to: link.from, channel: link.channel },
      from: far,
      to: near,
      through: link.channel === "client" ? overheard((response) => this.#learn(response)) : same,
    });
    const closed = (): void => {
      if (!near.closed || !far.closed) return;
      this.#there.clear();
      this.#back.clear();
      over();
    };
    near.on("close", closed);
    far.on("close", closed);
  }

  /** Neither side hears of the other until thawed as often. */
  freeze(): void {
    this.#freezes += 1;
    if (this.#freezes > 1) return;
    this.#there.freeze();
    this.#back.freeze();
  }

  thaw(): void {
    this.#freezes -= 1;
    if (this.#freezes > 0) return;
    this.#there.thaw();
    this.#back.thaw();
  }

  /** Resets both sides, as the network would. */
  breakOff(): void {
    this.#there.clear();
    this.#back.clear();
    resetSocket(this.#near);
    resetSocket(this.#far);
  }

  #learn(response: ConnectResponse): void {
    if (response.timeout > 0) this.granted = response;
  }
}
