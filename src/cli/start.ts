import type { Ensemble } from "../ensemble/api.ts";
import { boot } from "./boot.ts";
import type { EnsembleFlags } from "./ensemble-flags.ts";
import { PeerTable } from "./peer-table.ts";
import { whenAborted } from "./stop-signals.ts";
import { Terminal } from "./terminal.ts";

/** An ensemble that stays up until it is told to stop. */
export async function start(flags: EnsembleFlags, json: boolean, stop: AbortSignal): Promise<void> {
  const ensemble = await boot(flags, stop);
  if (ensemble === undefined) return;
  let table: PeerTable | undefined;
  try {
    if (json) await tellPrograms(ensemble);
    else table = await tellPeople(ensemble);
    await whenAborted(stop);
  } finally {
    table?.end();
    await ensemble.close();
  }
}

async function tellPrograms(ensemble: Ensemble): Promise<void> {
  const { connectString, controlUrl, controlToken: token, seed } = ensemble;
  const peers = await Promise.all(
    ensemble.peers.map(async (peer) => ({
      id: peer.id,
      address: peer.address,
      role: await peer.role(),
    })),
  );
  const line = { ready: true, connectString, controlUrl, token, peers, seed, pid: process.pid };
  console.log(JSON.stringify(line));
}

/** The connect string alone on standard output, for `$(…)`; all else, and a table that stays true on a terminal, beside it. */
async function tellPeople(ensemble: Ensemble): Promise<PeerTable> {
  console.log(ensemble.connectString);
  const terminal = new Terminal(process.stderr);
  if (ensemble.controlUrl !== undefined) {
    terminal.print([`control ${ensemble.controlUrl}  token ${ensemble.controlToken}`]);
  }
  const table = new PeerTable(ensemble, terminal);
  await table.print();
  terminal.print([`seed ${ensemble.seed}; `, { text: "Ctrl-C", style: "bold" }, " stops"]);
  if (terminal.live) table.follow();
  return table;
}
