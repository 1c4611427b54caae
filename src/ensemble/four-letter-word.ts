import { connect } from "node:net";
import { clearTimeout, setTimeout } from "../runtime/machine-time.ts";
import type { Ms } from "./api-controls.ts";

/** Sends a word to a client port, alone on its connection, and returns all that comes back until the peer closes it. */
export function askWord(
  word: string,
  to: { readonly host: string; readonly port: number; readonly timeout: Ms },
): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect({ host: to.host, port: to.port });
    const timer = setTimeout(() => {
      socket.destroy(new Error(`no answer to ${word} after ${to.timeout} ms`));
    }, to.timeout);
    socket.on("connect", () => socket.write(word));
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
