/** What a file of dist makes Node read before anything is called: the files that it imports, theirs in turn, and built-in modules. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

const statically = {
  mjs: /^(?:import|export)\b[^;(]*?"([^"]+)";/gm,
  cjs: /^(?:(?:const|let) [^=;]+= )?require\("([^"]+)"\);/gm,
};

/** `files` are paths with their sizes. */
export function importLoad(entry) {
  const files = new Map();
  const builtIns = new Set();
  const left = [entry];
  for (let file = left.pop(); file !== undefined; file = left.pop()) {
    if (files.has(file)) continue;
    const text = readFileSync(file, "utf8");
    files.set(file, text.length);
    for (const [, name] of text.matchAll(statically[file.slice(-3)])) {
      if (name.startsWith(".")) left.push(join(dirname(file), name));
      else builtIns.add(name);
    }
  }
  const bytes = [...files.values()].reduce((sum, size) => sum + size, 0);
  return { files: [...files.keys()], bytes, builtIns: [...builtIns] };
}
