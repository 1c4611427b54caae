import { once } from "node:events";
import { createServer, type Server } from "node:net";

/**
 * Below the range from which systems draw the near ends of connections: somebody who dials such a port again and again until
 * it is served may be given the very port as his own end, is then connected to himself, and keeps the server off it.
 */
const range = { from: 15_000, to: 32_000 };
const attemptsMax = 1000;

/** Loopback ports that nobody has: held all at once, then let go for processes that bind them by number. */
export async function freePorts(count: number): Promise<number[]> {
  const held = new Map<number, Server>();
  for (let attempt = 0; held.size < count && attempt < attemptsMax; attempt += 1) {
    const port = range.from + Math.floor(Math.random() * (range.to - range.from));
    const server = await hold(port);
    if (server !== undefined) held.set(port, server);
  }
  await Promise.all(
    [...held.values()].map((server) => {
      const closed = once(server, "close");
      server.close();
      return closed;
    }),
  );
  return [...held.keys()];
}

/** undefined: somebody has it. */
function hold(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(undefined));
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}
