import { type Sid, zxidOf } from "../../src/core/base/ids.ts";
import type { Prng } from "../../src/core/base/prng.ts";
import type { ReconfigRequest } from "../../src/core/protocol/requests.ts";
import { type EnsembleConfig, formatConfig, type Member } from "../../src/core/quorum/config.ts";
import type { Host } from "../../src/sim/host.ts";
import type { World } from "../../src/sim/world.ts";
import { memberOf } from "./peers.ts";

/** Reconfigurations at drawn moments: peers join and leave, change their role or their place. Some are refused. */
export class Reconfigs {
  readonly #world: World;
  readonly #prng: Prng;
  readonly #pauseMs: number;
  #stopped = false;
  #token = 0;

  constructor(options: {
    world: World;
    prng: Prng;
    /** Milliseconds between two, at most. */
    pauseMs: number;
  }) {
    this.#world = options.world;
    this.#prng = options.prng;
    this.#pauseMs = options.pauseMs;
  }

  start(): void {
    this.#world.schedule.after(this.#prng.between(1, this.#pauseMs), () => {
      if (this.#stopped) return;
      this.#ask();
      this.start();
    });
  }

  stop(): void {
    this.#stopped = true;
  }

  #ask(): void {
    const leader = this.#leader();
    if (leader?.peer === undefined) return;
    const { committed } = leader.peer.membership;
    this.#token += 1;
    leader.deliver({
      type: "command",
      command: { type: "reconfigure", token: this.#token, request: this.#draw(committed) },
    });
  }

  #draw(config: EnsembleConfig): ReconfigRequest {
    const prng = this.#prng;
    const members = new Map(config.members.map((member) => [member.sid, member]));
    const left: Sid[] = [];
    const joined = new Map<Sid, Member>();
    for (let count = prng.pick([1, 1, 1, 2, 3]); count > 0; count -= 1) {
      const sid = prng.pick([...this.#world.hosts.keys()]);
      const next = this.#changed(sid, members.get(sid), config);
      if (next === undefined) {
        members.delete(sid);
        joined.delete(sid);
        left.push(sid);
      } else {
        members.set(sid, next);
        joined.set(sid, next);
      }
    }
    const configId = prng.chance(0.1) ? config.version : -1;
    const isGrouped = config.members.some(({ group }) => group !== undefined);
    if (isGrouped || prng.chance(0.3)) {
      return { joining: null, leaving: null, members: specs(members.values()).join(","), configId };
    }
    return {
      joining: joined.size === 0 ? null : specs(joined.values()).join(","),
      leaving: left.length === 0 ? null : left.join(","),
      members: null,
      configId,
    };
  }

  /** undefined: it leaves. */
  #changed(sid: Sid, member: Member | undefined, config: EnsembleConfig): Member | undefined {
    const prng = this.#prng;
    if (member === undefined) {
      const role = prng.chance(0.7) ? "participant" : "observer";
      const group = config.members.find((other) => other.group !== undefined)?.group;
      return { ...memberOf(sid, role), group: role === "participant" ? group : undefined };
    }
    switch (prng.pick(["leaves", "leaves", "role", "place"])) {
      case "leaves":
        return undefined;
      case "place":
        return { ...member, quorumPort: member.quorumPort + 100 };
      default:
        return { ...member, role: member.role === "observer" ? "participant" : "observer" };
    }
  }

  #leader(): Host | undefined {
    return [...this.#world.hosts.values()].find(
      ({ peer }) => peer?.role === "leading" && peer.serving,
    );
  }
}

/** The lines of a configuration but its version. */
const specs = (members: Iterable<Member>): readonly string[] =>
  formatConfig({ version: zxidOf(0), members: [...members] })
    .split("\n")
    .slice(0, -1);
