import { epochFrom, linkIdOf, sidOf, type Zxid } from "../../../../src/core/base/ids.ts";
import type { QuorumPacket } from "../../../../src/core/packets/quorum-packet.ts";
import type { QuorumOutput } from "../../../../src/core/quorum/effects.ts";
import { CommittedLog } from "../../../../src/core/quorum/history.ts";
import { Leader } from "../../../../src/core/quorum/leader.ts";
import { defaultSyncLimits } from "../../../../src/core/quorum/sync.ts";
import type { SnapshotSource } from "../../../../src/core/storage/ports.ts";
import { at, entryAt, membership, take, timing } from "./machine.ts";

const source: SnapshotSource = {
  zxid: at("0.0"),
  isAbandoned: false,
  next: () => undefined,
  end: () => ({ zxid: at("0.0"), digest: 0 }),
};

/** A leader, peer 3 of three, whose learners are named by their links: link 1 is peer 1, link 2 peer 2, link 9 the observer. */
export class Chair {
  readonly leader: Leader;
  readonly out: QuorumOutput[] = [];
  readonly committed = new CommittedLog();
  lastApplied: Zxid;
  now = 0;

  constructor({
    accepted = 0,
    current = 0,
    log = [] as readonly string[],
    initialCounter = 0,
    syncLimits = defaultSyncLimits,
  } = {}) {
    for (const zxid of log) this.committed.push(entryAt(zxid));
    this.lastApplied = this.committed.max;
    const { committed } = this;
    const lastApplied = (): Zxid => this.lastApplied;
    this.leader = new Leader({
      now: 0,
      sid: sidOf(3),
      membership,
      timing,
      history: {
        committed,
        get lastApplied() {
          return lastApplied();
        },
        source: () => source,
      },
      acceptedEpoch: epochFrom(accepted),
      currentEpoch: epochFrom(current),
      initialCounter,
      syncLimits,
    });
    this.leader.start(0, this.out);
  }

  snapshotSent(link: number): string[] {
    this.leader.snapshotSent(this.now, { link: linkIdOf(link), isOver: true }, this.out);
    return this.heard();
  }

  heard(): string[] {
    return take(this.out);
  }

  packet(link: number, packet: QuorumPacket): string[] {
    this.leader.packet(this.now, linkIdOf(link), packet, this.out);
    return this.heard();
  }

  greet(link: number, { accepted = 0, sid = link, config = "0.0" } = {}): string[] {
    this.leader.accepted(this.now, linkIdOf(link));
    const type = sid === 9 ? "OBSERVERINFO" : "FOLLOWERINFO";
    const acceptedEpoch = epochFrom(accepted);
    return this.packet(link, { type, sid: sidOf(sid), acceptedEpoch, configVersion: at(config) });
  }

  promise(link: number, { current = 0, log = "0.0" } = {}): string[] {
    return this.packet(link, {
      type: "ACKEPOCH",
      lastLogged: at(log),
      currentEpoch: epochFrom(current),
    });
  }

  ack(link: number, zxid: string): string[] {
    return this.packet(link, { type: "ACK", zxid: at(zxid) });
  }

  saved(which: "accepted" | "current"): string[] {
    this.leader.epochSaved(this.now, which, this.leader.epoch, this.out);
    return this.heard();
  }

  appended(upTo: string): string[] {
    this.leader.appended(at(upTo), this.out);
    return this.heard();
  }

  propose(zxid: string): string[] {
    this.leader.propose(this.now, entryAt(zxid), this.out);
    return this.heard();
  }

  wake(now: number): string[] {
    this.now = now;
    this.leader.woken(now, this.out);
    return this.heard();
  }

  /** Epoch 1 is established with the followers given. */
  static serving(...followers: number[]): Chair {
    return new Chair().served(followers);
  }

  served(followers: readonly number[]): Chair {
    for (const link of followers) this.greet(link);
    this.saved("accepted");
    for (const link of followers) this.promise(link);
    this.saved("current");
    for (const link of followers) this.ack(link, "1.0");
    this.lastApplied = at("1.0");
    this.heard();
    return this;
  }
}
