import { readFileSync } from "node:fs";

/** A PEM text, or the path of a file that holds one. */
export function pemOf(textOrPath: string): string {
  return textOrPath.includes("-----BEGIN") ? textOrPath : readFileSync(textOrPath, "utf8");
}
