import { type Sid, sidOf } from "../../src/core/base/ids.ts";
import type { Prng } from "../../src/core/base/prng.ts";
import type { LinkPattern } from "../../src/core/network/selector.ts";
import type { Effect } from "../../src/core/server/effects.ts";
import type { Host } from "../../src/sim/host.ts";
import type { World } from "../../src/sim/world.ts";
import { type FaultStep, formatStep } from "./fault-steps.ts";

/** Carries out the steps of a life's faults, each undone after a drawn time or by `heal`. */
export class Faults {
  /** Those with a moment of their own, in their order; the life strikes with each when its time has come. */
  readonly timed: readonly FaultStep[];
  readonly #atTurns: ReadonlyMap<number, FaultStep>;
  readonly #world: World;
  readonly #prng: Prng;
  readonly #lastMs: number;
  readonly #sids: readonly Sid[];
  /** Who crashes after how many effects more, and how long before it starts again. */
  readonly #crashIn = new Map<Host, { left: number; readonly downMs: number }>();
  /** Who has been a voter in any configuration that it knew, in force or under way. */
  readonly #voters = new Set<Sid>();
  readonly #tell: (label: string) => () => void;
  /** Ends what the fault under way is told as; undefined once it is known to last. */
  #over: (() => void) | undefined;
  #turns = 0;
  #healed = false;

  constructor(options: {
    world: World;
    prng: Prng;
    steps: readonly FaultStep[];
    /** How long a fault lasts at most. */
    lastMs: number;
    /** Tells that a fault begins; what it returns, that it is over. */
    tell?: ((label: string) => () => void) | undefined;
  }) {
    const { world, prng, steps, lastMs } = options;
    this.#tell = options.tell ?? (() => () => {});
    this.#world = world;
    this.#prng = prng;
    this.#lastMs = lastMs;
    this.timed = steps.filter(({ on }) => on === "ms").sort((a, b) => a.when - b.when);
    this.#atTurns = new Map(
      steps.filter(({ on }) => on === "turn").map((step) => [step.when, step]),
    );
    this.#sids = [...world.hosts.keys()];
  }

  /** Ends every fault: all peers run, nothing is cut, disks are quick. */
  heal(): void {
    this.#healed = true;
    this.#crashIn.clear();
    this.#world.slowDisks.clear();
    this.#world.fullDisks.clear();
    this.#world.fabric.heal();
    for (const host of this.#world.hosts.values()) {
      host.resume();
      host.start();
    }
  }

  /** For the world's watcher: whether the peer crashes instead of carrying this effect out. */
  effect(host: Host, effect: Effect): "crash" | undefined {
    if (this.#healed) return undefined;
    if (host.peer?.membership.verifier.isVoter(host.sid)) this.#voters.add(host.sid);
    const step = isTurn(effect) ? this.#takeTurn() : undefined;
    if (step?.kind === "crashAtEffect") {
      this.#startIn(host, this.#drawMs(this.#prngOf(step)));
      return "crash";
    }
    if (step !== undefined) this.#strikeNext(step, host);
    const due = this.#crashIn.get(host);
    if (due === undefined) return undefined;
    if (due.left > 0) {
      due.left -= 1;
      return undefined;
    }
    this.#crashIn.delete(host);
    this.#startIn(host, due.downMs);
    return "crash";
  }

  /** When the step of the peer is over. */
  #strikeNext(step: FaultStep, host: Host): void {
    this.#world.schedule.after(0, () => {
      if (!this.#healed) this.strike(step, host);
    });
  }

  #takeTurn(): FaultStep | undefined {
    this.#turns += 1;
    return this.#atTurns.get(this.#turns);
  }

  #prngOf(step: FaultStep): Prng {
    return this.#prng.split(formatStep(step));
  }

  /** `self`: who takes the turn at which the step is. */
  strike(step: FaultStep, self?: Host): void {
    const world = this.#world;
    const prng = this.#prngOf(step);
    const host = step.sid === undefined ? self : world.hosts.get(step.sid);
    if (host === undefined) return;
    world.trace.note(world.now, "faults", "!", formatStep(step));
    this.#over = this.#tell(formatStep(step));
    this.#befall(step, prng, host);
    this.#over?.();
  }

  #befall({ kind }: FaultStep, prng: Prng, host: Host): void {
    const world = this.#world;
    switch (kind) {
      case "crash":
        return this.#crash(host, prng);
      case "crashAtEffect":
        this.#crashIn.set(host, { left: prng.below(60), downMs: this.#drawMs(prng) });
        return;
      case "crashLeader":
        return this.#crash(this.#leader() ?? host, prng);
      case "powerCut":
        for (const each of world.hosts.values()) this.#crash(each, prng);
        return;
      case "pause":
        host.pause();
        return this.#later(prng, () => host.resume());
      case "partition": {
        const side = this.#sids.filter(() => prng.chance(0.5));
        return this.#cut(prng, side, this.#without(side), true);
      }
      case "oneWay":
        return this.#cut(prng, [host.sid], this.#without([host.sid]), false);
      case "isolateLeader": {
        const { sid } = this.#leader() ?? host;
        return this.#cut(prng, [sid], this.#without([sid]), prng.chance(0.5));
      }
      case "cutPair":
        return this.#cut(
          prng,
          [host.sid],
          [prng.pick(this.#without([host.sid]))],
          prng.chance(0.7),
        );
      case "bridge":
        // Two sides that hear of each other only through one peer in the middle.
        return this.#bridge(prng, host.sid);
      case "ring":
        return this.#ring(prng);
      case "cutClients": {
        const pattern = { from: ["client" as const], to: [host.sid], bothWays: true };
        const fault = world.fabric.block([pattern], "clients cut");
        return this.#later(prng, () => fault.undo());
      }
      case "reset":
        world.network.reset([{ from: [host.sid], bothWays: true }]);
        return;
      case "resetPair": {
        const other = prng.pick(this.#sids);
        world.network.reset([{ from: [host.sid], to: [other], bothWays: true }]);
        return;
      }
      case "slowDisk":
        world.slowDisks.set(host.sid, prng.between(20, 400));
        return this.#later(prng, () => world.slowDisks.delete(host.sid));
      case "fullDisk":
        world.fullDisks.add(host.sid);
        return this.#later(prng, () => {
          world.fullDisks.delete(host.sid);
          host.start();
        });
      case "stall": {
        const stall = { probability: 0.1, for: prng.between(10, 600) };
        const options = { label: "stalls", now: world.now };
        const fault = world.fabric.shape([this.#someLinks(prng, host)], { stall }, options);
        return this.#later(prng, () => fault.undo());
      }
      case "slowLink": {
        const latency = { mean: prng.between(5, 300), jitter: prng.between(0, 5) };
        const options = { label: "slow", now: world.now };
        const fault = world.fabric.shape([this.#someLinks(prng, host)], { latency }, options);
        return this.#later(prng, () => fault.undo());
      }
      case "wipeObserver": {
        // One that never was to vote: empty, and with a configuration of old, voters would count for what they have forgotten.
        const observer = [...world.hosts.values()].find(
          ({ peer, sid }) => peer?.role === "observing" && !this.#voters.has(sid),
        );
        if (observer === undefined) return;
        this.#crash(observer, prng);
        return observer.disk.wipe();
      }
      case "expire":
        return this.#expire(prng);
      case "skew": {
        const ms = prng.between(-5000, 5000);
        return host.deliver({ type: "command", command: { type: "skew", ms } });
      }
    }
  }

  #crash(host: Host, prng: Prng): void {
    if (!host.up) return;
    host.crash();
    this.#startIn(host, this.#drawMs(prng));
  }

  #startIn(host: Host, ms: number): void {
    this.#in(ms, () => host.start());
  }

  #later(prng: Prng, undo: () => void): void {
    this.#in(this.#drawMs(prng), undo);
  }

  #in(ms: number, undo: () => void): void {
    const over = this.#over;
    this.#over = undefined;
    this.#world.schedule.after(ms, () => {
      over?.();
      if (!this.#healed) undo();
    });
  }

  #drawMs(prng: Prng): number {
    return prng.between(1, this.#lastMs);
  }

  #cut(prng: Prng, side: readonly Sid[], rest: readonly Sid[], bothWays: boolean): void {
    if (side.length === 0 || rest.length === 0 || rest[0] === undefined) return;
    const [from, to] = prng.chance(0.5) ? [side, rest] : [rest, side];
    const channel = prng.pick([undefined, undefined, undefined, "election", "quorum"] as const);
    const fault = this.#world.fabric.block([{ from, to, bothWays, channel }], "cut");
    this.#later(prng, () => fault.undo());
  }

  #bridge(prng: Prng, middle: Sid): void {
    const others = this.#without([middle]);
    const left = others.filter(() => prng.chance(0.5));
    const right = others.filter((sid) => !left.includes(sid));
    this.#cut(prng, left, right, true);
  }

  /** Each hears its two neighbours only. */
  #ring(prng: Prng): void {
    const sids = this.#sids;
    const patterns = sids.flatMap((sid, at): LinkPattern[] => {
      const far = sids.slice(at + 2, at === 0 ? -1 : undefined);
      return far.length === 0 ? [] : [{ from: [sid], to: far, bothWays: true }];
    });
    if (patterns.length === 0) return;
    const fault = this.#world.fabric.block(patterns, "ring");
    this.#later(prng, () => fault.undo());
  }

  #someLinks(prng: Prng, { sid }: Host): LinkPattern {
    return { from: [sid], bothWays: prng.chance(0.5) };
  }

  #expire(prng: Prng): void {
    const leader = this.#leader();
    const sessions = [...(leader?.peer?.leading?.sessions.ids() ?? [])];
    if (leader === undefined || sessions.length === 0) return;
    const session = prng.pick(sessions);
    leader.deliver({ type: "command", command: { type: "expire", session } });
  }

  #leader(): Host | undefined {
    return [...this.#world.hosts.values()].find((host) => host.peer?.role === "leading");
  }

  #without(sids: readonly Sid[]): readonly Sid[] {
    return this.#sids.filter((sid) => !sids.includes(sid)).map(sidOf);
  }
}

const turningPackets: ReadonlySet<string> = new Set([
  "LEADERINFO",
  "ACKEPOCH",
  "SNAP",
  "TRUNC",
  "NEWLEADER",
  "UPTODATE",
]);

function isTurn(effect: Effect): boolean {
  switch (effect.type) {
    case "saveEpoch":
    case "saveSnapshot":
    case "truncate":
      return true;
    case "report":
      return effect.report.type === "role" || effect.report.type === "serving";
    case "send":
      return turningPackets.has(effect.packet.type);
    default:
      return false;
  }
}
