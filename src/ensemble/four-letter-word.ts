import { connect } from "node:net";
import type { ConnectionOptions } from "node:tls";
import { clearTimeout, setTimeout } from "../runtime/machine-time.ts";
import type { Ms } from "./api-controls.ts";

export interface WordTarget {
  readonly host: string;
  readonly port: number;
  readonly timeout: Ms;
  /** undefined: a plain port. */
  readonly tls?: ConnectionOptions;
}

/** Sends a word to a client port, alone on its connection, and returns all that comes back until the peer closes it. */
export function askWord(word: string, to: WordTarget): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const { host, port, tls } = to;
    const socket =
      tls === undefined
        ? connect({ host, port })
        : process.getBuiltinModule("node:tls").connect({ host, port, ...tls });
    const timer = setTimeout(() => {
      socket.destroy(new Error(`no answer to ${word} after ${to.timeout} ms`));
    }, to.timeout);
    socket.on(tls === undefined ? "connect" : "secureConnect", () => socket.write(word));
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.on("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    socket.on("close", () => {
      clearTimeout(timer);
      resolve(Buffer.concat(chunks).toString("utf8"));
    });
  });
}
