import type { Socket } from "node:net";
import type { Port } from "./ports.ts";

/**
 * A port of a peer besides those of ZooKeeper's own protocols, such as its AdminServer's: whoever connects is handed on. It
 * listens while the peer's process lives, freezes with it, and ends with it.
 */
export class SideDoor {
  readonly port: number;
  readonly #port: Port;
  readonly #onConnection: (socket: Socket) => void;
  readonly #sockets = new Set<Socket>();

  constructor(port: Port, onConnection: (socket: Socket) => void) {
    this.port = port.number;
    this.#port = port;
    this.#onConnection = onConnection;
  }

  open(): Promise<void> {
    return this.#port.listen((socket) => {
      socket.unref();
      socket.on("error", () => {}); // "close" follows
      socket.on("close", () => this.#sockets.delete(socket));
      this.#sockets.add(socket);
      this.#onConnection(socket);
    });
  }

  close(how: "end" | "reset"): void {
    this.#port.unlisten();
    for (const socket of this.#sockets) {
      if (how === "end") socket.destroy();
      else socket.resetAndDestroy();
    }
  }

  freeze(): void {
    this.#port.freeze();
    for (const socket of this.#sockets) socket.pause();
  }

  thaw(): void {
    this.#port.thaw();
    for (const socket of this.#sockets) socket.resume();
  }
}
