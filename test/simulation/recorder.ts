import type { Sid } from "../../src/core/base/ids.ts";
import type { Link } from "../../src/core/network/link.ts";
import { opName } from "../../src/core/protocol/op-codes.ts";
import type { Effect, Report } from "../../src/core/server/effects.ts";
import type {
  EnsembleEvent,
  EventMap,
  EventType,
  PeerId,
  Role,
} from "../../src/ensemble/api-controls.ts";
import { publicRole } from "../../src/ensemble/seat.ts";
import { timelineHtml } from "../../src/ensemble/timeline/html.ts";
import { drawTimeline } from "../../src/ensemble/timeline/model.ts";
import { timelineText } from "../../src/ensemble/timeline/text.ts";
import type { Host } from "../../src/sim/host.ts";
import { messageOf } from "../../src/sim/messages.ts";

/** Of a life's messages the last; all else is kept. */
const messagesMax = 1000;

/** What happens in a life as the events of an ensemble, of which its timeline is drawn. */
export class Recorder {
  readonly #now: () => number;
  readonly #events: EnsembleEvent[] = [];
  readonly #roles = new Map<Sid, Role>();
  #seq = 0;
  #leader: PeerId | undefined;
  #faults = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  timelines(): { readonly text: string; readonly html: string } {
    let left = messagesMax;
    const kept = this.#events.toReversed().filter(({ type }) => {
      if (type === "message") left -= 1;
      return type !== "message" || left >= 0;
    });
    const timeline = drawTimeline(kept.reverse());
    return { text: timelineText(timeline), html: timelineHtml(timeline) };
  }

  effect(host: Host, effect: Effect): void {
    if (effect.type === "report") this.#reported(host.sid, effect.report);
  }

  crashed({ sid }: Host): void {
    this.#role(sid, "crashed", "crashed");
    if (this.#leader === sid) this.#led(undefined, 0);
  }

  sent(link: Link, sent: unknown): void {
    const message = messageOf(link, sent);
    if (message === undefined || message.type === "PING") return;
    const { from, to, type, zxid, bytes } = message;
    const known = zxid === undefined ? {} : { zxid: BigInt.asUintN(64, BigInt(zxid)) };
    this.#record("message", { from, to, message: type, bytes, ...known });
  }

  /** A fault begins; the function returned ends it. */
  fault(label: string): () => void {
    this.#faults += 1;
    const id = this.#faults;
    this.#record("fault", { id, label, change: "on" });
    let isOn = true;
    return () => {
      if (isOn) this.#record("fault", { id, label, change: "off" });
      isOn = false;
    };
  }

  #reported(peer: Sid, report: Report): void {
    switch (report.type) {
      case "role":
        this.#role(peer, publicRole(report.to), report.why);
        if (this.#leader === peer) this.#led(undefined, 0);
        return;
      case "serving":
        if (report.leader === peer) this.#led(peer, report.epoch);
        return;
      case "election": {
        const { change, round, vote } = report;
        return this.#record("election", { peer, round, vote, change });
      }
      case "commit": {
        const { zxid, type, session, body } = report.txn;
        const path = "path" in body ? body.path : undefined;
        return this.#record("commit", { zxid: BigInt(zxid), op: opName(type), path, session });
      }
      case "session":
        return this.#record("session", { id: report.session, change: report.change, peer });
      case "log":
        return this.#record("log", { peer, level: report.level, text: report.text });
      case "proposed":
        return;
    }
  }

  #role(peer: Sid, to: Role, why: string): void {
    const from = this.#roles.get(peer) ?? "stopped";
    this.#roles.set(peer, to);
    if (from !== to) this.#record("peer", { peer, from, to, why });
  }

  #led(peer: PeerId | undefined, epoch: number): void {
    this.#leader = peer;
    this.#record("leader", { peer, epoch });
  }

  #record<T extends EventType>(type: T, what: EventMap[T]): void {
    this.#seq += 1;
    this.#events.push({ ...what, type, seq: this.#seq, at: this.#now() } as EnsembleEvent);
  }
}
