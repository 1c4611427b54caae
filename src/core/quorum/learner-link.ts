import { type Epoch, type LinkId, type Sid, sidOf, type Zxid, zxidZero } from "../base/ids.ts";
import type { QuorumPacket } from "../packets/quorum-packet.ts";
import type { QuorumOutput } from "./effects.ts";
import type { History } from "./history.ts";
import type { SyncPlan } from "./sync.ts";

/** One learner as its leader sees it (LearnerHandler); a learner that reconnects is a new one. */
export class LearnerLink {
  readonly link: LinkId;
  /**
   * greeting ─INFO▶ waiting ─epoch chosen▶ promising ─ACKEPOCH▶ promised
   *   ─SNAP▶ streaming ─its last piece▶ synced, or ─DIFF, TRUNC▶ synced ─ACK▶ adopted ─UPTODATE▶ serving;
   * doubted behind greeting, while another serves by that name (`Rivals`); refused: hung up on in a while
   */
  phase:
    | "greeting"
    | "doubted"
    | "refused"
    | "waiting"
    | "promising"
    | "promised"
    | "streaming"
    | "synced"
    | "adopted"
    | "serving" = "greeting";
  /** Known from FOLLOWERINFO or OBSERVERINFO on. */
  sid: Sid = sidOf(0);
  observer = false;
  /** Its last logged zxid, from ACKEPOCH. */
  lastLogged: Zxid = zxidZero;
  /** No packet by then: the link is given up. */
  deadline: number;
  /** The proposal whose ACK is timed, and since when (SyncLimitCheck). */
  timed: { readonly zxid: Zxid; readonly at: number } | undefined;
  /** COMMITs kept back until UPTODATE is sent: learners before 3.9.3 fail on them (ZOOKEEPER-4394). */
  #held: QuorumPacket[] = [];
  #sync: SyncPlan["kind"] | undefined = undefined;
  #refusal: string | undefined = undefined;

  constructor(link: LinkId, deadline: number) {
    this.link = link;
    this.deadline = deadline;
    this.timed = undefined;
  }

  /** How it is brought up to date just now: until its leader, established, has heard that it adopted the epoch. */
  get syncing(): SyncPlan["kind"] | undefined {
    return this.isForwarding && this.phase !== "serving" ? this.#sync : undefined;
  }

  /** In the stream of proposals: from the moment its history was chosen. */
  get isForwarding(): boolean {
    return this.phase === "streaming" || this.phase === "synced" || this.hasAdopted;
  }

  /** It has acknowledged NEWLEADER. */
  get hasAdopted(): boolean {
    return this.phase === "adopted" || this.phase === "serving";
  }

  /** Why the link is given up; undefined: it is not. */
  overdue(now: number, syncLimitMs: number): string | undefined {
    if (this.timed !== undefined && now >= this.timed.at + syncLimitMs) {
      return "acknowledges no proposal";
    }
    if (now < this.deadline) return undefined;
    return this.#refusal ?? "is silent";
  }

  /** It is hung up on in a while only: it would come back at once, again and again (simulation seed 2480). */
  refuse(why: string, until: number): void {
    this.phase = "refused";
    this.#refusal = why;
    this.deadline = until;
  }

  /** Tells the epoch that begins. */
  inform(epoch: Epoch, out: QuorumOutput[]): void {
    this.phase = "promising";
    this.send({ type: "LEADERINFO", epoch }, out);
  }

  /** Before it serves anybody it has nothing to say for clients. */
  mayForward({ type }: QuorumPacket): boolean {
    const isForClients = type === "REQUEST" || type === "REVALIDATE" || type === "PING";
    return !isForClients || this.phase === "serving";
  }

  /** Of a vote for a proposal: the newest one is timed next. */
  acknowledged(zxid: Zxid, newest: Zxid, now: number): void {
    if (this.timed === undefined || zxid < this.timed.zxid) return;
    this.timed = zxid < newest ? { zxid: newest, at: now } : undefined;
  }

  send(packet: QuorumPacket, out: QuorumOutput[]): void {
    out.push({ type: "send", link: this.link, packet });
  }

  /** The committed history that the learner lacks; a snapshot is still under way when this is done. */
  sendHistory(plan: SyncPlan, history: History, out: QuorumOutput[]): void {
    this.#sync = plan.kind;
    this.phase = plan.kind === "SNAP" ? "streaming" : "synced";
    this.send({ type: plan.kind, zxid: plan.zxid }, out);
    if (plan.kind === "SNAP") {
      out.push({ type: "sendSnapshot", link: this.link, snapshot: history.source() });
    }
    for (const entry of plan.entries) {
      this.send({ type: "PROPOSAL", entry }, out);
      this.send({ type: "COMMIT", zxid: entry.zxid }, out);
    }
  }

  /**
   * A proposal has committed, which a learner that is given a snapshot must hear of before NEWLEADER, for the snapshot may hold it
   * (ZOOKEEPER-3104).
   */
  commit(packet: QuorumPacket, out: QuorumOutput[]): void {
    const { phase } = this;
    if (this.observer || phase === "serving" || phase === "streaming") this.send(packet, out);
    else this.#held.push(packet);
  }

  /** The learner may serve. */
  welcome(out: QuorumOutput[]): void {
    this.phase = "serving";
    this.send({ type: "UPTODATE" }, out);
    for (const packet of this.#held) this.send(packet, out);
    this.#held = [];
  }
}
