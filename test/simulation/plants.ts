import type { Sid } from "../../src/core/base/ids.ts";
import type { EnsembleConfig } from "../../src/core/quorum/config.ts";
import type { DiskLies } from "../../src/sim/disk.ts";
import type { World } from "../../src/sim/world.ts";

/** A bug put into the world around the peers, never into the product: the checks must find it. */
export interface Plant {
  readonly liesOf?: (sid: Sid) => DiskLies;
  readonly configFor?: (sid: Sid, config: EnsembleConfig) => EnsembleConfig;
  readonly tamper?: (world: World) => void;
}

export const honest: Plant = {};
