import { unreachable } from "../core/base/assert.ts";
import type { ConnectionId } from "../core/base/ids.ts";
import type { Parts } from "../core/base/parts.ts";
import type { EnsembleConfig } from "../core/quorum/config.ts";
import type { Effect, PeerEvent, Report } from "../core/server/effects.ts";
import type { Peer } from "../core/server/peer.ts";
import type { Replica } from "../core/server/replica.ts";
import type { Recovered } from "../core/storage/ports.ts";
import { ClientListener, type ClientListenerOptions } from "./client-listener.ts";
import type { ClientSocket } from "./client-socket.ts";
import { type AnyStore, Journal } from "./journal.ts";
import { Slices } from "./slices.ts";
import { SnapshotStreams } from "./snapshot-streams.ts";
import type { StorageFaults } from "./storage-faults.ts";
import type { PeerLinks, Surroundings } from "./surroundings.ts";
import type { Inbox } from "./turn.ts";

export interface PeerProcessOptions {
  readonly world: Surroundings;
  readonly peer: Peer;
  readonly store: AnyStore;
  readonly storageFaults: StorageFaults;
  readonly clients: Omit<ClientListenerOptions, "world" | "take" | "onError">;
  readonly makeLinks: (inbox: Inbox) => PeerLinks;
  readonly onReport: (report: Report) => void;
  /** Peers are reached elsewhere from here on. */
  readonly onReconfigured: (config: EnsembleConfig) => void;
  /** A step threw or the store failed: the process cannot go on. */
  readonly onError: (error: unknown) => void;
}

/** One life of a peer, from start to stop or crash: its machine, its store, its sockets. Steps events, carries out effects. */
export class PeerProcess implements Inbox {
  readonly peer: Peer;
  readonly clients: ClientListener;
  readonly #options: PeerProcessOptions;
  readonly #world: Surroundings;
  readonly #journal: Journal;
  readonly #slices: Slices;
  readonly #streams: SnapshotStreams;
  readonly #links: PeerLinks;
  readonly #out: Effect[] = [];
  /** Events that came while it was paused; undefined: it runs. */
  #mail: PeerEvent[] | undefined;
  /** What the store holds was read; a pause does not hold that up. */
  #hasRead = false;
  #isOver = false;
  #isStepping = false;
  /** Events that came in the middle of a step's effects: a rule that is over lets through what is due. */
  readonly #behind: PeerEvent[] = [];
  #wokenAt = -1;

  constructor(options: PeerProcessOptions) {
    const { world, store, storageFaults: faults, onError } = options;
    this.peer = options.peer;
    this.#options = options;
    this.#world = world;
    this.#slices = new Slices(onError);
    const { turn } = world;
    const slices = this.#slices;
    const restoring = (recovered: Recovered): Parts<Replica> => this.peer.restoring(recovered);
    this.#journal = new Journal({ store, turn, inbox: this, slices, faults, restoring, onError });
    this.#links = options.makeLinks(this);
    this.#links.onDrained = () => this.#slices.wake();
    this.#streams = new SnapshotStreams({
      links: this.#links,
      slices: this.#slices,
      turn,
      inbox: this,
    });
    this.clients = new ClientListener({
      ...options.clients,
      world,
      take: (event) => this.take(event),
      onError,
    });
  }

  /** Reads what there is, listens, then begins the peer's life: of a paused one when it is resumed, though this is over before. */
  async start(): Promise<void> {
    const restored = await this.#journal.recover();
    this.#hasRead = true;
    if (this.#isOver || restored === undefined) return;
    await Promise.all([this.#links.open(), this.clients.open()]);
    this.take({ type: "started", ...restored });
  }

  take(event: PeerEvent): void {
    if (this.#isStepping) {
      this.#behind.push(event);
      return;
    }
    this.#step(event);
    while (this.#behind.length > 0) {
      const next = this.#behind.shift();
      if (next !== undefined) this.#step(next);
    }
  }

  #step(event: PeerEvent): void {
    if (this.#isOver) return;
    if (this.#mail !== undefined) {
      this.#mail.push(event);
      return;
    }
    const now = this.#world.turn.enter();
    if (event.type === "linkDown") this.#streams.forget(event.link);
    this.#isStepping = true;
    try {
      this.peer.step(now, event, this.#out);
      this.#drain();
    } catch (error) {
      this.#options.onError(error);
    }
    this.#isStepping = false;
  }

  // ------------------------------------------------------------------ the turn's calls

  wake(now: number): void {
    if (this.#mail !== undefined || this.#isOver) return;
    this.#journal.wake(now);
    if (this.clients.dueAt() <= now) this.clients.closeMute(now);
    this.#links.wake(now);
    if (this.peer.wakeAt > now || this.#wokenAt === now) return;
    this.#wokenAt = now;
    this.take({ type: "woken" });
  }

  store(): void {
    if (this.#mail !== undefined || this.#isOver) return;
    try {
      this.#journal.settle();
    } catch (error) {
      this.#options.onError(error);
    }
  }

  flush(): void {
    if (this.#mail !== undefined || this.#isOver) return;
    try {
      this.clients.flush(); // first: a client waits for its reply, nobody for the COMMIT behind it
      this.#links.flush();
    } catch (error) {
      this.#options.onError(error);
    }
  }

  /** A peer that was woken and still wants to be is woken again a millisecond later, not at once. */
  get dueAt(): number {
    if (this.#mail !== undefined || this.#isOver) return Infinity;
    const { wakeAt } = this.peer;
    const peerDueAt = wakeAt <= this.#wokenAt ? this.#wokenAt + 1 : wakeAt;
    return Math.min(peerDueAt, this.clients.dueAt(), this.#links.dueAt, this.#journal.dueAt);
  }

  /** Something asked of the store is not durable yet. */
  get isBusy(): boolean {
    return this.#mail === undefined && (this.#journal.isBusy || this.#slices.isBusy);
  }

  // ------------------------------------------------------------------ its life

  pause(): void {
    this.#mail ??= [];
    if (this.#hasRead) this.#slices.pause(); // else whoever stops it next would wait for its start, and that for ever
    this.clients.freeze();
    this.#links.freeze();
  }

  resume(): void {
    const mail = this.#mail ?? [];
    this.#mail = undefined;
    for (const event of mail) this.take(event);
    this.#slices.resume();
    this.#links.thaw();
    this.clients.thaw();
    this.#world.turn.enter();
  }

  /** Ends at once: every socket is reset. */
  kill(how: "reset" | "hand over" = "reset"): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#out.length = 0;
    this.#slices.close();
    this.#journal.crash();
    this.clients.close(how);
    this.#links.close(how);
  }

  /** Ends politely: what the store was given becomes durable, sockets are closed behind what was written. */
  async stop(): Promise<void> {
    if (this.#isOver) return;
    this.flush();
    this.#isOver = true;
    this.#slices.close();
    this.clients.close("end");
    this.#links.close("end");
    await this.#journal.close();
  }

  /** Breaks connections as the network would; how many. */
  drop(which: { readonly clients: boolean; readonly peers: boolean }): number {
    return (which.clients ? this.clients.drop() : 0) + (which.peers ? this.#links.drop() : 0);
  }

  // ------------------------------------------------------------------ effects

  #drain(): void {
    const out = this.#out;
    for (let index = 0; index < out.length; index += 1) {
      const effect = out[index];
      if (effect !== undefined) this.#carryOut(effect);
    }
    while (out.length > 0) out.pop(); // setting the length to 0 would give the array's memory away
  }

  #carryOut(effect: Effect): void {
    switch (effect.type) {
      case "reply":
        return this.#client(effect.connection)?.reply(effect.reply);
      case "send":
        return this.#streams.send(effect.link, effect.packet);
      case "sendSnapshot":
        return this.#streams.begin(effect.link, effect.snapshot);
      case "append":
      case "truncate":
      case "reload":
      case "saveEpoch":
      case "saveConfig":
      case "saveSnapshot":
        return this.#journal.take(effect);
      case "report":
        return this.#options.onReport(effect.report);
      case "watchEvent":
        return this.#client(effect.connection)?.watchEvent(effect);
      case "accept":
        return this.#client(effect.connection)?.accept(effect.response);
      case "text":
        return this.#client(effect.connection)?.text(effect.text);
      case "close":
        return this.#client(effect.connection)?.close();
      case "throttle":
        return this.#client(effect.connection)?.throttle(effect.on);
      case "vote":
        return this.#links.vote(effect.to, effect.notification);
      case "dial":
        return this.#links.dial(effect.to);
      case "hangUp":
        this.#streams.forget(effect.link);
        return this.#links.hangUp(effect.link);
      case "reconfigured":
        return this.#options.onReconfigured(effect.config);
      default:
        return unreachable(effect);
    }
  }

  #client(id: ConnectionId): ClientSocket | undefined {
    return this.clients.sockets.get(id);
  }
}
