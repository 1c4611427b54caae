// What is asked, drawn from a seed: every operation a client can send, right and wrong in every way that Apache survives.
//
// Kept out on purpose, for docs/fidelity.md says what becomes of Apache: createTTL without a TTL flag and with a negative time,
// a quota on the root, and a quota's stats that make no sense (each ends the server); a write's null path, a character outside the basic plane, a reconfig that does
// not decode (they stall or cut off a follower); createSession and, outside a multi, check (answered by a handshake, or never).
import type { Prng } from "../../src/core/base/prng.ts";
import { OpCode } from "../../src/core/protocol/op-codes.ts";
import {
  type Ask,
  addWatch,
  auth,
  bodyOf,
  check,
  checkWatches,
  closing,
  create,
  create2,
  createContainer,
  createTtl,
  deleteContainer,
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
  reconfig,
  remove,
  removeWatches,
  sasl,
  setAcl,
  setData,
  setWatches,
  setWatches2,
  sync,
  whoAmI,
} from "../conformance/requests.ts";
import { acls, flags, oddPaths, quotaTexts, sharedPaths, sizes, versions } from "./values.ts";

type Draw = (d: Drawing) => Ask;
type Weighted = readonly (readonly [weight: number, draw: Draw])[];

const requests: Weighted = [
  [280, (d) => create(d.path(), { data: d.data(), acl: d.acl(), flags: d.flags() })],
  [120, (d) => create2(d.path(), { data: d.data(), acl: d.acl(), flags: d.flags() })],
  [60, (d) => createContainer(d.path(), { data: d.data(), flags: d.pick([4, 4, 4, 0, 2, 1, 9]) })],
  [60, (d) => d.ttlNode()],
  [200, (d) => remove(d.path(), d.version())],
  [10, (d) => deleteContainer(d.path())],
  [200, (d) => setData(d.path(), d.data(), d.version())],
  [100, (d) => setAcl(d.path(), d.acl(), d.version())],
  [160, (d) => exists(d.path(), d.flip())],
  [160, (d) => getData(d.path(), d.flip())],
  [120, (d) => getChildren(d.path(), d.flip())],
  [80, (d) => getChildren2(d.path(), d.flip())],
  [60, (d) => getAcl(d.path())],
  [40, (d) => getAllChildrenNumber(d.path())],
  [40, (d) => getEphemerals(d.pick([null, "", "  ", "$", "$/a", "$/e", "/", " / ", "nowhere"]))],
  [40, (d) => sync(d.pick([null, "", d.path()]))],
  [20, () => ping()],
  [200, (d) => multi(...d.list(d.pick([5, 5, 5, 20]), () => d.element()))],
  [60, (d) => multiRead(...d.list(4, () => d.reading()))],
  [80, (d) => addWatch(d.path(), d.pick([0, 0, 1, 1, 2, -1]))],
  [40, (d) => checkWatches(d.path(), d.pick([1, 2, 3, 3, 4, 9]))],
  [40, (d) => removeWatches(d.path(), d.pick([1, 2, 3, 3, 5, 0]))],
  [40, (d) => setWatches(d.since(), d.lists(3))],
  [40, (d) => setWatches2(d.since(), d.lists(5))],
  [20, () => whoAmI()],
  [20, (d) => auth("digest", d.pick(["bob:pw", "ann:secret", "super:super", "nobody", ""]))],
  [4, () => auth("ip", "10.1.2.3")],
  [4, (d) => sasl(d.pick(["", "x"]))],
  [10, () => reconfig()],
  [50, (d) => d.quotaNode()],
  [20, (d) => d.emptied()],
  [20, (d) => d.cutShort()],
  [10, (d) => d.runningOn()],
  [10, (d) => d.nullPath()],
  [2, (d) => d.large()],
  [4, (d) => d.farewell()],
];

const elements: Weighted = [
  [30, (d) => create(d.path(), { data: d.data(), acl: d.acl(), flags: d.pick(elementFlags) })],
  [20, (d) => create2(d.path(), { data: d.data(), acl: d.acl(), flags: d.pick([0, 2, 4, 7]) })],
  [10, (d) => createContainer(d.path(), { flags: d.pick([4, 4, 0, 2, 9]) })],
  [10, (d) => d.ttlNode()],
  [10, (d) => createTtl(d.path(), d.pick([-3, 10_000_000]), { flags: d.pick([0, 1, 2, 4]) })],
  [40, (d) => remove(d.path(), d.version())],
  [40, (d) => setData(d.path(), d.data(), d.version())],
  [40, (d) => check(d.path(), d.version())],
  [2, (d) => d.reading()],
  [1, (d) => setAcl(d.path(), open)],
  [1, (d) => sync(d.path())],
];
const elementFlags = [0, 0, 0, 1, 2, 3, 4, 5, 8];

const readings: Weighted = [
  [50, (d) => getData(d.path(), d.flip())],
  [50, (d) => getChildren(d.path(), d.flip())],
  [1, (d) => exists(d.path())],
  [1, (d) => remove(d.path())],
];

/** What is neither auth, which is answered out of turn, nor of a body that must be right. */
const mayBeBroken: ReadonlySet<number> = new Set([
  OpCode.create,
  OpCode.create2,
  OpCode.createContainer,
  OpCode.createTtl,
  OpCode.delete,
  OpCode.setData,
  OpCode.setAcl,
  OpCode.exists,
  OpCode.getData,
  OpCode.getChildren,
  OpCode.getChildren2,
  OpCode.getAcl,
  OpCode.getAllChildrenNumber,
  OpCode.getEphemerals,
  OpCode.sync,
  OpCode.multi,
  OpCode.multiRead,
  OpCode.addWatch,
  OpCode.checkWatches,
  OpCode.removeWatches,
  OpCode.setWatches,
  OpCode.setWatches2,
]);
const limits = "/zookeeper_limits";
const stats = "/zookeeper_stats";
const frameBytesMax = 0xfffff;

export interface DrawingOptions {
  readonly quotas: boolean;
  /** Nobody but this fuzzer uses the servers, so the root can be compared too. */
  readonly ownsServers: boolean;
}

/** A source of requests, and of all that is in them. */
export class Drawing {
  readonly #prng: Prng;
  readonly #options: DrawingOptions;

  constructor(prng: Prng, options: DrawingOptions) {
    this.#prng = prng;
    this.#options = options;
  }

  ask(): Ask {
    return this.#weighted(requests);
  }

  element(): Ask {
    return this.#weighted(elements);
  }

  reading(): Ask {
    return this.#weighted(readings);
  }

  pick<T>(items: readonly T[]): T {
    return this.#prng.pick(items);
  }

  flip(): boolean {
    return this.#prng.chance(0.5);
  }

  list<T>(max: number, draw: () => T): T[] {
    return Array.from({ length: this.#prng.below(max + 1) }, draw);
  }

  /** Few enough to be hit often. */
  path(): string {
    const prng = this.#prng;
    if (prng.chance(0.03)) return prng.pick(oddPaths);
    if (this.#options.ownsServers && prng.chance(0.01)) return prng.pick(sharedPaths);
    if (prng.chance(0.05)) return "$";
    const depth = prng.pick([1, 1, 1, 2, 2, 3]);
    let path = "$";
    for (let i = 0; i < depth; i += 1) {
      path += `/${prng.pick(["a", "b", "c", "s-", "e"])}`;
      if (path.endsWith("s-") && prng.chance(0.6)) path += String(prng.below(8)).padStart(10, "0");
    }
    return path;
  }

  data(): string | null {
    if (this.#prng.chance(0.1)) return null;
    return "x".repeat(this.#prng.chance(0.002) ? 70_000 : this.#prng.pick(sizes));
  }

  version(): number {
    return this.#prng.pick(versions);
  }

  flags(): number {
    return this.#prng.pick(flags);
  }

  acl() {
    return this.#prng.chance(0.85) ? open : this.#prng.pick(acls);
  }

  /** Never so short that it is reaped. */
  ttlNode(): Ask {
    const ttl = this.pick([10_000_000, 10_000_000, 0xff_ffff_ffff, 0, -3, 0x100_0000_0000]);
    return createTtl(this.path(), ttl, { flags: this.pick([5, 5, 5, 6]), data: this.data() });
  }

  /** Zxids from long ago to yet to come, counted from the beginning. */
  since(): number {
    return this.#prng.pick([-1000, 0, 10, 50, 100, 500, 100_000]);
  }

  lists(count: 3 | 5) {
    const paths = (): string[] => this.list(3, () => this.path());
    const three = { data: paths(), exist: paths(), child: paths() };
    return count === 3 ? three : { ...three, persistent: paths(), recursive: paths() };
  }

  quotaNode(): Ask {
    if (!this.#options.quotas) return ping();
    const node = this.pick(["", limits, limits, limits, stats, stats]);
    const path = `/zookeeper/quota$${this.pick(["", "/a", "/b", "/a/a"])}${node}`;
    // A stats node is counted as it is made, whatever it says; what is set must make sense.
    const made = this.pick(node === stats ? ["", "nonsense"] : quotaTexts);
    switch (this.#prng.below(10)) {
      case 0:
      case 1:
        return remove(path);
      case 2:
        return setData(path, node === stats ? "count=2,bytes=3" : made);
      case 3:
      case 4:
        return getData(path);
      default:
        return create(path, { data: made });
    }
  }

  /** All zeros: too short, or empty paths and lists. */
  emptied(): Ask {
    const length = this.#prng.below(this.#options.ownsServers ? 12 : 4); // from four on it reads as the empty path
    return raw(this.#breakable().type, (w) => w.raw(new Uint8Array(length)));
  }

  /** The body ends too early. */
  cutShort(): Ask {
    const ask = this.#breakable();
    const share = this.#prng.float();
    return raw(ask.type, (w, place) => {
      const body = bodyOf(ask, place);
      w.raw(body.subarray(0, Math.floor(body.length * share)));
    });
  }

  /** Nobody looks at what follows. */
  runningOn(): Ask {
    const ask = this.#breakable();
    return raw(ask.type, (w, place) => {
      ask.write(w, place);
      w.raw(Uint8Array.of(1, 2, 3));
    });
  }

  nullPath(): Ask {
    const { exists, getData, getChildren, getChildren2, getAcl, getAllChildrenNumber } = OpCode;
    const reads = [exists, getData, getChildren, getChildren2, getAcl, getAllChildrenNumber];
    return raw(this.pick(reads), (w) => {
      w.string(null);
      w.byte(0);
    });
  }

  /** A frame about as long as a frame may be; one that is longer ends the connection. */
  large(): Ask {
    const frame = frameBytesMax + this.pick([-1, 0, 0, 1]);
    const path = this.path();
    const ask = raw(OpCode.setData, (w, place) => {
      const others = 8 + 4 + Buffer.byteLength(place.path(path)) + 4 + 4;
      w.string(place.path(path));
      w.buffer(new Uint8Array(frame - others).fill(0x79));
      w.int(-1);
    });
    return frame > frameBytesMax ? closing(ask) : ask;
  }

  /** The server's last words on this connection. */
  farewell(): Ask {
    const nobody = raw(this.pick([0, 10, 23, 99, 108, -1]), () => {});
    return closing(
      this.pick([auth("nobody", "x"), auth("world", "anyone"), auth("digest", null), nobody]),
    );
  }

  /** Short enough that a few bytes more do not end the connection. */
  #breakable(): Ask {
    for (;;) {
      const ask = this.ask();
      const isShort = bodyOf(ask, { base: 0, path: (path) => path }).length < frameBytesMax / 2;
      if (mayBeBroken.has(ask.type) && isShort) return ask;
    }
  }

  #weighted(rows: Weighted): Ask {
    let at = this.#prng.below(rows.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, draw] of rows) {
      at -= weight;
      if (at < 0) return draw(this);
    }
    return ping();
  }
}
