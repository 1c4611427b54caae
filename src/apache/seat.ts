import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type Sid, sidOf } from "../core/base/ids.ts";
import type { PeerStatus } from "../ensemble/api.ts";
import type { Ms, PeerId, Role } from "../ensemble/api-controls.ts";
import type { Calls } from "../ensemble/calls.ts";
import type { Restart } from "../ensemble/engine.ts";
import { ZkmsError } from "../ensemble/errors.ts";
import { OneByOne } from "../ensemble/one-by-one.ts";
import type { ResolvedPeer } from "../ensemble/options.ts";
import { machineNow } from "../runtime/machine-time.ts";
import type { Gates } from "./gates.ts";
import type { PeerPorts } from "./server-plan.ts";
import { answerMsMax, type ServerProcess } from "./server-process.ts";
import { type Address, type Survey, silence, surveyOf, watchCountOf } from "./survey.ts";

/** A server's place in the ensemble: its process, if it runs, and what was last seen of it. */
export class Seat {
  readonly id: Sid;
  readonly type: "participant" | "observer";
  readonly ports: PeerPorts;
  /** Where its clients connect. */
  readonly clientPort: number;
  readonly process: ServerProcess;
  /** When it was last started, stopped, killed or paused. */
  since: Ms = machineNow();
  seen: Survey = silence;
  #end: "stopped" | "crashed" = "stopped";
  /** Its end was asked for. */
  #isEnding = false;
  #isPaused = false;
  /** Starts and ends, one after the other. */
  readonly #transitions = new OneByOne();
  readonly #calls: Calls;
  readonly #gates: Gates;
  readonly #onRole: (from: Role, to: Role) => void;

  constructor(options: {
    readonly peer: ResolvedPeer;
    readonly ports: PeerPorts;
    readonly process: ServerProcess;
    /** Once they are closed it does not start. */
    readonly calls: Calls;
    readonly gates: Gates;
    readonly onRole: (from: Role, to: Role) => void;
  }) {
    this.id = sidOf(options.peer.id);
    this.type = options.peer.type;
    this.ports = options.ports;
    this.process = options.process;
    this.process.onEnd = () => this.#ended();
    this.#calls = options.calls;
    this.#gates = options.gates;
    this.clientPort = this.#gates.port("client", this.id, "client");
    this.#onRole = options.onRole;
  }

  /** Where this package asks it things, past all faults. */
  get address(): Address {
    return { host: this.process.plan.host, port: this.ports.client };
  }

  get votes(): boolean {
    return this.type === "participant";
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Starts or ends are under way, so what it is now says little of what it will be. */
  get isChanging(): boolean {
    return this.#transitions.isBusy;
  }

  get isUp(): boolean {
    return this.process.isRunning && !this.#isPaused;
  }

  get state(): "running" | "paused" | "stopped" | "crashed" {
    if (this.#isPaused) return "paused";
    return this.process.isRunning ? "running" : this.#end;
  }

  get role(): Role {
    return this.state === "running" ? this.seen.role : this.state;
  }

  /** The process has ended by itself. */
  get hasFailed(): boolean {
    return !this.process.isRunning && !this.#isEnding && this.#end === "crashed";
  }

  /** Looks again. A server that only takes its time has the role that it had, and serves nobody. */
  async look(): Promise<Survey> {
    const { role } = this;
    const seen = this.isUp ? await surveyOf(this.address, answerMsMax) : silence;
    this.seen = seen ?? { ...this.seen, serving: false };
    this.#tell(role);
    return this.seen;
  }

  async status(leader: PeerId | undefined): Promise<PeerStatus> {
    const { zxid, epoch, connections, znodes } = await this.look();
    const watches = this.isUp ? await watchCountOf(this.address, answerMsMax) : 0;
    return { id: this.id, role: this.role, epoch, zxid, leader, connections, watches, znodes };
  }

  start(): Promise<void> {
    return this.#transitions.next(() => this.#start());
  }

  stop(timeout: Ms): Promise<void> {
    return this.#transitions.next(() => this.#stop(timeout));
  }

  /** At once where it runs, also beside a stop; where it is about to be started, after that. False: it was down already. */
  kill(): Promise<boolean> {
    return this.#killAnd(async () => {});
  }

  /**
   * Ends it, as `kill` or as `stop` with its timeout, and starts it, and forgets between the two its log and snapshots; nobody else
   * starts or stops it meanwhile.
   */
  async restart({ crash, wipe, timeout }: Restart & { readonly timeout: Ms }): Promise<void> {
    const begin = async (): Promise<void> => {
      if (wipe) await rm(join(this.process.plan.dir, "data"), { recursive: true, force: true });
      await this.#start();
    };
    if (crash) await this.#killAnd(begin);
    else {
      await this.#transitions.next(async () => {
        await this.#stop(timeout);
        await begin();
      });
    }
  }

  #killAnd(then: () => Promise<void>): Promise<boolean> {
    const dying = this.#die();
    dying.catch(() => {}); // heard of when its turn comes, which may be after a stop
    return this.#transitions.next(async () => {
      const hasDied = await dying;
      const wasUp = (await this.#die()) || hasDied;
      await then();
      return wasUp;
    });
  }

  async #start(): Promise<void> {
    this.#calls.mustBeOpen(); // else nobody would ever kill it
    if (this.process.isRunning) return;
    const { role } = this;
    this.#isEnding = false;
    await this.#gates.open(this.id);
    await this.process.start();
    this.#changed(role);
  }

  async #stop(timeout: Ms): Promise<void> {
    if (!this.process.isRunning) return;
    this.resume();
    const { role } = this;
    this.#isEnding = true;
    await this.process.stop(timeout);
    this.#end = "stopped";
    this.#changed(role);
  }

  async #die(): Promise<boolean> {
    if (!this.process.isRunning) return false;
    const { role } = this;
    this.#isEnding = true;
    await this.process.kill();
    this.#end = "crashed";
    this.#changed(role);
    return true;
  }

  /** Throws while it is being started or ended. */
  pause(): void {
    if (!this.isUp) return;
    if (this.isChanging) {
      const what = `peer ${this.id} cannot pause: it is being started or ended`;
      throw new ZkmsError("ZKMS_BAD_STATE", what, { hint: "await that call first" });
    }
    const { role } = this;
    this.process.signal("SIGSTOP");
    this.#isPaused = true;
    this.#changed(role);
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.process.signal("SIGCONT");
    this.#isPaused = false;
    this.#changed("paused");
  }

  #ended(): void {
    const from = this.#isPaused ? "paused" : this.seen.role;
    this.#isPaused = false;
    this.#gates.close(this.id);
    if (this.#isEnding) return;
    this.#end = "crashed";
    this.#changed(from);
  }

  #changed(from: Role): void {
    this.since = machineNow();
    this.seen = silence;
    this.#tell(from);
  }

  #tell(from: Role): void {
    if (from !== this.role) this.#onRole(from, this.role);
  }
}
