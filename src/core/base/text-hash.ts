/** Of the first `units` units: FNV-1a, with its bits mixed, where names that differ in their last digits would differ little. */
export function textHash(text: string, units: number = text.length): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < units; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
