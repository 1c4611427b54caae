import { atOnce, type Parts } from "../core/base/parts.ts";
import type { DataTree } from "../core/tree/tree.ts";
import { betweenTurns } from "../runtime/between-turns.ts";
import type { Standings } from "./standings.ts";

/** So often it is begun anew because the tree changed; then it is done in one turn, since writes would never let it end. */
const triesMax = 3;

/**
 * What the leader's tree holds at one moment, as of its last transaction, read between the turns. Who leads no more has applied
 * what may never commit: then it is begun anew with the next leader.
 */
export async function readingOf<T>(
  standings: Standings,
  begin: (tree: DataTree, zxid: bigint) => Parts<T>,
): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    const leader = await standings.leader(undefined);
    const replica = leader.peer?.replica;
    if (replica === undefined) continue;
    const { tree, lastTxn } = replica;
    const parts = begin(tree, leader.zxid);
    if (tries >= triesMax) return atOnce(parts);
    const isSame = (): boolean =>
      leader.leads &&
      leader.peer?.replica === replica &&
      replica.tree === tree &&
      replica.lastTxn === lastTxn;
    const read = await betweenTurns(whileSame(parts, isSame));
    if (read !== undefined) return read.value;
  }
}

function* whileSame<T>(
  parts: Parts<T>,
  isSame: () => boolean,
): Parts<{ readonly value: T } | undefined> {
  for (;;) {
    const { done, value } = parts.next();
    if (done === true) return { value };
    yield;
    if (!isSame()) return undefined;
  }
}
