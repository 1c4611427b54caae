// Nothing of an ensemble of processes outlives it: no process, no folder, no socket.
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { connect } from "node:net";
import { dirname } from "node:path";
import { expect, test, vi } from "vitest";
import { apache } from "../../src/apache/index.ts";
import { startEnsemble } from "../../src/index.ts";
import { Program } from "../integration/program.ts";
import { processesOf } from "./processes.ts";

/** What ends by itself does so in its time. */
const slowly = { timeout: 60_000 };

async function connected(port: number): Promise<void> {
  const socket = connect({ port, host: "127.0.0.1" });
  await once(socket, "connect");
  socket.destroy();
}

/** The command lines of processes that name the folder, and the folder itself. */
function leftOf(folder: string): string[] {
  const commands = processesOf(folder).map(({ command }) => command.replaceAll("\0", " "));
  return existsSync(folder) ? [folder, ...commands] : commands;
}

test.each([
  ["closes it", "closes", undefined, { code: 0, signal: null }],
  ["forgets it", "forgets", undefined, { code: 0, signal: null }],
  ["exits", "exits", undefined, { code: 3, signal: null }],
  ["throws", "throws", undefined, { code: 1, signal: null }],
  ["is interrupted", "stays", "SIGINT", { code: null, signal: "SIGINT" }],
  ["is killed", "stays", "SIGKILL", { code: null, signal: "SIGKILL" }],
] as const)("a program that %s leaves no process and no folder", async (_, how, signal, end) => {
  await using program = new Program(["test/integration/fixtures/apache-process.ts", how]);
  const folder = dirname((await program.line(/^folder /)).slice("folder ".length));
  if (signal !== undefined) {
    expect(leftOf(folder)).toHaveLength(3); // the folder, the server, and who looks after them
    program.signal(signal);
  }
  expect(await program.ended).toEqual(end);
  await vi.waitFor(() => expect(leftOf(folder)).toEqual([]), slowly);
});

test("an ensemble that is closed in the middle of faults leaves no socket, process and folder", async () => {
  const open = (): number => readdirSync("/proc/self/fd").length;
  const before = open();
  const ensemble = await startEnsemble(3, { engine: apache() });
  const folder = dirname(ensemble.peer(1).dataDir ?? "");
  const client = await ensemble.connect({ to: "leader" });
  await ensemble.partition([1], [2, 3]);
  await ensemble.network.hold({ to: "all", channel: "client" });
  await ensemble.peer(2).pause();
  client.create("/never").catch(() => {});
  expect(open()).toBeGreaterThan(before);
  await ensemble.close();
  expect(leftOf(folder)).toEqual([]);
  await vi.waitFor(() => expect(open()).toBe(before), slowly);
});

test("an ensemble that is closed in the middle of a restart leaves nothing either", async () => {
  const ensemble = await startEnsemble({ peers: 1, engine: apache() });
  const folder = dirname(ensemble.peer(1).dataDir ?? "");
  const restarting = expect(ensemble.restart()).rejects.toMatchObject({ code: "ZKMS_CLOSED" });
  await ensemble.close();
  await restarting;
  await expect(connected(ensemble.peer(1).port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  expect(leftOf(folder)).toEqual([]);
});

test("a server that cannot start is told at once, and leaves nothing", async () => {
  const broken = startEnsemble({ peers: 1, engine: apache({ classpath: "/nowhere.jar" }) });
  await expect(broken).rejects.toMatchObject({
    code: "ZKMS_ENGINE",
    message: expect.stringMatching(/has ended\n {2}why .*QuorumPeerMain/),
  });
  const absent = startEnsemble({ peers: 1, engine: apache({ java: "/nowhere/java" }) });
  await expect(absent).rejects.toMatchObject({
    code: "ZKMS_ENGINE",
    message: expect.stringContaining("apt-get install -y zookeeper"),
  });
});
