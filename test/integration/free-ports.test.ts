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

test("nobody is kept off the round numbers", async () => {
  const { ports, release } = await claimPorts(49); // a whole block, where nobody has one of them
  const round = ports.map((port) => Math.floor(port / 10) * 10);
  for (const port of new Set(round)) expect([port, await isFree(port)]).toEqual([port, true]);
  await release();
});

test("a port that its caller binds by number is not among them, nor is one of its block a lock", async () => {
  const { ports, release } = await claimPorts(1000);
  await release();
  const except = ports.filter((_, index) => index % 10 === 0);
  const own = new Set(except);
  const claim = await claimPorts(1000, { except });
  expect(claim.ports.filter((port) => own.has(port))).toEqual([]);
  await claim.release();
});

test("one port alone may be any", async () => {
  const places = new Set<number>();
  for (let draw = 0; draw < 30; draw += 1) {
    for (const port of await freePorts(1)) places.add(port % 50);
  }
  expect(places.size).toBeGreaterThan(5);
});

test("more ports than there are is an error that names them, and leaves no lock", async () => {
  const except = Array.from({ length: 16_500 }, (_, index) => 15_000 + index); // ten blocks are left
  await expect(claimPorts(600, { except })).rejects.toMatchObject({
    code: "ZKMS_ENGINE",
    message: expect.stringMatching(/^of 600 ports only \d+ are free\n.* from 15007 to 32000/),
  });
  const { ports, release } = await claimPorts(100, { except });
  expect(ports).toHaveLength(100);
  await release();
});

test("what is claimed is given to nobody else, bound or not, until it is let go", async () => {
  const first = await claimPorts(2000);
  const second = await freePorts(2000);
  const own = new Set(first.ports);
  expect([first.ports.length, second.length]).toEqual([2000, 2000]);
  expect(second.filter((port) => own.has(port))).toEqual([]);
  await first.release();
});
