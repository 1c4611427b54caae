import type { Socket } from "node:net";
import { clearTimeout, setTimeout } from "../runtime/machine-time.ts";
import type { Server } from "./connection.ts";
import { dial, type SecureDial } from "./dial.ts";

export interface ReadWriteSearchOptions {
  /** Asked in turn. */
  readonly servers: readonly Server[];
  readonly secure: SecureDial | undefined;
  /** Called once at most; the search is over then. */
  readonly found: (server: Server) => void;
}

const delayMin = 100;
const delayMax = 1_000;
/** A server that says nothing for so long is passed by. */
const answerTime = 1_000;
/** What a server with a quorum answers to `isro`. */
const readWrite = "rw";

/**
 * Asks one server after the other whether it has a quorum, while the client's own serves reads only; as Apache's client does,
 * with longer and longer breaks. It holds no process.
 */
export class ReadWriteSearch {
  readonly #options: ReadWriteSearchOptions;
  #next = 0;
  #delay = delayMin;
  #timer: NodeJS.Timeout | undefined;
  #socket: Socket | undefined;
  #isOver = false;

  constructor(options: ReadWriteSearchOptions) {
    this.#options = options;
    this.#wait();
  }

  end(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#socket?.destroy();
  }

  #wait(): void {
    this.#timer = setTimeout(() => this.#ask(), this.#delay);
    this.#timer.unref();
    this.#delay = Math.min(2 * this.#delay, delayMax);
  }

  #ask(): void {
    const { servers, secure, found } = this.#options;
    const server = servers[this.#next % servers.length];
    if (server === undefined) return;
    this.#next += 1;
    const socket = dial(server, secure);
    socket.unref();
    this.#socket = socket;
    let text = "";
    const timer = setTimeout(() => socket.destroy(), answerTime);
    timer.unref();
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
    });
    socket.on("error", () => {}); // a close follows
    socket.on("close", () => {
      clearTimeout(timer);
      if (this.#isOver) return;
      if (text !== readWrite) return this.#wait();
      this.end();
      found(server);
    });
    socket.write("isro");
  }
}
