import type { SessionId, Sid, Zxid } from "../core/base/ids.ts";
import { OpCode } from "../core/protocol/op-codes.ts";
import type { Report } from "../core/server/effects.ts";
import type { Txn } from "../core/txn/txn.ts";
import type { PeerId, Role } from "./api-controls.ts";
import type { EventLog } from "./events.ts";
import type { Roster } from "./roster.ts";
import { publicRole, type Seat } from "./seat.ts";

type SessionChange = (Report & { readonly type: "session" })["change"];

/** Turns what peers report, and what is done to their processes, into events. */
export class Reporter {
  readonly #events: EventLog;
  readonly #roster: Roster;
  readonly #roles = new Map<PeerId, Role>();
  /** So that an upgrade is no second beginning. */
  readonly #begun = new Set<SessionId>();
  /** Where each session's connection is; without those that have none. */
  readonly #connected = new Map<SessionId, PeerId>();
  /** The last transaction whose commit was recorded, and until then what the first leader began with. */
  #committed: Zxid | undefined;
  #leader: PeerId | undefined;
  #epoch = 0;

  constructor(events: EventLog, roster: Roster) {
    this.#events = events;
    this.#roster = roster;
  }

  take(sid: Sid, report: Report): void {
    switch (report.type) {
      case "commit":
        return this.#commit(report.txn);
      case "role":
        this.#roleChanged(sid, publicRole(report.to), report.why);
        return this.#leaderChanged();
      case "serving":
        this.#catchUp(sid);
        return this.#leaderChanged();
      case "election": {
        const { change, round, vote } = report;
        return this.#events.record("election", { peer: sid, round, vote, change });
      }
      case "session":
        return this.#sessionChanged(sid, report.session, report.change);
      case "log":
        return this.#events.record("log", { peer: sid, level: report.level, text: report.text });
      case "proposed":
        return;
    }
  }

  /** A peer's process was stopped, killed, paused or resumed. */
  processChanged(seat: Seat, why: string): void {
    if (seat.peer === undefined) {
      for (const [id, peer] of this.#connected) {
        if (peer === seat.id) this.#record(id, "disconnected", peer);
      }
    }
    this.#roleChanged(seat.id, seat.role, why);
    this.#leaderChanged();
  }

  /** Finds processes that went down by themselves: a rule of the fabric crashes its peer in the middle of a turn. */
  lookForCrashes(): void {
    for (const seat of this.#roster.seats) {
      if (seat.state === "crashed" && this.#roles.get(seat.id) !== "crashed") {
        this.processChanged(seat, "crashed");
      }
    }
  }

  #roleChanged(peer: PeerId, to: Role, why: string): void {
    const from = this.#roles.get(peer) ?? "stopped";
    if (from === to) return;
    this.#roles.set(peer, to);
    this.#events.record("peer", { peer, from, to, why });
  }

  #leaderChanged(): void {
    const { leader } = this.#roster;
    const epoch = leader?.peer?.epoch ?? this.#epoch;
    if (leader?.id === this.#leader && epoch === this.#epoch) return;
    this.#leader = leader?.id;
    this.#epoch = epoch;
    this.#events.record("leader", { peer: this.#leader, epoch });
  }

  #commit(txn: Txn): void {
    this.#committed = txn.zxid;
    this.#events.recordCommit(txn);
  }

  /** A leader may have died with a quorum for what it had not delivered: committed it is, and the next leader has it. */
  #catchUp(sid: Sid): void {
    const { leads, peer } = this.#roster.seat(sid);
    if (!leads || peer === undefined) return;
    const { committed, lastTxn } = peer.replica;
    const known = this.#committed ?? lastTxn;
    this.#committed = known;
    for (const { txn } of committed.above(known)) {
      this.#commit(txn);
      if (txn.type === OpCode.createSession) this.#sessionChanged(sid, txn.session, "created");
      // A leader's own wish to end a session has no number of a client's.
      const change = txn.cxid === 0 ? "expired" : "closed";
      if (txn.type === OpCode.closeSession) this.#sessionChanged(sid, txn.session, change);
    }
  }

  #sessionChanged(sid: Sid, id: SessionId, change: SessionChange): void {
    switch (change) {
      case "created":
        if (this.#begun.has(id)) return;
        this.#begun.add(id);
        return this.#record(id, change, this.#holderOf(id));
      case "moved":
        return this.#record(id, change, sid);
      case "disconnected":
        // The rest of a connection from which the session has moved on is none of its own.
        return (this.#connected.get(id) ?? sid) === sid ? this.#record(id, change, sid) : undefined;
      case "expired":
      case "closed":
        this.#begun.delete(id);
        return this.#record(id, change, this.#holderOf(id));
    }
  }

  #record(id: SessionId, change: SessionChange, peer: PeerId | undefined): void {
    const isConnected = change === "created" || change === "moved";
    if (isConnected && peer !== undefined) this.#connected.set(id, peer);
    else this.#connected.delete(id);
    this.#events.record("session", { id, change, peer });
  }

  /** The peer that has the session's connection. */
  #holderOf(session: SessionId): PeerId | undefined {
    return this.#roster.seats.find((seat) => seat.peer?.clients.connectionOf(session))?.id;
  }
}
