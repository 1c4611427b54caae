import { unreachable } from "../base/assert.ts";
import type { Command, Effect } from "./effects.ts";
import type { Peer } from "./peer.ts";

/** What the ensemble's handles ask of a peer. */
export function obey(peer: Peer, now: number, command: Command, out: Effect[]): void {
  const { clients, leading } = peer;
  switch (command.type) {
    case "skew":
      peer.skewMs += command.ms;
      return;
    case "expire":
      if (clients.expireLocal(command.session, out)) return;
      if (leading?.serving) leading.expire(now, command.session);
      return;
    case "touch":
      if (clients.local?.refresh(command.session, now)) return;
      leading?.sessions.refresh(command.session, now);
      return;
    case "prove":
    case "reconfigure": {
      if (!leading?.serving) return;
      const { token } = command;
      const zxid =
        command.type === "prove"
          ? leading.prove(now, token)
          : leading.reconfigure(now, token, command.request);
      out.push({ type: "report", report: { type: "proposed", token, zxid } });
      return;
    }
    default:
      return unreachable(command);
  }
}
