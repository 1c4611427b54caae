// One connection with one request in flight, without a client library's own cost: for times to the first committed write.
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import {
  create,
  handshake,
  nodeCount,
  nodePath,
  nodesUsed,
  setData,
  valueBytes,
} from "./frames.ts";

const eventXid = -1;
const nodeExists = -110;

export class RawClient {
  readonly #socket: Socket;
  #bytes: Buffer = Buffer.alloc(0);
  #waiting: Waiting | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
    socket.on("error", (error) => this.#failed(error));
    socket.on("close", () => this.#failed(new Error("the server closed the connection")));
  }

  /** Resolves with a session. */
  static async open(port: number): Promise<RawClient> {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    await once(socket, "connect");
    const client = new RawClient(socket);
    const answer = await client.ask(handshake);
    if (answer.readInt32BE(4) === 0) throw new Error("the session was refused");
    return client;
  }

  /** Resolves when the node is committed. */
  async create(path: string): Promise<void> {
    await this.change(create(path));
  }

  /** Resolves when what the frame asks for is committed. */
  async change(frame: Buffer): Promise<void> {
    const error = (await this.ask(frame)).readInt32BE(12);
    if (error !== 0) throw new Error(`a change: error ${error}`);
  }

  close(): void {
    this.#socket.destroy();
  }

  /** The payload of the reply: nothing else is in flight, so what arrives is that. */
  async ask(frame: Buffer): Promise<Buffer> {
    const [reply] = await this.askAll([frame]);
    if (reply === undefined) throw new Error("no reply");
    return reply;
  }

  /** All in flight at once; the payloads in their order. */
  askAll(frames: readonly Buffer[]): Promise<readonly Buffer[]> {
    const replies = this.#wait(frames.length);
    this.#socket.write(frames.length === 1 ? (frames[0] ?? "") : Buffer.concat(frames));
    return replies;
  }

  /** The next watch event; nothing is in flight. */
  async event(): Promise<void> {
    const [event] = await this.#wait(1);
    if (event?.readInt32BE(0) !== eventXid) throw new Error("a reply instead of an event");
  }

  #wait(count: number): Promise<readonly Buffer[]> {
    return new Promise((resolve, reject) => {
      this.#waiting = { count, frames: [], resolve, reject };
    });
  }

  #read(chunk: Buffer): void {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
    let at = 0;
    while (at + 4 <= this.#bytes.length) {
      const end = at + 4 + this.#bytes.readInt32BE(at);
      if (end > this.#bytes.length) break;
      this.#take(this.#bytes.subarray(at + 4, end));
      at = end;
    }
    this.#bytes = this.#bytes.subarray(at);
  }

  #take(frame: Buffer): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return; // an event of a watch that nobody waits for
    waiting.frames.push(frame);
    if (waiting.frames.length < waiting.count) return;
    this.#waiting = undefined;
    waiting.resolve(waiting.frames);
  }

  #failed(error: Error): void {
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }
}

interface Waiting {
  readonly count: number;
  readonly frames: Buffer[];
  readonly resolve: (frames: readonly Buffer[]) => void;
  readonly reject: (error: Error) => void;
}

/** A session, one create, and away. */
export async function commitOne(port: number, path: string): Promise<void> {
  const client = await RawClient.open(port);
  try {
    await client.create(path);
  } finally {
    client.close();
  }
}

/** The nodes that the load reads and writes, with values of that size, there or not. */
export async function seed(port: number, bytes: number = valueBytes): Promise<void> {
  const client = await RawClient.open(port);
  const paths = Array.from({ length: nodeCount }, (_, index) => nodePath(index));
  try {
    const replies = await client.askAll(["/bench", ...paths].map((path) => create(path, 0)));
    for (const reply of replies) {
      const error = reply.readInt32BE(12);
      if (error !== 0 && error !== nodeExists) throw new Error(`a node to read: error ${error}`);
    }
    const used = paths.slice(0, nodesUsed(bytes));
    for (const reply of await client.askAll(used.map((path) => setData(path, bytes)))) {
      const error = reply.readInt32BE(12);
      if (error !== 0) throw new Error(`a value of ${bytes} bytes: error ${error}`);
    }
  } finally {
    client.close();
  }
}
