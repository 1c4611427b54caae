#!/usr/bin/env node
// The command `zookeeper-memory-server`: an ensemble for programs in any language, up until it is told to stop.
import { readFileSync } from "node:fs";
import type { Ensemble } from "../ensemble/api.ts";
import { optionsFromEnvironment } from "../ensemble/environment.ts";
import { codeOf } from "../ensemble/errors.ts";
import { startEnsemble } from "../ensemble/start.ts";
import { type Invocation, readArguments, usage } from "./arguments.ts";
import { stopSignals, whenAborted } from "./stop-signals.ts";

run().catch((error: unknown) => {
  console.error(explain(error));
  process.exitCode = 1;
});

async function run(): Promise<void> {
  const invocation = readArguments(process.argv.slice(2));
  switch (invocation.what) {
    case "help":
      process.stdout.write(usage);
      return;
    case "version":
      console.log(version());
      return;
    case "start":
      return serve(invocation);
  }
}

async function serve(invocation: Extract<Invocation, { what: "start" }>): Promise<void> {
  const stop = stopSignals();
  let ensemble: Ensemble;
  try {
    ensemble = await startEnsemble({
      name: "cli",
      ...optionsFromEnvironment(process.env),
      ...invocation.options,
      keepAlive: true,
      signal: stop,
    });
  } catch (error) {
    if (stop.aborted) return;
    throw error;
  }
  await announce(ensemble, invocation.json);
  await whenAborted(stop);
  await ensemble.close();
}

async function announce(ensemble: Ensemble, json: boolean): Promise<void> {
  const { connectString, seed } = ensemble;
  const peers = await Promise.all(
    ensemble.peers.map(async (peer) => ({
      id: peer.id,
      address: peer.address,
      role: await peer.role(),
    })),
  );
  if (json) {
    console.log(JSON.stringify({ connectString, peers, seed, pid: process.pid }));
    return;
  }
  console.log(connectString);
  for (const { id, address, role } of peers) console.error(`peer ${id}  ${address}  ${role}`);
  console.error(`seed ${seed}; Ctrl-C stops`);
}

/** Ours and those of the arguments say what was wrong; of anything else the stack is wanted too. */
function explain(error: unknown): string {
  const code = codeOf(error);
  if (code?.startsWith("ERR_PARSE_ARGS") && error instanceof Error) {
    // What follows the first sentence is about arguments that start with a dash.
    return `${error.message.split(". ")[0]}\n  try     --help`;
  }
  if (code?.startsWith("ZKMS_")) return String(error);
  return error instanceof Error ? (error.stack ?? String(error)) : String(error);
}

/** package.json is two folders up, from src/cli as from dist/cli. */
function version(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  const manifest: unknown = JSON.parse(text);
  return typeof manifest === "object" && manifest !== null && "version" in manifest
    ? String(manifest.version)
    : "unknown";
}
