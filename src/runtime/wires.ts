import type { Fabric } from "../core/network/fabric.ts";
import type { Endpoint } from "../core/network/link.ts";
import { type LinkPattern, touches } from "../core/network/selector.ts";
import type { Intake } from "./intake.ts";
import { Lanes } from "./lanes.ts";
import type { Wire } from "./wire.ts";
import type { WorldClock } from "./world-clock.ts";

/** Who does not take the last bytes of a closed connection for so long does not get them. */
const lingerMs = 10_000;

/** Every connection of a world's peers, for what concerns all of them: faults, due times, whether bytes are under way. */
export class Wires {
  readonly fabric: Fabric;
  readonly clock: WorldClock;
  /** A rule crashes the peer at this end. */
  readonly crash: (end: Endpoint) => void;
  /** Bytes have come before a lane that does not let them through at once: a turn is to come, whose end sees to them. */
  readonly waiting: () => void;
  /** Whether there is room for what the event loop brings, or when there is. */
  readonly intake: Pick<Intake, "hasRoom" | "whenRoom">;
  /** Of what waits elsewhere than in sockets. */
  readonly lanes: Lanes;
  /** Ports on which peers of this world listen. */
  readonly ownPorts: Set<number> = new Set();
  readonly #wires = new Set<Wire>();
  /** By both ports: the other end of a connection between two of our peers is found under the swapped ones. */
  readonly #byPorts = new Map<number, Wire>();
  /** Closed here, with bytes that the other side does not take, and until when; the earliest first. */
  readonly #lingering = new Map<Wire, number>();
  /** Bytes wait for their time, faults or not. */
  #someWait = false;

  constructor(
    fabric: Fabric,
    clock: WorldClock,
    { crash, waiting, intake }: Pick<Wires, "crash" | "waiting" | "intake">,
  ) {
    this.fabric = fabric;
    this.clock = clock;
    this.crash = crash;
    this.waiting = waiting;
    this.intake = intake;
    this.lanes = new Lanes(fabric, clock);
  }

  add(wire: Wire): void {
    this.#wires.add(wire);
    this.#byPorts.set(keyOf(wire.localPort, wire.remotePort), wire);
  }

  remove(wire: Wire): void {
    this.#wires.delete(wire);
    this.#lingering.delete(wire);
    const key = keyOf(wire.localPort, wire.remotePort);
    if (this.#byPorts.get(key) === wire) this.#byPorts.delete(key);
  }

  /** It has been closed behind bytes that the system has not taken. */
  linger(wire: Wire): void {
    this.#lingering.set(wire, this.clock.now() + lingerMs);
  }

  twinOf(wire: Wire): Wire | undefined {
    return this.#byPorts.get(keyOf(wire.remotePort, wire.localPort));
  }

  /** The fabric changed. */
  shift(): void {
    this.lanes.pump();
    for (const wire of [...this.#wires]) wire.shift();
    this.#someWait = true;
  }

  /** When the next bytes held back are due, or the next reset; Infinity: not by themselves. */
  dueAt(): number {
    const [lingersUntil = Infinity] = this.#lingering.values();
    let dueAt = Math.min(this.lanes.dueAt(), lingersUntil);
    if (this.fabric.idle && !this.#someWait) return dueAt;
    let someWait = false;
    for (const wire of this.#wires) {
      dueAt = Math.min(dueAt, wire.dueAt);
      if (!wire.isEmpty) someWait = true;
    }
    this.#someWait = someWait;
    return dueAt;
  }

  pump(now: number): void {
    this.lanes.pump();
    for (const [wire, until] of this.#lingering) {
      if (until > now) break;
      this.#lingering.delete(wire);
      wire.reset();
    }
    if (this.fabric.idle && !this.#someWait) return;
    for (const wire of [...this.#wires]) if (wire.dueAt <= now) wire.pump(now);
  }

  /** Bytes between two peers have left one and not arrived at the other, though nothing holds them. */
  get areUnderWay(): boolean {
    for (const wire of this.#wires) {
      if (wire.isClosed) continue;
      if (!this.ownPorts.has(wire.remotePort) && !this.ownPorts.has(wire.localPort)) continue;
      const twin = this.twinOf(wire);
      if (twin === undefined) {
        if (wire.sent > 0 && this.ownPorts.has(wire.remotePort)) return true;
      } else if (wire.sent !== twin.received && !twin.isStopped) return true;
    }
    return false;
  }

  /** Resets every connection on a matching link, as the network would; how many. */
  reset(patterns: readonly LinkPattern[]): number {
    let count = 0;
    const done = new Set<Wire>();
    for (const wire of [...this.#wires]) {
      if (done.has(wire) || !touches(patterns, wire.link)) continue;
      const twin = this.twinOf(wire);
      if (twin !== undefined) done.add(twin);
      wire.breakOff();
      count += 1;
    }
    return count;
  }

  destroyAll(): void {
    for (const wire of this.#wires) wire.destroy();
  }

  get isEmpty(): boolean {
    return this.#wires.size === 0;
  }
}

const keyOf = (localPort: number, remotePort: number): number => localPort * 65536 + remotePort;
