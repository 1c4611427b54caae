// What the stories are told to: our peers or Apache's, one alone or three.
import { afterAll, inject } from "vitest";
import { type Peer, startEnsemble } from "../../src/index.ts";
import { type Engine, oursAs, reaping, type Seat, type Target } from "./settings.ts";

/** vitest gives undefined for what no setup provided. */
const injected: Engine | undefined = inject("engine");
export const engine: Engine = injected ?? "ours 3.8";
export const dialect: "3.8" | "3.9" = engine === "ours 3.9" ? "3.9" : "3.8";

let started: Promise<Target> | undefined;

/** The engine under test; ours is started once a file and closed behind it. */
export function target(): Promise<Target> {
  started ??= engine === "apache" ? Promise.resolve(inject("apache")) : startOurs(dialect);
  return started;
}

const running: AsyncDisposable[] = [];
afterAll(async () => {
  for (const ensemble of running) await ensemble[Symbol.asyncDispose]();
});

async function startOurs(emulate: "3.8" | "3.9"): Promise<Target> {
  const alone = await startEnsemble(1, oursAs(emulate));
  const reaper = await startEnsemble(1, oursAs(emulate, reaping));
  const three = await startEnsemble(3, oursAs(emulate));
  running.push(alone, reaper, three);
  const leader = await three.leader();
  const followers = await three.followers();
  const [only = leader] = alone.peers;
  const [onlyReaping = leader] = reaper.peers;
  const place = ({ host, port, ports }: Peer): Seat => ({ host, port, admin: ports.admin ?? 0 });
  return {
    alone: place(only),
    reaping: place(onlyReaping),
    three: [leader, ...followers].map(place),
  };
}
