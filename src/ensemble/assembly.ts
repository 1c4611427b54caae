import type { ControlServer } from "../control/server.ts";
import { type Sid, zxidZero } from "../core/base/ids.ts";
import { reasonsOf } from "../core/base/reasons.ts";
import { type EnsembleConfig, memberOf, movedTo } from "../core/quorum/config.ts";
import type { Report } from "../core/server/effects.ts";
import {
  clearTimeout,
  machineNow,
  queueMicrotask,
  setImmediate,
  setTimeout,
} from "../runtime/machine-time.ts";
import type { PeerHost } from "../runtime/peer-host.ts";
import { OrderedFailure } from "../runtime/storage-faults.ts";
import type { World } from "../runtime/world.ts";
import { asSuper } from "./access-options.ts";
import type { Ensemble } from "./api.ts";
import { Calls } from "./calls.ts";
import type { Certificates } from "./certificates.ts";
import { type ClientPlace, Clients } from "./clients.ts";
import { ClockControl } from "./clock.ts";
import { Content } from "./content.ts";
import { debugEvents, debugMessages } from "./debug/events.ts";
import { EmbeddedEngine } from "./embedded-engine.ts";
import { EmbeddedPeer } from "./embedded-peer.ts";
import { Enrolment } from "./enrolment.ts";
import { createEnsemble } from "./ensemble.ts";
import { ZkmsError } from "./errors.ts";
import { EventLog } from "./events.ts";
import { Faults } from "./faults.ts";
import { makePeer } from "./make-peer.ts";
import { memberAt } from "./members.ts";
import { recordMessages } from "./message-events.ts";
import { NetworkControl } from "./network.ts";
import { noteOpen } from "./open-ensembles.ts";
import type { ResolvedOptions, ResolvedPeer } from "./options.ts";
import { failureOf } from "./peer-failure.ts";
import { PeerHandle } from "./peer-handle.ts";
import { Proofs } from "./proof.ts";
import { Reporter } from "./reporter.ts";
import { Restoration } from "./restoration.ts";
import { Roster } from "./roster.ts";
import { Seat } from "./seat.ts";
import { tlsOf } from "./secure-ports.ts";
import { SessionList } from "./sessions.ts";
import { Standings } from "./standings.ts";
import { StorageFolders } from "./storage.ts";
import { StorageControl } from "./storage-control.ts";
import { Waits } from "./waits.ts";

/** How many polls of the event loop after the news waits are asked once more. */
const echoesMax = 3;

export interface AssemblyOptions {
  readonly id: string;
  readonly options: ResolvedOptions;
  readonly world: World;
  /** In the order of the options' peers. */
  readonly hosts: readonly PeerHost[];
  readonly addHostFor: (peer: ResolvedPeer) => Promise<PeerHost>;
  readonly config: EnsembleConfig;
  /** Of the secure ports; undefined: there are none. */
  readonly certificates: Certificates | undefined;
  readonly control: ControlServer | undefined;
  /** The line that opened the ensemble. */
  readonly openedAt: string;
}

/**
 * An ensemble's parts, and the way of its news: what peers report is recorded at once, in the middle of a turn; listeners and
 * waits hear of it when the turn is over, so that they may call anything.
 */
export class Assembly {
  readonly ensemble: Ensemble;
  readonly #options: AssemblyOptions;
  readonly #events: EventLog;
  readonly #reporter: Reporter;
  readonly #roster: Roster;
  readonly #calls: Calls;
  readonly #waits: Waits;
  readonly #proofs: Proofs;
  readonly #standings: Standings;
  readonly #network: NetworkControl;
  readonly #clients: Clients;
  readonly #folders: StorageFolders;
  readonly #enrolment: Enrolment;
  readonly #forget: () => void;
  readonly #release: (() => void) | undefined;
  #newsPending = false;
  /** What the peers had applied, together, when waits were last asked; and when that was, on the machine's clock. */
  #applied = 0;
  #askedAt = 0;
  #echoes = 0;
  #hasFailed = false;
  #closing: Promise<void> | undefined;

  constructor(options: AssemblyOptions) {
    const { id, world, config } = options;
    const { seed, timeouts, host, keepAlive, onEvent, superUser, juteMaxBuffer } = options.options;
    const now = (): number => world.clock.now();
    this.#options = options;
    this.#folders = new StorageFolders(id, options.options);
    this.#events = new EventLog(now, { onEvent, debug: debugEvents(id) });
    this.#events.onMessagesAsked = recordMessages(world.fabric, this.#events, () => this.#news());
    debugMessages(this.#events);
    const faults = new Faults((fault, change) => {
      this.#events.record("fault", { id: fault.id, label: fault.label, change });
      this.#news();
    });
    this.#calls = new Calls(id, () => world.keepAlive());
    const roster = new Roster({
      seats: this.#seats(),
      config,
      faults,
      now,
      timeStands: () => world.clock.standing,
      seed,
    });
    this.#roster = roster;
    this.#reporter = new Reporter(this.#events, roster);
    this.#waits = new Waits({
      timeout: timeouts.wait,
      tickTime: options.options.tickTime,
      stalledMs: () => world.clock.leftOutMs,
      failure: (code, what, reason) => roster.error(code, what, reason),
    });
    this.#proofs = new Proofs(roster);
    const [calls, waits, proofs, events] = [this.#calls, this.#waits, this.#proofs, this.#events];
    const sessions = new SessionList({ roster, calls, waits, faults, now });
    this.#standings = new Standings({ roster, waits, proofs, sessions });
    const standings = this.#standings;
    this.#network = new NetworkControl({
      fabric: world.fabric,
      faults,
      calls,
      now,
      resolve: (target) => roster.resolve(target).map((seat) => seat.id),
      knowsMessages: true,
      resetConnections: (patterns) => world.resetConnections(patterns),
    });
    this.#clients = new Clients({
      engine: "embedded",
      placesOf: (to) => roster.resolve(to).map((seat) => placeOf(seat, host)),
      timeout: timeouts.wait,
      ca: options.certificates?.keys.ca,
    });
    const content = new Content({
      standings,
      connectAsSuper: () => this.#clients.connect(asSuper(superUser)),
      juteMaxBuffer,
    });
    const { advertisedHost } = options.options;
    this.#enrolment = new Enrolment({
      world,
      roster,
      proofs,
      waits,
      standings,
      options: options.options,
      makeSeat: async (peer) => this.#seatOf(peer, await options.addHostFor(peer)),
      makeHandle: (seat) =>
        new PeerHandle({
          peer: new EmbeddedPeer({
            seat,
            host,
            advertisedHost,
            standings,
            startTimeout: timeouts.start,
          }),
          calls,
          timeout: timeouts.wait,
        }),
    });
    this.#forget = noteOpen({ id, openedAt: options.openedAt });
    this.#release = keepAlive ? world.keepAlive() : undefined;
    const engine = new EmbeddedEngine({
      options: options.options,
      world,
      roster,
      standings,
      enrolment: this.#enrolment,
      restoration: new Restoration({
        world,
        options: options.options,
        roster,
        standings,
        sessions,
        events,
      }),
      close: () => this.close(),
    });
    this.ensemble = createEnsemble({
      id,
      seed,
      engine,
      calls,
      faults,
      standings,
      network: this.#network,
      clock: new ClockControl({ clock: world.clock, calls, faults, events, roster }),
      sessions,
      events,
      storage: new StorageControl({ calls, faults, roster }),
      clients: this.#clients,
      content,
      tls:
        options.certificates &&
        tlsOf(options.certificates, { host: advertisedHost, calls, enrolment: this.#enrolment }),
      control: options.control,
    });
  }

  /** Starts the peers that are to be started, and waits for them. */
  async start(): Promise<void> {
    const { options } = this.#options;
    this.#hasFailed = true; // until it is done
    if (options.network !== undefined) {
      this.#network.condition([{ bothWays: true }], options.network, "all links");
    }
    const isWanted = (seat: Seat): boolean =>
      options.peers.some((peer) => peer.id === seat.id && peer.start);
    const seats = this.#roster.seats.filter(isWanted);
    if (options.reconfig && options.peers.length > 1) await this.#takeUpConfig(seats);
    await Promise.all(seats.map((seat) => seat.start()));
    await this.#standings.ready(seats, {
      timeout: options.timeouts.start,
      code: "ZKMS_START_TIMEOUT",
      ...(options.signal !== undefined && { signal: options.signal }),
    });
    this.#hasFailed = false;
    this.#options.control?.serve({
      ensemble: this.ensemble,
      resolve: (target) => this.#roster.resolve(target).map((seat) => seat.id),
      clock: options.clock,
      waitMs: options.timeouts.wait,
    });
  }

  /** Who belongs, as the folders of earlier ensembles say it, at the ports of this one: as by somebody who edits Apache's files. */
  async #takeUpConfig(seats: readonly Seat[]): Promise<void> {
    const { config } = this.#options;
    for (const { storage } of seats) {
      const saved = await storage.savedConfig();
      if (saved !== undefined) this.#roster.reconfigured(movedTo(saved, config));
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  // ------------------------------------------------------------------ the world's news

  reported(sid: Sid, report: Report): void {
    if (report.type === "proposed") this.#proofs.proposed(report);
    this.#enrolment.reported(report);
    this.#reporter.take(sid, report);
    if (report.type === "log" && report.level === "error") {
      process.stderr.write(`${this.#options.id}: peer ${sid} ${report.text}\n`);
    }
    this.#news();
  }

  reconfigured(config: EnsembleConfig): void {
    this.#roster.reconfigured(config);
    this.#news();
  }

  /** What no report tells: a follower has applied something. And once a tick the user's own state may be another. */
  turned(): void {
    const isLate = machineNow() - this.#askedAt >= this.#options.options.tickTime;
    if (isLate || this.#roster.applied !== this.#applied) this.#news();
  }

  /** A peer stopped because of its files, or of a bug of ours: whoever waits must hear of it, and if nobody does, somebody must. */
  failed(sid: Sid, error: unknown): void {
    if (error instanceof OrderedFailure) return this.#ordered(sid, error);
    const { code, text, detail, why, hint } = failureOf(sid, error);
    this.#hasFailed = true;
    this.#events.record("log", { peer: sid, level: "error", text: `${text}: ${detail}` });
    this.#reporter.processChanged(this.#roster.seat(sid), why);
    if (this.#waits.length === 0) {
      const { seed } = this.#options.options;
      process.stderr.write(`${this.#options.id}: ${text} (seed ${seed}): ${detail}\n`);
    }
    const reason = { why: detail, hint, cause: error };
    this.#waits.fail(() => this.#roster.error(code, text, reason));
    this.#news();
  }

  /** The test wanted it: no more than a crash, which says why. */
  #ordered(sid: Sid, failure: OrderedFailure): void {
    const seat = this.#roster.seat(sid);
    seat.failure = failure;
    const text = `stopped: ${failure.message}`;
    this.#events.record("log", { peer: sid, level: "error", text });
    this.#reporter.processChanged(seat, failure.message);
    this.#news();
  }

  /** Told when the turn is over. */
  #news(): void {
    if (this.#newsPending) return;
    this.#newsPending = true;
    queueMicrotask(() => {
      this.#newsPending = false;
      this.#applied = this.#roster.applied;
      this.#askedAt = machineNow();
      this.#reporter.lookForCrashes();
      this.#events.tell();
      this.#waits.recheck();
      if (this.#waits.length > 0 && this.#echoes === 0) this.#echo(echoesMax);
    });
  }

  /** Clients in this process hear the news a poll of the event loop or two later, and a user's check may be about them. */
  #echo(left: number): void {
    this.#echoes = left;
    if (left === 0) return;
    setImmediate(() => {
      this.#waits.recheck();
      this.#echo(this.#waits.length > 0 ? left - 1 : 0);
    });
  }

  #seats(): Seat[] {
    const { options, hosts } = this.#options;
    return options.peers.flatMap((peer, index) => {
      const host = hosts[index];
      return host === undefined ? [] : [this.#seatOf(peer, host)];
    });
  }

  #seatOf(peer: ResolvedPeer, host: PeerHost): Seat {
    const { options, world } = this.#options;
    const storage = this.#folders.storageOf(peer);
    return new Seat({
      ensemble: this.#options.id,
      host,
      calls: this.#calls,
      storage,
      votes: peer.type === "participant",
      skewMs: peer.clockSkew,
      makePeer: (skewMs) =>
        makePeer({
          sid: host.sid,
          config: this.#configFor(host, peer),
          get clientPort(): number {
            return host.clientPort;
          },
          secureClientPort: host.ports.secure,
          options,
          wallOffset: world.clock.wallOffset + skewMs,
          dataDir: storage.dataDir,
        }),
      onChanged: (seat, why) => {
        this.#reporter.processChanged(seat, why);
        this.#news();
      },
    });
  }

  /** What is in force where the peer belongs; for one that is to join, with itself as somebody who does not vote. */
  #configFor(host: PeerHost, peer: ResolvedPeer): EnsembleConfig {
    const { config } = this.#roster;
    if (memberOf(config, host.sid) !== undefined) return config;
    const member = {
      ...memberAt(host, peer, this.#options.options.host),
      role: "observer" as const,
    };
    return { version: zxidZero, members: [...config.members, member] };
  }

  async #close(): Promise<void> {
    const { id, world, options } = this.#options;
    const release = world.keepAlive();
    this.#calls.close();
    this.#waits.close(() => this.#calls.closedError());
    const { timeouts } = options;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(this.#leak(timeouts.close)), timeouts.close);
    });
    try {
      const parts = Promise.all([this.#clients.close(), this.#closePeers()]);
      await Promise.race([parts.finally(() => this.#options.control?.close()), late]);
    } finally {
      clearTimeout(timer);
      release();
      this.#release?.();
      this.#forget();
    }
    if (this.#waits.length > 0) throw new ZkmsError("ZKMS_LEAK", `${id} closed with a wait open`);
  }

  async #closePeers(): Promise<void> {
    const { id, world } = this.#options;
    try {
      try {
        await world.close();
      } finally {
        await Promise.all(this.#roster.seats.map((seat) => seat.settled()));
      }
    } catch (error) {
      this.#hasFailed = true;
      const why = reasonsOf(error);
      throw new ZkmsError("ZKMS_STORAGE", `${id} could not store all`, { why, cause: error });
    } finally {
      const failed = this.#hasFailed || this.#calls.hasFailed;
      const kept = await this.#folders.close({ failed });
      if (kept !== undefined) process.stderr.write(`${id}: its files are kept in ${kept}\n`);
    }
  }

  #leak(timeout: number): ZkmsError {
    const left = this.#roster.seats
      .filter((seat) => seat.peer !== undefined)
      .map((seat) => `peer ${seat.id} with ${seat.host.connections().length} connections`);
    const what = `${this.#options.id} is not closed after ${timeout} ms`;
    const why = left.length === 0 ? "a socket or a client is still open" : left.join(", ");
    return new ZkmsError("ZKMS_LEAK", what, { why, seed: this.#options.options.seed });
  }
}

function placeOf({ host: { ports, clientHost } }: Seat, host: string): ClientPlace {
  return {
    host: clientHost ?? host,
    port: ports.client,
    secure: ports.secure === undefined ? undefined : { host, port: ports.secure },
  };
}
