import type { PeerFigures } from "../core/server/figures.ts";
import type { Peer } from "../core/server/peer.ts";
import type { Json } from "./json.ts";

/** The peer that is asked, and what it tells of itself. */
export interface Subject {
  readonly peer: Peer;
  readonly figures: PeerFigures;
}

export type Fields = Readonly<Record<string, Json>>;

export const object = (fields: Fields): ReadonlyMap<string, Json> =>
  new Map(Object.entries(fields));
