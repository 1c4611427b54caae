import { crcBytes, crcInt, crcLong, crcStart, crcText, crcValue } from "../base/crc32.ts";
import { noSession } from "../base/ids.ts";
import { rootPath } from "./path.ts";
import type { NodeState } from "./znode.ts";

// The digest of version 2 (DigestCalculator): the sum of one CRC-32 a node, over its path, its data and 60 bytes of Stat. A sum
// stays a safe integer for some two million nodes, which is where a process ends too.

/** The checksum's state behind a node's path and data; most changes leave both alone and go on from here. */
export function contentChecksum(path: string, data: Uint8Array | null): number {
  const named = path === rootPath ? crcStart : crcText(crcStart, path);
  return data === null ? named : crcBytes(named, data);
}

/** A node's share of the tree digest; nodes below /zookeeper have none, since quotas change them on each peer alone. */
export function nodeDigest(path: string, node: NodeState): number {
  if (path.startsWith("/zookeeper/")) return 0;
  let state = crcLong(node.content, node.czxid);
  state = crcLong(state, node.mzxid);
  state = crcLong(state, node.pzxid);
  state = crcLong(state, node.ctime);
  state = crcLong(state, node.mtime);
  state = crcInt(state, node.version);
  state = crcInt(state, node.cversion);
  state = crcInt(state, node.aversion);
  const owner = node.owner;
  if (owner === noSession) return crcValue(crcLong(state, 0));
  state = crcInt(state, Number(BigInt.asIntN(32, owner >> 32n)));
  return crcValue(crcInt(state, Number(BigInt.asIntN(32, owner))));
}
