// "The limit": a bare Node TCP server that cuts its input into frames and answers each with one of the size that ZooKeeper's
// reply has, all answers to one chunk in one write. It looks into nothing: what a server that parses, checks, agrees and
// applies could at best approach.
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { requestBytesMin } from "./frames.ts";
import { portOf } from "./port.ts";

export interface Limit extends AsyncDisposable {
  readonly port: number;
}

export async function startLimit(replyBytes: number): Promise<Limit> {
  const reply = Buffer.alloc(replyBytes);
  reply.writeInt32BE(replyBytes - 4, 0);
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    let rest: Buffer | undefined;
    socket.on("data", (chunk: Buffer) => {
      const bytes = rest === undefined ? chunk : Buffer.concat([rest, chunk]);
      const answers = Buffer.allocUnsafe(Math.ceil(bytes.length / requestBytesMin) * replyBytes);
      let at = 0;
      let length = 0;
      while (at + 4 <= bytes.length) {
        const end = at + 4 + bytes.readInt32BE(at);
        if (end > bytes.length) break;
        answers.set(reply, length);
        length += replyBytes;
        at = end;
      }
      rest = at < bytes.length ? bytes.subarray(at) : undefined;
      socket.write(answers.subarray(0, length));
    });
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: portOf(server),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
