import type { Socket } from "node:net";
import type { Fabric } from "../core/network/fabric.ts";
import type { Link, Message } from "../core/network/link.ts";
import { corruptBytes, type Lane } from "../runtime/lane.ts";
import type { Lanes } from "../runtime/lanes.ts";
import { resetSocket } from "../runtime/reset-socket.ts";

/** What passes: bytes, or how a stream ended, behind them. */
type Piece = Uint8Array | "end" | "reset";

/** How much is read of what the fabric holds back; more waits in the system's buffers, and then in the sender. */
const heldBytesMax = 1024 * 1024;

export interface WayOptions {
  readonly link: Link;
  readonly from: Socket;
  readonly to: Socket;
  readonly fabric: Fabric;
  readonly lanes: Lanes;
  /** Sees all bytes as they come, and gives what is to be passed on. */
  readonly through: (bytes: Uint8Array) => Uint8Array;
  /** The fabric asks for a reset of the connection. */
  readonly reset: () => void;
  /** Something waits for its time. */
  readonly waiting: () => void;
}

/** One direction of a relayed connection: what one socket brings, the other is given, as the fabric lets it. */
export class Way {
  readonly #options: WayOptions;
  readonly #lane: Lane<Piece>;
  /** What the fabric has let through while this way is frozen. */
  #frozen: Piece[] | undefined;

  constructor(options: WayOptions) {
    const { link, from, to, lanes, reset } = options;
    this.#options = options;
    this.#lane = lanes.open<Piece>({
      link,
      pass: (piece) => this.#pass(piece),
      act: reset,
      corrupt: (piece, at) => (typeof piece === "string" ? piece : corruptBytes(piece, at)),
    });
    from.on("data", (bytes) => this.#takeBytes(bytes));
    from.on("end", () => this.#take("end", 0));
    from.on("error", () => this.#take("reset", 0));
    to.on("drain", () => this.#paceReading());
  }

  /** Nothing is read and nothing passes, until `thaw`. */
  freeze(): void {
    this.#frozen ??= [];
    this.#paceReading();
  }

  thaw(): void {
    const pieces = this.#frozen ?? [];
    this.#frozen = undefined;
    for (const piece of pieces) this.#pass(piece);
    this.#paceReading();
  }

  /** What waits is gone with its connection. */
  clear(): void {
    this.#lane.clear();
    this.#frozen = undefined;
  }

  #takeBytes(bytes: Uint8Array): void {
    const passed = this.#options.through(bytes);
    if (passed.length > 0) this.#take(passed, passed.length);
  }

  #take(piece: Piece, bytes: number): void {
    const { link, fabric, waiting } = this.#options;
    if (this.#lane.isClear) return this.#pass(piece);
    const looked = bytes > 0 && fabric.needsMessages;
    this.#lane.push(piece, bytes, looked ? burstOf(link, bytes) : undefined);
    this.#lane.pump();
    this.#paceReading();
    if (!this.#lane.isEmpty) waiting();
  }

  #pass(piece: Piece): void {
    const { to } = this.#options;
    if (this.#frozen !== undefined) this.#frozen.push(piece);
    else if (to.destroyed) return;
    else if (piece === "reset") resetSocket(to);
    else if (piece === "end") to.end();
    else if (!to.writableEnded) to.write(piece);
    this.#paceReading();
  }

  /** Reads no more than the other side takes, nor than may be held back. */
  #paceReading(): void {
    const { from, to } = this.#options;
    const isFull = to.writableNeedDrain || this.#lane.heldBytes > heldBytesMax;
    const isStopped = isFull || this.#frozen !== undefined;
    if (isStopped === from.isPaused()) return;
    if (isStopped) from.pause();
    else from.resume();
  }
}

const burstOf = ({ from, to }: Link, bytes: number): Message => ({
  from,
  to,
  type: "BYTES",
  zxid: undefined,
  path: undefined,
  session: undefined,
  bytes,
});
