import { once } from "node:events";
import { createServer, type Server } from "node:net";

/**
 * Below the range from which systems draw the near ends of connections: somebody who dials such a port again and again until
 * it is served may be given the very port as his own end, is then connected to himself, and keeps the server off it.
 */
const range = { from: 15_000, to: 32_000 };
/** Who claims ports listens on the first of each block that they are from. */
const blockSize = 50;
const attemptsMax = 1000;

/** Loopback ports that nobody has, nor is given by `claimPorts` in any process until they are let go. */
export interface PortClaim {
  readonly ports: readonly number[];
  release(): Promise<void>;
}

/**
 * For processes that bind ports by number, some of them late: a follower's port for learners is bound when it leads. Two ensembles that
 * start at once, in whatever processes, have none in common.
 */
export async function claimPorts(count: number): Promise<PortClaim> {
  const ports: number[] = [];
  const locks: Server[] = [];
  for (let attempt = 0; ports.length < count && attempt < attemptsMax; attempt += 1) {
    const block = Math.floor((Math.random() * (range.to - range.from)) / blockSize);
    const first = range.from + block * blockSize;
    const lock = await hold(first);
    if (lock === undefined) continue;
    locks.push(lock);
    const others = Array.from({ length: blockSize - 1 }, (_, index) => first + 1 + index);
    ports.push(...(await freeOf(others, count - ports.length)));
  }
  return { ports, release: () => letGo(locks) };
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
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}
