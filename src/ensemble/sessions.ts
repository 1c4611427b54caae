import { type SessionId, sessionIdOf } from "../core/base/ids.ts";
import type { ConnectionView } from "../runtime/peer-host.ts";
import type { Fault, Ms, SessionInfo, SessionMatch, Sessions } from "./api-controls.ts";
import type { Calls } from "./calls.ts";
import { ZkmsError } from "./errors.ts";
import type { Faults } from "./faults.ts";
import { hex, whyNoLeader } from "./picture.ts";
import type { Roster } from "./roster.ts";
import type { Seat } from "./seat.ts";
import { noSuchSession, sessionMatcher } from "./session-match.ts";
import { isTermOf, type Term, termOf } from "./term.ts";
import type { Waits } from "./waits.ts";

export interface SessionsOptions {
  readonly roster: Roster;
  readonly calls: Calls;
  readonly waits: Waits;
  readonly faults: Faults;
  readonly now: () => Ms;
}

/** A client's connection and where it ends. */
interface Held {
  readonly seat: Seat;
  readonly connection: ConnectionView;
}

/** The sessions of an ensemble, as its leader knows them; without a leader, as the peer knows that has seen most. */
export class SessionList implements Sessions {
  readonly #options: SessionsOptions;

  constructor(options: SessionsOptions) {
    this.#options = options;
  }

  list(): Promise<SessionInfo[]> {
    return this.#options.calls.run(() => this.all());
  }

  get(match: SessionMatch): Promise<SessionInfo | undefined> {
    return this.#options.calls.run(() => this.find(match));
  }

  expire(match: SessionMatch): Promise<SessionInfo> {
    return this.#options.calls.run(async () => {
      const session = this.#present(match);
      await this.#expireNow([sessionIdOf(session.id)]);
      return session;
    });
  }

  expireAll(): Promise<number> {
    return this.#options.calls.run(async () => {
      const sessions = this.all();
      await this.#expireNow(sessions.map((session) => sessionIdOf(session.id)));
      return sessions.length;
    });
  }

  disconnect(match: SessionMatch): Promise<void> {
    return this.#options.calls.run(() => {
      const held = this.#held().get(sessionIdOf(this.#present(match).id));
      held?.seat.host.dropConnection(held.connection.id);
    });
  }

  freeze(match: SessionMatch): Promise<Fault> {
    return this.#options.calls.run(() => {
      const { id } = this.#present(match);
      const held = this.#held().get(sessionIdOf(id));
      if (held === undefined) {
        throw new ZkmsError("ZKMS_BAD_STATE", `session ${hex(id)} has no connection to freeze`);
      }
      const end = held.seat.host.freezeConnection(held.connection.id);
      return this.#options.faults.add({ kind: "freeze", what: `session ${hex(id)}`, end });
    });
  }

  all(): SessionInfo[] {
    const source = this.#source()?.peer;
    const held = this.#held();
    const expiry = this.#options.roster.leader?.peer?.leading?.sessions;
    const common = [...(source?.replica.tree.sessions ?? [])].map(([id, timeout]) => ({
      ...this.#describe(held.get(id), { id, timeout, expiresAt: expiry?.expiresAt(id) }),
      ephemerals: [...(source?.replica.tree.ephemeralsOf(id) ?? [])].sort(),
    }));
    return [...common, ...this.#options.roster.seats.flatMap((seat) => this.#localOf(seat, held))];
  }

  /** Those that only one peer knows: none of them has an ephemeral. */
  #localOf(seat: Seat, held: ReadonlyMap<SessionId, Held>): SessionInfo[] {
    const local = seat.running?.clients.local;
    return [...(local?.timeouts ?? [])].map(([id, timeout]) => ({
      ...this.#describe(held.get(id), { id, timeout, expiresAt: local?.expiresAt(id) }),
      peer: seat.id,
      readOnly: seat.role === "readonly",
    }));
  }

  #describe(
    holder: Held | undefined,
    session: { id: SessionId; timeout: Ms; expiresAt: number | undefined },
  ): SessionInfo {
    const { id, timeout, expiresAt } = session;
    return {
      id,
      timeout,
      peer: holder?.seat.id,
      connected: holder !== undefined,
      readOnly: false,
      ephemerals: [],
      watches: holder === undefined ? 0 : watchesOf(holder),
      expiresIn: expiresAt === undefined ? timeout : Math.max(0, expiresAt - this.#options.now()),
      remote: holder && `${holder.connection.remoteAddress}:${holder.connection.remotePort}`,
    };
  }

  /** By any of the ways to name a session. */
  find(match: SessionMatch): SessionInfo | undefined {
    return this.all().find(sessionMatcher(match));
  }

  /** Whether no peer that hears its leader has any of the sessions; false while nobody leads. */
  areGone(ids: readonly SessionId[]): boolean {
    const { roster } = this.#options;
    const { leader } = roster;
    if (leader === undefined || ids.some((id) => this.#seatOf(id) !== undefined)) return false;
    const { cuts } = roster.picture();
    const isDeaf = (seat: Seat): boolean =>
      cuts.some((cut) => cut.from === leader.id && cut.to === seat.id);
    return roster.seats.every((seat) => {
      if (!seat.serving || seat.running?.leader !== leader.id || isDeaf(seat)) return true;
      const { sessions } = seat.running.replica.tree;
      return ids.every((id) => !sessions.has(id));
    });
  }

  #present(match: SessionMatch): SessionInfo {
    const sessions = this.all();
    const session = sessions.find(sessionMatcher(match));
    if (session === undefined) throw noSuchSession(match, sessions, this.#whyUnowned(match));
    return session;
  }

  #whyUnowned(match: SessionMatch): string | undefined {
    if (typeof match !== "string" || !match.startsWith("/")) return undefined;
    const isThere = this.#source()?.peer?.replica.tree.get(match) !== undefined;
    return isThere ? "the node is there, and is not ephemeral" : "there is no such node";
  }

  /** Local ones end where they are. Others: asks the leader, and the next one if that loses its office first; resolves when all are gone. */
  async #expireNow(ids: readonly SessionId[]): Promise<void> {
    const { roster } = this.#options;
    const local = ids.filter((session) => this.#seatOf(session) !== undefined);
    for (const session of local) this.#seatOf(session)?.host.command({ type: "expire", session });
    const common = ids.filter((session) => !local.includes(session));
    let asked: Term | undefined;
    await this.#options.waits.until({
      what: `${ids.length === 1 ? "a session is" : "sessions are"} not expired`,
      options: undefined,
      check: () => {
        if (local.some((session) => this.#seatOf(session) !== undefined)) return undefined;
        if (common.length === 0) return true;
        const { leader } = roster;
        if (leader?.running === undefined) return undefined;
        if (asked === undefined || !isTermOf(asked, leader.running)) {
          asked = termOf(leader.running);
          for (const session of common) leader.host.command({ type: "expire", session });
        }
        return this.areGone(common) ? true : undefined;
      },
      explain: () => whyNoLeader(roster.picture()),
    });
  }

  /** The peer that has it for itself. */
  #seatOf(local: SessionId): Seat | undefined {
    return this.#options.roster.seats.find((seat) => seat.running?.clients.local?.has(local));
  }

  #source(): Seat | undefined {
    const { leader, seats } = this.#options.roster;
    if (leader !== undefined) return leader;
    let best: Seat | undefined;
    for (const seat of seats) {
      if (seat.peer !== undefined && seat.zxid >= (best?.zxid ?? 0n)) best = seat;
    }
    return best;
  }

  #held(): ReadonlyMap<SessionId, Held> {
    const held = new Map<SessionId, Held>();
    for (const seat of this.#options.roster.seats) {
      if (seat.peer === undefined) continue;
      for (const connection of seat.host.connections()) {
        if (connection.session !== undefined) held.set(connection.session, { seat, connection });
      }
    }
    return held;
  }
}

function watchesOf({ seat, connection }: Held): number {
  const watches = seat.peer?.replica.watches;
  if (watches === undefined) return 0;
  const { data, child } = watches;
  return data.pathsOf(connection.id).length + child.pathsOf(connection.id).length;
}
