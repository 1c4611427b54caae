import { atOnce, type Parts } from "../core/base/parts.ts";
import type { Replica } from "../core/server/replica.ts";
import type { DataTree } from "../core/tree/tree.ts";
import { betweenTurns } from "../runtime/between-turns.ts";

/** So often it is begun anew because the tree changed; then it is done in one turn, since writes would never let it end. */
const triesMax = 3;

/** What a replica's tree holds at one moment, read between the turns. */
export async function readingOf<T>(
  replica: Replica,
  begin: (tree: DataTree) => Parts<T>,
): Promise<T> {
  for (let tries = 0; tries < triesMax; tries += 1) {
    const { tree, lastTxn } = replica;
    const isSame = (): boolean => replica.tree === tree && replica.lastTxn === lastTxn;
    const read = await betweenTurns(whileSame(begin(tree), isSame));
    if (read !== undefined) return read.value;
  }
  return atOnce(begin(replica.tree));
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
