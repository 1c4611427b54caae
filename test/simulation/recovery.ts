import { formatZxid, type Sid, zxidZero } from "../../src/core/base/ids.ts";
import type { DataTree } from "../../src/core/tree/tree.ts";
import type { Host } from "../../src/sim/host.ts";
import type { World } from "../../src/sim/world.ts";
import { checkHistory } from "./checkers/history.ts";
import { hold } from "./checkers/violation.ts";
import type { ZabChecker } from "./checkers/zab.ts";
import type { History, SimClient } from "./client.ts";
import type { Plan } from "./plan.ts";

/** Virtual milliseconds after the healing in which all must be well. */
const recoveryMs = 60_000;

/** What must come of a life when its faults are over: one leader whom all follow, a write, and the same tree everywhere. */
export class Recovery {
  readonly #world: World;
  readonly #hosts: readonly Host[];
  readonly #clients: readonly SimClient[];
  readonly #checker: ZabChecker;
  readonly #history: History;
  readonly #plan: Plan;

  constructor(options: {
    readonly world: World;
    readonly clients: readonly SimClient[];
    readonly checker: ZabChecker;
    readonly history: History;
    readonly plan: Plan;
  }) {
    this.#world = options.world;
    this.#hosts = [...options.world.hosts.values()];
    this.#clients = options.clients;
    this.#checker = options.checker;
    this.#history = options.history;
    this.#plan = options.plan;
  }

  /** False where it need not: all else must hold then as well, but nobody comes to lead. */
  comesAbout(): boolean {
    let crashesLeft: number | undefined;
    while (!this.#settles()) {
      if (this.#isLockedByReconfiguration()) return false;
      // A peer that promised an epoch above the leader's must wait for a later one: Zab as Apache has it (Learner, 2.3). Each start
      // of the leader's brings one, the next after its own where it is a quorum without whoever waits.
      crashesLeft ??= this.#epochsAhead;
      hold(this.#epochsAhead > 0 && crashesLeft > 0, "I20 liveness", () => this.status);
      crashesLeft -= 1;
      this.#leader()?.crash();
      this.#world.run(this.#world.now + 1000);
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
    return this.#world.run(this.#world.now + recoveryMs, () => this.#isSettled());
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
  prove(): void {
    const world = this.#world;
    for (const client of this.#clients) client.stop();
    world.run(world.now + recoveryMs, () => this.#clients.every((client) => client.idle));
    if (this.#plan.outlivesSessions) this.#outliveSessions();
    this.#commitOne();
    const converged = world.run(world.now + recoveryMs, () => this.#hasConverged());
    hold(converged, "I20 liveness", () => `no convergence: ${this.status}`);
    for (const host of this.#hosts) this.#checker.inspect(host);
    this.#compareMemberships();
    const trees = this.#hosts.flatMap(({ peer }) => peer?.replica.tree ?? []);
    compareTrees(trees);
    checkHistory(this.#history, this.#checker.ledger, trees);
  }

  /** Whoever is not heard of any more goes, and all that was his. */
  #outliveSessions(): void {
    for (const client of this.#clients) client.leave();
    const trees = (): (DataTree | undefined)[] =>
      this.#hosts.map((host) => host.peer?.replica.tree);
    const gone = this.#world.run(
      this.#world.now + this.#plan.habits.sessionTimeout * 4 + 1000,
      () => trees().every((tree) => tree?.sessions.size === 0 && tree.ephemeralCount === 0),
    );
    const left = trees().map((tree) => `${tree?.sessions.size} and ${tree?.ephemeralCount}`);
    hold(gone, "I20 liveness", () => `sessions and ephemerals are left: ${left.join(" | ")}`);
  }

  /** A write commits; asked for again, since a leader may be about to learn that it is none. */
  #commitOne(): void {
    const world = this.#world;
    const { ledger } = this.#checker;
    const before = ledger.committed.length;
    const until = world.now + recoveryMs;
    while (world.now < until && ledger.committed.length === before) {
      this.#leader()?.deliver({ type: "command", command: { type: "prove", token: 1 } });
      world.run(world.now + 1000, () => ledger.committed.length > before);
    }
    const done = ledger.committed.length > before;
    hold(done, "I20 liveness", () => `nothing commits: ${this.status}`);
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

  #leader(): Host | undefined {
    return this.#hosts.find(({ peer }) => peer?.leading !== undefined && peer.serving);
  }

  /** By which whoever promised most is before the leader; 0 where nobody leads. */
  get #epochsAhead(): number {
    const leader = this.#leader()?.peer;
    if (leader === undefined) return 0;
    return Math.max(...this.#hosts.map(({ disk }) => disk.acceptedEpoch)) - leader.epoch;
  }

  /** Of each peer, for whoever reads of a failure. */
  get status(): string {
    return this.#hosts
      .map(({ sid, peer, disk }) => {
        if (peer === undefined) return `${sid} down`;
        const serving = peer.serving ? "serving" : "not serving";
        return `${sid} ${peer.role} ${peer.leader ?? ""} ${serving} epochs ${disk.acceptedEpoch}/${disk.currentEpoch} ${formatZxid(peer.lastLogged)}`;
      })
      .join(" | ");
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
