import { nextZxid } from "../../core/base/ids.ts";
import type { Files } from "./files.ts";
import { filesOf, type Layout } from "./layout.ts";

/**
 * What nobody needs who goes back no further than to the `kept` newest snapshots (PurgeTxnLog): older snapshots, and logs older
 * than the one that the oldest of those goes on in. The oldest first.
 */
export function obsoleteFiles(files: Files, layout: Layout, kept: number): string[] {
  const snapshots = filesOf(files, layout, "snapshot");
  const oldest = snapshots.at(-kept);
  if (oldest === undefined) return [];
  const logs = filesOf(files, layout, "log");
  const firstLog = logs.findLastIndex(({ zxid }) => zxid <= nextZxid(oldest.zxid));
  return [...snapshots.slice(0, -kept), ...logs.slice(0, Math.max(firstLog, 0))].map(
    ({ path }) => path,
  );
}
