import { formatZxid, type Sid, sidOf, zxidZero } from "../../src/core/base/ids.ts";
import { Prng } from "../../src/core/base/prng.ts";
import type { Effect, PeerEvent } from "../../src/core/server/effects.ts";
import type { DataTree } from "../../src/core/tree/tree.ts";
import type { Host } from "../../src/sim/host.ts";
import { World } from "../../src/sim/world.ts";
import { checkHistory } from "./checkers/history.ts";
import { SessionChecker } from "./checkers/sessions.ts";
import { hold, Violation } from "./checkers/violation.ts";
import { ZabChecker } from "./checkers/zab.ts";
import { History, SimClient } from "./client.ts";
import { drawFaultSteps, type FaultStep, formatSteps } from "./fault-steps.ts";
import { Faults } from "./faults.ts";
import { configOf, configWith, makePeer } from "./peers.ts";
import { drawPlan, type Plan } from "./plan.ts";
import { honest, type Plant } from "./plants.ts";
import { Reconfigs } from "./reconfigs.ts";
import { Recorder } from "./recorder.ts";
import { Workload } from "./workload.ts";

export interface LifeOptions {
  readonly seed: string;
  /** A bug planted into the world, which the checks must find. */
  readonly plant?: Plant;
  /** How a command line calls it. */
  readonly plantName?: string | undefined;
  /** Lines of the trace that are kept. */
  readonly traceLines?: number;
  /** For a timeline: hears of what happens. */
  readonly records?: boolean;
  /** Instead of what the seed would draw. */
  readonly plan?: Partial<Plan>;
  /** The faults that befall, instead of what the seed would draw. */
  readonly faultSteps?: readonly FaultStep[];
  /** Decides before each effect whether its peer crashes instead of carrying it out; whoever strikes restarts. */
  readonly strike?: (host: Host, effect: Effect, world: World) => "crash" | undefined;
}

/** What a life that went well has to tell. */
export interface LifeReport {
  readonly plan: Plan;
  /** Of what happened; without meaning where no line of the trace is kept. */
  readonly hash: string;
  readonly events: number;
  readonly operations: number;
  readonly committed: number;
  readonly epochs: number;
  readonly lives: number;
}

/** Lines of the trace that a failure shows at most; the timeline holds them all. */
const failureLines = 60;

/** Virtual milliseconds after the healing in which all must be well. */
const recoveryMs = 60_000;

/** A peer may have promised so many epochs more than its leader's, at most. */
const crashesMax = 5;

/** Snapshots are of several pieces, but not of so many, where clients are busy, that no limit can be kept. */
const pieceBytes = ({ clients, habits }: Plan): number =>
  clients > 3 ? 10_000 : habits.thinkMs <= 10 ? 1000 : 100;

/** What was on its way when all was healed has arrived. */
const lastNewsMs = 1000;

/** A learner tells of its sessions with each PING of the leader's, twice a tick; timers and messages may be late. */
const newsMs = ({ limits, latency, lateness }: Plan): number =>
  limits.tickTime + 2 * lateness.to + 3 * latency.to + 10;

/** One ensemble's life drawn from a seed: faults and clients for a while, then healing, then it must recover. */
export class Life {
  readonly plan: Plan;
  readonly world: World;
  readonly recorder: Recorder | undefined;
  /** The faults that befall. */
  readonly faultSteps: readonly FaultStep[];
  readonly history: History = new History();
  readonly #prng: Prng;
  readonly #checker: ZabChecker;
  readonly #sessions: SessionChecker;
  readonly #faults: Faults;
  readonly #reconfigs: Reconfigs;
  readonly #hosts: readonly Host[];
  readonly #clients: readonly SimClient[];
  readonly #seed: string;
  /** For the command that replays this life. */
  readonly #given: string;
  readonly #strike: LifeOptions["strike"];
  readonly #plant: Plant;
  #steps = 0;

  constructor(given: LifeOptions) {
    const { seed, faultSteps: steps, plant = honest } = given;
    this.#seed = seed;
    const planned = given.plan === undefined ? "" : ` --plan '${JSON.stringify(given.plan)}'`;
    const planted = given.plantName === undefined ? "" : ` --plant '${given.plantName}'`;
    this.#given = `${planted}${planned}${steps === undefined ? "" : ` --faults '${formatSteps(steps)}'`}`;
    this.#strike = given.strike;
    this.#prng = new Prng(seed);
    this.plan = { ...drawPlan(this.#prng.split("plan")), ...given.plan };
    const { plan } = this;
    this.history.hasLocalSessions = plan.localSessions;
    const config = configOf(plan.voters, plan.observers, plan.counting);
    const { spares, pauseMs } = plan.reconfigs ?? { spares: 0, pauseMs: 0 };
    const count = config.members.length + spares;
    const sids = Array.from({ length: count }, (_, index) => sidOf(index + 1));
    const options = {
      ...plan,
      reconfigEnabled: plan.reconfigs !== undefined,
      snapshotPieceBytes: pieceBytes(plan),
    };
    const configs = new Map(
      sids.map((sid) => [sid, plant.configFor?.(sid, config) ?? configWith(config, sid)]),
    );
    this.world = new World({
      seed,
      sids,
      makePeer: (sid) => makePeer(sid, configs.get(sid) ?? config, options),
      latency: plan.latency,
      syncing: plan.syncing,
      lateness: plan.lateness,
      lies: plant.liesOf ?? (() => ({})),
      checksCodecs: plan.checksCodecs,
      traceLines: given.traceLines ?? 60,
    });
    const recorder = given.records === true ? new Recorder(() => this.world.now) : undefined;
    this.recorder = recorder;
    this.world.network.onSent = recorder && ((link, sent) => recorder.sent(link, sent));
    this.#hosts = [...this.world.hosts.values()];
    this.#checker = new ZabChecker(config, this.#hosts);
    const isCalm = (steps ?? plan.faults).length === 0 && plan.reconfigs === undefined;
    this.#sessions = new SessionChecker({
      now: () => this.world.now,
      quietSince: isCalm ? 0 : Number.POSITIVE_INFINITY,
      newsMs: newsMs(plan),
    });
    this.faultSteps = steps ?? drawFaultSteps(this.#prng.split("fault steps"), sids, plan);
    this.#faults = new Faults({
      world: this.world,
      prng: this.#prng.split("faults"),
      steps: this.faultSteps,
      lastMs: plan.faultLastMs,
      tell: recorder && ((label) => recorder.fault(label)),
    });
    this.#reconfigs = new Reconfigs({
      world: this.world,
      prng: this.#prng.split("reconfigs"),
      pauseMs,
    });
    this.world.watcher = {
      stepping: (host, event) => {
        this.#checker.stepping(host, event);
        this.#sessions.stepping(host, event);
      },
      effect: (host, effect) => this.#onEffect(host, effect),
      stepped: (host, event) => this.#onStep(host, event),
      synced: (host) => this.#checker.synced(host),
      crashed: (host) => {
        this.#checker.crashed(host);
        this.#sessions.crashed(host);
        this.recorder?.crashed(host);
      },
    };
    this.#plant = plant;
    plant.tamper?.(this.world);
    const watching = plan.lastingWatches ? this.#prng.split("watching") : undefined;
    const workload = new Workload(this.#prng.split("workload"), plan.dataBytes, watching);
    this.#clients = Array.from({ length: plan.clients }, (_, index) =>
      this.#client(`client ${index + 1}`, sids, workload),
    );
  }

  run(): LifeReport {
    const takeAway = this.#plant.patch?.();
    try {
      this.#run();
    } catch (error) {
      throw this.#failure(error);
    } finally {
      takeAway?.();
    }
    const { ledger } = this.#checker;
    return {
      plan: this.plan,
      hash: this.world.trace.hash,
      events: this.world.trace.count,
      operations: this.history.operations.length,
      committed: ledger.committed.length,
      epochs: ledger.epochs,
      lives: this.#hosts.reduce((sum, host) => sum + host.life, 0),
    };
  }

  #run(): void {
    const { world, plan } = this;
    const starting = this.#prng.split("starting");
    for (const host of this.#hosts) {
      world.schedule.after(starting.below(plan.startWithinMs + 1), () => host.start());
    }
    for (const client of this.#clients) client.start();
    if (plan.reconfigs !== undefined) this.#reconfigs.start();
    for (const step of this.#faults.timed) {
      world.run(step.when);
      this.#faults.strike(step);
    }
    world.run(plan.faultyMs);
    world.trace.note(world.now, "faults", "!", "healed");
    this.#faults.heal();
    this.#reconfigs.stop();
    this.#sessions.quietSince = Math.min(this.#sessions.quietSince, world.now + lastNewsMs);
    if (this.#recovers()) this.#finish();
  }

  // ------------------------------------------------------------------ after the faults

  /** False where it need not: all else must hold then as well, but nobody comes to lead. */
  #recovers(): boolean {
    for (let crashes = 0; !this.#settles(); crashes += 1) {
      if (this.#isLockedByReconfiguration()) return false;
      // A peer that promised an epoch above the leader's must wait for a later one: Zab as Apache has it (Learner, 2.3). Each start
      // of the leader's brings one, the next after its own where it is a quorum without whoever waits.
      const isAhead = this.#hosts.some((host) => this.#promisedMore(host));
      hold(isAhead && crashes < crashesMax, "I20 liveness", () => this.#status());
      this.#leader()?.crash();
      this.world.run(this.world.now + 1000);
      for (const host of this.#hosts) host.start();
    }
    return true;
  }

  /**
   * Of a reconfiguration under way: who is to vote next has logged more than anybody who votes now. It is no candidate, and none of
   * the others may cut off what the next configuration may have agreed to (decision 6, its price).
   */
  #isLockedByReconfiguration(): boolean {
    const peers = this.#hosts.flatMap(({ peer }) => peer ?? []);
    const nextVoters = peers.filter(({ sid, membership }) => {
      return membership.verifier.isVoter(sid) && !membership.isVoter(sid);
    });
    const voters = peers.filter(({ sid, membership }) => membership.isVoter(sid));
    return nextVoters.some(({ lastLogged }) => {
      return voters.every((voter) => voter.lastLogged < lastLogged);
    });
  }

  /** Whether within the time allowed one peer leads and all the others follow it. */
  #settles(): boolean {
    return this.world.run(this.world.now + recoveryMs, () => this.#isSettled());
  }

  #isSettled(): boolean {
    let leader: Sid | undefined;
    for (const { peer } of this.#hosts) {
      if (peer === undefined || !peer.serving) return false;
      leader ??= peer.leader;
      if (peer.leader !== leader) return false;
    }
    return true;
  }

  /** Clients fall silent, a last write commits, and then all trees are the same. */
  #finish(): void {
    const { world } = this;
    for (const client of this.#clients) client.stop();
    world.run(world.now + recoveryMs, () => this.#clients.every((client) => client.idle));
    if (this.plan.outlivesSessions) this.#outliveSessions();
    this.#prove();
    const converged = world.run(world.now + recoveryMs, () => this.#hasConverged());
    hold(converged, "I20 liveness", () => `no convergence: ${this.#status()}`);
    for (const host of this.#hosts) this.#checker.inspect(host);
    this.#compareMemberships();
    const trees = this.#hosts.flatMap(({ peer }) => peer?.replica.tree ?? []);
    compareTrees(trees);
    checkHistory(this.history, this.#checker.ledger, trees);
  }

  /** Whoever is not heard of any more goes, and all that was his. */
  #outliveSessions(): void {
    for (const client of this.#clients) client.leave();
    const trees = (): (DataTree | undefined)[] =>
      this.#hosts.map((host) => host.peer?.replica.tree);
    const gone = this.world.run(this.world.now + this.plan.habits.sessionTimeout * 4 + 1000, () =>
      trees().every((tree) => tree?.sessions.size === 0 && tree.ephemeralCount === 0),
    );
    const left = trees().map((tree) => `${tree?.sessions.size} and ${tree?.ephemeralCount}`);
    hold(gone, "I20 liveness", () => `sessions and ephemerals are left: ${left.join(" | ")}`);
  }

  /** A write commits; asked for again, since a leader may be about to learn that it is none. */
  #prove(): void {
    const { world } = this;
    const { ledger } = this.#checker;
    const before = ledger.committed.length;
    const until = world.now + recoveryMs;
    while (world.now < until && ledger.committed.length === before) {
      this.#leader()?.deliver({ type: "command", command: { type: "prove", token: 1 } });
      world.run(world.now + 1000, () => ledger.committed.length > before);
    }
    const done = ledger.committed.length > before;
    hold(done, "I20 liveness", () => `nothing commits: ${this.#status()}`);
  }

  /** Everybody has all that committed, and nobody has a reconfiguration that may still. */
  #hasConverged(): boolean {
    const { ledger } = this.#checker;
    return this.#hosts.every(({ peer }) => {
      if (peer === undefined || !peer.serving || peer.membership.isChanging) return false;
      const { lastTxn, lastApplied } = peer.replica;
      // A snapshot taken in an idle epoch is named by the epoch alone.
      return (lastTxn === zxidZero ? ledger.real(lastApplied) : lastTxn) === ledger.lastCommitted;
    });
  }

  /** One configuration is in force, and all who were there to hear of it have. */
  #compareMemberships(): void {
    const texts = this.#hosts.map(({ peer }) => peer?.membership.text);
    hold(
      new Set(texts).size === 1,
      "Agreement",
      () => `configurations differ: ${texts.join(" | ")}`,
    );
  }

  // ------------------------------------------------------------------

  #onEffect(host: Host, effect: Effect): "crash" | undefined {
    const verdict = this.#strike?.(host, effect, this.world) ?? this.#faults.effect(host, effect);
    if (verdict !== undefined) return verdict;
    this.recorder?.effect(host, effect);
    this.#checker.effect(host, effect);
    this.#sessions.effect(host, effect);
    return undefined;
  }

  #onStep(host: Host, _event: PeerEvent): void {
    this.#checker.stepped(host);
    this.#steps += 1;
    if (this.#steps % 512 === 0) this.#checker.inspect(host);
  }

  #client(name: string, sids: readonly Sid[], workload: Workload): SimClient {
    const prng = this.#prng.split(name);
    return new SimClient({
      name,
      world: this.world,
      prng,
      habits: this.plan.habits,
      history: this.history,
      draw: (client) => workload.draw(client),
      sids,
    });
  }

  #leader(): Host | undefined {
    return this.#hosts.find(({ peer }) => peer?.leading !== undefined && peer.serving);
  }

  #promisedMore(host: Host): boolean {
    const leader = this.#leader()?.peer;
    return leader !== undefined && host.disk.acceptedEpoch > leader.epoch;
  }

  #status(): string {
    return this.#hosts
      .map(({ sid, peer, disk }) => {
        if (peer === undefined) return `${sid} down`;
        const serving = peer.serving ? "serving" : "not serving";
        return `${sid} ${peer.role} ${peer.leader ?? ""} ${serving} epochs ${disk.acceptedEpoch}/${disk.currentEpoch} ${formatZxid(peer.lastLogged)}`;
      })
      .join(" | ");
  }

  #failure(error: unknown): Violation {
    const violation =
      error instanceof Violation
        ? error
        : new Violation("assertion", error instanceof Error ? `${error.stack}` : String(error));
    const lines = this.world.trace.lines().slice(-failureLines);
    const told = new Violation(
      violation.invariant,
      [
        violation.message.slice(violation.invariant.length + 2),
        `  seed    ${this.#seed} at ${this.world.now} ms`,
        `  state   ${this.#status()}`,
        `  replay  npm run sim -- --seed ${this.#seed}${this.#given}`,
        "  trace",
        ...lines.map((line) => line.slice(0, 200)),
      ].join("\n"),
    );
    told.cause = error;
    return told;
  }
}

function compareTrees([first, ...others]: readonly DataTree[]): void {
  for (const tree of others) {
    const same =
      first?.digest === tree.digest &&
      [...(first?.sessions.keys() ?? [])].sort().join() === [...tree.sessions.keys()].sort().join();
    hold(same, "I10 equal last transactions, equal trees", () => "sessions differ at the end");
  }
}

export const live = (options: LifeOptions): LifeReport => new Life(options).run();

export const seedsFrom = (from: number, count: number): string[] =>
  Array.from({ length: count }, (_, index) => String(from + index));
