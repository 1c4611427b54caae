import { formatSession, formatZxid, type Zxid } from "../core/base/ids.ts";
import { opName } from "../core/protocol/op-codes.ts";
import type { LogEntry } from "../core/txn/log-entry.ts";

interface Line {
  readonly at: number;
  readonly who: string;
  readonly arrow: "<" | ">" | "!";
  readonly what: object | string;
}

/**
 * What happened, one line an event or effect, and a hash over all of it that two runs of one seed must share. The last lines
 * are kept as they came and put into words only when somebody asks. Where none is to be kept there is no hash either: it takes
 * a twentieth of a life's time.
 */
export class Trace {
  readonly #kept: number;
  readonly #lines: Line[] = [];
  #next = 0;
  #high = 0x811c9dc5;
  #low = 0x01000193;
  /** The hashes of texts: there are few, and they come often. */
  readonly #texts = new Map<string, number>();
  count = 0;

  constructor(kept: number) {
    this.#kept = kept;
  }

  get hash(): string {
    return hex(this.#high) + hex(this.#low);
  }

  /** `<` came in, `>` went out, `!` befell. */
  note(at: number, who: string, arrow: Line["arrow"], what: object | string): void {
    this.count += 1;
    if (this.#kept === 0) return;
    this.#mix(at);
    this.#mixText(who);
    if (typeof what === "string") this.#mixText(what);
    else this.#mixObject(what, 0);
    this.#lines[this.#next] = { at, who, arrow, what };
    this.#next = (this.#next + 1) % this.#kept;
  }

  /** The last lines, oldest first. */
  lines(): readonly string[] {
    return [...this.#lines.slice(this.#next), ...this.#lines.slice(0, this.#next)].map(format);
  }

  #mix(value: number): void {
    this.#high = Math.imul(this.#high ^ (value | 0), 0x85ebca6b);
    this.#low = Math.imul(this.#low ^ (value / 0x1_0000_0000) ^ (this.#high >>> 15), 0xc2b2ae35);
  }

  #mixText(text: string): void {
    let hash = this.#texts.get(text);
    if (hash === undefined) {
      hash = 0x811c9dc5;
      for (let i = 0; i < text.length; i += 1) {
        hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
      }
      this.#texts.set(text, hash);
    }
    this.#mix(hash);
  }

  /** What tells two events apart: numbers and texts two levels deep. */
  #mixObject(value: object, depth: number): void {
    for (const key in value) {
      const item = (value as Record<string, unknown>)[key];
      if (typeof item === "number") this.#mix(item);
      else if (typeof item === "string") this.#mixText(item);
      else if (typeof item === "boolean") this.#mix(item ? 1 : 2);
      else if (typeof item === "object" && item !== null && depth < 2) {
        if (item instanceof Uint8Array || Array.isArray(item)) this.#mix(item.length);
        else this.#mixObject(item, depth + 1);
      }
    }
  }
}

const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, "0");

function format({ at, who, arrow, what }: Line): string {
  const time = String(at).padStart(7);
  return `${time}  ${who} ${arrow} ${typeof what === "string" ? what : describe(what)}`;
}

/** An event, an effect or a packet on one line: its type, then what it holds. */
export function describe(what: object): string {
  const parts: string[] = [];
  for (const [key, value] of Object.entries(what)) {
    const text = describeValue(key, value);
    if (text !== undefined) parts.push(key === "type" ? text : `${key}=${text}`);
  }
  return parts.join(" ");
}

const zxidKeys: ReadonlySet<string> = new Set([
  "zxid",
  "upTo",
  "after",
  "lastLogged",
  "lastZxidSeen",
  "pzxid",
  "mzxid",
  "czxid",
]);

function describeValue(key: string, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (key === "config" || key === "password" || key === "raw" || key === "stat") return undefined;
  if (typeof value === "number") {
    return zxidKeys.has(key) ? formatZxid(value as Zxid) : String(value);
  }
  if (typeof value === "bigint") return formatSession(value as never);
  if (value instanceof Uint8Array) return `${value.length}B`;
  if (Array.isArray(value)) return `${value.length} of them`;
  if (typeof value !== "object" || value === null) return String(value);
  if ("txn" in value) return describeEntry(value as LogEntry);
  return `(${describe(value)})`;
}

function describeEntry({ txn }: LogEntry): string {
  const path = "path" in txn.body ? ` ${txn.body.path}` : "";
  return `[${formatZxid(txn.zxid)} ${opName(txn.type)}${path}]`;
}
