import type { Epoch, LinkId, SessionId, Sid, Zxid } from "../base/ids.ts";
import { encode } from "../jute/record.ts";
import type { QuorumPacket } from "../packets/quorum-packet.ts";
import { OpCode } from "../protocol/op-codes.ts";
import { CreateSessionRequest } from "../protocol/requests.ts";
import type { QuorumOutput } from "../quorum/effects.ts";
import type { Learner } from "../quorum/learner.ts";
import type { LogEntry } from "../txn/log-entry.ts";
import type { Replica } from "./replica.ts";
import type { Role, Submission } from "./role.ts";

/** A follower's or observer's part: reads are served here, everything else is asked of the leader. */
export class Following implements Role {
  readonly kind: "following" | "observing";
  readonly learner: Learner;
  readonly #replica: Replica;
  readonly #out: QuorumOutput[];

  constructor(options: {
    learner: Learner;
    observer: boolean;
    replica: Replica;
    out: QuorumOutput[];
  }) {
    this.kind = options.observer ? "observing" : "following";
    this.learner = options.learner;
    this.#replica = options.replica;
    this.#out = options.out;
  }

  get serving(): boolean {
    return this.learner.serving;
  }
  get leader(): Sid {
    return this.learner.leader;
  }
  get epoch(): Epoch {
    return this.learner.epoch;
  }
  get lastCommitted(): Zxid {
    return this.#replica.lastTxn;
  }
  get wakeAt(): number {
    return this.learner.wakeAt;
  }
  get undelivered(): readonly LogEntry[] {
    return this.learner.undelivered;
  }
  get stateIsTorn(): boolean {
    return this.learner.stateIsTorn;
  }

  woken(now: number): void {
    this.learner.woken(now, this.#out);
  }

  accepted(_now: number, link: LinkId): void {
    // Somebody takes this peer for the leader: it must hear at once that it is not.
    this.#out.push({ type: "hangUp", link, why: "not the leader" });
  }

  dialed(now: number, link: LinkId | undefined): void {
    this.learner.dialed(now, link, this.#out);
  }

  packet(now: number, link: LinkId, packet: QuorumPacket): void {
    this.learner.packet(now, link, packet, this.#out);
  }

  snapshotSent(): void {}

  linkDown(now: number, link: LinkId): void {
    this.learner.linkDown(now, link, this.#out);
  }

  appended(_now: number, upTo: Zxid): void {
    this.learner.appended(upTo, this.#out);
  }

  epochSaved(_now: number, which: "accepted" | "current", epoch: Epoch): void {
    this.learner.epochSaved(which, epoch, this.#out);
  }

  snapshotSaved(_now: number, zxid: Zxid): void {
    this.learner.snapshotSaved(zxid, this.#out);
  }

  reloaded(now: number, lastLogged: Zxid): void {
    this.learner.reloaded(now, lastLogged, this.#out);
  }

  touch(_now: number, session: SessionId, timeout: number): boolean {
    this.learner.touch(session, timeout);
    return this.#replica.tree.sessions.has(session);
  }

  claim(): boolean {
    return true;
  }

  openSession(_now: number, session: SessionId, timeout: number): void {
    const body = encode(CreateSessionRequest, { timeout });
    this.#request(session, 0, OpCode.createSession, body, null);
  }

  revalidate(_now: number, session: SessionId, timeout: number): undefined {
    this.learner.request({ type: "REVALIDATE", session, timeout }, this.#out);
  }

  write(_now: number, { session, request, raw, ids }: Submission): void {
    this.#request(session, request.xid, request.type, raw, ids);
  }

  sync(now: number, submission: Submission): boolean {
    this.write(now, submission);
    return false;
  }

  delivered(): void {}

  #request(
    session: SessionId,
    cxid: number,
    op: number,
    body: Uint8Array,
    ids: Submission["ids"] | null,
  ): void {
    this.learner.request({ type: "REQUEST", session, cxid, op, body, ids }, this.#out);
  }
}
