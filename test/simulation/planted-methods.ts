import { counterOf, epochFrom, epochOf, makeZxid, sidOf, zxidOf } from "../../src/core/base/ids.ts";
import { Leader } from "../../src/core/quorum/leader.ts";
import { Learner } from "../../src/core/quorum/learner.ts";
import { LearnerLink } from "../../src/core/quorum/learner-link.ts";
import { Proposals } from "../../src/core/quorum/proposals.ts";
import { Received } from "../../src/core/quorum/received.ts";
import { Touches } from "../../src/core/quorum/touches.ts";
import { SessionTracker } from "../../src/core/session/tracker.ts";
import { DataTree } from "../../src/core/tree/tree.ts";
import { WatchMode, WatchPaths } from "../../src/core/tree/watch-paths.ts";
import type { Plan } from "./plan.ts";
import type { Planted } from "./plants.ts";

// Bugs that ZooKeeper had, and their like, each in the place of one method for the time of a life.

/** Puts another method in a class's place; the function returned puts its own back. */
export function replacing<T extends object, K extends keyof T>(
  prototype: T,
  name: K,
  make: (own: T[K]) => T[K],
): () => void {
  const own = prototype[name];
  prototype[name] = make(own);
  return () => {
    prototype[name] = own;
  };
}

/** The same with a getter. */
function replacingGetter<T extends object, K extends keyof T>(
  prototype: T,
  name: K,
  make: (own: (this: T) => T[K]) => (this: T) => T[K],
): () => void {
  const own = Object.getOwnPropertyDescriptor(prototype, name);
  if (own?.get === undefined) throw new Error(`${String(name)} is no getter`);
  Object.defineProperty(prototype, name, { ...own, get: make(own.get) });
  return () => {
    Object.defineProperty(prototype, name, own);
  };
}

/** Each copy in the place of the one before. */
function sharedBytes(): DataTree["giveData"] {
  const shared = new Uint8Array(64);
  return (node, data) => {
    if (data !== null && data.length <= shared.length) shared.set(data);
    const block = data === null || data.length > shared.length ? data : shared;
    node.setData(block, 0, data?.length ?? 0);
  };
}

const steady: Plan["habits"] = {
  sessionTimeout: 500,
  thinkMs: 40,
  inFlightMax: 4,
  silence: 0,
  restlessness: 0,
};

export const plantedInMethods: Readonly<Record<string, Planted>> = {
  // ZOOKEEPER-4394, seen from the other side: kept back for the learner's sake, and forgotten.
  "commits between NEWLEADER and UPTODATE are lost": {
    make: () => ({
      patch: () =>
        replacing(LearnerLink.prototype, "welcome", () => {
          return function (this: LearnerLink, out) {
            this.phase = "serving";
            this.send({ type: "UPTODATE" }, out);
          };
        }),
    }),
    shows: ["ShouldNotBeTriggered"],
    within: 40,
    plan: { voters: 3 },
  },
  // ZOOKEEPER-1264, 1282, 4394.
  "proposals between NEWLEADER and UPTODATE are lost": {
    make: () => ({
      patch: () =>
        replacing(Received.prototype, "takeUnlogged", (own) => {
          return function (this: Received) {
            own.call(this);
            return [];
          };
        }),
    }),
    shows: ["ShouldNotBeTriggered", "PrefixConsistency"],
    within: 40,
    plan: { voters: 3 },
  },
  // ZOOKEEPER-2678, 4712: the memory kept over an election is not what the log holds.
  "what is logged and not committed is forgotten when a role ends": {
    make: () => ({
      patch: () => replacingGetter(Learner.prototype, "undelivered", () => () => []),
    }),
    shows: [
      "Agreement",
      "PrefixConsistency",
      "TotalOrder",
      "I2 no ACK of NEWLEADER before history and epoch are durable",
      "I5 what is committed stays",
      "I8 the committed log has no holes",
      "I10 equal last transactions, equal trees",
      "LocalPrimaryOrder",
    ],
    within: 40,
    plan: { voters: 3, faults: ["crashLeader", "isolateLeader", "reset"] },
  },
  // ZOOKEEPER-1154, 1156.
  "a truncation takes a committed proposal too": {
    make: () => ({
      patch: () =>
        replacing(LearnerLink.prototype, "sendHistory", (own) => {
          return function (this: LearnerLink, plan, history, out) {
            const cutsMore = plan.kind === "TRUNC" && counterOf(plan.zxid) > 1;
            const zxid = cutsMore ? zxidOf(plan.zxid - 1) : plan.zxid;
            own.call(this, { ...plan, zxid }, history, out);
          };
        }),
    }),
    shows: [
      "PrefixConsistency",
      "I2 no ACK of NEWLEADER before history and epoch are durable",
      "I4 commits need a quorum that has the entry durable",
      "I5 what is committed stays",
      "TotalOrder",
    ],
    within: 200,
    plan: { voters: 3, faults: ["crashLeader", "isolateLeader", "slowDisk"] },
  },
  // ZOOKEEPER-1277, with a counter of very few bits.
  "a counter runs into the epoch": {
    make: () => ({
      patch: () =>
        replacingGetter(Leader.prototype, "nextZxid", (own) => {
          return function (this: Leader) {
            const zxid = own.call(this);
            if (counterOf(zxid) < 16) return zxid;
            return makeZxid(epochFrom(epochOf(zxid) + 1), 0);
          };
        }),
    }),
    shows: ["Integrity", "I3 epochs never decrease", "LocalPrimaryOrder"],
    within: 5,
  },
  "an ACK counts for two": {
    make: () => ({
      patch: () =>
        replacing(Proposals.prototype, "acknowledgeOne", (own) => {
          return function (this: Proposals, sid, zxid) {
            own.call(this, sid, zxid);
            own.call(this, sidOf((sid % 3) + 1), zxid);
          };
        }),
    }),
    shows: ["I4 commits need a quorum that has the entry durable"],
    within: 20,
    plan: { voters: 3 },
  },
  "sessions expire at half their time": {
    make: () => ({
      patch: () =>
        replacing(SessionTracker.prototype, "touch", (own) => {
          return function (this: SessionTracker, id, timeout, now) {
            return own.call(this, id, timeout, now - timeout / 2);
          };
        }),
    }),
    shows: ["no session expires early"],
    within: 40,
    plan: { faultyMs: 1500, habits: { ...steady, silence: 0.05 } },
  },
  "a learner does not tell whom it heard": {
    make: () => ({ patch: () => replacing(Touches.prototype, "take", () => () => []) }),
    shows: ["no session expires early"],
    within: 10,
    plan: { voters: 3, faults: [], reconfigs: undefined, faultyMs: 3000, habits: steady },
  },
  "the tree keeps another timeout than was agreed": {
    make: () => ({
      patch: () =>
        replacing(DataTree.prototype, "openSession", (own) => {
          return function (this: DataTree, session, timeout) {
            own.call(this, session, timeout + 1);
          };
        }),
    }),
    shows: ["the final tree is the model's"],
    within: 5,
    plan: { outlivesSessions: false },
  },
  "data is overwritten by what came later": {
    make: () => ({ patch: () => replacing(DataTree.prototype, "giveData", () => sharedBytes()) }),
    shows: [
      "the final tree is the model's",
      "I10 equal last transactions, equal trees",
      "I17 replies as the model gives them",
    ],
    within: 20,
    plan: { outlivesSessions: false },
  },
  "a watch that stays goes when it has fired": {
    make: () => ({
      patch: () =>
        replacing(WatchPaths.prototype, "trigger", (own) => {
          return function (this: WatchPaths, path, type, acl, fired, toldFrom) {
            const from = fired.length;
            own.call(this, path, type, acl, fired, toldFrom);
            for (const { connection } of fired.slice(from)) {
              this.remove(path, connection, WatchMode.persistent);
            }
          };
        }),
    }),
    shows: ["watches"],
    within: 20,
    plan: { lastingWatches: true },
  },
  "a recursive watch hears of its own node only": {
    make: () => ({
      patch: () =>
        replacing(WatchPaths.prototype, "add", (own) => {
          return function (this: WatchPaths, path, connection, mode) {
            const isRecursive = mode === WatchMode.recursive;
            own.call(this, path, connection, isRecursive ? WatchMode.persistent : mode);
          };
        }),
    }),
    shows: ["watches"],
    within: 20,
    plan: { lastingWatches: true },
  },
};
