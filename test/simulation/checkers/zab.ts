import {
  counterOf,
  type Epoch,
  epochFrom,
  epochOf,
  formatSession,
  formatZxid,
  type Zxid,
  zxidZero,
} from "../../../src/core/base/ids.ts";
import type { QuorumPacket } from "../../../src/core/packets/quorum-packet.ts";
import type { ConnectResponse } from "../../../src/core/protocol/connect.ts";
import type { EnsembleConfig } from "../../../src/core/quorum/config.ts";
import { Leader } from "../../../src/core/quorum/leader.ts";
import { configIn } from "../../../src/core/quorum/membership.ts";
import { QuorumVerifier } from "../../../src/core/quorum/verifier.ts";
import type { Effect, PeerEvent, Report } from "../../../src/core/server/effects.ts";
import type { Peer } from "../../../src/core/server/peer.ts";
import type { Recovered } from "../../../src/core/storage/ports.ts";
import type { DataTree } from "../../../src/core/tree/tree.ts";
import type { Host } from "../../../src/sim/host.ts";
import type { Watcher } from "../../../src/sim/world.ts";
import { Ledger } from "./ledger.ts";
import { hold, Violation } from "./violation.ts";

/** What is remembered of one peer. */
interface Seen {
  role: string;
  /** The epoch that it leads, established. */
  leads: Epoch | undefined;
  /** The end of its log with all that the disk was asked for. */
  tail: Zxid;
  /** The last transaction in its tree, and the tree. */
  applied: Zxid;
  tree: DataTree | undefined;
  accepted: Epoch;
  current: Epoch;
}

/** Ends of roles that honest links and peers never bring about. */
const impossible =
  /^a hole before|^COMMIT of|^NEWLEADER of|^UPTODATE while|where .* was due|while (dialing|promising)|^TRUNC to one/;

/** Zab's invariants, checked at each effect and after each step. */
export class ZabChecker implements Watcher {
  readonly ledger: Ledger;
  /** In force after what is committed. */
  #config: EnsembleConfig;
  #verifier: QuorumVerifier;
  /** How much of what is committed was looked through for configurations. */
  #followed = 0;
  readonly #seen = new Map<Host, Seen>();
  /** By last transaction: the digest of the tree. */
  readonly #digests = new Map<Zxid, number>();
  readonly #hosts: readonly Host[];

  /** Epochs' transactions begin behind `initialCounter`. */
  constructor(config: EnsembleConfig, hosts: readonly Host[], initialCounter = 0) {
    this.ledger = new Ledger(initialCounter);
    this.#config = config;
    this.#verifier = new QuorumVerifier(config);
    this.#hosts = hosts;
  }

  stepping(host: Host, event: PeerEvent): void {
    if (event.type !== "started" && event.type !== "reloaded") return;
    const seen = this.#of(host);
    seen.tail = this.ledger.real(lastOf(event.recovered));
    // Lower only for one whose disk was replaced; for all others `synced` has seen to it.
    seen.accepted = event.recovered.acceptedEpoch;
    seen.current = event.recovered.currentEpoch;
    seen.tree = undefined;
    if (event.type === "started") {
      seen.role = "looking";
      seen.leads = undefined;
    }
  }

  effect(host: Host, effect: Effect): undefined {
    const seen = this.#of(host);
    switch (effect.type) {
      case "append":
        this.ledger.logged(effect.entry, seen.tail, seen.leads);
        seen.tail = effect.entry.zxid;
        return;
      case "saveSnapshot":
        if (effect.replacesLog) seen.tail = this.ledger.real(effect.snapshot.zxid);
        return;
      case "saveEpoch":
        if (effect.which === "current" && seen.role === "leading") {
          this.ledger.begun(effect.epoch, host.sid, seen.tail);
        }
        return;
      case "send":
        return this.#sent(host, seen, effect.packet);
      case "accept":
        return this.#accepted(host, effect.response);
      case "report":
        return this.#reported(host, seen, effect.report);
    }
  }

  stepped(host: Host): void {
    const { peer } = host;
    if (peer === undefined) return;
    const seen = this.#of(host);
    const { replica } = peer;
    const applied = replica.lastTxn === zxidZero ? replica.lastApplied : replica.lastTxn;
    if (applied !== seen.applied || replica.tree !== seen.tree) {
      this.#applied(host, peer, seen, this.ledger.real(applied));
      seen.applied = applied;
      seen.tree = replica.tree;
    }
    if (peer.serving && !this.ledger.isCommitted(this.ledger.real(applied))) {
      const invariant = peer.role === "leading" ? "Agreement" : "PrimaryIntegrity";
      throw new Violation(
        invariant,
        `peer ${host.sid} serves ${formatZxid(applied)}, which is not committed`,
      );
    }
  }

  synced(host: Host): void {
    const seen = this.#of(host);
    const { acceptedEpoch, currentEpoch, lastDurable } = host.disk;
    hold(
      acceptedEpoch >= seen.accepted &&
        currentEpoch >= seen.current &&
        currentEpoch <= acceptedEpoch &&
        epochOf(lastDurable) <= acceptedEpoch,
      "I3 epochs never decrease",
      () =>
        `peer ${host.sid}: accepted ${seen.accepted} → ${acceptedEpoch}, current ${seen.current} → ${currentEpoch}, log ${formatZxid(lastDurable)}`,
    );
    seen.accepted = acceptedEpoch;
    seen.current = currentEpoch;
  }

  crashed(host: Host): void {
    this.synced(host);
    const seen = this.#of(host);
    seen.role = "down";
    seen.leads = undefined;
  }

  /** Everything that holds of a whole tree; too dear for every step. */
  inspect(host: Host): void {
    const { peer } = host;
    if (peer === undefined) return;
    const { tree } = peer.replica;
    for (const [session, paths] of tree.ephemerals) {
      hold(
        tree.sessions.has(session),
        "I13 ephemerals belong to live sessions",
        () => `peer ${host.sid}: ${[...paths]} of a session that is gone`,
      );
    }
    this.#inspectCommittedLog(host, peer);
  }

  // ------------------------------------------------------------------

  #of(host: Host): Seen {
    let seen = this.#seen.get(host);
    if (seen === undefined) {
      seen = {
        role: "down",
        leads: undefined,
        tail: zxidZero,
        applied: zxidZero,
        tree: undefined,
        accepted: epochFrom(0),
        current: epochFrom(0),
      };
      this.#seen.set(host, seen);
    }
    return seen;
  }

  #reported(host: Host, seen: Seen, report: Report): undefined {
    switch (report.type) {
      case "role":
        hold(!impossible.test(report.why), "ShouldNotBeTriggered", () => report.why);
        seen.role = report.to;
        seen.leads = undefined;
        if (report.to === "standalone") {
          this.ledger.startedAlone(host.sid, seen.tail);
          seen.leads = epochFrom(0);
        }
        if (report.to === "leading" && host.peer !== undefined) {
          this.#inspectCommittedLog(host, host.peer);
        }
        return;
      case "serving":
        if (seen.role === "leading") this.#established(host, seen, report.epoch);
        return;
      case "commit":
        return this.#committed(report.txn.zxid, seen.leads);
      case "log":
        hold(report.level !== "warn", "ShouldNotBeTriggered", () => report.text);
        return;
    }
  }

  /** No session is let in that is closed in the very tree of the peer that lets it in. */
  #accepted(host: Host, { session, timeout }: ConnectResponse): undefined {
    const last = host.peer?.replica.lastTxn ?? zxidZero;
    const closedAt = this.ledger.closedAt(session);
    hold(
      timeout === 0 || closedAt === undefined || closedAt > last,
      "I13 ephemerals belong to live sessions",
      () =>
        `peer ${host.sid} at ${formatZxid(last)} lets session ${formatSession(session)} in again`,
    );
  }

  #sent(host: Host, seen: Seen, packet: QuorumPacket): undefined {
    if (packet.type === "ACK") this.#acked(host, packet.zxid);
    // Of earlier epochs they are history on its way to a learner, committed when this epoch is established.
    const zxid =
      packet.type === "COMMIT" || packet.type === "COMMITANDACTIVATE"
        ? packet.zxid
        : packet.type === "INFORM" || packet.type === "INFORMANDACTIVATE"
          ? packet.entry.zxid
          : zxidZero;
    if (zxid !== zxidZero && epochOf(zxid) === seen.leads) this.#committed(zxid, seen.leads);
  }

  #committed(zxid: Zxid, leads: Epoch | undefined): undefined {
    const isNew = !this.ledger.isCommitted(zxid);
    this.ledger.commit(zxid, leads);
    if (isNew) this.#needQuorum(zxid, epochFrom(0));
  }

  #established(host: Host, seen: Seen, epoch: Epoch): void {
    this.ledger.established(epoch, host.sid);
    const base = this.ledger.term(epoch)?.base ?? zxidZero;
    this.#needQuorum(base, epoch);
    this.#needAdopters(host, epoch);
    seen.leads = epoch;
  }

  /** Who adopted the epoch and went may have adopted a later one by now. */
  #needAdopters(host: Host, epoch: Epoch): void {
    const quorum = host.peer?.leading?.quorum;
    if (!(quorum instanceof Leader)) return;
    const { verifier } = quorum.membership;
    let mask = verifier.bit(host.sid);
    for (const { sid, hasAdopted } of quorum.learners.all)
      if (hasAdopted) mask |= verifier.bit(sid);
    hold(
      verifier.isQuorum(mask),
      "a leader begins with a quorum that is still there",
      () => `peer ${host.sid} begins epoch ${epoch} with the mask ${mask.toString(2)} only`,
    );
  }

  /** I15: a reconfiguration needs both, what comes behind it the new one. */
  #followConfig(): void {
    const { committed } = this.ledger;
    for (; this.#followed < committed.length; this.#followed += 1) {
      const zxid = committed[this.#followed];
      const entry = zxid === undefined ? undefined : this.ledger.entry(zxid);
      this.#config = configIn(entry) ?? this.#config;
    }
  }

  /** A quorum of voters has the entry on disk, and has adopted the epoch. */
  #needQuorum(zxid: Zxid, epoch: Epoch): void {
    const before = this.#config;
    this.#followConfig();
    if (before !== this.#config) this.#verifier = new QuorumVerifier(this.#config);
    const verifier =
      before === this.#config ? this.#verifier : new QuorumVerifier(before, this.#config);
    let mask = 0;
    for (const { sid, disk } of this.#hosts) {
      if (disk.currentEpoch < epoch || !this.ledger.contains(disk.lastDurable, zxid)) continue;
      mask |= verifier.bit(sid);
    }
    hold(
      verifier.isQuorum(mask),
      "I4 commits need a quorum that has the entry durable",
      () => `${formatZxid(zxid)} is durable on the mask ${mask.toString(2)} only`,
    );
  }

  #acked(host: Host, zxid: Zxid): void {
    const { disk } = host;
    if (counterOf(zxid) !== 0) {
      hold(
        this.ledger.contains(disk.lastDurable, zxid),
        "I1 no ACK before the log is durable",
        () =>
          `peer ${host.sid} acks ${formatZxid(zxid)}, durable is ${formatZxid(disk.lastDurable)}`,
      );
      return;
    }
    const term = this.ledger.term(epochOf(zxid));
    hold(
      term !== undefined &&
        disk.currentEpoch >= epochOf(zxid) &&
        this.ledger.contains(disk.lastDurable, term.base),
      "I2 no ACK of NEWLEADER before history and epoch are durable",
      () =>
        `peer ${host.sid} acks ${formatZxid(zxid)}, durable are epoch ${disk.currentEpoch} and ${formatZxid(disk.lastDurable)}`,
    );
  }

  #applied(host: Host, peer: Peer, seen: Seen, last: Zxid): void {
    const { replica } = peer;
    if (replica.tree === seen.tree) {
      this.ledger.follows(last, this.ledger.real(seen.applied), "TotalOrder");
    }
    if (replica.isMixed) return;
    const known = this.#digests.get(last);
    if (known === undefined) this.#digests.set(last, replica.tree.digest);
    hold(
      known === undefined || known === replica.tree.digest,
      "I10 equal last transactions, equal trees",
      () => `peer ${host.sid} at ${formatZxid(last)}`,
    );
    hold(
      replica.digestMismatches === 0,
      "I11 the digest of a transaction is that of the tree",
      () => `peer ${host.sid} at ${formatZxid(last)}`,
    );
    const { committed } = replica;
    hold(
      committed.length === 0 || committed.max === last,
      "I8 the committed log has no holes",
      () => `peer ${host.sid}: it ends at ${formatZxid(committed.max)}, not ${formatZxid(last)}`,
    );
  }

  #inspectCommittedLog(host: Host, peer: Peer): void {
    let previous: Zxid | undefined;
    for (const zxid of peer.replica.committed.zxids) {
      const before = this.ledger.before(zxid);
      hold(
        previous === undefined || before === previous,
        "I8 the committed log has no holes",
        () => `peer ${host.sid}: ${formatZxid(zxid)} follows ${formatZxid(previous ?? zxid)}`,
      );
      previous = zxid;
    }
  }
}

function lastOf({ log, snapshot }: Recovered): Zxid {
  return [...log].at(-1)?.zxid ?? snapshot?.zxid ?? zxidZero;
}
