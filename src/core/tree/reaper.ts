import type { DataTree } from "./tree.ts";
import { ttlOf } from "./znode.ts";

/** When containers and TTL nodes go (ContainerManager). */
export interface ReapOptions {
  /** The wall clock, in milliseconds. */
  readonly time: number;
  /** How long a container may stay that never had a child; 0: for ever (znode.container.maxNeverUsedIntervalMs). */
  readonly neverUsedMaxMs: number;
}

/**
 * Paths that the leader deletes, each by a deleteContainer of its own: containers whose children are all gone, TTL nodes without
 * children that have not been written for their time.
 */
export function reapable(tree: DataTree, { time, neverUsedMaxMs }: ReapOptions): string[] {
  const paths: string[] = [];
  for (const path of tree.containers) {
    const node = tree.get(path);
    if (node === undefined || node.childCount > 0) continue;
    const neverUsedTooLong = neverUsedMaxMs !== 0 && time - node.mtime > neverUsedMaxMs;
    if (node.cversion > 0 || neverUsedTooLong) paths.push(path);
  }
  for (const path of tree.ttls) {
    const node = tree.get(path);
    if (node === undefined || node.childCount > 0) continue;
    if (time - node.mtime > ttlOf(node.owner)) paths.push(path);
  }
  return paths;
}
