// Servers of both kinds killed at random under load, and what was acknowledged counted at the end.
import { Prng } from "../../src/core/base/prng.ts";
import { Load } from "./load.ts";
import { MixedEnsemble } from "./mixed-ensemble.ts";
import { expectSameFiles, expectSameOnAll } from "./same-everywhere.ts";
import type { Kind, Server } from "./server.ts";

export interface RoundsOptions {
  readonly seed: string;
  readonly rounds: number;
  /** Of the voters 1, 2, …. */
  readonly kinds: readonly Kind[];
  readonly say?: (text: string) => void;
}

export interface RoundsOutcome {
  readonly rounds: number;
  readonly killed: number;
  readonly stopped: number;
  /** How often a server came back as the other kind. */
  readonly changed: number;
  /** Rounds in which the leader was among the victims, by its kind. */
  readonly leadersLost: Readonly<Record<Kind, number>>;
  readonly acknowledged: number;
  readonly reconnects: number;
  /** What a server has lost, or has and should not; nothing, if all is well. */
  readonly faults: readonly string[];
}

/** Each writer writes so much more in every round before the servers go. */
const writesARound = 10;
const writers = 4;

/**
 * A round: all serve and all writers get on; one or two servers are killed or stopped, and come back, some as the other kind.
 * Nobody is killed while a learner is being synchronised, and nobody writes while one of Apache's is: before 3.9.3 it may forget
 * what it acknowledged then, and leave a hole in its log.
 */
export async function playRounds(options: RoundsOptions): Promise<RoundsOutcome> {
  const { seed, rounds, kinds, say = () => {} } = options;
  const chance = new Prng(seed);
  await using ensemble = await MixedEnsemble.start({ kinds, leader: kinds.length, snapCount: 400 });
  await using load = await Load.begin(ensemble.connectString, writers);
  const leadersLost = { ours: 0, apache: 0 };
  let [killed, stopped, changed] = [0, 0, 0];
  const settled = async (): Promise<Server> => {
    const from = load.progress;
    await ensemble.until("every writer has written", () =>
      load.progress.every((count, index) => count >= (from[index] ?? 0) + writesARound),
    );
    return await ensemble.untilAllServe();
  };
  for (let round = 1; round <= rounds; round += 1) {
    const leader = await settled();
    const victims = drawVictims(chance, ensemble, leader);
    if (victims.includes(leader)) leadersLost[leader.kind] += 1;
    const ends = victims.map((victim) => ({ victim, isKill: chance.chance(0.75) }));
    say(
      `round ${round}: ${leader.sid} (${leader.kind}) leads; ${ends
        .map(({ victim, isKill }) => `${isKill ? "kill" : "stop"} ${victim.sid} (${victim.kind})`)
        .join(", ")}; ${load.figures.acknowledged} writes`,
    );
    await Promise.all(ends.map(({ victim, isKill }) => (isKill ? victim.kill() : victim.stop())));
    for (const { isKill } of ends) {
      if (isKill) killed += 1;
      else stopped += 1;
    }
    if (ensemble.running.length * 2 > ensemble.servers.length && chance.chance(0.5)) {
      await settled(); // those that are left go on without them
    }
    for (const victim of victims) changed += comeBack(chance, ensemble, victim);
    if (victims.some(({ kind }) => kind === "apache")) load.rest();
    await Promise.all(victims.map((victim) => victim.start()));
    await ensemble.untilAllServe();
    load.goOn();
  }
  await settled();
  await load.pause();
  const faults: string[] = [];
  for (const { connectString, sid, kind } of ensemble.servers) {
    const found = await load.faultsOn(connectString).catch(async (cause: unknown) => {
      const what = `server ${sid} (${kind}) does not tell what it has`;
      throw new Error(await ensemble.account(what), { cause });
    });
    faults.push(...found.map((fault) => `server ${sid} (${kind}): ${fault}`));
  }
  if (faults.length === 0) {
    await expectSameOnAll(ensemble);
    await ensemble.stop();
    await expectSameFiles(ensemble);
  }
  return { rounds, killed, stopped, changed, leadersLost, ...load.figures, faults };
}

/** One or two, the leader more often than others. */
function drawVictims(chance: Prng, { servers }: MixedEnsemble, leader: Server): Server[] {
  const others = servers.filter((server) => server !== leader);
  const count = chance.chance(0.4) ? 2 : 1;
  const victims = chance.chance(0.4) ? [leader] : [];
  while (victims.length < count) {
    const [victim] = others.splice(chance.below(others.length), 1);
    if (victim !== undefined) victims.push(victim);
  }
  return victims;
}

/** Sometimes as the other kind, where one of each stays; 1 if so. */
function comeBack(chance: Prng, { servers }: MixedEnsemble, victim: Server): number {
  const isOnly = servers.filter(({ kind }) => kind === victim.kind).length === 1;
  if (isOnly || !chance.chance(0.25)) return 0;
  victim.become(victim.kind === "ours" ? "apache" : "ours");
  return 1;
}
