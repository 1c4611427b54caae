import { unreachable } from "../base/assert.ts";
import type { Zxid } from "../base/ids.ts";
import type { Command, Effect } from "./effects.ts";
import type { Leading } from "./leading.ts";
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
    case "reconfigure":
    case "edit": {
      if (!leading?.serving) return;
      const zxid = propose(leading, now, command);
      out.push({ type: "report", report: { type: "proposed", token: command.token, zxid } });
      return;
    }
    default:
      return unreachable(command);
  }
}

function propose(
  leading: Leading,
  now: number,
  command: Command & { readonly type: "prove" | "reconfigure" | "edit" },
): Zxid {
  const { token } = command;
  switch (command.type) {
    case "prove":
      return leading.prove(now, token);
    case "reconfigure":
      return leading.reconfigure(now, token, command.request);
    case "edit":
      return leading.edit(now, token, command.request);
  }
}
