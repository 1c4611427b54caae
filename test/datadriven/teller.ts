import { formatZxid, type LinkId, type Sid } from "../../src/core/base/ids.ts";
import type { QuorumPacket } from "../../src/core/packets/quorum-packet.ts";
import { opName } from "../../src/core/protocol/op-codes.ts";
import { versionIn } from "../../src/core/quorum/config.ts";
import type { Effect, PeerEvent, Report } from "../../src/core/server/effects.ts";
import type { LogEntry } from "../../src/core/txn/log-entry.ts";
import type { Host } from "../../src/sim/host.ts";

/** What a story may show. */
export type Kind = "roles" | "votes" | "packets" | "disk" | "commits";

/** Puts effects into words, one line each, and keeps those that the story shows. */
export class Teller {
  readonly #lines: string[] = [];
  #shown: ReadonlySet<Kind> = new Set<Kind>(["roles"]);
  /** Links by the peer that has them: whose other end is known from what was said on them. */
  readonly #others = new Map<string, Sid>();

  show(kinds: readonly Kind[]): void {
    this.#shown = new Set(kinds);
  }

  tell(line: string): void {
    this.#lines.push(line);
  }

  take(): string[] {
    return this.#lines.splice(0);
  }

  event(host: Host, event: PeerEvent): void {
    if (event.type === "dialed" && event.link !== undefined) {
      this.#others.set(linkKey(host, event.link), event.to);
    } else if (event.type === "packet") {
      const { packet } = event;
      if (packet.type === "FOLLOWERINFO" || packet.type === "OBSERVERINFO") {
        this.#others.set(linkKey(host, event.link), packet.sid);
      }
    }
  }

  effect(host: Host, effect: Effect): void {
    const kind = kindOf(effect);
    if (kind === undefined || !this.#shown.has(kind)) return;
    const line = this.lineOf(host, effect);
    if (line !== undefined) this.tell(line);
  }

  /** The line of an effect, shown or not: what crashes are asked for by. */
  lineOf(host: Host, effect: Effect): string | undefined {
    const { sid } = host;
    switch (effect.type) {
      case "send": {
        const other = this.#others.get(linkKey(host, effect.link)) ?? "?";
        return `${sid} → ${other} ${packetText(effect.packet)}`;
      }
      case "sendSnapshot": {
        const other = this.#others.get(linkKey(host, effect.link)) ?? "?";
        return `${sid} → ${other} SNAPSHOT`;
      }
      case "append":
        return `${sid} appends ${entryText(effect.entry)}`;
      case "truncate":
        return `${sid} truncates after ${formatZxid(effect.after)}`;
      case "reload":
        return `${sid} reloads`;
      case "saveEpoch":
        return `${sid} saves ${effect.which} epoch ${effect.epoch}`;
      case "saveConfig":
        return `${sid} saves the configuration of ${formatZxid(versionIn(effect.text))}${nextText(effect.next)}`;
      case "saveSnapshot":
        return `${sid} saves snapshot ${formatZxid(effect.snapshot.zxid)}`;
      case "report":
        return reportText(sid, effect.report);
      default:
        return undefined;
    }
  }
}

const nextText = (next: string | undefined): string =>
  next === undefined ? "" : `, next ${formatZxid(versionIn(next))}`;

const linkKey = (host: Host, link: LinkId): string => `${host.sid}/${host.life}/${link}`;

function kindOf(effect: Effect): Kind | undefined {
  switch (effect.type) {
    case "send":
      return effect.packet.type === "PING" ? undefined : "packets";
    case "sendSnapshot":
      return "packets";
    case "append":
    case "truncate":
    case "reload":
    case "saveEpoch":
    case "saveConfig":
    case "saveSnapshot":
      return "disk";
    case "report":
      return effect.report.type === "election"
        ? "votes"
        : effect.report.type === "commit"
          ? "commits"
          : "roles";
    default:
      return undefined;
  }
}

function packetText(packet: QuorumPacket): string {
  switch (packet.type) {
    case "PROPOSAL":
    case "INFORM":
      return `${packet.type} ${entryText(packet.entry)}`;
    case "COMMITANDACTIVATE":
      return `${packet.type} ${formatZxid(packet.zxid)} of ${packet.designated}`;
    case "INFORMANDACTIVATE":
      return `${packet.type} ${entryText(packet.entry)} of ${packet.designated}`;
    case "ACK":
    case "COMMIT":
    case "DIFF":
    case "TRUNC":
    case "SNAP":
    case "NEWLEADER":
      return `${packet.type} ${formatZxid(packet.zxid)}`;
    case "FOLLOWERINFO":
    case "OBSERVERINFO":
      return `${packet.type} accepted ${packet.acceptedEpoch}`;
    case "LEADERINFO":
      return `LEADERINFO epoch ${packet.epoch}`;
    case "ACKEPOCH":
      return `ACKEPOCH epoch ${packet.currentEpoch} log ${formatZxid(packet.lastLogged)}`;
    case "REQUEST":
      return `REQUEST ${opName(packet.op)}`;
    default:
      return packet.type;
  }
}

function entryText({ txn }: LogEntry): string {
  const path = "path" in txn.body ? ` ${txn.body.path}` : "";
  return `${formatZxid(txn.zxid)} ${opName(txn.type)}${path}`;
}

function reportText(sid: Sid, report: Report): string | undefined {
  switch (report.type) {
    case "role":
      return `${sid} ${report.to}: ${report.why}`;
    case "serving":
      return `${sid} serves in epoch ${report.epoch} of ${report.leader}`;
    case "election":
      return report.change === "started"
        ? undefined
        : `${sid} ${report.change === "vote" ? "votes for" : "elects"} ${report.vote}, round ${report.round}`;
    case "commit":
      return `${sid} commits ${formatZxid(report.txn.zxid)}`;
    default:
      return undefined;
  }
}
