import { utf8Bytes } from "../base/utf8.ts";
import { Reader } from "../jute/reader.ts";
import { childPath, nameOf, parentOf, quotaPath, rootPath } from "./path.ts";
import type { DataTree } from "./tree.ts";
import type { Znode } from "./znode.ts";

const belowQuota = `${quotaPath}/`;
const limitsName = "zookeeper_limits";
const statsName = "zookeeper_stats";

/** What a limits or a stats node says, by its keys: count, bytes, countHardLimit, byteHardLimit. */
export type QuotaFigures = ReadonlyMap<string, number>;

/**
 * undefined: unparsable. −1 is no limit, and so is nothing between two "=" (StatsTrack). Java's split drops what is empty at the
 * end of a text or a pair, so "count=1," is one pair and "count=" has no value.
 */
export function parseQuota(data: Uint8Array | null): QuotaFigures | undefined {
  if (data === null) return undefined;
  const figures = new Map<string, number>();
  const text = new Reader(data).text().replace(/[,;]+$/, "");
  if (text === "") return figures;
  for (const pair of text.split(/[,;]+/)) {
    const [key = "", value] = pair.replace(/=+$/, "").split("=");
    if (value === undefined || !/^[+-]?\d+$|^$/.test(value)) return undefined;
    if (Math.abs(Number(value)) >= 2 ** 63) return undefined;
    figures.set(key, value === "" ? -1 : Number(value));
  }
  return figures;
}

/** count and bytes first, the rest sorted behind an odd "=" that makes old parsers stop. */
function formatQuota(figures: QuotaFigures): Uint8Array {
  const rest = [...figures.keys()].filter((key) => key !== "count" && key !== "bytes").sort();
  const head = `count=${figures.get("count") ?? -1},bytes=${figures.get("bytes") ?? -1}`;
  const tail = rest.map((key) => `;${key}=${figures.get(key)}`).join("");
  return utf8Bytes(rest.length === 0 ? head : `${head}=${tail}`);
}

/**
 * Limits on subtrees, kept in ordinary nodes below /zookeeper/quota, and what counts against them. Stats change on each peer
 * alone, without version, watch or digest. Only the deepest quota above a path counts.
 */
export class Quotas {
  readonly #tree: DataTree;
  /** Paths with a limits node. */
  readonly #limited = new Set<string>();

  constructor(tree: DataTree) {
    this.#tree = tree;
  }

  created(path: string, node: Znode): void {
    const limited = quotaOf(path);
    if (limited !== undefined) {
      if (nameOf(path) === limitsName) this.#limited.add(limited);
      else if (nameOf(path) === statsName) this.#recount(limited);
    }
    this.#add(path, 1, node.dataLength);
  }

  deleted(path: string, node: Znode): void {
    const limited = quotaOf(path);
    if (limited !== undefined && nameOf(path) === limitsName) this.#limited.delete(limited);
    this.#add(path, -1, -node.dataLength);
  }

  resized(path: string, bytes: number): void {
    this.#add(path, 0, bytes);
  }

  /** Finds every quota of a tree that was loaded, and counts anew. */
  restore(): void {
    this.#limited.clear();
    const waiting = [quotaPath];
    for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
      const node = this.#tree.get(path);
      if (node === undefined) continue;
      for (const name of this.#tree.childNames(node)) waiting.push(childPath(path, name));
      const limited = quotaOf(path);
      if (limited === undefined || nameOf(path) !== limitsName) continue;
      this.#limited.add(limited);
      this.#recount(limited);
    }
  }

  /**
   * Whether a change of that size goes beyond a hard limit (ZooKeeperServer.checkQuota); soft ones only warn. "unparsable": the
   * limits make no sense, or the stats that they are to be held against. Judged by what is applied, not by what is pending.
   */
  check(path: string, count: number, bytes: number): "within" | "exceeded" | "unparsable" {
    const limited = this.#governing(path);
    if (limited === undefined) return "within";
    const limits = this.#figures(limited, limitsName);
    if (limits === undefined) return "unparsable";
    if (limits === "missing") return "within";
    const limit = (key: string): number => limits.get(key) ?? -1;
    const mayCount = count !== 0 && (limit("count") > -1 || limit("countHardLimit") > -1);
    const mayWeigh = bytes !== 0 && (limit("bytes") > -1 || limit("byteHardLimit") > -1);
    if (!mayCount && !mayWeigh) return "within";
    const stats = this.#figures(limited, statsName);
    if (stats === undefined) return "unparsable";
    if (stats === "missing") return "within";
    const exceeds = (key: string, hardKey: string, difference: number): boolean => {
      const hard = limit(hardKey);
      return difference !== 0 && hard > -1 && (stats.get(key) ?? -1) + difference > hard;
    };
    const exceeded =
      exceeds("count", "countHardLimit", count) || exceeds("bytes", "byteHardLimit", bytes);
    return exceeded ? "exceeded" : "within";
  }

  /** The deepest path with a quota, from `path` upwards. */
  #governing(path: string): string | undefined {
    if (this.#limited.size === 0) return undefined;
    for (let at = path; at !== rootPath; at = parentOf(at)) if (this.#limited.has(at)) return at;
    return undefined;
  }

  #add(path: string, count: number, bytes: number): void {
    const limited = this.#governing(path);
    if (limited === undefined) return;
    const stats = this.#figures(limited, statsName);
    if (stats === "missing") return;
    const counted = new Map(stats ?? []);
    counted.set("count", (counted.get("count") ?? -1) + count);
    counted.set("bytes", (counted.get("bytes") ?? -1) + bytes);
    this.#write(limited, counted);
  }

  /** The node itself counts too. */
  #recount(limited: string): void {
    let count = 0;
    let bytes = 0;
    const root = this.#tree.get(limited);
    const waiting: Znode[] = root === undefined ? [] : [root];
    for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
      count += 1;
      bytes += node.dataLength;
      for (const child of this.#tree.childrenOf(node)) waiting.push(child);
    }
    this.#write(limited, new Map(Object.entries({ count, bytes })));
  }

  #figures(limited: string, name: string): QuotaFigures | "missing" | undefined {
    const node = this.#tree.get(`${quotaPath}${limited}/${name}`);
    return node === undefined ? "missing" : parseQuota(node.data);
  }

  #write(limited: string, figures: QuotaFigures): void {
    const path = `${quotaPath}${limited}/${statsName}`;
    const node = this.#tree.get(path);
    if (node !== undefined) this.#tree.rewriteData(path, node, formatQuota(figures));
  }
}

/** The path that a node below /zookeeper/quota is about; there is none for the root (a limits node there kills Apache). */
function quotaOf(path: string): string | undefined {
  if (!path.startsWith(belowQuota)) return undefined;
  const limited = parentOf(path).slice(quotaPath.length);
  return limited === "" ? undefined : limited;
}
