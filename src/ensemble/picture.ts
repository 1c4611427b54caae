import type { Ms, PeerId, Role } from "./api-controls.ts";

/** What errors tell of an ensemble at one moment. */
export interface Picture {
  readonly peers: readonly PeerPicture[];
  /** Directions in which no bytes pass; both for a link that is cut both ways. */
  readonly cuts: readonly Cut[];
  /** All that is in force, cuts or not, as in "#2 hold messages 1 > 2". */
  readonly faults: readonly string[];
  /** The clock is manual, and moves for nobody. */
  readonly timeStands: boolean;
  isQuorum(ids: readonly PeerId[]): boolean;
}

export interface PeerPicture {
  readonly id: PeerId;
  readonly votes: boolean;
  readonly role: Role;
  /** Answers clients. */
  readonly serving: boolean;
  readonly leader: PeerId | undefined;
  /** Of the election. */
  readonly round: number;
  readonly zxid: bigint;
  /** How long it is stopped, crashed or paused; undefined: it runs. */
  readonly downFor: Ms | undefined;
}

export interface Cut {
  readonly from: PeerId;
  readonly to: PeerId;
  /** The fault that does it, as in "partition #2". */
  readonly fault: string;
}

/** What the last lines of an error say. */
export interface Reason {
  readonly why: string | undefined;
  readonly hint: string | undefined;
}

/** Every peer in one line: what it does, and from whom it is cut. */
export function describePeers(picture: Picture): string {
  return picture.peers
    .map((peer) => [describePeer(peer), ...describeCuts(peer.id, picture)].join(", "))
    .join(" | ");
}

function describePeer(peer: PeerPicture): string {
  const zxid = `zxid ${hex(peer.zxid)}`;
  if (peer.downFor !== undefined) return `${peer.id} ${peer.role} ${peer.downFor} ms ago`;
  if (peer.role === "looking" || peer.role === "readonly")
    return `${peer.id} ${peer.role} round ${peer.round} ${zxid}`;
  const leader = peer.leader === undefined || peer.leader === peer.id ? "" : ` of ${peer.leader}`;
  return `${peer.id} ${peer.role}${leader} ${zxid}${peer.serving ? "" : ", not serving"}`;
}

/** A link cut both ways is told once, at its second peer; one that is cut one way, at the peer that hears nothing. */
function describeCuts(id: PeerId, picture: Picture): string[] {
  const told: string[] = [];
  for (const cut of picture.cuts) {
    if (cut.to !== id) continue;
    const back = picture.cuts.some((other) => other.from === id && other.to === cut.from);
    if (!back) told.push(`hears nothing from ${cut.from} (${cut.fault})`);
    else if (cut.from < id) told.push(`cut from ${cut.from} (${cut.fault})`);
  }
  return told;
}

/** Whether the peer and the voters it reaches could be a quorum, once they have elected. */
export function reachesQuorum(id: PeerId, picture: Picture): boolean {
  const reached = picture.peers
    .filter((peer) => peer.votes && peer.downFor === undefined)
    .map((peer) => peer.id)
    .filter((other) => other === id || !areApart(id, other, picture));
  return picture.isQuorum(reached);
}

/** Why nobody leads, as far as it can be seen from outside, and what would change it. */
export function whyNoLeader(picture: Picture): Reason {
  const voters = picture.peers.filter((peer) => peer.votes);
  const up = voters.filter((peer) => peer.downFor === undefined);
  const count = `${up.length} of ${voters.length} voters ${up.length === 1 ? "is" : "are"} up`;
  const revive = voters.filter((peer) => peer.downFor !== undefined).map(revival);
  if (!picture.isQuorum(up.map((peer) => peer.id))) {
    return { why: `${count}, which is no quorum`, hint: revive[0] };
  }
  if (!up.some((peer) => reachesQuorum(peer.id, picture))) {
    const why = `${count}, but ${apart(up, picture)}`;
    return { why, hint: ["ensemble.heal()", ...revive.slice(0, 1)].join(" or ") };
  }
  if (picture.timeStands) {
    return {
      why: `${count}, but the clock is manual: time stands still, and elections need some`,
      hint: "ensemble.clock.advance(ms)",
    };
  }
  const unready = up.find((peer) => peer.role === "leader" && !peer.serving);
  const why =
    unready === undefined
      ? `${count} and reach each other: their election had not ended`
      : `${unready.id} was elected, but no quorum of followers has caught up with it`;
  return { why, hint: patience(picture) };
}

/** What remains to be tried where nothing seen from outside explains it. */
export const patience = (picture: Picture): string =>
  picture.faults.length > 0 ? "ensemble.heal(), or a longer timeout" : "a longer timeout";

/** The call that brings a peer back. */
export const revival = (peer: Pick<PeerPicture, "id" | "role">): string =>
  `ensemble.peer(${peer.id}).${peer.role === "paused" ? "resume" : "start"}()`;

const areApart = (left: PeerId, right: PeerId, picture: Picture): boolean =>
  picture.cuts.some(
    (cut) => (cut.from === left && cut.to === right) || (cut.from === right && cut.to === left),
  );

function apart(up: readonly PeerPicture[], picture: Picture): string {
  const pairs: string[] = [];
  for (const [index, left] of up.entries()) {
    for (const right of up.slice(index + 1)) {
      if (areApart(left.id, right.id, picture)) pairs.push(`${left.id} and ${right.id}`);
    }
  }
  return pairs.length <= 3
    ? `${pairs.join(", ")} cannot reach each other`
    : "no quorum of them can reach each other";
}

export const hex = (value: bigint): string => `0x${BigInt.asUintN(64, value).toString(16)}`;
