// What peers say to each other, as a stranger says it.
import fc from "fast-check";
import { epochFrom, makeZxid, sessionIdOf, sidOf, zxidOf } from "../../src/core/base/ids.ts";
import type { Prng } from "../../src/core/base/prng.ts";
import { encode } from "../../src/core/jute/record.ts";
import { Writer } from "../../src/core/jute/writer.ts";
import {
  InitialMessage,
  initialMessageV1,
  initialMessageV2,
  Notification,
} from "../../src/core/packets/notification.ts";
import { type QuorumPacket, writePacket } from "../../src/core/packets/quorum-packet.ts";
import { notification, packet } from "../golden/arbitraries.ts";
import { framed, int, mutated, noise } from "./mutate.ts";

const sampled = 400;
const identities = [
  null,
  [],
  [{ scheme: "world", id: "anyone" }],
  [{ scheme: "ip", id: "::" }],
] as const;
/** The peers', and some that nobody has. */
const sids = [0, 1, 2, 3, 3, 4, 70, 71, 255, -1] as const;

/** One seed's stock of quorum packets and notifications. */
export class Packets {
  readonly #packets: readonly QuorumPacket[];
  readonly #notifications: readonly Uint8Array[];

  constructor(prng: Prng) {
    const sample = <T>(from: fc.Arbitrary<T>): T[] =>
      fc.sample(from, { seed: prng.below(2 ** 31), numRuns: sampled });
    this.#packets = sample(packet);
    this.#notifications = sample(notification).map((one) => encode(Notification, one));
  }

  /** A learner's first packet, in any peer's name. */
  introduction(prng: Prng): Buffer {
    return packetBytes({
      type: prng.pick(["FOLLOWERINFO", "FOLLOWERINFO", "OBSERVERINFO"] as const),
      sid: sidOf(prng.pick(sids)),
      acceptedEpoch: epochFrom(prng.pick([0, 1, 2, 1000])),
      configVersion: zxidOf(prng.pick([0, 0, 0, -1, 1])),
    });
  }

  /** Something that a link between peers might carry, right or wrong. */
  packet(prng: Prng): Buffer {
    const bytes = packetBytes(prng.pick(this.#packets));
    if (prng.chance(0.5)) return bytes;
    return prng.chance(0.9) ? mutated(prng, bytes) : noise(prng, prng.between(1, 60));
  }

  /** What only a learner that was let in is listened to for: most often a client's request, of whatever session. */
  forwarded(prng: Prng, frame: Buffer): Buffer {
    const header = frame.length >= 12 ? frame : Buffer.alloc(12);
    const cxid = header.readInt32BE(4);
    const request: QuorumPacket = {
      type: "REQUEST",
      session: sessionIdOf(BigInt(cxid) * 0x1234_5678n),
      cxid,
      op: header.readInt32BE(8),
      body: frame.subarray(12),
      ids: prng.pick(identities),
    };
    const bytes = packetBytes(prng.chance(0.7) ? request : prng.pick(this.#packets));
    return prng.chance(0.8) ? bytes : withSameLength(prng, bytes);
  }

  /** How a dialler introduces itself; the address is always this one. */
  hello(prng: Prng, address: string): Buffer {
    const version = prng.pick([initialMessageV1, initialMessageV1, initialMessageV2, 3, 0, -1]);
    const bytes = Buffer.from(
      encode(InitialMessage, { version, sid: sidOf(prng.pick(sids)), address }),
    );
    if (prng.chance(0.7)) return bytes;
    if (prng.chance(0.3)) int(prng.pick([0, -1, 1, 2049, 0x7fff_ffff])).copy(bytes, 16);
    // Of the version and the sid alone: what is behind them is an address, and peers dial addresses.
    const head = mutated(prng, bytes.subarray(0, 16));
    return Buffer.concat([head.subarray(0, 16), bytes.subarray(16)]);
  }

  notification(prng: Prng): Buffer {
    const one = prng.chance(0.4)
      ? encode(Notification, likelyVote(prng))
      : prng.pick(this.#notifications);
    const how = prng.below(10);
    if (how < 4) return framed(one);
    return how < 9 ? framed(mutated(prng, one)) : mutated(prng, framed(one));
  }
}

/** That somebody looks, or leads, in a round and an epoch that nobody can beat. */
function likelyVote(prng: Prng): Notification {
  return {
    state: prng.below(4),
    vote: {
      leader: sidOf(prng.pick(sids)),
      zxid: zxidOf(prng.pick([0, -1, makeZxid(epochFrom(1), 5), 2 ** 50])),
      epoch: epochFrom(prng.pick([0, 1, 2, 2 ** 20])),
    },
    round: prng.pick([0, 1, 2, 5, 2 ** 40]),
    version: 2,
    config: prng.pick(["", "server.1=127.0.0.1:1:2:participant\nversion=0"]),
  };
}

export function packetBytes(one: QuorumPacket): Buffer {
  const writer = new Writer();
  writePacket(writer, one);
  return Buffer.from(writer.copy());
}

/** Bits of the data flipped, so that what follows is still found. */
function withSameLength(prng: Prng, bytes: Buffer): Buffer {
  const from = Math.min(16, bytes.length - 1);
  for (let i = prng.between(1, 5); i > 0; i -= 1) {
    const at = from + prng.below(bytes.length - from);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << prng.below(8));
  }
  return bytes;
}
