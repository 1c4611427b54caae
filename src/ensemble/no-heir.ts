import { ZkmsError } from "./errors.ts";

/** Of a killLeader that is to wait for another leader where there can be none: the same on every engine. */
export function noHeir(leader: number, othersAreDown: boolean): ZkmsError {
  const withoutWaiting = "ensemble.killLeader({ waitForNew: false })";
  return new ZkmsError("ZKMS_BAD_STATE", `nobody can lead after ${leader}: no quorum is left`, {
    hint: othersAreDown ? `ensemble.start() first, or ${withoutWaiting}` : withoutWaiting,
  });
}
