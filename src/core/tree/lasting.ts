import { isEncoded, type Piece } from "../base/pieces.ts";
import { configPath } from "./path.ts";
import { ownerKind, type Znode } from "./znode.ts";

/**
 * Whether a node is of what an ensemble can begin anew from: neither what ends with its session, nor the configuration, which each
 * ensemble has of its own, with whatever a super user made below it. What does not last has no children that do.
 */
export const lasts = (node: Znode): boolean =>
  ownerKind(node.owner) !== "session" && !isOfConfig(node.path);

const slash = 0x2f;

function isOfConfig({ block, start, end }: Piece): boolean {
  const behind = start + configPath.length;
  if (end < behind || (end > behind && block[behind] !== slash)) return false;
  return isEncoded({ block, start, end: behind }, configPath, configPath.length);
}
