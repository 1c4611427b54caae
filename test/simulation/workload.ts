import type { Prng } from "../../src/core/base/prng.ts";
import { OpCode } from "../../src/core/protocol/op-codes.ts";
import type { RawAcl } from "../../src/core/protocol/records.ts";
import type { MultiElement, Request, RequestBodies } from "../../src/core/protocol/requests.ts";
import { AddWatchMode } from "../../src/core/tree/watches.ts";
import type { SimClient } from "./client.ts";

const open: readonly RawAcl[] = [{ perms: 31, scheme: "world", id: "anyone" }];
const flagsEphemeral = 1;
const flagsSequential = 2;

/** Few paths, so that clients get in each other's way. */
const tops = ["/a", "/b", "/c"];
const children = ["x", "y", "z"];

type Draw = (from: Source, path: string) => Body;
type Body = {
  [T in keyof RequestBodies]: { type: T; body: RequestBodies[T] };
}[keyof RequestBodies];

interface Source {
  readonly prng: Prng;
  /** Never the same twice, so that a lost write shows. */
  bytes(): Uint8Array;
}

const create = (from: Source, path: string, flags: number): Body => ({
  type: OpCode.create2,
  body: { path, data: from.bytes(), acl: open, flags },
});

const draws: readonly (readonly [weight: number, draw: Draw])[] = [
  [14, (from, path) => create(from, path, 0)],
  [6, (from, path) => create(from, path, flagsEphemeral)],
  [8, (from) => create(from, `${from.prng.pick(tops)}/n-`, flagsSequential)],
  [4, (from) => create(from, `${from.prng.pick(tops)}/e-`, flagsSequential | flagsEphemeral)],
  [20, (from, path) => setData(from, path)],
  [10, ({ prng }, path) => ({ type: OpCode.delete, body: { path, version: version(prng) } })],
  [10, (from, path) => ({ type: OpCode.multi, body: { elements: elements(from, path) } })],
  [12, ({ prng }, path) => ({ type: OpCode.getData, body: { path, watch: prng.chance(0.7) } })],
  [12, ({ prng }, path) => ({ type: OpCode.exists, body: { path, watch: prng.chance(0.7) } })],
  [10, ({ prng }) => getChildren(prng)],
  [4, (_from, path) => ({ type: OpCode.sync, body: { path } })],
  [1, () => ({ type: OpCode.closeSession, body: {} })],
];
const total = draws.reduce((sum, [weight]) => sum + weight, 0);

/** How likely a request is one for a watch that stays, in lives that have them. */
const lastingWatches = 0.06;

/** Requests of many kinds that may well fail: nodes come and go. */
export class Workload {
  readonly #source: Source;
  readonly #watching: Prng | undefined;

  /** `watching`: draws watches that stay; a stream of its own, so that the rest is the same with and without. */
  constructor(prng: Prng, dataBytes: number, watching: Prng | undefined) {
    this.#watching = watching;
    let counter = 0;
    this.#source = {
      prng,
      bytes: () => {
        counter += 1;
        const bytes = new Uint8Array(dataBytes);
        bytes.set([counter >>> 16, counter >>> 8, counter]);
        return bytes;
      },
    };
  }

  draw(client: SimClient): Request {
    if (this.#watching?.chance(lastingWatches)) {
      return { xid: client.xid, ...addWatch(this.#watching) } as Request;
    }
    const { prng } = this.#source;
    const top = prng.pick(tops);
    const path = prng.chance(0.4) ? top : `${top}/${prng.pick(children)}`;
    let left = prng.below(total);
    for (const [weight, draw] of draws) {
      left -= weight;
      if (left < 0) return { xid: client.xid, ...draw(this.#source, path) } as Request;
    }
    throw new Error("the weights do not add up");
  }
}

const setData = (from: Source, path: string): Body => ({
  type: OpCode.setData,
  body: { path, data: from.bytes(), version: version(from.prng) },
});

const getChildren = (prng: Prng): Body => ({
  type: OpCode.getChildren2,
  body: { path: prng.pick(tops), watch: prng.chance(0.7) },
});

const addWatch = (prng: Prng): Body => ({
  type: OpCode.addWatch,
  body: {
    path: prng.chance(0.7) ? prng.pick(tops) : `${prng.pick(tops)}/${prng.pick(children)}`,
    type: prng.pick([AddWatchMode.persistent, AddWatchMode.recursive]),
  },
});

const version = (prng: Prng): number => (prng.chance(0.6) ? -1 : prng.below(4));

function elements(from: Source, path: string): MultiElement[] {
  const count = from.prng.between(1, 4);
  return Array.from({ length: count }, () => element(from, path));
}

function element(from: Source, path: string): MultiElement {
  const { prng } = from;
  const other = `${prng.pick(tops)}/${prng.pick(children)}`;
  switch (prng.below(5)) {
    case 0:
      return { type: OpCode.check, body: { path, version: version(prng) } };
    case 1:
      return { type: OpCode.delete, body: { path: other, version: -1 } };
    case 2:
      return { type: OpCode.setData, body: { path, data: from.bytes(), version: -1 } };
    case 3: {
      const sequential = { path: `${path}/m-`, acl: open, flags: flagsSequential };
      return { type: OpCode.create2, body: { ...sequential, data: from.bytes() } };
    }
    default: {
      const plain = { path: other, acl: open, flags: prng.below(2) };
      return { type: OpCode.create, body: { ...plain, data: from.bytes() } };
    }
  }
}
