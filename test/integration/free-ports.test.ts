import { once } from "node:events";
import { createServer } from "node:net";
import { expect, test } from "vitest";
import { claimPorts, freePorts } from "../../src/apache/free-ports.ts";

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const outcome = once(server.listen(port, "127.0.0.1"), "listening").then(
    () => true,
    () => false,
  );
  const free = await outcome;
  if (free) await once(server.close(), "close");
  return free;
}

test("ports are distinct, bound by nobody, and below those of the near ends of connections", async () => {
  const { ports, release } = await claimPorts(120);
  expect(new Set(ports).size).toBe(120);
  for (const port of ports) expect(await isFree(port)).toBe(true);
  expect(Math.min(...ports)).toBeGreaterThanOrEqual(15_000);
  expect(Math.max(...ports)).toBeLessThan(32_000);
  await release();
});

test("what is claimed is given to nobody else, bound or not, until it is let go", async () => {
  const first = await claimPorts(2000);
  const second = await freePorts(2000);
  const own = new Set(first.ports);
  expect(first.ports).toHaveLength(2000);
  expect(second.filter((port) => own.has(port))).toEqual([]);
  await first.release();
});
