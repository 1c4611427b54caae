import { type Sid, type Zxid, zxidZero } from "../../src/core/base/ids.ts";
import type { Link } from "../../src/core/network/link.ts";
import type { QuorumPacket } from "../../src/core/packets/quorum-packet.ts";
import { OpCode } from "../../src/core/protocol/op-codes.ts";
import type { Request } from "../../src/core/protocol/requests.ts";
import type { EnsembleConfig } from "../../src/core/quorum/config.ts";
import type { LogEntry } from "../../src/core/txn/log-entry.ts";
import type { DiskLies } from "../../src/sim/disk.ts";
import type { FromClient, ToClient } from "../../src/sim/host.ts";
import type { World } from "../../src/sim/world.ts";
import type { Invariant } from "./checkers/violation.ts";
import { bodyOf } from "./client.ts";
import type { Plan } from "./plan.ts";
import { plantedInMethods } from "./planted-methods.ts";

/**
 * A bug that the checks must find: put into the world around the peers, or for one life in the place of a method of the product's,
 * which itself has no switch for it.
 */
export interface Plant {
  readonly liesOf?: (sid: Sid) => DiskLies;
  readonly configFor?: (sid: Sid, config: EnsembleConfig) => EnsembleConfig;
  readonly tamper?: (world: World) => void;
  /** Puts faulty methods in place; what it returns takes them away. */
  readonly patch?: () => () => void;
}

export const honest: Plant = {};

export interface Planted {
  readonly make: () => Plant;
  /** By which of the checks it may show first. */
  readonly shows: readonly Invariant[];
  /** In how many lives at most. */
  readonly within: number;
  readonly plan?: Partial<Plan>;
}

const crashes: Partial<Plan> = { faults: ["crash", "crashLeader", "powerCut"] };

const restless: Plan["habits"] = {
  sessionTimeout: 1500,
  thinkMs: 20,
  inFlightMax: 1,
  silence: 0,
  restlessness: 0.5,
};

const busy: Plan["habits"] = { ...restless, thinkMs: 10, inFlightMax: 4, restlessness: 0 };

export const planted: Readonly<Record<string, Planted>> = {
  ...plantedInMethods,
  "an append is answered before it is durable": {
    make: () => ({ liesOf: () => ({ answersAppendsEarly: true }) }),
    shows: [
      "I1 no ACK before the log is durable",
      "I4 commits need a quorum that has the entry durable",
    ],
    within: 3,
  },
  "an epoch is answered before it is durable": {
    make: () => ({ liesOf: () => ({ answersEpochsEarly: true }) }),
    shows: [
      "I2 no ACK of NEWLEADER before history and epoch are durable",
      "I4 commits need a quorum that has the entry durable",
    ],
    within: 3,
  },
  "a crash takes synced entries": {
    make: () => ({ liesOf: () => ({ losesSynced: 3 }) }),
    shows: [
      "I4 commits need a quorum that has the entry durable",
      "I5 what is committed stays",
      "PrefixConsistency",
      "TotalOrder",
    ],
    within: 40,
    plan: crashes,
  },
  "one peer believes to be a quorum": {
    make: () => ({ configFor: (sid, config) => (sid === 2 ? aloneIn(config, sid) : config) }),
    shows: [
      "Leadership1",
      "Leadership2",
      "I4 commits need a quorum that has the entry durable",
      "I5 what is committed stays",
    ],
    within: 5,
  },
  "an ACK arrives that was never sent": {
    make: () => ({ tamper: (world) => forgeAcks(world) }),
    shows: ["I4 commits need a quorum that has the entry durable"],
    within: 5,
    plan: { voters: 3 },
  },
  "a link drops a PROPOSAL": {
    make: () => ({ tamper: (world) => replaceSome(world, isPacket("PROPOSAL"), () => []) }),
    shows: ["ShouldNotBeTriggered", "PrefixConsistency"],
    within: 5,
  },
  "a link doubles a COMMIT": {
    make: () => ({
      tamper: (world) => replaceSome(world, isPacket("COMMIT"), (one) => [one, one]),
    }),
    shows: ["ShouldNotBeTriggered"],
    within: 5,
  },
  "a tree rots on one peer": {
    make: () => ({ tamper: (world) => rot(world) }),
    shows: [
      "I10 equal last transactions, equal trees",
      "I11 the digest of a transaction is that of the tree",
    ],
    within: 20,
    plan: { faults: [] },
  },
  // Seen on an idle leader, whose zxid is that of its epoch, and then on a follower, whose is older.
  "a session reads what is older than it knows": {
    make: () => ({
      tamper: (world) => {
        const forget = (sent: FromClient): FromClient =>
          sent.type === "handshake"
            ? { ...sent, request: { ...sent.request, lastZxidSeen: zxidZero } }
            : sent;
        world.network.tamper = (link, sent) =>
          link.channel === "client" && link.from === "client"
            ? [forget(sent as FromClient)]
            : [sent];
      },
    }),
    shows: ["I16 replies in order, zxids never back"],
    within: 60,
    plan: {
      clients: 1,
      faults: ["crashLeader"],
      faultPauseMs: 1000,
      faultyMs: 3000,
      habits: restless,
    },
  },
  "a watch event is lost": {
    make: () => ({ tamper: (world) => replaceSome(world, isToClient("watchEvent"), () => []) }),
    shows: ["watches"],
    within: 20,
  },
  "a request arrives twice": {
    make: () => ({
      tamper: (world) =>
        replaceSome(
          world,
          (link, sent) => isFromClient(link, sent, "request"),
          (one) => [one, one],
        ),
    }),
    shows: ["Integrity", "I16 replies in order, zxids never back"],
    within: 5,
  },
  "a COMMIT comes with its PROPOSAL": {
    make: () => ({
      tamper: (world) =>
        replaceSome(world, isPacket("PROPOSAL"), (one) => [
          one,
          { type: "COMMIT", zxid: (one as { entry: LogEntry }).entry.zxid },
        ]),
    }),
    shows: ["PrimaryIntegrity", "ShouldNotBeTriggered"],
    within: 5,
  },
  "a restart forgets what was promised": {
    make: () => ({ liesOf: () => ({ forgetsPromises: true }) }),
    shows: ["Leadership1", "Leadership2"],
    within: 100,
    plan: { voters: 3, ...crashes, faultsAtTurns: 0.1 },
  },
  "a watch event comes twice": {
    make: () => ({
      tamper: (world) => replaceSome(world, isToClient("watchEvent"), (one) => [one, one]),
    }),
    shows: ["watches"],
    within: 20,
  },
  "sequential names are numbered downwards": {
    make: () => ({ tamper: (world) => numberDownwards(world) }),
    shows: ["I18 sequential names are new and ascend"],
    within: 5,
    plan: { faults: [], clients: 3, faultyMs: 3000, dataBytes: 4, habits: busy },
  },
  "a watch that stays is told twice of one change": {
    make: () => ({
      tamper: (world) => replaceSome(world, isToClient("watchEvent"), (one) => [one, one]),
    }),
    shows: ["watches"],
    within: 20,
    plan: { lastingWatches: true },
  },
  "an answer is kept back until the next": {
    make: () => ({ tamper: (world) => swapReplies(world) }),
    shows: ["I16 replies in order, zxids never back"],
    within: 5,
  },
};

/** The same members, but a single voter. */
function aloneIn(config: EnsembleConfig, sid: Sid): EnsembleConfig {
  return {
    ...config,
    members: config.members.map((member) =>
      member.sid === sid ? member : { ...member, role: "observer" },
    ),
  };
}

/** Every third message of a kind becomes something else. */
function replaceSome(
  world: World,
  matches: (link: Link, sent: unknown) => boolean,
  replace: (sent: unknown) => readonly unknown[],
): void {
  let count = 0;
  world.network.tamper = (link, sent) => {
    if (!matches(link, sent)) return [sent];
    count += 1;
    return count % 3 === 0 ? replace(sent) : [sent];
  };
}

const isPacket =
  (type: QuorumPacket["type"]) =>
  (link: Link, sent: unknown): boolean =>
    link.channel === "quorum" && (sent as QuorumPacket).type === type;

const isToClient =
  (type: ToClient["type"]) =>
  (link: Link, sent: unknown): boolean =>
    link.to === "client" && (sent as ToClient).type === type;

const isFromClient = (link: Link, sent: unknown, type: FromClient["type"]): boolean =>
  link.channel === "client" && link.from === "client" && (sent as FromClient).type === type;

/** A learner's answer to a PING brings an ACK of what the PING named. */
function forgeAcks(world: World): void {
  world.network.tamper = (link, sent) => {
    if (link.channel !== "quorum") return [sent];
    const packet = sent as QuorumPacket;
    if (packet.type !== "ACK" || packet.zxid % 2 === 0) return [sent];
    return [packet, { type: "ACK", zxid: (packet.zxid + 1) as Zxid }];
  };
}

function rot(world: World): void {
  world.schedule.after(400, () => {
    const tree = world.host([...world.hosts.keys()][0] as Sid).peer?.replica.tree;
    const node = tree?.get("/a");
    if (tree === undefined || node === undefined) return;
    node.version += 1;
    tree.updateDigest("/a", node);
  });
}

/** Peers get to see a sequential create as a plain one, with a number from a count of the ensemble's own. */
function numberDownwards(world: World): void {
  let next = 1000;
  world.network.tamper = (link, sent) => {
    if (!isFromClient(link, sent, "request")) return [sent];
    const message = sent as FromClient & { readonly type: "request" };
    const { request } = message;
    if (request.type !== OpCode.create2 || (request.body.flags & 2) === 0) return [sent];
    next -= 1;
    const { path, flags } = request.body;
    const name = `${path}${String(next).padStart(10, "0")}`;
    const plain: Request = { ...request, body: { ...request.body, path: name, flags: flags & 1 } };
    return [{ ...message, request: plain, raw: bodyOf(plain) }];
  };
}

function swapReplies(world: World): void {
  let kept: unknown;
  world.network.tamper = (link, sent) => {
    if (!isToClient("reply")(link, sent) || world.now < 300) return [sent];
    if (kept === undefined) {
      kept = sent;
      return [];
    }
    const first = kept;
    kept = undefined;
    return [sent, first];
  };
}
