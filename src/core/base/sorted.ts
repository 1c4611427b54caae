import type { Parts } from "./parts.ts";

/** What is sorted, or merged, in one part. */
const runLength = 4096;

/** The texts in ascending order, in parts: runs are sorted by themselves, then merged two by two. */
export function* sorted(texts: readonly string[]): Parts<readonly string[]> {
  let runs: (readonly string[])[] = [];
  for (let at = 0; at < texts.length; at += runLength) {
    runs.push(texts.slice(at, at + runLength).sort());
    yield;
  }
  while (runs.length > 1) {
    const merged: (readonly string[])[] = [];
    for (let at = 0; at < runs.length; at += 2) {
      merged.push(yield* mergedOf(runs[at] ?? [], runs[at + 1] ?? []));
    }
    runs = merged;
  }
  return runs[0] ?? [];
}

function* mergedOf(left: readonly string[], right: readonly string[]): Parts<readonly string[]> {
  if (right.length === 0) return left;
  const merged: string[] = [];
  let [l, r] = [0, 0];
  while (l < left.length || r < right.length) {
    const [first, second] = [left[l], right[r]];
    if (second === undefined || (first !== undefined && first <= second)) {
      merged.push(first as string);
      l += 1;
    } else {
      merged.push(second);
      r += 1;
    }
    if (merged.length % runLength === 0) yield;
  }
  return merged;
}
