import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

/** A file of the repository; `path` is relative to its root, with forward slashes. */
export interface Source {
  readonly path: string;
  readonly text: string;
}

const skippedFolders = new Set([
  ".git",
  ".reports",
  ".types",
  "coverage",
  "dist",
  "fixtures",
  "node_modules",
]);

/** Every text file below `folders` whose name ends in one of `endings`; a missing folder is empty. */
export function readSources(root: string, folders: string[], endings: string[]): Source[] {
  const sources: Source[] = [];
  const visit = (folder: string): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory() && !skippedFolders.has(entry.name)) visit(path);
      if (entry.isFile() && endings.some((ending) => entry.name.endsWith(ending))) {
        sources.push({ path, text: readFileSync(join(root, path), "utf8") });
      }
    }
  };
  const present = readdirSync(root);
  for (const folder of folders) {
    if (folder === "" || present.includes(folder)) visit(folder);
  }
  return sources.sort((a, b) => (a.path < b.path ? -1 : 1));
}

const parsed = new WeakMap<Source, ts.SourceFile>();

export function parse(source: Source): ts.SourceFile {
  const known = parsed.get(source);
  if (known !== undefined) return known;
  const file = ts.createSourceFile(source.path, source.text, ts.ScriptTarget.ES2023, true);
  parsed.set(source, file);
  return file;
}

/** Calls `visitor` for each node below `node`, parents first. */
export function walk(node: ts.Node, visitor: (node: ts.Node) => void): void {
  visitor(node);
  ts.forEachChild(node, (child) => walk(child, visitor));
}

/** `path:line: what`, the form in which every finding is shown. */
export function finding(source: Source, node: ts.Node, what: string): string {
  const file = parse(source);
  const { line } = file.getLineAndCharacterOfPosition(node.getStart(file));
  return `${source.path}:${line + 1}: ${what}`;
}
