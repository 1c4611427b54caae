import { Deque } from "../core/base/deque.ts";
import type { PeerEvent } from "../core/server/effects.ts";
import { clearTimeout, machineNow, setImmediate, setTimeout } from "./machine-time.ts";
import type { WorldClock } from "./world-clock.ts";

/** Steps in one turn before the event loop gets its due. */
export const stepsMax = 10_000;

/**
 * So long a turn takes in what comes; the rest of the poll's input waits for the next one, in order. One poll may bring what takes a
 * tenth of a second: large values on many connections, a multi of a thousand on each of two followers.
 */
const inputMs = 8;

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
 * The turn: all input that one poll of the event loop brings is stepped as it comes, then one `setImmediate` callback, which
 * runs when every socket of the poll was read, ends it: storage once, links and clients one write each, the timer set. It also
 * tells the clock of time in which the loop could not turn: the timer that fires late, the turn that lasts long.
 */
export class Turn {
  readonly #owner: TurnOwner;
  readonly #clock: WorldClock;
  readonly #tickTime: number;
  readonly #posts = new Deque<{ readonly to: Inbox; readonly event: PeerEvent }>();
  readonly #tasks = new Deque<() => void>();
  readonly #late = new Deque<() => void>();
  /** Some of it came in an earlier turn. */
  #takesLate = false;
  #count = 0;
  #isOpen = false;
  #now = 0;
  #openedAt = 0;
  #closed = false;
  #timer: NodeJS.Timeout | undefined;
  /** On the machine's clock; Infinity while no timer is set. */
  #timerDue = Infinity;

  constructor(owner: TurnOwner, clock: WorldClock, tickTime: number) {
    this.#owner = owner;
    this.#clock = clock;
    this.#tickTime = tickTime;
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

  /** What has come now is for the next turn: this one has lasted long, or others wait before it. */
  get isFull(): boolean {
    return this.#late.length > 0 || this.#isSpent;
  }

  /** Takes in what has come when there is room, behind whoever waits already. */
  whenRoom(takeIn: () => void): void {
    this.enter();
    this.#late.push(takeIn);
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
    this.#late.clear();
  }

  get #isSpent(): boolean {
    return this.#isOpen && machineNow() - this.#openedAt >= inputMs;
  }

  #open(): void {
    this.#isOpen = true;
    this.#count += 1;
    this.#takesLate = this.#late.length > 0;
    this.#openedAt = machineNow();
    const lateMs = this.#openedAt - this.#timerDue;
    if (lateMs > this.#tickTime) this.#leaveOut(lateMs);
    this.#now = this.#clock.now();
    setImmediate(this.#end);
  }

  readonly #end = (): void => {
    if (this.#closed) return;
    const owner = this.#owner;
    let steps = 0;
    let isWoken = false;
    this.#takeLate();
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
    } while (this.#hasWork && steps < stepsMax && !this.#isSpent);
    owner.flush();
    owner.over();
    this.#isOpen = false;
    const tookMs = machineNow() - this.#openedAt;
    if (tookMs > this.#tickTime) this.#leaveOut(tookMs);
    if (this.#hasWork || this.#late.length > 0) this.#open();
    else this.#setTimer();
  };

  /** What waits since an earlier turn: the first of it at any rate, and as much else as there is room for. */
  #takeLate(): void {
    if (!this.#takesLate) return;
    const until = machineNow() + inputMs;
    do this.#late.shift()?.();
    while (this.#late.length > 0 && machineNow() < until);
  }

  get #hasWork(): boolean {
    return this.#posts.length > 0 || this.#tasks.length > 0;
  }

  #leaveOut(ms: number): void {
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
