const triesMax = 150;

/**
 * Fewer of the items with which it still fails, in their order: halves are left out, then quarters, and so on (delta debugging).
 * All of them where it does not fail again.
 */
export async function shrunk<T>(
  items: readonly T[],
  fails: (some: readonly T[]) => Promise<boolean>,
): Promise<readonly T[]> {
  if (!(await fails(items))) return items;
  let kept = items;
  let tries = 0;
  for (let size = Math.ceil(kept.length / 2); size >= 1; ) {
    let left = false;
    for (let at = 0; at < kept.length && tries < triesMax; ) {
      const some = [...kept.slice(0, at), ...kept.slice(at + size)];
      tries += 1;
      if (some.length > 0 && (await fails(some))) {
        kept = some;
        left = true;
      } else {
        at += size;
      }
    }
    if (tries >= triesMax || (size === 1 && !left)) return kept;
    if (size > 1) size = Math.ceil(size / 2);
  }
  return kept;
}
