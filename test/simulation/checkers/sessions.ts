import { type ConnectionId, formatSession, type SessionId } from "../../../src/core/base/ids.ts";
import type { QuorumPacket } from "../../../src/core/packets/quorum-packet.ts";
import { OpCode } from "../../../src/core/protocol/op-codes.ts";
import type { Effect, PeerEvent } from "../../../src/core/server/effects.ts";
import type { Txn } from "../../../src/core/txn/txn.ts";
import type { Host } from "../../../src/sim/host.ts";
import { hold } from "./violation.ts";

/** A client's connection to a peer, as long as the peer has it. */
interface Held {
  readonly session: SessionId;
  readonly host: Host;
  /** When the peer heard its client, oldest first. */
  readonly heardAt: number[];
}

/** What a leader knows of its sessions. */
interface Term {
  /** When it began to serve: from then on each session has its whole timeout. */
  readonly since: number;
  readonly heardAt: Map<SessionId, number>;
  /** Expired on command. */
  readonly told: Set<SessionId>;
}

/**
 * No session expires before its timeout is over since its leader heard of it last; and where nothing is broken, since its peer
 * heard of it, as soon as the leader has had the time to learn that.
 */
export class SessionChecker {
  /** When the last fault was over; infinite while there may be one. */
  quietSince: number;
  readonly #newsMs: number;
  readonly #now: () => number;
  readonly #timeouts = new Map<SessionId, number>();
  /** Connections have numbers of their own all over the world. */
  readonly #connections = new Map<ConnectionId, Held>();
  /** Of the step under way. */
  #isHandshake = false;
  readonly #terms = new Map<Host, Term>();

  constructor(options: {
    readonly now: () => number;
    readonly quietSince: number;
    /** From a peer that heard of a session to the leader, at most, where nothing is broken. */
    readonly newsMs: number;
  }) {
    this.#now = options.now;
    this.quietSince = options.quietSince;
    this.#newsMs = options.newsMs;
  }

  stepping(host: Host, event: PeerEvent): void {
    this.#isHandshake = event.type === "handshake";
    switch (event.type) {
      case "request":
      case "malformed": {
        const held = this.#connections.get(event.connection);
        if (held === undefined) return;
        held.heardAt.push(this.#now());
        return this.#heard(host, held.session);
      }
      case "disconnected":
        this.#connections.delete(event.connection);
        return;
      case "packet":
        return this.#learnt(host, event.packet);
      case "command":
        if (event.command.type === "expire") {
          this.#terms.get(host)?.told.add(event.command.session);
        }
        return;
    }
  }

  effect(host: Host, effect: Effect): void {
    switch (effect.type) {
      case "accept": {
        const { session, timeout } = effect.response;
        if (timeout === 0) return;
        // A new session counts from when the leader proposed it; the answer to its client is no sign of life.
        const heardAt = this.#isHandshake ? [this.#now()] : [];
        this.#connections.set(effect.connection, { session, host, heardAt });
        if (this.#isHandshake) this.#heard(host, session);
        return;
      }
      case "close":
        this.#connections.delete(effect.connection);
        return;
      case "report":
        if (effect.report.type === "role") this.#terms.delete(host);
        if (effect.report.type === "serving" && host.peer?.leading !== undefined) {
          const since = this.#now();
          this.#terms.set(host, { since, heardAt: new Map(), told: new Set() });
        }
        return;
      case "append":
        return this.#appended(host, effect.entry.txn);
    }
  }

  crashed(host: Host): void {
    this.#terms.delete(host);
    for (const [connection, held] of this.#connections) {
      if (held.host === host) this.#connections.delete(connection);
    }
  }

  #learnt(host: Host, packet: QuorumPacket): void {
    switch (packet.type) {
      case "PING":
        for (const { session } of packet.touched ?? []) this.#heard(host, session);
        return;
      // A request that was sent on is none (LeaderZooKeeperServer.submitLearnerRequest).
      case "REVALIDATE":
        return this.#heard(host, packet.session);
    }
  }

  #heard(host: Host, session: SessionId): void {
    this.#terms.get(host)?.heardAt.set(session, this.#now());
  }

  #appended(host: Host, txn: Txn): void {
    const term = this.#terms.get(host);
    const { session, type } = txn;
    if (type === OpCode.createSession) {
      this.#timeouts.set(session, txn.body.timeout);
      return this.#heard(host, session);
    }
    // A client's own wish has its number.
    if (term === undefined || type !== OpCode.closeSession || txn.cxid !== 0) return;
    const timeout = this.#timeouts.get(session);
    if (timeout === undefined || term.told.has(session)) return;
    const heardAt = Math.max(term.heardAt.get(session) ?? 0, term.since);
    this.#holdSilence(session, timeout, heardAt, "its leader");
    const quietSince = Math.max(this.quietSince, term.since);
    for (const { session: other, host: peer, heardAt: times } of this.#connections.values()) {
      if (other !== session) continue;
      const known = times.findLast((at) => at + this.#newsMs <= this.#now());
      if (known === undefined || known < quietSince) continue;
      this.#holdSilence(session, timeout, known, `peer ${peer.sid}`);
    }
  }

  #holdSilence(session: SessionId, timeout: number, heardAt: number, who: string): void {
    const silentFor = this.#now() - heardAt;
    hold(
      silentFor >= timeout,
      "no session expires early",
      () =>
        `${formatSession(session)} expires after ${silentFor} of ${timeout} ms: ${who} heard it`,
    );
  }
}
