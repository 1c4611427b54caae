/** Texts that are remembered; of more the oldest is forgotten, and may be told again. */
const toldMax = 100;

/** Tells each text once: whoever is refused comes back every second. */
export function onceEach(tell: (text: string) => void): (text: string) => void {
  const told = new Set<string>();
  return (text) => {
    if (told.has(text)) return;
    for (const oldest of told) {
      if (told.size < toldMax) break;
      told.delete(oldest);
    }
    told.add(text);
    tell(text);
  };
}
