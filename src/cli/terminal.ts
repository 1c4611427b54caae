import { styleText } from "node:util";

export type Style = "bold" | "dim" | "green" | "red" | "yellow" | "cyan";

export type Part = string | { readonly text: string; readonly style: Style };
/** In parts, so that its width is known without the escapes. */
export type Line = readonly Part[];

/**
 * Lines that scroll, above a block that is redrawn in place. The block is shown only where the cursor can move back; colours
 * only where the terminal has them and NO_COLOR is not set.
 */
export class Terminal {
  /** Whether `show` shows anything. */
  readonly live: boolean;
  readonly #stream: NodeJS.WriteStream;
  readonly #coloured: boolean;
  #block: readonly Line[] = [];
  #shownRows = 0;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    const isTerminal = stream.isTTY === true && process.env["TERM"] !== "dumb";
    // A terminal that does not know its width says 0, and no line is known to fit.
    this.live = isTerminal && stream.columns > 0;
    // hasColors heeds NO_COLOR, FORCE_COLOR and TERM.
    this.#coloured = isTerminal && stream.hasColors();
  }

  /** Writes lines above the block. */
  print(...lines: readonly Line[]): void {
    this.#draw(lines);
  }

  /** Replaces the block. */
  show(block: readonly Line[]): void {
    this.#block = block;
    if (this.live) this.#draw([]);
  }

  #draw(above: readonly Line[]): void {
    const erase = this.#shownRows === 0 ? "" : `\u001b[${this.#shownRows}A\u001b[0J`;
    // A block whose lines wrap could not be erased by counting them.
    const fits = this.#block.every((line) => widthOf(line) < this.#stream.columns);
    const below = this.live && fits ? this.#block : [];
    this.#shownRows = below.length;
    const rows = [...above, ...below].map((line) => `${this.#render(line)}\n`);
    this.#stream.write(erase + rows.join(""));
  }

  #render(line: Line): string {
    return line
      .map((part) => {
        if (typeof part === "string") return part;
        return this.#coloured
          ? styleText(part.style, part.text, { validateStream: false })
          : part.text;
      })
      .join("");
  }
}

const widthOf = (line: Line): number =>
  line.reduce((width, part) => width + (typeof part === "string" ? part : part.text).length, 0);
