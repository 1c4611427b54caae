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
  const repeated =
    only === undefined || only.length < largeBytes ? undefined : new RepeatedAnswers(only);
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
      const answers = repeated ?? new CopiedAnswers(countMax * largest);
      let at = missing;
      if (owed !== undefined) answers.add(owed);
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
        answers.add(reply);
      }
      rest = at < bytes.length ? bytes.subarray(at) : undefined;
      answers.send(socket);
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

/** To one chunk: each is copied behind the others, and all of them are one write. */
class CopiedAnswers {
  readonly #bytes: Buffer;
  #length = 0;

  constructor(bytesMax: number) {
    this.#bytes = Buffer.allocUnsafe(bytesMax);
  }

  add(reply: Buffer): void {
    this.#bytes.set(reply, this.#length);
    this.#length += reply.length;
  }

  send(socket: Socket): void {
    if (this.#length > 0) socket.write(this.#bytes.subarray(0, this.#length));
  }
}

/** From here on, copying answers and memory for them is what takes the time. */
const largeBytes = 512;
const blockBytes = 256 * 1024;

/** All alike: a block of them is made once, and written as often as needed. */
class RepeatedAnswers {
  readonly #block: Buffer;
  readonly #replyBytes: number;
  readonly #inBlock: number;
  #count = 0;

  constructor(reply: Buffer) {
    this.#replyBytes = reply.length;
    this.#inBlock = Math.max(1, Math.floor(blockBytes / reply.length));
    this.#block = Buffer.concat(Array.from({ length: this.#inBlock }, () => reply));
  }

  add(): void {
    this.#count += 1;
  }

  send(socket: Socket): void {
    socket.cork();
    while (this.#count > 0) {
      const part = Math.min(this.#count, this.#inBlock);
      socket.write(this.#block.subarray(0, part * this.#replyBytes));
      this.#count -= part;
    }
    socket.uncork();
  }
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
