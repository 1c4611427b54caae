// "The relay": sockets in one Node process that pass a write on as three peers do, and look into nothing. A client's request goes
// to the leader, from there to two followers; the first of their answers is a quorum, and brings word to both and an answer to the
// client. As many packets as ZooKeeper's protocol has, of their sizes, each a write of a socket at one end and a read at the other:
// what peers of one process that agree over TCP could at best approach, for one request in flight.
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { portOf } from "./port.ts";

export interface Relay extends AsyncDisposable {
  /** Of each peer, the leader's first. */
  readonly ports: readonly number[];
}

const peers = [0, 1, 2];

/** The first byte of a packet says what it is, the second whose client waits. */
const Packet = { request: 1, proposal: 2, ack: 3, commit: 4 } as const;
/** What ZooKeeper has in each (type, zxid, length, identities); who asked; what a transaction has besides its request. */
const headBytes = 20;
const identityBytes = 40;
const txnBytes = 44;

export async function startRelay(requestBytes: number, replyBytes: number): Promise<Relay> {
  const packets = new Packets(requestBytes);
  const reply = Buffer.alloc(replyBytes);
  reply.writeInt32BE(replyBytes - 4, 0);
  const sockets: Socket[] = [];
  const clients: Socket[] = [];
  const links: Socket[] = [];
  let acks = 0;

  const tellAll = (type: number, client: number): void => {
    for (const link of links) link.write(packets.of(type, client));
  };
  const propose = (client: number): void => {
    acks = 0;
    tellAll(Packet.proposal, client);
  };
  const leader = await listen((socket) => {
    sockets.push(socket);
    links.push(socket);
    packets.onEach(socket, (type, client) => {
      if (type === Packet.request) return propose(client);
      acks += 1;
      if (acks > 1) return;
      if (client === 0) clients[0]?.write(reply);
      tellAll(Packet.commit, client);
    });
  });
  const follow = async (peer: number): Promise<Socket> => {
    const link = connect({ port: portOf(leader), host: "127.0.0.1", noDelay: true });
    await once(link, "connect");
    sockets.push(link);
    packets.onEach(link, (type, client) => {
      if (type === Packet.proposal) link.write(packets.of(Packet.ack, client));
      else if (client === peer) clients[peer]?.write(reply);
    });
    return link;
  };
  const serve = async (peer: number): Promise<Server> => {
    const link = peer === 0 ? undefined : await follow(peer);
    return listen((socket) => {
      sockets.push(socket);
      clients[peer] = socket;
      socket.on("data", () => {
        if (link === undefined) propose(peer);
        else link.write(packets.of(Packet.request, peer));
      });
    });
  };
  const servers = await Promise.all(peers.map(serve));
  return {
    ports: servers.map(portOf),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await Promise.all([leader, ...servers].map((server) => once(server.close(), "close")));
    },
  };
}

/** All packets there are, made before. */
class Packets {
  readonly #byType: ReadonlyMap<number, readonly Buffer[]>;

  constructor(requestBytes: number) {
    const lengths = [
      [Packet.request, headBytes + requestBytes + identityBytes],
      [Packet.proposal, headBytes + requestBytes + txnBytes],
      [Packet.ack, headBytes],
      [Packet.commit, headBytes],
    ] as const;
    this.#byType = new Map(
      lengths.map(([type, length]) => [
        type,
        peers.map((client) =>
          Buffer.concat([Buffer.from([type, client]), Buffer.alloc(length - 2)]),
        ),
      ]),
    );
  }

  of(type: number, client: number): Buffer {
    const packet = this.#byType.get(type)?.[client];
    if (packet === undefined) throw new Error(`no packet of type ${type}`);
    return packet;
  }

  onEach(socket: Socket, take: (type: number, client: number) => void): void {
    socket.on("data", (chunk) => {
      for (let at = 0; at < chunk.length; ) {
        const [type = 0, client = 0] = chunk.subarray(at, at + 2);
        at += this.of(type, client).length;
        if (at > chunk.length) throw new Error("a packet that comes in parts");
        take(type, client);
      }
    });
  }
}

async function listen(accept: (socket: Socket) => void): Promise<Server> {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on("error", () => {});
    accept(socket);
  });
  server.listen({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  return server;
}
