import type { Sid, Zxid } from "../core/base/ids.ts";
import { ErrorCode, errorName } from "../core/protocol/error-codes.ts";
import { type EnsembleConfig, formatConfig, memberOf } from "../core/quorum/config.ts";
import type { Report } from "../core/server/effects.ts";
import { machineNow } from "../runtime/machine-time.ts";
import type { World } from "../runtime/world.ts";
import type { PeerId } from "./api-controls.ts";
import { ZkmsError } from "./errors.ts";
import { memberAt } from "./members.ts";
import { type ResolvedOptions, type ResolvedPeer, resolveNewPeer } from "./options.ts";
import type { PeerHandle } from "./peer-handle.ts";
import type { Proofs } from "./proof.ts";
import type { Roster } from "./roster.ts";
import type { Seat } from "./seat.ts";
import type { Standings } from "./standings.ts";
import { isTermOf, type Term, termOf } from "./term.ts";
import type { Waits } from "./waits.ts";

export interface EnrolmentOptions {
  readonly world: World;
  readonly roster: Roster;
  readonly proofs: Proofs;
  readonly waits: Waits;
  readonly standings: Standings;
  readonly options: ResolvedOptions;
  readonly makeSeat: (peer: ResolvedPeer) => Promise<Seat>;
  readonly makeHandle: (seat: Seat) => PeerHandle;
}

/** A reconfiguration that a leader was asked for. */
interface Attempt {
  readonly term: Term;
  readonly token: number;
  readonly at: number;
  zxid: Zxid | undefined;
  /** How it was refused. */
  err: number;
}

/** Peers' handles, and how peers come and go: by reconfigurations, asked for until they are in force. */
export class Enrolment {
  readonly peers: PeerHandle[];
  readonly #options: EnrolmentOptions;
  #attempt: Attempt | undefined;

  constructor(options: EnrolmentOptions) {
    this.#options = options;
    this.peers = options.roster.seats.map(options.makeHandle);
  }

  reported(report: Report): void {
    const attempt = this.#attempt;
    if (attempt === undefined) return;
    if (report.type === "proposed" && report.token === attempt.token) attempt.zxid = report.zxid;
    if (report.type !== "commit" || report.txn.zxid !== attempt.zxid) return;
    if (report.txn.type === -1) attempt.err = report.txn.body.err;
  }

  async add(options: unknown): Promise<PeerHandle> {
    this.#mustBeAllowed("addPeer");
    const { roster, standings, makeSeat, makeHandle, world } = this.#options;
    const peer = resolveNewPeer(options, this.#options.options, {
      ids: roster.sids,
      areGrouped: this.#areGrouped,
    });
    const seat = await makeSeat(peer);
    roster.add(seat);
    try {
      await seat.start();
      const member = memberAt(seat.host, peer, this.#options.options.host);
      await this.#reach(`peer ${peer.id} has not joined`, (config) => {
        if (memberOf(config, seat.id)?.role === peer.type) return undefined;
        return [...config.members.filter(({ sid }) => sid !== seat.id), member];
      });
      await standings.ready([seat], { timeout: this.#options.options.timeouts.start });
    } catch (error) {
      roster.remove(seat);
      await seat.leave();
      await world.removeHost(seat.id);
      throw error;
    }
    const handle = makeHandle(seat);
    this.peers.push(handle);
    return handle;
  }

  async remove(id: PeerId): Promise<void> {
    this.#mustBeAllowed("removePeer");
    const { roster, standings, world } = this.#options;
    const seat = roster.seat(id);
    await this.#reach(`peer ${id} has not left`, (config) =>
      memberOf(config, seat.id) === undefined
        ? undefined
        : config.members.filter(({ sid }) => sid !== seat.id),
    );
    await standings.leader({ not: id });
    await seat.leave();
    roster.remove(seat);
    this.peers.splice(
      this.peers.findIndex((peer) => peer.id === id),
      1,
    );
    await world.removeHost(seat.id);
  }

  // ------------------------------------------------------------------

  /** Who belongs can be changed here at all. */
  get isAllowed(): boolean {
    return !this.#isAlone && this.#options.options.reconfig;
  }

  get #isAlone(): boolean {
    const { roster, options } = this.#options;
    return roster.leader?.role === "standalone" || options.peers.length === 1;
  }

  /** As who leads has it: clients may have changed it by reconfigurations. */
  get #areGrouped(): boolean {
    const { roster, options } = this.#options;
    const members = roster.leader?.running?.membership.committed.members ?? options.peers;
    return members.some(({ group }) => group !== undefined);
  }

  #mustBeAllowed(call: string): void {
    const { options } = this.#options;
    if (this.#isAlone) {
      const what = `${call} needs a quorum: a standalone peer cannot be reconfigured`;
      throw new ZkmsError("ZKMS_UNSUPPORTED", what, { hint: "startEnsemble(3)" });
    }
    if (options.reconfig) return;
    const what = `${call} cannot be with reconfig: false`;
    throw new ZkmsError("ZKMS_UNSUPPORTED", what, { hint: "startEnsemble(3, { reconfig: true })" });
  }

  /** Asks each leader in turn, again where it refused for now; `next` gives the members wanted, undefined: they are there. */
  async #reach(
    what: string,
    next: (config: EnsembleConfig) => EnsembleConfig["members"] | undefined,
  ): Promise<void> {
    const { waits, options } = this.#options;
    try {
      await waits.until({
        what,
        options: { timeout: options.timeouts.start },
        check: () => this.#step(next),
        explain: () => ({
          why: this.#attempt === undefined ? "nobody leads" : this.#refusal(this.#attempt),
          hint: "ensemble.status()",
        }),
      });
    } finally {
      this.#attempt = undefined;
    }
  }

  #step(next: (config: EnsembleConfig) => EnsembleConfig["members"] | undefined): true | undefined {
    const { roster, proofs, options } = this.#options;
    const seat = roster.leader;
    const leader = seat?.running;
    if (seat === undefined || leader === undefined) return undefined;
    const { committed } = leader.membership;
    const members = next(committed);
    if (members === undefined) return true;
    const attempt = this.#attempt;
    if (attempt !== undefined && isTermOf(attempt.term, leader)) {
      if (attempt.err === ErrorCode.OK) return undefined;
      if (machineNow() - attempt.at < options.tickTime) return undefined;
    }
    const token = proofs.nextToken();
    this.#attempt = {
      term: termOf(leader),
      token,
      at: machineNow(),
      zxid: undefined,
      err: ErrorCode.OK,
    };
    const lines = formatConfig({ ...committed, members })
      .split("\n")
      .slice(0, -1);
    const request = { joining: null, leaving: null, members: lines.join(","), configId: -1 };
    seat.host.command({ type: "reconfigure", token, request });
    return undefined;
  }

  #refusal({ err, term }: Attempt): string {
    const by: Sid = term.leader.sid;
    return err === ErrorCode.OK
      ? `peer ${by} was asked, and it has not committed`
      : `peer ${by} answers ${errorName(err)}`;
  }
}
