import type { SessionId, Sid } from "../core/base/ids.ts";
import { opName } from "../core/protocol/op-codes.ts";
import type { Report } from "../core/server/effects.ts";
import type { Txn } from "../core/txn/txn.ts";
import type { PeerId, Role } from "./api-controls.ts";
import type { EventLog } from "./events.ts";
import type { Roster } from "./roster.ts";
import { publicRole, type Seat } from "./seat.ts";

/** Turns what peers report, and what is done to their processes, into events. */
export class Reporter {
  readonly #events: EventLog;
  readonly #roster: Roster;
  readonly #roles = new Map<PeerId, Role>();
  /** So that an upgrade is no second beginning. */
  readonly #begun = new Set<SessionId>();
  #leader: PeerId | undefined;
  #epoch = 0;

  constructor(events: EventLog, roster: Roster) {
    this.#events = events;
    this.#roster = roster;
  }

  take(sid: Sid, report: Report): void {
    switch (report.type) {
      case "commit":
        return this.#committed(report.txn);
      case "role":
        this.#roleChanged(sid, publicRole(report.to), report.why);
        return this.#leaderChanged();
      case "serving":
        return this.#leaderChanged();
      case "election": {
        const { change, round, vote } = report;
        return this.#events.record("election", { peer: sid, round, vote, change });
      }
      case "session":
        return this.#sessionChanged(sid, report);
      case "log":
        return this.#events.record("log", { peer: sid, level: report.level, text: report.text });
      case "proposed":
        return;
    }
  }

  /** A peer's process was stopped, killed, paused or resumed. */
  processChanged(seat: Seat, why: string): void {
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

  #committed(txn: Txn): void {
    const path = "path" in txn.body ? txn.body.path : undefined;
    const { zxid, type, session } = txn;
    this.#events.recordCommit({ zxid: BigInt(zxid), op: opName(type), path, session });
  }

  #sessionChanged(sid: Sid, report: Report & { readonly type: "session" }): void {
    const { session: id, change } = report;
    if (change === "created") {
      if (this.#begun.has(id)) return;
      this.#begun.add(id);
    } else if (change === "expired" || change === "closed") this.#begun.delete(id);
    const peer = change === "moved" || change === "disconnected" ? sid : this.#holderOf(id);
    this.#events.record("session", { id, change, peer });
  }

  /** The peer that has the session's connection. */
  #holderOf(session: SessionId): PeerId | undefined {
    return this.#roster.seats.find((seat) => seat.peer?.clients.connectionOf(session))?.id;
  }
}
