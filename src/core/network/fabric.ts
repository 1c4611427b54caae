import type { Prng } from "../base/prng.ts";
import { type Plan, Shape } from "./conditions.ts";
import type { Link, LinkConditions, Message, RuleVerdict } from "./link.ts";
import { type LinkPattern, type MessagePattern, matchesLink, matchesMessage } from "./selector.ts";

/** A fault that stands until undone (or, for a rule that fires a number of times, until it is spent). */
export interface Fault {
  readonly id: number;
  readonly label: string;
  /** Idempotent. */
  undo(): void;
}

/** Holds matching messages back, and on each connection what comes behind them. */
export interface HoldFault extends Fault {
  /** Lets the oldest `count` go (default all); how many went. */
  release(count?: number): number;
  queued(): readonly Message[];
}

/** A message that waits for its hold to let it go. */
export interface Held {
  readonly message: Message;
  released: boolean;
}

/** What a fault makes of a message that is on its way: it waits, it arrives after all, it never does. */
export type Delivery = "held" | "arrived" | "lost";

/** What becomes of bytes given to a link: delivered not before `at`, and not before `held` is released. */
export interface Passage {
  readonly at: number;
  readonly held: Held | undefined;
  readonly action: "deliver" | "reset" | "crash-sender" | "crash-receiver";
  readonly corruptAt: number | undefined;
}

type Standing =
  | { readonly kind: "block" | "refuse"; readonly patterns: readonly LinkPattern[] }
  | {
      readonly kind: "shape";
      readonly patterns: readonly LinkPattern[];
      readonly shape: Shape;
      readonly since: number;
    };

interface Rule {
  readonly fault: Fault;
  readonly patterns: readonly LinkPattern[];
  readonly match: MessagePattern;
  /** Matches to let pass before it fires; then how often it fires. */
  passing: number;
  firing: number;
  readonly verdict: RuleVerdict | { readonly hold: Held[] };
}

/**
 * The faults of an ensemble's network, as TCP would show them: nothing is lost or reordered on a connection that stays up.
 * Verdicts are given once, when bytes enter a link: rules in the order of installation, the first that is not "pass" wins;
 * then standing conditions. A block is no verdict but a gate: while it stands nothing leaves, whatever was said before.
 */
export class Fabric {
  /** For the driver: links may have opened or closed; what is held back may go on. */
  onShift: () => void = () => {};
  /** Counts the changes: what was asked of the fabric holds as long as this is the same. */
  version = 0;
  /** For the ensemble's events. */
  onChange: (fault: Fault, change: "on" | "off") => void = () => {};
  /** Likewise; never of a message that arrives at once. */
  onDelivery: (message: Message, change: Delivery) => void = () => {};
  readonly #prng: Prng;
  readonly #faults = new Map<number, Fault>();
  readonly #standing = new Map<number, Standing>();
  #rules: Rule[] = [];
  #lastId = 0;
  #tap: ((message: Message) => void) | undefined;
  #isIdle = true;

  constructor(prng: Prng) {
    this.#prng = prng;
  }

  /** No fault stands and nobody listens: the driver need not ask anything. */
  get idle(): boolean {
    return this.#isIdle;
  }

  /** Somebody looks at single messages: they must be routed one by one. */
  get needsMessages(): boolean {
    return this.#rules.length > 0 || this.#tap !== undefined;
  }

  /** Hears of every message while it is set. */
  set onMessage(tap: ((message: Message) => void) | undefined) {
    this.#tap = tap;
    this.#shift();
  }

  /** In the order of installation. */
  faults(): readonly Fault[] {
    return [...this.#faults.values()];
  }

  /** Bytes wait, and go on when it is undone, if their connection still lives; new connections hang. */
  block(patterns: readonly LinkPattern[], label: string): Fault {
    return this.#stand({ kind: "block", patterns }, label);
  }

  /** New connections are refused. */
  refuse(patterns: readonly LinkPattern[], label: string): Fault {
    return this.#stand({ kind: "refuse", patterns }, label);
  }

  shape(
    patterns: readonly LinkPattern[],
    conditions: LinkConditions,
    { label, now }: { readonly label: string; readonly now: number },
  ): Fault {
    const shape = new Shape(conditions, this.#prng.split(`fault ${this.#lastId + 1}`));
    return this.#stand({ kind: "shape", patterns, shape, since: now }, label);
  }

  /** Acts on the nth message (default the first) that matches, counted from here, and on `times` − 1 after it. */
  on(
    patterns: readonly LinkPattern[],
    match: MessagePattern & { readonly nth?: number; readonly times?: number },
    { verdict, label }: { readonly verdict: RuleVerdict; readonly label: string },
  ): Fault {
    const fault = this.#install(label, () => this.#dropRule(fault));
    const { nth = 1, times = 1 } = match;
    this.#rules.push({ fault, patterns, match, passing: nth - 1, firing: times, verdict });
    this.#announce(fault, "on");
    return fault;
  }

  /** Holds every message that matches, from the nth on (default the first). */
  hold(
    patterns: readonly LinkPattern[],
    match: MessagePattern & { readonly nth?: number },
    label: string,
  ): HoldFault {
    const queue: Held[] = [];
    const release = (count: number): number => {
      const released = queue.splice(0, count);
      for (const held of released) held.released = true;
      if (released.length > 0) this.#shift();
      return released.length;
    };
    const fault = this.#install(label, () => {
      this.#dropRule(fault);
      release(queue.length);
    });
    const passing = (match.nth ?? 1) - 1;
    const verdict = { hold: queue };
    this.#rules.push({ fault, patterns, match, passing, firing: Infinity, verdict });
    this.#announce(fault, "on");
    return Object.assign(fault, {
      release: (count: number = queue.length) => release(count),
      queued: () => queue.map((held) => held.message),
    });
  }

  /** Undoes every fault. */
  heal(): void {
    for (const fault of this.faults()) fault.undo();
  }

  isBlocked(link: Link): boolean {
    return this.#stands("block", link);
  }

  isRefused(link: Link): boolean {
    return this.#stands("refuse", link);
  }

  /** When a connection of a link, opened at `openedAt`, is to be reset; Infinity: never. */
  resetAt(link: Link, openedAt: number): number {
    let at = Infinity;
    for (const standing of this.#standing.values()) {
      if (standing.kind !== "shape") continue;
      const after = standing.shape.conditions.reset?.after;
      if (after === undefined || !matchesAny(standing.patterns, link)) continue;
      at = Math.min(at, Math.max(openedAt, standing.since) + after);
    }
    return at;
  }

  /** The verdict on bytes that enter a link: a message, or (undefined) a burst of several that nobody looks into. */
  route(link: Link, message: Message | undefined, bytes: number, now: number): Passage {
    const ruled = message === undefined ? undefined : this.rule(link, message, now);
    if (ruled !== undefined) return ruled;
    const plan: Plan = { delayMs: 0, reset: false, corruptAt: undefined };
    for (const standing of this.#standing.values()) {
      if (standing.kind !== "shape" || !matchesAny(standing.patterns, link)) continue;
      standing.shape.apply(plan, `${link.from}>${link.to}/${link.channel}`, bytes, now);
    }
    const action = plan.reset ? "reset" : "deliver";
    return { at: now + plan.delayMs, held: undefined, action, corruptAt: plan.corruptAt };
  }

  /** The first rule's verdict on a message, where one has any; conditions are not asked. */
  rule(link: Link, message: Message, now: number): Passage | undefined {
    this.#tap?.(message);
    for (const rule of [...this.#rules]) {
      if (!matchesAny(rule.patterns, link) || !matchesMessage(rule.match, message)) continue;
      if (rule.passing > 0) {
        rule.passing -= 1;
        continue;
      }
      rule.firing -= 1;
      if (rule.firing === 0) rule.fault.undo();
      if (rule.verdict !== "pass") return passageOf(rule.verdict, message, now);
    }
    return undefined;
  }

  #stands(kind: "block" | "refuse", link: Link): boolean {
    for (const standing of this.#standing.values()) {
      if (standing.kind === kind && matchesAny(standing.patterns, link)) return true;
    }
    return false;
  }

  #stand(standing: Standing, label: string): Fault {
    const fault = this.#install(label, () => this.#standing.delete(fault.id));
    this.#standing.set(fault.id, standing);
    this.#announce(fault, "on");
    return fault;
  }

  #install(label: string, remove: () => void): Fault {
    this.#lastId += 1;
    const id = this.#lastId;
    const fault: Fault = {
      id,
      label,
      undo: () => {
        if (!this.#faults.delete(id)) return;
        remove();
        this.#announce(fault, "off");
      },
    };
    this.#faults.set(id, fault);
    return fault;
  }

  #dropRule(fault: Fault): void {
    this.#rules = this.#rules.filter((rule) => rule.fault.id !== fault.id);
  }

  #announce(fault: Fault, change: "on" | "off"): void {
    this.#shift();
    this.onChange(fault, change);
  }

  #shift(): void {
    this.version += 1;
    this.#isIdle = this.#faults.size === 0 && this.#tap === undefined;
    this.onShift();
  }
}

const matchesAny = (patterns: readonly LinkPattern[], link: Link): boolean =>
  patterns.some((pattern) => matchesLink(pattern, link));

function passageOf(
  verdict: Exclude<Rule["verdict"], "pass">,
  message: Message,
  now: number,
): Passage {
  const passage = { at: now, held: undefined, corruptAt: undefined };
  if (typeof verdict === "string") return { ...passage, action: verdict };
  if ("delay" in verdict) return { ...passage, at: now + verdict.delay, action: "deliver" };
  const held: Held = { message, released: false };
  verdict.hold.push(held);
  return { ...passage, held, action: "deliver" };
}
