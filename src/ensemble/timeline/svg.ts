// What the two pictures are made of. All text goes through `text` or `title`, which escape it.

const letterWidth = 6.2;

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export const svg = (width: number, height: number, parts: readonly string[]): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${parts.join("\n")}</svg>`;

export const rect = (kind: string, { x, y, width, height }: Box): string =>
  `<rect class="${kind}" x="${px(x)}" y="${px(y)}" width="${px(width)}" height="${px(height)}"/>`;

export const text = (kind: string, x: number, y: number, words: string): string =>
  words === "" ? "" : `<text class="${kind}" x="${px(x)}" y="${px(y)}">${escaped(words)}</text>`;

/** Parts that say all about themselves when they are pointed at. */
export const titled = (words: string, ...parts: readonly string[]): string =>
  `<g><title>${escaped(words)}</title>${parts.join("")}</g>`;

export const px = (value: number): string => String(Math.round(value * 10) / 10);

/** A label that is cut off still says what it is about, or nothing at all. */
export function shortened(label: string, width: number): string {
  const room = Math.floor(width / letterWidth);
  if (label.length <= room) return label;
  return room < 4 ? "" : `${label.slice(0, room - 1).trimEnd()}…`;
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** For text and for attributes; control characters have no place in XML. */
const escaped = (words: string): string =>
  words.replace(/\p{Cc}/gu, " ").replace(/[&<>"']/g, (character) => entities[character] ?? "");
