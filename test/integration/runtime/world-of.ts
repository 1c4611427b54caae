// A world with real peers, driven below the public API.
import { sidOf, zxidZero } from "../../../src/core/base/ids.ts";
import type { EnsembleConfig } from "../../../src/core/quorum/config.ts";
import type { Report } from "../../../src/core/server/effects.ts";
import type { Peer } from "../../../src/core/server/peer.ts";
import { MemoryStore } from "../../../src/core/storage/memory.ts";
import { makePeer } from "../../../src/ensemble/make-peer.ts";
import { resolveOptions } from "../../../src/ensemble/options.ts";
import type { AnyStore } from "../../../src/runtime/journal.ts";
import type { PeerHost } from "../../../src/runtime/peer-host.ts";
import { type OutsidePeer, World, type WorldOptions } from "../../../src/runtime/world.ts";

export interface Reported {
  readonly sid: number;
  readonly report: Report;
}

/** Some peers of one world, what they reported, and a way to wait for it. */
export class TestWorld implements AsyncDisposable {
  readonly world: World;
  readonly reports: Reported[] = [];
  readonly failures: unknown[] = [];
  readonly #stores = new Map<number, MemoryStore>();
  readonly #hosts: PeerHost[] = [];
  #config: EnsembleConfig | undefined;
  #wake: (() => void)[] = [];
  readonly #tickTime: number;

  private constructor(options: Partial<WorldOptions>) {
    this.#tickTime = options.tickTime ?? 100;
    this.world = new World({
      host: "127.0.0.1",
      peerLinks: "tcp",
      clock: "real",
      tickTime: this.#tickTime,
      seed: "test",
      juteMaxBuffer: 1_048_575,
      maxClientCnxns: 0,
      onReport: (sid, report) => this.reports.push({ sid, report }),
      onTurn: () => this.#turned(),
      onFailure: (_, error) => this.failures.push(error),
      ...options,
    });
  }

  /** Peers 1 to `count` with their ports; none is started. */
  static of(count: number, options: Partial<WorldOptions> = {}): Promise<TestWorld> {
    const sids = Array.from({ length: count }, (_, index) => index + 1);
    return TestWorld.beside([], sids, options);
  }

  /** These peers in a world, configured together with others that live elsewhere. */
  static async beside(
    outside: readonly OutsidePeer[],
    sids: readonly number[],
    options: Partial<WorldOptions> = {},
  ): Promise<TestWorld> {
    const test = new TestWorld(options);
    for (const sid of sids) {
      test.#hosts.push(await test.world.addHost(sidOf(sid)));
      test.#stores.set(sid, new MemoryStore());
    }
    for (const peer of outside) test.world.addOutsidePeer(peer);
    const inside = test.#hosts.map(({ sid, ports }) => ({
      sid,
      host: "127.0.0.1",
      quorumPort: ports.quorum,
      electionPort: ports.election,
    }));
    test.#config = {
      version: zxidZero,
      members: [...inside, ...outside]
        .sort((left, right) => left.sid - right.sid)
        .map((member) => ({
          ...member,
          role: "participant",
          client: undefined,
          weight: 1,
          group: undefined,
        })),
    };
    return test;
  }

  /** Started, with a leader that serves; all follow. */
  static async serving(count: number, options: Partial<WorldOptions> = {}): Promise<TestWorld> {
    const test = await TestWorld.of(count, options);
    await Promise.all(test.#hosts.map((host) => test.start(host.sid)));
    await test.until(() => test.#hosts.every((host) => host.peer?.serving === true));
    return test;
  }

  host(sid: number): PeerHost {
    const host = this.world.host(sidOf(sid));
    if (host === undefined) throw new Error(`no host ${sid}`);
    return host;
  }

  get hosts(): readonly PeerHost[] {
    return this.#hosts;
  }

  get leader(): PeerHost | undefined {
    return this.#hosts.find((host) => host.state === "running" && host.peer?.leading?.serving);
  }

  /** `store`: in place of the one in memory that the peer's lives share. */
  start(sid: number, store: AnyStore = this.#stores.get(sid) ?? new MemoryStore()): Promise<void> {
    return this.host(sid).start(() => this.#makePeer(sid), store);
  }

  /** Looks after every turn. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }

  roles(): Record<number, string> {
    return Object.fromEntries(
      this.#hosts.map((host) => [
        host.sid,
        host.state === "running" ? (host.peer?.role ?? "") : host.state,
      ]),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.world.close();
    if (this.failures.length > 0) throw this.failures[0];
  }

  #makePeer(sid: number): Peer {
    const config = this.#config;
    if (config === undefined) throw new Error("no configuration");
    return makePeer({
      sid: sidOf(sid),
      config,
      clientPort: this.host(sid).ports.client,
      options: resolveOptions(
        { tickTime: this.#tickTime, reconfig: false }, // as Apache, which may be among them
        { seed: "test", randomSeed: () => "test" },
      ),
      wallOffset: this.world.clock.wallOffset,
      dataDir: undefined,
    });
  }

  #turned(): void {
    const wake = this.#wake;
    this.#wake = [];
    for (const resolve of wake) resolve();
  }
}
