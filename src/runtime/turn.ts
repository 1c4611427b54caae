import { Deque } from "../core/base/deque.ts";
import type { PeerEvent } from "../core/server/effects.ts";
import { Intake } from "./intake.ts";
import { clearTimeout, machineNow, setImmediate, setTimeout } from "./machine-time.ts";
import type { WorldClock } from "./world-clock.ts";

/** Steps in one turn before the event loop gets its due. */
export const stepsMax = 10_000;

/** Who steps an event: a peer's process. */
export interface Inbox {
  take(event: PeerEvent): void;
}

/** What a turn drives: the peers' processes, all in one. */
export interface TurnOwner {
  /** Wakes every peer whose time has come. */
  wake(now: number): void;
  /** Peers' stores make durable what they were given in this turn; their answers are posted. */
  store(): void;
  /** One write a socket. */
  flush(): void;
  /** The turn's work is done. */
  over(): void;
  nextDeadline(): number;
}

/**
 * The turn: input that one poll of the event loop brings is stepped as it comes, as far as there is room, then one `setImmediate`
 * callback, which runs when every socket of the poll was read, ends it: storage once, links and clients one write each, the timer
 * set. It also tells the clock of time in which the loop could not turn: the timer that fires late, the turn that lasts long, what
 * peers say that waits for turns to come.
 */
export class Turn {
  readonly intake: Intake;
  readonly #owner: TurnOwner;
  readonly #clock: WorldClock;
  readonly #tickTime: number;
  readonly #posts = new Deque<{ readonly to: Inbox; readonly event: PeerEvent }>();
  readonly #tasks = new Deque<() => void>();
  #count = 0;
  #isOpen = false;
  #now = 0;
  #openedAt = 0;
  #closed = false;
  #timer: NodeJS.Timeout | undefined;
  /** On the machine's clock; Infinity while no timer is set. */
  #timerDue = Infinity;
  /** Until when, on the machine's clock, time was left out: none is left out twice. */
  #leftOutUntil = -Infinity;

  constructor(owner: TurnOwner, clock: WorldClock, tickTime: number) {
    this.#owner = owner;
    this.#clock = clock;
    this.#tickTime = tickTime;
    this.intake = new Intake(() => this.enter(), machineNow);
  }

  /** The present, read once a turn; opens a turn where none is open. */
  enter(): number {
    if (!this.#isOpen) this.#open();
    return this.#now;
  }

  /** An event made by the driver itself: stepped in this turn, after what is under way. */
  post(to: Inbox, event: PeerEvent): void {
    this.enter();
    this.#posts.push({ to, event });
  }

  /** Runs a task of the driver in this turn, outside of the step under way. */
  later(task: () => void): void {
    this.enter();
    this.#tasks.push(task);
  }

  /** Turns begun. */
  get count(): number {
    return this.#count;
  }

  /** Nothing is left to be done at once. */
  get isOver(): boolean {
    return !this.#isOpen;
  }

  /** The next deadline is not what it was. */
  reschedule(): void {
    if (!this.#isOpen) this.#setTimer();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#posts.clear();
    this.#tasks.clear();
    this.intake.clear();
  }

  #open(): void {
    this.#isOpen = true;
    this.#count += 1;
    this.intake.begin();
    this.#openedAt = machineNow();
    this.#leaveOut(Math.min(this.#timerDue, this.intake.peerWaitsSince));
    this.#now = this.#clock.now();
    setImmediate(this.#end);
  }

  readonly #end = (): void => {
    if (this.#closed) return;
    const owner = this.#owner;
    let steps = 0;
    let isWoken = false;
    this.intake.admit();
    do {
      for (let post = this.#posts.shift(); post !== undefined; post = this.#posts.shift()) {
        post.to.take(post.event);
        steps += 1;
        if (steps === stepsMax) break;
      }
      for (let task = this.#tasks.shift(); task !== undefined; task = this.#tasks.shift()) task();
      if (!isWoken) owner.wake(this.#now); // after the input: a ping that came in time counts
      isWoken = true;
      owner.store();
    } while (this.#hasWork && steps < stepsMax && !this.intake.isSpent);
    owner.flush();
    owner.over();
    this.#isOpen = false;
    this.#leaveOut(this.#openedAt);
    if (this.#hasWork || !this.intake.isEmpty) this.#open();
    else this.#setTimer();
  };

  get #hasWork(): boolean {
    return this.#posts.length > 0 || this.#tasks.length > 0;
  }

  /** Since then something waited for the loop; what is no longer than a tick is left to pass. */
  #leaveOut(since: number): void {
    const now = machineNow();
    const ms = now - Math.max(since, this.#leftOutUntil);
    if (ms <= this.#tickTime) return;
    this.#leftOutUntil = now;
    this.#clock.leaveOut(ms);
    this.#timerDue += ms;
  }

  /**
   * Sets the timer where it must fire sooner than it will; one that fires too early finds nothing to do and is set again. It
   * never waits longer than a tick, so that a loop blocked for longer is noticed.
   */
  #setTimer(): void {
    if (this.#closed) return;
    const untilMs = this.#clock.realMsUntil(this.#owner.nextDeadline());
    if (untilMs === Infinity) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#timerDue = Infinity;
      return;
    }
    const waitMs = Math.min(untilMs, this.#tickTime);
    const due = machineNow() + waitMs;
    if (this.#timer !== undefined && this.#timerDue <= due) return;
    clearTimeout(this.#timer);
    this.#timerDue = due;
    this.#timer = setTimeout(this.#onTimer, Math.ceil(waitMs)).unref();
  }

  readonly #onTimer = (): void => {
    this.enter();
    this.#timer = undefined;
    this.#timerDue = Infinity;
  };
}
