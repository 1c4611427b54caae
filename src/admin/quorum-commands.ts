// What the AdminServer tells of the quorum: who leads, who votes, how far this peer is.
import { counterOf, epochOf, formatZxid, type Zxid } from "../core/base/ids.ts";
import { addressesOf, type Member, memberOf, votersOf } from "../core/quorum/config.ts";
import type { Json } from "./json.ts";
import { type Fields, object, type Subject } from "./subject.ts";

/** Only a server of a quorum tells of it, not one that serves readers without (QuorumZooKeeperServer). */
const isInQuorum = ({ figures }: Subject): boolean =>
  figures.serving && figures.conf.quorum !== undefined && figures.mode !== "read-only";

export function leader(subject: Subject): Fields {
  if (!isInQuorum(subject)) return { error: "server is not initialized" };
  const { peer } = subject;
  const member =
    peer.leader === undefined ? undefined : memberOf(peer.membership.committed, peer.leader);
  return {
    is_leader: peer.leader === peer.sid,
    leader_id: peer.leader ?? -1,
    leader_ip: member?.host ?? "",
  };
}

export function votingView(subject: Subject): Fields {
  const voters = isInQuorum(subject) ? votersOf(subject.peer.membership.committed) : [];
  return {
    current_config: new Map(
      voters.map((member) => [
        String(member.sid),
        object({
          server_addresses: hostsAndPorts(member, "quorumPort"),
          election_addresses: hostsAndPorts(member, "electionPort"),
          client_address: member.client ?? "",
          learner_type: "participant",
        }),
      ]),
    ),
  };
}

type PortName = "quorumPort" | "electionPort";

const hostsAndPorts = (member: Member, port: PortName): string[] =>
  addressesOf(member).map((address) => `${address.host}:${address[port]}`);

/** Java's MultipleAddresses, field by field as it is printed; every address of a test server can be reached. */
function multipleAddresses(member: Member, port: PortName): Json {
  const all = hostsAndPorts(member, port);
  const ports = addressesOf(member).map((address) => address[port]);
  const [one = ""] = all;
  return object({
    empty: false,
    all_addresses: all,
    all_reachable_addresses: all,
    one,
    reachable_address: one,
    wildcard_addresses: ports.map((number) => `0.0.0.0:${number}`),
    all_ports: ports,
    all_host_strings: addressesOf(member).map(({ host }) => host),
    all_reachable_addresses_or_all: all,
    reachable_or_one: one,
  });
}

/** Also of a peer that serves nobody: then it has no state to tell of. */
export function zabState(subject: Subject): Fields {
  const { peer, figures } = subject;
  const own = memberOf(peer.membership.committed, peer.sid);
  if (own === undefined || !isInQuorum(subject)) return { voting: false, zabstate: "" };
  const zxid: Zxid = figures.lastZxid;
  return {
    myid: peer.sid,
    is_leader: peer.role === "leading",
    quorum_address: multipleAddresses(own, "quorumPort"),
    election_address: multipleAddresses(own, "electionPort"),
    client_address: own.client ?? "",
    voting: own.role === "participant",
    last_zxid: formatZxid(zxid),
    zab_epoch: epochOf(zxid),
    zab_counter: counterOf(zxid),
    zabstate: "broadcast",
  };
}

/** Connections of observers are not counted one by one. */
export const observers = ({ figures: { leader: led } }: Subject): Fields => ({
  synced_observers: led?.syncedObservers ?? 0,
  observers: [],
});
