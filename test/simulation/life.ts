import { type Sid, sidOf } from "../../src/core/base/ids.ts";
import { Prng } from "../../src/core/base/prng.ts";
import type { Effect, PeerEvent } from "../../src/core/server/effects.ts";
import type { Host } from "../../src/sim/host.ts";
import { World } from "../../src/sim/world.ts";
import { SessionChecker } from "./checkers/sessions.ts";
import { Violation } from "./checkers/violation.ts";
import { ZabChecker } from "./checkers/zab.ts";
import { History, SimClient } from "./client.ts";
import { drawFaultSteps, type FaultStep, formatSteps } from "./fault-steps.ts";
import { Faults } from "./faults.ts";
import { configOf, configWith, makePeer } from "./peers.ts";
import { drawPlan, type Plan } from "./plan.ts";
import { honest, type Plant } from "./plants.ts";
import { Reconfigs } from "./reconfigs.ts";
import { Recorder } from "./recorder.ts";
import { Recovery } from "./recovery.ts";
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

/** Snapshots are of several pieces, but not of so many, where clients are busy, that no limit can be kept. */
const pieceBytes = ({ clients, habits }: Plan): number =>
  clients > 3 ? 10_000 : habits.thinkMs <= 10 ? 1000 : 100;

/** What was on its way when all was healed has arrived. */
const lastNewsMs = 1000;

/** A learner tells of its sessions with each PING of the leader's, twice a tick; timers and messages may be late. */
const newsMs = ({ limits, latency, lateness }: Plan): number =>
  limits.tickTime + 2 * lateness.to + 3 * latency.to + 10;

/** One ensemble's life drawn from a seed: faults and clients for a while, then healing, then it must recover (`Recovery`). */
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
  readonly #recovery: Recovery;
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
    const planted =
      given.plantName === undefined ? "" : ` --plant '${given.plantName.replaceAll("'", "'\\''")}'`;
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
    this.#checker = new ZabChecker(config, this.#hosts, plan.initialCounter);
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
    this.#recovery = new Recovery({
      world: this.world,
      clients: this.#clients,
      checker: this.#checker,
      history: this.history,
      plan,
    });
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
    if (this.#recovery.comesAbout()) this.#recovery.prove();
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
        `  state   ${this.#recovery.status}`,
        `  replay  npm run sim -- --seed ${this.#seed}${this.#given}`,
        "  trace",
        ...lines.map((line) => line.slice(0, 200)),
      ].join("\n"),
    );
    told.cause = error;
    return told;
  }
}

export const live = (options: LifeOptions): LifeReport => new Life(options).run();

export const seedsFrom = (from: number, count: number): string[] =>
  Array.from({ length: count }, (_, index) => String(from + index));
