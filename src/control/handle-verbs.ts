// What a remote handle asks on its own account, for what the public API answers without a promise.
import type { Feature, PeerId, Target } from "../ensemble/api-controls.ts";
import { featureNames } from "../ensemble/features.ts";
import { choice, fields, flag, list, maybe, type Shape, text, whole } from "./shape.ts";
import { type PeerFacts, peerFacts, target } from "./values.ts";
import { param, type Rows } from "./verb.ts";

export interface Description {
  readonly id: string;
  readonly seed: string;
  readonly engine: "embedded" | "apache";
  readonly connectString: string;
  readonly peers: PeerFacts[];
  readonly features: Feature[];
  readonly tls: { connectString: string; ca: string } | undefined;
  readonly clock: "real" | "manual";
  /** How long any wait may take. */
  readonly waitMs: number;
  /** Others use it too, and faults are refused. */
  readonly shared: boolean;
}

export interface HandleCalls {
  describe(): Promise<Description>;
  /** The peers a target stands for now. */
  resolve(target: Target): Promise<PeerId[]>;
}

const feature: Shape<Feature> = choice(...featureNames);

export const handleVerbs: Rows<HandleCalls> = {
  describe: {
    does: "What does not change from call to call: names, addresses, features.",
    takes: [],
    gives: fields<Description>({
      id: text,
      seed: text,
      engine: choice("embedded", "apache"),
      connectString: text,
      peers: list<PeerFacts[]>(peerFacts),
      features: list<Feature[]>(feature),
      tls: maybe(fields<{ connectString: string; ca: string }>({ connectString: text, ca: text })),
      clock: choice("real", "manual"),
      waitMs: whole,
      shared: flag,
    }),
    reads: true,
  },
  resolve: {
    does: "The peers a target stands for now.",
    takes: [param("target", target)],
    gives: list<PeerId[]>(whole),
    reads: true,
  },
};
