// "The limit": a bare Node TCP server that cuts its input into frames and answers each with one of the size that ZooKeeper's
// reply has, all answers to one chunk in one write. It looks into nothing but a request's type, where the load has several: what
// a server that parses, checks, agrees and applies could at best approach.
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { OpCode } from "../src/core/protocol/op-codes.ts";
import { requestBytesMin, watchEventBytes } from "./frames.ts";
import { portOf } from "./port.ts";

export interface Limit extends AsyncDisposable {
  readonly port: number;
}

/** Length, xid, type. */
const headBytes = 12;

export interface LimitOptions {
  /** No request is shorter. */
  readonly requestBytes?: number;
  /** A write has a frame of a watch event's size sent to every other connection. */
  readonly fanOut?: boolean;
}

export async function startLimit(
  replySizes: ReadonlyMap<number, number>,
  { requestBytes = requestBytesMin, fanOut = false }: LimitOptions = {},
): Promise<Limit> {
  const replies = new Map([...replySizes].map(([type, bytes]) => [type, replyOf(bytes)]));
  const only = replies.size === 1 ? [...replies.values()][0] : undefined;
  const largest = Math.max(...replySizes.values());
  const sockets = new Set<Socket>();
  const event = eventOf(watchEventBytes);
  const tellOthers = (writer: Socket): void => {
    for (const socket of sockets) if (socket !== writer) socket.write(event);
  };
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    let rest: Buffer | undefined;
    /** Of a frame that has not come whole: its reply, and how many bytes of it are to come. */
    let owed: Buffer | undefined;
    let missing = 0;
    socket.on("data", (chunk: Buffer) => {
      if (missing > chunk.length) {
        missing -= chunk.length;
        return;
      }
      const bytes = rest === undefined ? chunk : Buffer.concat([rest, chunk]);
      const countMax = Math.ceil(bytes.length / requestBytes) + 1;
      const answers = Buffer.allocUnsafe(countMax * largest);
      let at = missing;
      let length = 0;
      if (owed !== undefined) {
        answers.set(owed, 0);
        length = owed.length;
      }
      owed = undefined;
      missing = 0;
      while (at + headBytes <= bytes.length) {
        const type = bytes.readInt32BE(at + 8);
        const reply = only ?? replies.get(type);
        if (reply === undefined) throw new Error(`type ${type} has no size`);
        at += 4 + bytes.readInt32BE(at);
        if (at > bytes.length) {
          missing = at - bytes.length;
          owed = reply;
          break;
        }
        if (fanOut && type === OpCode.setData) tellOthers(socket);
        answers.set(reply, length);
        length += reply.length;
      }
      rest = at < bytes.length ? bytes.subarray(at) : undefined;
      if (length > 0) socket.write(answers.subarray(0, length));
    });
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  });
  server.listen({ port: 0, host: "127.0.0.1", backlog: 1024 });
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

/** No error; to a handshake it is a session's timeout. */
function replyOf(bytes: number): Buffer {
  const reply = Buffer.alloc(bytes);
  reply.writeInt32BE(bytes - 4, 0);
  reply.writeInt32BE(60_000, 8);
  return reply;
}

function eventOf(bytes: number): Buffer {
  const event = replyOf(bytes);
  event.writeInt32BE(-1, 4);
  return event;
}
