// One connection with one request in flight, without a client library's own cost: for times to the first committed write.
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { create, handshake, nodeCount, nodePath } from "./frames.ts";

export class RawClient {
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Resolves with a session. */
  static async open(port: number): Promise<RawClient> {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    const client = new RawClient(socket);
    await once(socket, "connect");
    const answer = await client.ask(handshake);
    if (answer.readInt32BE(4) === 0) throw new Error("the session was refused");
    return client;
  }

  /** Resolves when the node is committed. */
  async create(path: string): Promise<void> {
    const error = (await this.ask(create(path))).readInt32BE(12);
    if (error !== 0) throw new Error(`create ${path}: error ${error}`);
  }

  close(): void {
    this.#socket.destroy();
  }

  /** The payload of the reply: nothing else is in flight, so what arrives is that. */
  ask(frame: Buffer): Promise<Buffer> {
    const socket = this.#socket;
    return new Promise((resolve, reject) => {
      let bytes = Buffer.alloc(0);
      const onClose = (): void => reject(new Error("the server closed the connection"));
      const onData = (chunk: Buffer): void => {
        bytes = Buffer.concat([bytes, chunk]);
        if (bytes.length < 4 || bytes.length < 4 + bytes.readInt32BE(0)) return;
        socket.off("data", onData).off("close", onClose);
        resolve(bytes.subarray(4));
      };
      socket.on("data", onData).on("close", onClose);
      socket.write(frame);
    });
  }
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

/** The nodes that the load reads and writes. */
export async function seed(port: number): Promise<void> {
  const client = await RawClient.open(port);
  try {
    await client.create("/bench");
    for (let index = 0; index < nodeCount; index += 1) await client.create(nodePath(index));
  } finally {
    client.close();
  }
}
