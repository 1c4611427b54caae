import { runPeer } from "../zoo-cfg/run-peer.ts";
import { readZooCfg } from "../zoo-cfg/zoo-cfg.ts";
import { ExitCode } from "./exit-codes.ts";
import { explain } from "./explain.ts";
import { whenAborted } from "./stop-signals.ts";

interface OnePeer {
  readonly config: string;
  readonly loginConfig: string | undefined;
  readonly json: boolean;
  readonly stop: AbortSignal;
}

/** One peer of a zoo.cfg, until it is told to stop. */
export async function startOne({ config, loginConfig, json, stop }: OnePeer): Promise<void> {
  const peer = await runPeer(readZooCfg(config), {
    loginConfig,
    warn: (text) => console.error(text),
    failed: (error) => {
      console.error(explain(error));
      process.exit(ExitCode.failed);
    },
  });
  const { clientPort } = peer;
  console.log(json ? JSON.stringify({ ready: true, clientPort, pid: process.pid }) : clientPort);
  const awake = setInterval(() => {}, 2 ** 30);
  await whenAborted(stop);
  clearInterval(awake);
  await peer[Symbol.asyncDispose]();
}
