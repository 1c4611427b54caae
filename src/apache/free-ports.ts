import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { ZkmsError } from "../ensemble/errors.ts";

/**
 * Below the range from which systems draw the near ends of connections: somebody who dials such a port again and again until
 * it is served may be given the very port as his own end, is then connected to himself, and keeps the server off it. It begins
 * at an odd number, so that no lock sits on one of the round numbers that people ask for.
 */
const range = { from: 15_007, to: 32_000 };
/** Who claims ports listens on the first of each block that they are from. */
const blockSize = 50;
const blockCount = Math.floor((range.to - range.from) / blockSize);

/** Loopback ports that nobody has, nor is given by `claimPorts` in any process until they are let go. */
export interface PortClaim {
  readonly ports: readonly number[];
  release(): Promise<void>;
}

/**
 * For processes that bind ports by number, some of them late: a follower's port for learners is bound when it leads. Two ensembles that
 * start at once, in whatever processes, have none in common. The blocks of the ports in `except`, which are to be bound by number too,
 * are left alone, locks included. ZKMS_ENGINE where there are not as many.
 */
export async function claimPorts(
  count: number,
  { except = [] }: { readonly except?: readonly number[] } = {},
): Promise<PortClaim> {
  const ports: number[] = [];
  const locks: Server[] = [];
  for (const first of firstsOfBlocks(except)) {
    if (ports.length === count) break;
    const lock = await hold(first);
    if (lock === undefined) continue;
    locks.push(lock);
    ports.push(...(await freeOf(othersOf(first), count - ports.length)));
  }
  if (ports.length === count) return { ports, release: () => letGo(locks) };
  await letGo(locks);
  const { from, to } = range;
  throw new ZkmsError("ZKMS_ENGINE", `of ${count} ports only ${ports.length} are free`, {
    why: `they are claimed from ${from} to ${to}, ${blockSize} at a time`,
    hint: "close other ensembles first",
  });
}

/** In random order. */
function firstsOfBlocks(except: readonly number[]): readonly number[] {
  const firsts = Array.from({ length: blockCount }, (_, index) => range.from + index * blockSize);
  return firsts
    .filter((first) => !except.some((port) => port >= first && port < first + blockSize))
    .map((first) => ({ first, turn: Math.random() }))
    .sort((left, right) => left.turn - right.turn)
    .map(({ first }) => first);
}

/** From any of them on: two who draw one block, one after the other, shall not both be given its first. */
function othersOf(first: number): readonly number[] {
  const count = blockSize - 1;
  const begin = Math.floor(Math.random() * count);
  return Array.from({ length: count }, (_, index) => first + 1 + ((begin + index) % count));
}

/** For who binds them at once, or does not mind that somebody else may. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const { ports, release } = await claimPorts(count);
  await release();
  return ports;
}

/** As many as are wanted, if so many are free. */
async function freeOf(ports: readonly number[], wanted: number): Promise<number[]> {
  const free: number[] = [];
  for (const port of ports) {
    if (free.length === wanted) break;
    const server = await hold(port);
    if (server === undefined) continue;
    free.push(port);
    await letGo([server]);
  }
  return free;
}

async function letGo(servers: readonly Server[]): Promise<void> {
  await Promise.all(
    servers.map((server) => {
      const closed = once(server, "close");
      server.close();
      return closed;
    }),
  );
}

/** undefined: somebody has it. */
function hold(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.unref(); // holds nobody
    server.once("error", () => resolve(undefined));
    // Exclusive: workers of node:cluster would be given one handle, and all of them the lock.
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => resolve(server));
  });
}
