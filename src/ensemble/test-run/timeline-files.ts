import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import type { Events } from "../api-controls.ts";
import { slugOf } from "./shared-namespace.ts";

/** Of a name without its ending; file systems take 255. */
const nameBytesMax = 200;

/**
 * Writes the timeline as a page and as text, and says where, seen from the working directory. The same test writes over what
 * it wrote before, so that failures do not pile up.
 */
export async function writeTimeline(
  events: Pick<Events, "timeline">,
  test: string,
): Promise<string[]> {
  const folder = timelineFolder(process.cwd());
  await mkdir(folder, { recursive: true });
  const stem = join(folder, fileNameOf(test));
  const [page, text] = await Promise.all([events.timeline("html"), events.timeline("text")]);
  await Promise.all([writeFile(`${stem}.html`, page), writeFile(`${stem}.txt`, text)]);
  const shown = relative(process.cwd(), stem);
  return [`${shown.startsWith("..") ? stem : shown}.html`, "and .txt beside it"];
}

/** What is too long ends in a hash of all of it, so that no other test writes over it. */
function fileNameOf(test: string): string {
  const name = slugOf(test);
  if (Buffer.byteLength(name) <= nameBytesMax) return name;
  const hash = createHash("sha256").update(test).digest("hex").slice(0, 8);
  const begin = Buffer.from(name)
    .subarray(0, nameBytesMax - 1 - hash.length)
    .toString("utf8");
  return `${begin.replace(/\ufffd+$/, "")}-${hash}`; // the cut may be within a character
}

/** Where no version control looks. */
function timelineFolder(root: string): string {
  const modules = join(root, "node_modules");
  return existsSync(modules) ? join(modules, ".zkms") : join(tmpdir(), "zookeeper-memory-server");
}
