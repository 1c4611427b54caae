/** One entry of a file in the format of Java's `Properties`. */
export interface Property {
  readonly key: string;
  readonly value: string;
  /** Where it begins; the first line is 1. */
  readonly line: number;
  /** More than 1 where a line goes on behind a backslash. */
  readonly lineCount: number;
}

/** The entries in the order of the file, repeated keys included, of which Java takes the last. */
export function parseProperties(text: string): Property[] {
  const properties: Property[] = [];
  const lines = text.split(/\r\n|\r|\n/);
  for (let at = 0; at < lines.length; at += 1) {
    const line = at + 1;
    let logical = (lines[at] ?? "").trimStart();
    if (logical === "" || logical.startsWith("#") || logical.startsWith("!")) continue;
    while (endsOpen(logical) && at + 1 < lines.length) {
      at += 1;
      logical = logical.slice(0, -1) + (lines[at] ?? "").trimStart();
    }
    const [, key = "", value = ""] = entry.exec(logical) ?? [];
    properties.push({
      key: unescaped(key),
      value: unescaped(value),
      line,
      lineCount: at + 2 - line,
    });
  }
  return properties;
}

/** A key ends at the first blank, "=" or ":" that no backslash protects. */
const entry = /^((?:\\.|[^\s=:\\])*)\s*[=:]?\s*(.*)$/s;

/** The line goes on: it ends with an odd number of backslashes. */
function endsOpen(line: string): boolean {
  const [slashes = ""] = /\\*$/.exec(line) ?? [];
  return slashes.length % 2 === 1;
}

const controls: Readonly<Record<string, string>> = { t: "\t", n: "\n", r: "\r", f: "\f" };

const unescaped = (text: string): string =>
  text.replace(/\\(?:u([0-9a-fA-F]{4})|(.)|$)/gs, (_, code?: string, other = "") =>
    code === undefined
      ? (controls[other] ?? other)
      : String.fromCharCode(Number.parseInt(code, 16)),
  );
