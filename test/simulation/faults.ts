import { type Sid, sidOf } from "../../src/core/base/ids.ts";
import type { Prng } from "../../src/core/base/prng.ts";
import type { LinkPattern } from "../../src/core/network/selector.ts";
import { memberOf } from "../../src/core/quorum/config.ts";
import type { Effect } from "../../src/core/server/effects.ts";
import type { Host } from "../../src/sim/host.ts";
import type { World } from "../../src/sim/world.ts";

/** What may befall a world. Each run draws first which of them exist at all: rare combinations come up that way. */
export const faultKinds = [
  "crash",
  "crashAtEffect",
  "crashLeader",
  "powerCut",
  "pause",
  "partition",
  "oneWay",
  "isolateLeader",
  "cutPair",
  "cutClients",
  "reset",
  "resetPair",
  "slowDisk",
  "stall",
  "slowLink",
  "wipeObserver",
  "expire",
  "skew",
] as const;
export type FaultKind = (typeof faultKinds)[number];

/** Faults at drawn moments, each undone after a drawn time or by `heal`. */
export class Faults {
  readonly #world: World;
  readonly #prng: Prng;
  readonly #kinds: readonly FaultKind[];
  readonly #pauseMs: number;
  readonly #lastMs: number;
  readonly #atTurns: number;
  readonly #sids: readonly Sid[];
  readonly #crashIn = new Map<Host, number>();
  #healed = false;

  constructor(options: {
    world: World;
    prng: Prng;
    kinds: readonly FaultKind[];
    /** Milliseconds between two faults, at most. */
    pauseMs: number;
    /** How long a fault lasts at most. */
    lastMs: number;
    /** How likely one strikes where the protocol takes a turn: an epoch is saved, a role begins, a history is sent. */
    atTurns: number;
  }) {
    this.#world = options.world;
    this.#prng = options.prng;
    this.#kinds = options.kinds;
    this.#pauseMs = options.pauseMs;
    this.#lastMs = options.lastMs;
    this.#atTurns = options.kinds.length > 0 ? options.atTurns : 0;
    this.#sids = [...options.world.hosts.keys()];
  }

  start(): void {
    if (this.#kinds.length > 0) this.#nextLater();
  }

  /** Ends every fault: all peers run, nothing is cut, disks are quick. */
  heal(): void {
    this.#healed = true;
    this.#crashIn.clear();
    this.#world.slowDisks.clear();
    this.#world.fabric.heal();
    for (const host of this.#world.hosts.values()) {
      host.resume();
      host.start();
    }
  }

  /** For the world's watcher: whether the peer crashes instead of carrying this effect out. */
  effect(host: Host, effect: Effect): "crash" | undefined {
    if (this.#healed) return undefined;
    if (this.#atTurns > 0 && isTurn(effect) && this.#prng.chance(this.#atTurns)) {
      const kind = this.#prng.pick(this.#kinds);
      if (kind === "crashAtEffect") return this.#fallsNow(host);
      const other = this.#world.host(this.#prng.pick(this.#sids));
      const struck = this.#prng.chance(0.6) ? host : other;
      this.#world.schedule.after(0, () => {
        if (!this.#healed) this.#strike(kind, struck);
      });
    }
    const left = this.#crashIn.get(host);
    if (left === undefined) return undefined;
    if (left === 0) return this.#fallsNow(host);
    this.#crashIn.set(host, left - 1);
    return undefined;
  }

  #fallsNow(host: Host): "crash" {
    this.#crashIn.delete(host);
    this.#startLater(host);
    return "crash";
  }

  #nextLater(): void {
    this.#world.schedule.after(this.#prng.between(1, this.#pauseMs), () => {
      if (this.#healed) return;
      const host = this.#world.host(this.#prng.pick(this.#sids));
      this.#strike(this.#prng.pick(this.#kinds), host);
      this.#nextLater();
    });
  }

  #strike(kind: FaultKind, host: Host): void {
    const world = this.#world;
    const prng = this.#prng;
    world.trace.note(world.now, "faults", "!", kind);
    switch (kind) {
      case "crash":
        return this.#crash(host);
      case "crashAtEffect":
        this.#crashIn.set(host, prng.below(60));
        return;
      case "crashLeader":
        return this.#crash(this.#leader() ?? host);
      case "powerCut":
        for (const each of world.hosts.values()) this.#crash(each);
        return;
      case "pause":
        host.pause();
        return this.#later(() => host.resume());
      case "partition": {
        const side = this.#sids.filter(() => prng.chance(0.5));
        return this.#cut(side, this.#without(side), true);
      }
      case "oneWay":
        return this.#cut([host.sid], this.#without([host.sid]), false);
      case "isolateLeader": {
        const { sid } = this.#leader() ?? host;
        return this.#cut([sid], this.#without([sid]), prng.chance(0.5));
      }
      case "cutPair":
        return this.#cut([host.sid], [prng.pick(this.#without([host.sid]))], prng.chance(0.7));
      case "cutClients": {
        const pattern = { from: ["client" as const], to: [host.sid], bothWays: true };
        const fault = world.fabric.block([pattern], "clients cut");
        return this.#later(() => fault.undo());
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
        return this.#later(() => world.slowDisks.delete(host.sid));
      case "stall": {
        const stall = { probability: 0.1, for: prng.between(10, 600) };
        const options = { label: "stalls", now: world.now };
        const fault = world.fabric.shape([this.#someLinks(host)], { stall }, options);
        return this.#later(() => fault.undo());
      }
      case "slowLink": {
        const latency = { mean: prng.between(5, 300), jitter: prng.between(0, 5) };
        const options = { label: "slow", now: world.now };
        const fault = world.fabric.shape([this.#someLinks(host)], { latency }, options);
        return this.#later(() => fault.undo());
      }
      case "wipeObserver": {
        // One that never was to vote: empty, and with a configuration of old, voters would count for what they have forgotten.
        const observer = [...world.hosts.values()].find(
          ({ peer, sid }) =>
            peer?.role === "observing" && memberOf(peer.options.config, sid)?.role === "observer",
        );
        if (observer === undefined) return;
        this.#crash(observer);
        return observer.disk.wipe();
      }
      case "expire":
        return this.#expire();
      case "skew": {
        const ms = prng.between(-5000, 5000);
        return host.deliver({ type: "command", command: { type: "skew", ms } });
      }
    }
  }

  #crash(host: Host): void {
    if (!host.up) return;
    host.crash();
    this.#startLater(host);
  }

  #startLater(host: Host): void {
    this.#later(() => host.start());
  }

  #later(undo: () => void): void {
    this.#world.schedule.after(this.#prng.between(1, this.#lastMs), () => {
      if (!this.#healed) undo();
    });
  }

  #cut(side: readonly Sid[], rest: readonly Sid[], bothWays: boolean): void {
    if (side.length === 0 || rest.length === 0 || rest[0] === undefined) return;
    const [from, to] = this.#prng.chance(0.5) ? [side, rest] : [rest, side];
    const channel = this.#prng.pick([
      undefined,
      undefined,
      undefined,
      "election",
      "quorum",
    ] as const);
    const fault = this.#world.fabric.block([{ from, to, bothWays, channel }], "cut");
    this.#later(() => fault.undo());
  }

  #someLinks({ sid }: Host): LinkPattern {
    return { from: [sid], bothWays: this.#prng.chance(0.5) };
  }

  #expire(): void {
    const leader = this.#leader();
    const sessions = [...(leader?.peer?.leading?.sessions.ids() ?? [])];
    if (leader === undefined || sessions.length === 0) return;
    const session = this.#prng.pick(sessions);
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
