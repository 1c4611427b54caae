#!/usr/bin/env node
// The command `zookeeper-memory-server`: an ensemble for programs in any language, up until it is told to stop.
import { fileURLToPath } from "node:url";
import type { Ensemble } from "../ensemble/api.ts";
import { optionsFromEnvironment } from "../ensemble/environment.ts";
import { startEnsemble } from "../ensemble/start.ts";
import { runPeer } from "../zoo-cfg/start-peer.ts";
import { readZooCfg } from "../zoo-cfg/zoo-cfg.ts";
import { type Invocation, readArguments, usage } from "./arguments.ts";
import { explain } from "./explain.ts";
import { makeJavaHome } from "./java/java-home.ts";
import { stopSignals, whenAborted } from "./stop-signals.ts";
import { packageVersion } from "./version.ts";

/** What stands in for java; beside this one in the package. */
const javaProgram = new URL("./java/main.mjs", import.meta.url);

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
      console.log(packageVersion());
      return;
    case "start":
      return serve(invocation);
    case "peer":
      return serveOne(invocation);
    case "java-home":
      console.log(makeJavaHome([process.execPath, fileURLToPath(javaProgram)]));
      return;
  }
}

/** One peer of a zoo.cfg, until it is told to stop. */
async function serveOne(invocation: Extract<Invocation, { what: "peer" }>): Promise<void> {
  const { config, loginConfig, json } = invocation;
  const stop = stopSignals();
  const peer = await runPeer(readZooCfg(config), {
    loginConfig,
    warn: (text) => console.error(text),
    failed: (error) => {
      console.error(explain(error));
      process.exit(1);
    },
  });
  const { clientPort } = peer;
  console.log(json ? JSON.stringify({ ready: true, clientPort, pid: process.pid }) : clientPort);
  const awake = setInterval(() => {}, 2 ** 30);
  await whenAborted(stop);
  clearInterval(awake);
  await peer[Symbol.asyncDispose]();
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
