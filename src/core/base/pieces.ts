// Texts as bytes, each UTF-16 unit encoded on its own, as Java's record writer does it: nothing is lost, also of what is no text.

/** Some bytes in a block that others share. */
export interface Piece {
  readonly block: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/** Of one call of `String.fromCharCode`. */
const unitsAtOnce = 4096;

export function encodedLength(text: string): number {
  let length = 0;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    length += unit < 0x80 ? 1 : unit < 0x800 ? 2 : 3;
  }
  return length;
}

/** Writes a text into a block with room for it; returns where it ends. */
export function encode(text: string, block: Uint8Array, start: number): number {
  let at = start;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) {
      block[at++] = unit;
    } else if (unit < 0x800) {
      block[at++] = 0xc0 | (unit >> 6);
      block[at++] = 0x80 | (unit & 0x3f);
    } else {
      block[at++] = 0xe0 | (unit >> 12);
      block[at++] = 0x80 | ((unit >> 6) & 0x3f);
      block[at++] = 0x80 | (unit & 0x3f);
    }
  }
  return at;
}

/** Whether a piece is the first `units` units of a text. */
export function isEncoded({ block, start, end }: Piece, text: string, units: number): boolean {
  let at = start;
  for (let i = 0; i < units; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) {
      if (block[at++] !== unit) return false;
    } else if (unit < 0x800) {
      if (block[at++] !== (0xc0 | (unit >> 6))) return false;
      if (block[at++] !== (0x80 | (unit & 0x3f))) return false;
    } else {
      if (block[at++] !== (0xe0 | (unit >> 12))) return false;
      if (block[at++] !== (0x80 | ((unit >> 6) & 0x3f))) return false;
      if (block[at++] !== (0x80 | (unit & 0x3f))) return false;
    }
  }
  return at === end;
}

/** Makes one text of many pieces: a string for each would take several times as long. */
export class Decoder {
  #text = "";
  #units: number[] = [];

  add({ block, start, end }: Piece): void {
    if (this.#units.length > unitsAtOnce - (end - start)) this.#flush();
    const units = this.#units;
    for (let at = start; at < end; ) {
      const first = block[at++] as number;
      if (first < 0x80) units.push(first);
      else if (first < 0xe0) units.push(((first & 0x1f) << 6) | continued(block, at++));
      else {
        const middle = continued(block, at++);
        units.push(((first & 0x0f) << 12) | (middle << 6) | continued(block, at++));
      }
    }
  }

  text(): string {
    this.#flush();
    return this.#text;
  }

  /** In parts: one very long path fills more than a call may take. */
  #flush(): void {
    const units = this.#units;
    for (let at = 0; at < units.length; at += unitsAtOnce) {
      this.#text += String.fromCharCode(...units.slice(at, at + unitsAtOnce));
    }
    this.#units = [];
  }
}

const continued = (block: Uint8Array, at: number): number => (block[at] as number) & 0x3f;
