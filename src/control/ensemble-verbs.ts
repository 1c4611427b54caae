import type { Ensemble, Namespace, Peer } from "../ensemble/api.ts";
import { snapshot, transactionLog, treeLiteral } from "./content-values.ts";
import { namespace } from "./handle-values.ts";
import {
  choice,
  fields,
  flag,
  list,
  maybe,
  nothing,
  optional,
  text,
  whole,
  zxid,
} from "./shape.ts";
import {
  direction,
  ensembleStatus,
  fault,
  peer,
  peerOptions,
  peerStatus,
  role,
  sessionMatch,
  target,
  waits,
} from "./values.ts";
import { optionalParam, options, param, type Rows, rest } from "./verb.ts";

/** `connect` opens a client of the caller's own; `waitFor` asks a function of the caller's, see `news.ts`. */
export const ensembleVerbs: Rows<Ensemble, "connect" | "waitFor"> = {
  status: {
    does: "Who does what, and what stands.",
    takes: [],
    gives: ensembleStatus,
    reads: true,
  },
  leader: {
    does: "The serving leader, or the standalone peer; waits for one.",
    takes: [options(waits)],
    gives: peer,
    reads: true,
  },
  followers: {
    does: "The peers that follow now.",
    takes: [],
    gives: list<Peer[]>(peer),
    reads: true,
  },
  observers: {
    does: "The peers that observe now.",
    takes: [],
    gives: list<Peer[]>(peer),
    reads: true,
  },
  stop: {
    does: "Stops every peer in good order; their state is kept.",
    takes: [],
    gives: nothing,
    disturbs: true,
  },
  start: { does: "Starts every peer that is down.", takes: [], gives: nothing, disturbs: true },
  restart: {
    does: "Stops and starts all peers, at once or one after the other.",
    takes: [options({ rolling: optional(flag) })],
    gives: nothing,
    disturbs: true,
  },
  close: {
    does: "Closes the ensemble, and with it this API; answers before it is done.",
    takes: [],
    gives: nothing,
    disturbs: true,
  },
  killLeader: {
    does: "Crashes the leader and waits for the next one.",
    takes: [options({ waitForNew: optional(flag), ...waits })],
    gives: fields<{ killed: Peer; leader: Peer | undefined }>({
      killed: peer,
      leader: maybe(peer),
    }),
    disturbs: true,
  },
  kill: {
    does: "Crashes peers.",
    takes: [param("target", target)],
    gives: list<Peer[]>(peer),
    disturbs: true,
  },
  partition: {
    does: "No bytes pass between the sides; one side is cut from all the rest.",
    takes: [rest("sides", target)],
    gives: fault,
    disturbs: true,
  },
  isolate: {
    does: "Cuts the target from the other peers, from clients, or from both.",
    takes: [
      param("target", target),
      options({
        from: optional(choice("peers", "clients", "all")),
        direction: optional(direction),
      }),
    ],
    gives: fault,
    disturbs: true,
  },
  heal: {
    does: "Ends every fault on links, clocks, sessions and storage.",
    takes: [],
    gives: nothing,
    disturbs: true,
  },
  waitForLeader: {
    does: "Waits for a serving leader, other than `not`.",
    takes: [options({ not: optional(whole), ...waits })],
    gives: peer,
    reads: true,
  },
  waitForNoLeader: {
    does: "Waits until nobody leads.",
    takes: [options(waits)],
    gives: nothing,
    reads: true,
  },
  waitForQuorum: {
    does: "Waits for a write to commit that was proposed after the call.",
    takes: [options(waits)],
    gives: nothing,
    reads: true,
  },
  waitForConverged: {
    does: "Waits until every running peer serves and has the same tree.",
    takes: [options(waits)],
    gives: fields<{ zxid: bigint }>({ zxid }),
    reads: true,
  },
  waitForSessionGone: {
    does: "Waits until a session is expired or closed.",
    takes: [param("match", sessionMatch), options(waits)],
    gives: nothing,
    reads: true,
  },
  snapshot: {
    does: "Tree, ACLs and counters of a quorum.",
    takes: [],
    gives: snapshot,
    reads: true,
  },
  restore: {
    does: "Back to a snapshot, of this ensemble or another.",
    takes: [param("snapshot", snapshot)],
    gives: nothing,
    disturbs: true,
  },
  transactions: {
    does: "What was committed, oldest first, and the state that it goes on from.",
    takes: [],
    gives: transactionLog,
    reads: true,
  },
  reset: {
    does: "A clean slate: faults off, peers up, sessions expired, tree empty.",
    takes: [
      options({
        faults: optional(flag),
        peers: optional(flag),
        sessions: optional(flag),
        data: optional(flag),
      }),
    ],
    gives: nothing,
    disturbs: true,
  },
  dump: {
    does: "The tree below a path, in a stable order.",
    takes: [optionalParam("path", text)],
    gives: treeLiteral,
    reads: true,
  },
  seedTree: {
    does: "Creates every node of a tree below a path; a node that is there gets the data.",
    takes: [param("tree", treeLiteral), optionalParam("path", text)],
    gives: nothing,
  },
  namespace: {
    does: "A chroot of its own for one test or one worker.",
    takes: [optionalParam("name", text)],
    gives: namespace,
  },
  addPeer: {
    does: "Starts a new peer and lets it join by a reconfiguration.",
    takes: [options(peerOptions)],
    gives: peer,
    disturbs: true,
  },
  removePeer: {
    does: "Takes a peer out by a reconfiguration, and stops it.",
    takes: [param("peer", whole)],
    gives: nothing,
    disturbs: true,
  },
};

export const peerVerbs: Rows<Peer> = {
  role: { does: "What it does now.", takes: [], gives: role, reads: true },
  status: { does: "Role, epoch, zxid and counts.", takes: [], gives: peerStatus, reads: true },
  start: {
    does: "Starts it; answers when it serves, or looks where too few are up.",
    takes: [],
    gives: nothing,
    disturbs: true,
  },
  stop: {
    does: "Closes its connections in good order.",
    takes: [],
    gives: nothing,
    disturbs: true,
  },
  kill: { does: "A crash.", takes: [], gives: nothing, disturbs: true },
  pause: {
    does: "Freezes it: its sockets stay open, and nothing moves.",
    takes: [],
    gives: nothing,
    disturbs: true,
  },
  resume: { does: "Thaws it.", takes: [], gives: nothing, disturbs: true },
  restart: {
    does: "Stops and starts it; `crash` as kill does, `wipe` from an empty store.",
    takes: [options({ crash: optional(flag), wipe: optional(flag) })],
    gives: nothing,
    disturbs: true,
  },
  waitForRole: {
    does: "Waits until it has the role, and serves in it.",
    takes: [param("role", role), options(waits)],
    gives: nothing,
    reads: true,
  },
  fourLetterWord: {
    does: "Sends a four-letter word to its client port.",
    takes: [param("word", text)],
    gives: text,
    reads: true,
  },
  dropConnections: {
    does: "Resets its connections and says how many.",
    takes: [options({ clients: optional(flag), peers: optional(flag) })],
    gives: whole,
    disturbs: true,
  },
};

/** `connect` as above. */
export const namespaceVerbs: Rows<Namespace, "connect"> = {
  dump: { does: "Its tree.", takes: [], gives: treeLiteral, reads: true },
  seedTree: {
    does: "Creates nodes in it.",
    takes: [param("tree", treeLiteral)],
    gives: nothing,
  },
  clear: { does: "Deletes all nodes in it.", takes: [], gives: nothing },
  close: { does: "Deletes it.", takes: [], gives: nothing },
};
