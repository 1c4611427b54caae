// What is done to both engines: drawn from a seed alone, so that a difference can be played again.
import type { Prng } from "../../src/core/base/prng.ts";
import { OpCode } from "../../src/core/protocol/op-codes.ts";
import type { RawAcl } from "../../src/core/protocol/records.ts";
import {
  type Ask,
  acl,
  addWatch,
  auth,
  check,
  checkWatches,
  create,
  create2,
  createContainer,
  createTtl,
  exists,
  getAcl,
  getAllChildrenNumber,
  getChildren,
  getChildren2,
  getData,
  getEphemerals,
  multi,
  multiRead,
  open,
  ping,
  raw,
  remove,
  removeWatches,
  setAcl,
  setData,
  setWatches,
  setWatches2,
  sync,
  whoAmI,
} from "../conformance/requests.ts";

/** One session acts while the others only listen: what each hears is then the same every time. */
export type Turn = { readonly by: string } & (
  | { readonly kind: "ask"; readonly asks: readonly Ask[] }
  /** The socket breaks and the session goes on over a new one. */
  | { readonly kind: "reconnect" }
  /** The session ends, another begins. */
  | { readonly kind: "renew" }
);

export const actors = ["a", "b", "c"] as const;

type Draw = (draw: Drawing) => Ask;

/** Weighted: each kind of request and how often. */
const kinds: readonly (readonly [weight: number, draw: Draw])[] = [
  [14, (d) => create(d.path(), { data: d.data(), acl: d.acl(), flags: d.flags() })],
  [6, (d) => create2(d.path(), { data: d.data(), acl: d.acl(), flags: d.flags() })],
  [3, (d) => createContainer(d.path(), { data: d.data(), flags: d.prng.pick([4, 4, 4, 0, 2]) })],
  [3, (d) => d.ttlNode()],
  [10, (d) => remove(d.path(), d.version())],
  [10, (d) => setData(d.path(), d.data(), d.version())],
  [5, (d) => setAcl(d.path(), d.acl(), d.version())],
  [8, (d) => exists(d.path(), d.prng.chance(0.5))],
  [8, (d) => getData(d.path(), d.prng.chance(0.5))],
  [6, (d) => getChildren(d.path(), d.prng.chance(0.5))],
  [4, (d) => getChildren2(d.path(), d.prng.chance(0.5))],
  [3, (d) => getAcl(d.path())],
  [2, (d) => getAllChildrenNumber(d.path())],
  [2, (d) => getEphemerals(d.prng.pick([null, "", "$", "$/a", "/"]))],
  [2, (d) => sync(d.path())],
  [1, () => ping()],
  [10, (d) => multi(...d.list(5, () => d.element()))],
  [3, (d) => multiRead(...d.list(4, () => d.reading()))],
  [4, (d) => addWatch(d.path(), d.prng.pick([0, 0, 1, 1, 2]))],
  [2, (d) => checkWatches(d.path(), d.prng.pick([1, 2, 3, 3, 4, 9]))],
  [2, (d) => removeWatches(d.path(), d.prng.pick([1, 2, 3, 3, 5]))],
  [2, (d) => setWatches(d.since(), d.lists(3))],
  [2, (d) => setWatches2(d.since(), d.lists(5))],
  [1, () => whoAmI()],
  [1, (d) => auth("digest", d.prng.pick(["bob:pw", "ann:secret", "super:super", "nobody"]))],
  [2, (d) => d.quotaNode()],
  [2, (d) => d.broken()],
];
const weights = kinds.reduce((sum, [weight]) => sum + weight, 0);

const elements: readonly Draw[] = [
  (d) =>
    create(d.path(), { data: d.data(), acl: d.acl(), flags: d.prng.pick([0, 0, 0, 1, 2, 3, 4]) }),
  (d) => create2(d.path(), { data: d.data(), flags: d.prng.pick([0, 2, 7]) }),
  (d) => d.ttlNode(),
  (d) => remove(d.path(), d.version()),
  (d) => setData(d.path(), d.data(), d.version()),
  (d) => check(d.path(), d.version()),
];
const readings: readonly Draw[] = [
  (d) => getData(d.path(), true),
  (d) => getChildren(d.path(), true),
];

const world = (perms: number): RawAcl => acl(perms, "world", "anyone");
const bob = acl(31, "digest", "bob:ikIaKsbtGweaHnb/jKn7OHqbunM=");
const acls: readonly (readonly RawAcl[])[] = [
  [world(1)],
  [world(30), bob],
  [world(31), world(31)],
  [bob],
  [acl(31, "auth", "")],
  [world(5), acl(31, "auth", "x")],
  [acl(31, "ip", "127.0.0.1")],
  [acl(31, "ip", "10.0.0.0/8"), world(1)],
  [],
  [acl(31, "digest", "x")],
  [acl(31, "nobody", "x")],
  [world(31), acl(1, "ip", "1.2.3")],
];
const names = ["a", "b", "c", "s-", "e"] as const;
const oddPaths = ["x", "$/", "$//a", "$/a/..", "$/./b", "$/\u0001", "$/a/", "$/\0", "$/né"];
/** The same for both engines while nobody else has used them. */
const sharedPaths = ["", "/", "/zookeeper", "/zookeeper/quota"];

class Drawing {
  readonly prng: Prng;
  readonly #quotas: boolean;
  readonly #ownsServers: boolean;

  constructor(prng: Prng, options: PlanOptions & { readonly quotas: boolean }) {
    this.prng = prng;
    this.#quotas = options.quotas;
    this.#ownsServers = options.ownsServers;
  }

  ask(): Ask {
    let at = this.prng.below(weights);
    for (const [weight, draw] of kinds) {
      at -= weight;
      if (at < 0) return draw(this);
    }
    return ping();
  }

  /** Few enough to be hit often. */
  path(): string {
    const { prng } = this;
    if (prng.chance(0.03)) return prng.pick(oddPaths);
    if (this.#ownsServers && prng.chance(0.01)) return prng.pick(sharedPaths);
    if (prng.chance(0.05)) return "$";
    const depth = prng.pick([1, 1, 1, 2, 2, 3]);
    let path = "$";
    for (let i = 0; i < depth; i += 1) {
      path += `/${prng.pick(names)}`;
      if (path.endsWith("s-") && prng.chance(0.6)) path += String(prng.below(8)).padStart(10, "0");
    }
    return path;
  }

  data(): string | null {
    const { prng } = this;
    if (prng.chance(0.1)) return null;
    return "x".repeat(prng.pick([0, 1, 2, 3, 5, 8, 40, 300]));
  }

  version(): number {
    return this.prng.pick([-1, -1, -1, -1, 0, 0, 1, 2, 3, -2]);
  }

  flags(): number {
    return this.prng.pick([0, 0, 0, 0, 1, 1, 2, 3, 4, 5, 7]);
  }

  acl(): readonly RawAcl[] {
    return this.prng.chance(0.85) ? open : this.prng.pick(acls);
  }

  /** Never without a TTL flag and with a negative time, which kills Apache for good; never so short that it is reaped. */
  ttlNode(): Ask {
    const { prng } = this;
    const flags = prng.pick([5, 5, 5, 6]);
    const ttl = prng.pick([10_000_000, 10_000_000, 0xff_ffff_ffff, 0, -3, 0x100_0000_0000]);
    return createTtl(this.path(), ttl, { flags, data: this.data() });
  }

  element(): Ask {
    if (this.prng.chance(0.02)) return this.reading();
    return this.prng.pick(elements)(this);
  }

  reading(): Ask {
    return this.prng.pick(readings)(this);
  }

  list<T>(max: number, draw: () => T): T[] {
    return Array.from({ length: this.prng.below(max + 1) }, draw);
  }

  /** Zxids from long ago to yet to come, counted from the beginning. */
  since(): number {
    return this.prng.pick([-1000, 0, 10, 50, 100, 500, 100_000]);
  }

  lists(count: 3 | 5) {
    const paths = (): string[] => this.list(3, () => this.path());
    const three = { data: paths(), exist: paths(), child: paths() };
    return count === 3 ? three : { ...three, persistent: paths(), recursive: paths() };
  }

  /** Never a limits node right below /zookeeper/quota: a quota on the root takes Apache down. */
  quotaNode(): Ask {
    const { prng } = this;
    if (!this.#quotas) return ping();
    const folder = `/zookeeper/quota$${prng.pick(["", "/a", "/b", "/a/a"])}`;
    const path =
      folder +
      prng.pick([
        "",
        "/zookeeper_limits",
        "/zookeeper_limits",
        "/zookeeper_stats",
        "/zookeeper_stats",
      ]);
    const data = prng.pick([
      "count=-1,bytes=-1",
      "count=3,bytes=10",
      "count=-1,bytes=-1=;byteHardLimit=60;countHardLimit=4",
      "",
      "nonsense",
    ]);
    if (prng.chance(0.2)) return remove(path);
    return prng.chance(0.3) ? getData(path) : create(path, { data });
  }

  /** A body that ends too early; not of reconfig, which stalls Apache's leader. */
  broken(): Ask {
    const whole = this.ask();
    const ops: readonly number[] = [
      OpCode.create,
      OpCode.delete,
      OpCode.setData,
      OpCode.getData,
      OpCode.multi,
      OpCode.exists,
      OpCode.setAcl,
    ];
    const type = ops.includes(whole.type) ? whole.type : this.prng.pick(ops);
    const length = this.prng.below(this.#ownsServers ? 12 : 4); // from four on it reads as the empty path
    return raw(type, (w) => w.raw(new Uint8Array(length)));
  }
}

export interface PlanOptions {
  readonly operations: number;
  /** Nobody but this fuzzer uses the servers, so the root can be compared too. */
  readonly ownsServers: boolean;
}

/** As many requests, in turns of a few that leave in one go. */
export function planOf(prng: Prng, options: PlanOptions): Turn[] {
  const { operations } = options;
  // Quotas are held by what is applied, so what stands in a pipeline passes them or not as it happens: a seed has one or the other.
  const pipelines = prng.chance(0.6);
  const drawing = new Drawing(prng, { ...options, quotas: !pipelines });
  const turns: Turn[] = [];
  for (let left = operations; left > 0; ) {
    const by = prng.pick(actors);
    const other = prng.float();
    if (other < 0.01) turns.push({ by, kind: "reconnect" });
    else if (other < 0.02) turns.push({ by, kind: "renew" });
    else {
      const length = Math.min(left, pipelines ? prng.pick([1, 1, 1, 2, 3, 5, 8]) : 1);
      const asks = Array.from({ length }, () => drawing.ask());
      // An auth packet overtakes what is under way, so its answer has no fixed place among others.
      const others = asks.filter(({ type }) => type !== OpCode.auth);
      for (const ask of asks) {
        if (!others.includes(ask)) turns.push({ by, kind: "ask", asks: [ask] });
      }
      // Apache judges what is piped behind a setACL by the old list or by the new one, as it happens.
      const last = others.findIndex(({ type }) => type === OpCode.setAcl) + 1 || others.length;
      if (last > 0) turns.push({ by, kind: "ask", asks: others.slice(0, last) });
      left -= length;
    }
  }
  return turns;
}
