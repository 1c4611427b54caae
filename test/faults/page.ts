import { readFileSync } from "node:fs";
import ts from "typescript";

const page = readFileSync(new URL("../../docs/faults.md", import.meta.url), "utf8");

/** The first cells of a section's table: the lines of code. */
export function rowsOf(title: string): string[] {
  const section = page.split(/^## /m).find((text) => text.startsWith(`${title}\n`)) ?? "";
  return [...section.matchAll(/^\| `(await .*?)` \|/gm)].map(([, code = ""]) => code);
}

/** Runs a line as it stands. */
export function runLine(code: string, ensemble: unknown): Promise<unknown> {
  const { outputText } = ts.transpileModule(`async () => { return ${code}; }`, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  });
  const run: unknown = new Function("ensemble", `return (${outputText.replace(/;\s*$/, "")})()`);
  return (run as (ensemble: unknown) => Promise<unknown>)(ensemble);
}
