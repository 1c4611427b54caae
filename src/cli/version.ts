import { readFileSync } from "node:fs";

const name = "zookeeper-memory-server";
/** From a source file, from a built one, from a part that several built ones share. */
const waysUp = ["../package.json", "../../package.json", "../../../package.json"];

/** This package's version. */
export function packageVersion(): string {
  for (const way of waysUp) {
    const manifest = manifestAt(new URL(way, import.meta.url));
    if (manifest?.name === name) return String(manifest.version);
  }
  return "unknown";
}

function manifestAt(url: URL): { readonly name?: unknown; readonly version?: unknown } | undefined {
  try {
    return JSON.parse(readFileSync(url, "utf8"));
  } catch {
    return undefined;
  }
}
