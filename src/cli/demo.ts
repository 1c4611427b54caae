// `npm start`: three peers, a client from npm, a killed leader, an expired session. Then the ensemble is yours until Ctrl-C.
import type { Client } from "node-zookeeper-client";
import type { Ensemble } from "../ensemble/api.ts";
import { startEnsemble } from "../ensemble/start.ts";
import * as npmClient from "./npm-client.ts";
import { PeerTable } from "./peer-table.ts";
import { stopSignals, whenAborted } from "./stop-signals.ts";
import { type Part, Terminal } from "./terminal.ts";

const terminal = new Terminal(process.stdout);
const stop = stopSignals();

const bold = (text: string): Part => ({ text, style: "bold" });
const created = (path: string): string => `created ${path}`;
const session = (client: Client): string => `session ${npmClient.sessionOf(client)}`;

run().catch((error: unknown) => {
  if (stop.aborted) return;
  console.error(error);
  process.exitCode = 1;
});

async function run(): Promise<void> {
  terminal.print([bold("zookeeper-memory-server"), ", three peers in one process"]);
  const ensemble = await step(
    "three peers boot and elect a leader",
    () => startEnsemble(3, { name: "demo", keepAlive: true, signal: stop }),
    ({ seed }) => `seed ${seed}`,
  );
  const table = new PeerTable(ensemble, terminal);
  const clients: Client[] = [];
  const join = (): Promise<Client> => {
    const client = npmClient.open(ensemble.connectString);
    clients.push(client);
    return npmClient.whenConnected(client);
  };
  try {
    await Promise.race([demonstrate(ensemble, table, join), whenAborted(stop)]);
    await whenAborted(stop);
  } finally {
    table.end();
    for (const client of clients) client.close();
    await ensemble.close();
    terminal.print(["closed"]);
  }
}

async function demonstrate(
  ensemble: Ensemble,
  table: PeerTable,
  join: () => Promise<Client>,
): Promise<void> {
  terminal.print(["  connect with ", bold(ensemble.connectString)]);
  await table.print();

  const client = await step("a client from npm connects", join, session);
  await step("it writes", () => npmClient.create(client, "/before", "red"), created);
  await step(
    "the leader is killed, another takes over",
    () => ensemble.killLeader(),
    ({ killed, leader }) => `peer ${killed.id} is dead, peer ${leader?.id} leads`,
  );
  await table.print();
  await step("the client writes again", () => npmClient.create(client, "/after", "blue"), created);
  await step(
    "it reads both back",
    () => Promise.all(["/before", "/after"].map((path) => npmClient.read(client, path))),
    (nodes) => nodes.map(({ text, zxid }) => `"${text}" of zxid ${zxid}`).join(", "),
  );

  const owner = await step("a second client connects", join, session);
  await step("it takes a lock", () => npmClient.createEphemeral(owner, "/lock"), created);
  const lock = await step(
    "the first client watches the lock",
    () => npmClient.watchEnd(client, "/lock"),
    () => "exists, with a watch",
  );
  await step(
    "the owner's session expires",
    () => ensemble.sessions.expire("/lock"),
    ({ id }) => `0x${BigInt.asUintN(64, id).toString(16)}`,
  );
  await step(
    "the lock is gone, and the watch tells",
    () => lock.ended,
    () => "deleted /lock",
  );

  await step(
    "the dead peer starts again and catches up",
    async () => {
      await ensemble.start();
      return ensemble.waitForConverged();
    },
    ({ zxid }) => `all have zxid 0x${zxid.toString(16)}`,
  );
  await step(
    "the client closes its session",
    () => {
      const gone = ensemble.waitForSessionGone(npmClient.sessionOf(client));
      client.close();
      return gone;
    },
    () => "none is left",
  );
  await table.print();
  terminal.print([], ["The ensemble stays up for your own client. ", bold("Ctrl-C"), " ends it."]);
  table.follow();
}

/** Does one thing, and prints what it was, how long it took and what came of it. */
async function step<T>(
  what: string,
  work: () => Promise<T>,
  detail: (outcome: T) => string,
): Promise<T> {
  stop.throwIfAborted();
  const begunAt = performance.now();
  const outcome = await work();
  const took = `${Math.round(performance.now() - begunAt)} ms`;
  terminal.print([
    { text: "✓", style: "green" },
    ` ${what.padEnd(42)}`,
    { text: took.padStart(8), style: "dim" },
    `  ${detail(outcome)}`,
  ]);
  return outcome;
}
