import type { Fabric, HoldFault } from "../core/network/fabric.ts";
import type {
  Endpoint,
  Message as FabricMessage,
  MessageType as FabricType,
} from "../core/network/link.ts";
import type { LinkPattern } from "../core/network/selector.ts";
import type {
  Direction,
  Fault,
  LinkConditions,
  LinkSelector,
  Message,
  MessageMatch,
  MessageType,
  Ms,
  Network,
  Target,
  Verdict,
} from "./api-controls.ts";
import type { Calls } from "./calls.ts";
import { resolveConditions } from "./conditions.ts";
import { ZkmsError } from "./errors.ts";
import type { Faults } from "./faults.ts";
import { badOption, Given, show } from "./given.ts";
import { linkNames, linkPatterns, linksAround, linksBetween, type Resolve } from "./links.ts";
import { nearestValue } from "./nearest-name.ts";
import { unsupportedCall } from "./unsupported.ts";

export interface NetworkOptions {
  readonly fabric: Fabric;
  readonly faults: Faults;
  readonly calls: Calls;
  readonly resolve: Resolve;
  /** Where peers have to be asked who they are before `resolve` knows. */
  readonly look?: () => Promise<void>;
  /** false: bytes pass that nobody looks into, and rules can tell links apart only. */
  readonly knowsMessages: boolean;
  readonly now: () => Ms;
  /** Resets every open connection on a matching link; how many. */
  readonly resetConnections: (patterns: readonly LinkPattern[]) => number;
}

export interface IsolateOptions {
  from?: "peers" | "clients" | "all";
  direction?: Direction;
}

const matchNames: readonly (keyof MessageMatch)[] = ["type", "path", "session", "nth"];
export const messageTypes: readonly MessageType[] = [
  "NOTIFICATION",
  "FOLLOWERINFO",
  "OBSERVERINFO",
  "LEADERINFO",
  "ACKEPOCH",
  "NEWLEADER",
  "UPTODATE",
  "DIFF",
  "TRUNC",
  "SNAP",
  "REQUEST",
  "PROPOSAL",
  "ACK",
  "COMMIT",
  "INFORM",
  "PING",
  "REVALIDATE",
  "SYNC",
  "CONNECT",
  "CLIENT_REQUEST",
  "REPLY",
  "WATCH_EVENT",
];
const verdicts = ["pass", "reset", "crash-sender", "crash-receiver"] as const;

/** The faults on links, in the public API's terms; what they do is the fabric's. */
export class NetworkControl implements Network {
  readonly #options: NetworkOptions;

  constructor(options: NetworkOptions) {
    this.#options = options;
  }

  block(link: LinkSelector): Promise<Fault> {
    return this.#run(() => this.#close("block", this.#patterns(link), this.#describe(link)));
  }

  refuse(link: LinkSelector): Promise<Fault> {
    return this.#run(() => this.#close("refuse", this.#patterns(link), this.#describe(link)));
  }

  shape(link: LinkSelector, conditions: LinkConditions): Promise<Fault> {
    return this.#run(() => {
      const patterns = this.#patterns(link);
      return this.condition(
        patterns,
        resolveConditions("conditions", conditions),
        this.#describe(link),
      );
    });
  }

  reset(link: LinkSelector): Promise<number> {
    return this.#run(() => this.#options.resetConnections(this.#patterns(link)));
  }

  hold(
    link: LinkSelector,
    match: MessageMatch = {},
  ): Promise<
    Fault & { release(count?: number): Promise<number>; queued(): Promise<readonly Message[]> }
  > {
    return this.#run(() => {
      const pattern = readMatch(new Given("match", match, { names: matchNames }));
      const isAboutMessages = Object.values(match).some((part) => part !== undefined);
      if (isAboutMessages) this.#needsMessages("network.hold with a match");
      const what = `${describeMatch(match)} ${this.#describe(link)}`;
      const held: HoldFault = this.#options.fabric.hold(this.#patterns(link), pattern, what);
      const fault = this.#options.faults.add({ kind: "hold", what, end: () => held.undo() });
      return {
        ...fault,
        release: (count?: number) => this.#run(() => held.release(count)),
        queued: () => this.#run(() => held.queued().map(toMessage)),
      };
    });
  }

  on(
    match: MessageMatch & LinkSelector,
    verdict: Verdict,
    options: { times?: number } = {},
  ): Promise<Fault> {
    return this.#run(() => {
      this.#needsMessages("network.on");
      const { from, to, channel, direction, ...rest } = match;
      const given = new Given("match", match, { names: [...matchNames, ...linkNames] });
      const link: LinkSelector = {
        ...(from !== undefined && { from }),
        ...(to !== undefined && { to }),
        ...(channel !== undefined && { channel }),
        ...(direction !== undefined && { direction }),
      };
      const times = new Given("options", options, { names: ["times"] }).times("times");
      const what = `${describeMatch(rest)} ${this.#describe(link)}: ${show(verdict)}`;
      const rule = this.#options.fabric.on(
        this.#patterns(link),
        { ...readMatch(given), times },
        { verdict: readVerdict(verdict), label: what },
      );
      return this.#options.faults.add({ kind: "rule", what, end: () => rule.undo() });
    });
  }

  /** One side alone stands against all others. */
  partition(sides: readonly Target[]): Promise<Fault> {
    return this.#run(() => {
      const { resolve } = this.#options;
      const given = sides.map(resolve);
      const [only, second] = given;
      if (only !== undefined && second === undefined) {
        given.push(resolve("all").filter((sid) => !only.includes(sid)));
      }
      checkSides(given);
      const what = given.map((side) => side.join(",")).join(" | ");
      return this.#close("partition", linksBetween(given), what);
    });
  }

  isolate(target: Target, options: IsolateOptions): Promise<Fault> {
    return this.#run(() => {
      const given = new Given("", options, { names: ["from", "direction"] });
      const from = given.oneOf("from", "peers", ["peers", "clients", "all"]);
      const direction = given.oneOf<Direction>("direction", "both", ["both", "in", "out"]);
      const { resolve } = this.#options;
      const near = resolve(target);
      const others: Endpoint[] = resolve("all").filter((sid) => !near.includes(sid));
      const far = from === "clients" ? [] : others;
      if (from !== "peers") far.push("client");
      const way = direction === "both" ? "" : `, ${direction}`;
      const what = `${near.join(",")} from ${from}${way}`;
      return this.#close("isolation", linksAround(near, far, direction), what);
    });
  }

  #close(
    kind: "block" | "refuse" | "partition" | "isolation",
    closes: readonly LinkPattern[],
    what: string,
  ): Fault {
    const { fabric, faults } = this.#options;
    const closed = kind === "refuse" ? fabric.refuse(closes, what) : fabric.block(closes, what);
    return faults.add({ kind, what, closes, end: () => closed.undo() });
  }

  /** Standing conditions on links. */
  condition(patterns: readonly LinkPattern[], conditions: LinkConditions, what: string): Fault {
    const { fabric, faults, now } = this.#options;
    const shaped = fabric.shape(patterns, conditions, { label: what, now: now() });
    return faults.add({ kind: "shape", what, end: () => shaped.undo() });
  }

  #patterns(link: LinkSelector): LinkPattern[] {
    return linkPatterns(link, this.#options.resolve);
  }

  #describe(link: LinkSelector): string {
    return describeLink(link, this.#options.resolve);
  }

  #needsMessages(call: string): void {
    if (this.#options.knowsMessages) return;
    throw unsupportedCall(`${call} on Apache ZooKeeper`, "network.hold(link), or network.block");
  }

  #run<T>(action: () => T): Promise<T> {
    const { calls, look } = this.#options;
    return calls.run(look === undefined ? action : () => look().then(action));
  }
}

interface MatchPattern {
  readonly types: readonly FabricType[] | undefined;
  readonly path: string | undefined;
  readonly session: bigint | undefined;
  readonly nth: number;
}

function readMatch(given: Given): MatchPattern {
  const types =
    given.list("type") ?? (given.value("type") === undefined ? undefined : [given.value("type")]);
  const path = given.value("path");
  const session = given.value("session");
  if (session !== undefined && typeof session !== "bigint")
    throw given.bad("session", "is no bigint");
  return {
    types: types?.map((type) => {
      const one = new Given("match", { type }, { names: ["type"] });
      return one.oneOf<MessageType>("type", "PING", messageTypes);
    }),
    path: path === undefined ? undefined : given.text("path", "/"),
    session,
    nth: given.whole("nth", 1, { min: 1 }),
  };
}

function readVerdict(verdict: Verdict): Verdict {
  if (typeof verdict === "object" && verdict !== null) {
    const given = new Given("verdict", verdict, { names: ["delay"] });
    return { delay: given.whole("delay", 0, { min: 0 }) };
  }
  const known = verdicts.find((candidate) => candidate === verdict);
  if (known !== undefined) return known;
  const what = `is none of ${verdicts.join(", ")} and no { delay }`;
  throw badOption("verdict", verdict, what, nearestValue(verdict, verdicts));
}

/** A message in the public API's terms. */
export function toMessage(message: FabricMessage): Message {
  const { from, to, type, zxid, path, bytes } = message;
  return {
    from,
    to,
    type,
    bytes,
    ...(zxid !== undefined && { zxid: BigInt(zxid) }),
    ...(path !== undefined && { path }),
  };
}

/** Roles with whom they mean at the moment: that is whom the fault goes on to mean. */
function describeLink({ from, to, channel, direction }: LinkSelector, resolve: Resolve): string {
  const end = (target: LinkSelector["from"]): string => {
    if (target === undefined) return "any";
    if (typeof target !== "string" || target === "clients") return String(target);
    return `${target} (${resolve(target).join()})`;
  };
  const arrow = `${end(from)} > ${end(to)}`;
  return [arrow, channel, direction].filter((part) => part !== undefined).join(" ");
}

function describeMatch({ type, path, session, nth }: MessageMatch): string {
  const parts = [type === undefined ? "messages" : String(type), path];
  if (session !== undefined) parts.push(`session ${session}`);
  if (nth !== undefined) parts.push(`no. ${nth}`);
  return parts.filter((part) => part !== undefined).join(" ");
}

function checkSides(sides: readonly (readonly number[])[]): void {
  const all = sides.flat();
  const twice = all.find((id, index) => all.indexOf(id) !== index);
  if (twice !== undefined) {
    throw new ZkmsError("ZKMS_BAD_OPTIONS", `a partition has ${twice} on two sides`);
  }
  if (sides.length < 2 || sides.some((side) => side.length === 0)) {
    const what = `a partition needs two sides with somebody on each: ${JSON.stringify(sides)}`;
    throw new ZkmsError("ZKMS_BAD_OPTIONS", what, { hint: "ensemble.partition([1], [2, 3])" });
  }
}
