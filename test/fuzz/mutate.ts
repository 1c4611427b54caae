// What becomes of a valid frame, packet or greeting on its way to a peer that must survive it.
import type { Prng } from "../../src/core/base/prng.ts";

/** Lengths, counts, ids and versions at which readers stumble. */
const ints = [
  0, 1, -1, -2, 2, 4, 12, 0x7fff_ffff, -0x8000_0000, 0xf_ffff, 0x10_0000, 0xff, 0xffff, 0x0100_0000,
] as const;

type Mutation = (prng: Prng, bytes: Buffer) => Buffer;

const mutations: readonly Mutation[] = [
  (prng, bytes) => flipped(prng, bytes, 1),
  (prng, bytes) => flipped(prng, bytes, prng.between(2, 8)),
  (prng, bytes) => {
    bytes[prng.below(bytes.length)] = prng.below(256);
    return bytes;
  },
  // Lengths and counts lie on any offset behind a string, so any offset is tried.
  (prng, bytes) => withInt(bytes, prng.below(Math.max(bytes.length - 3, 1)), prng.pick(ints)),
  (prng, bytes) => {
    const at = prng.below(Math.max(bytes.length - 3, 1));
    const near = bytes.length >= at + 4 ? bytes.readInt32BE(at) : 0;
    return withInt(bytes, at, (near + prng.pick([-1, 1, 7, -7])) | 0);
  },
  (prng, bytes) => bytes.subarray(0, prng.below(bytes.length)),
  (prng, bytes) => Buffer.concat([bytes, noise(prng, prng.between(1, 40))]),
  (prng, bytes) => {
    const [from, to] = range(prng, bytes.length);
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
  },
  (prng, bytes) => {
    const [from, to] = range(prng, bytes.length);
    return Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)]);
  },
  (prng, bytes) => {
    const [from, to] = range(prng, bytes.length);
    return Buffer.concat([bytes.subarray(0, from), noise(prng, to - from), bytes.subarray(to)]);
  },
];

/** A copy with one to three things wrong with it. */
export function mutated(prng: Prng, bytes: Uint8Array): Buffer {
  let result: Buffer = Buffer.from(bytes);
  for (let i = prng.pick([1, 1, 1, 2, 3]); i > 0 && result.length > 0; i -= 1) {
    result = prng.pick(mutations)(prng, result);
  }
  return result;
}

export function noise(prng: Prng, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let i = 0; i < length; i += 1) bytes[i] = prng.below(256);
  return bytes;
}

/** A payload behind its length. */
export function framed(payload: Uint8Array): Buffer {
  return Buffer.concat([int(payload.length), payload]);
}

export function int(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** The same bytes in a few pieces. */
export function pieces(prng: Prng, bytes: Buffer): Buffer[] {
  const cuts = Array.from({ length: prng.pick([0, 0, 1, 2, 5]) }, () =>
    prng.below(bytes.length + 1),
  );
  const edges = [0, ...cuts.sort((a, b) => a - b), bytes.length];
  return edges.slice(1).map((to, index) => bytes.subarray(edges[index], to));
}

function flipped(prng: Prng, bytes: Buffer, count: number): Buffer {
  for (let i = 0; i < count; i += 1) {
    const at = prng.below(bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << prng.below(8));
  }
  return bytes;
}

function withInt(bytes: Buffer, at: number, value: number): Buffer {
  int(value).copy(bytes, at);
  return bytes;
}

function range(prng: Prng, length: number): [from: number, to: number] {
  const from = prng.below(length);
  return [from, Math.min(length, from + prng.between(1, 16))];
}
