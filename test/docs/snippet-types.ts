import { fileURLToPath } from "node:url";
import ts from "typescript";
import type { Snippet } from "./pages.ts";
import { nameOf } from "./pages.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const sources = {
  "zookeeper-memory-server": "src/index.ts",
  "zookeeper-memory-server/client": "src/client/index.ts",
  "zookeeper-memory-server/check": "src/check/index.ts",
  "zookeeper-memory-server/apache": "src/apache/index.ts",
};

/** What every snippet has at hand, beside the names that it imports itself. */
const atHand = `
import { expect } from "vitest";
import { connectEnsemble, type Ensemble, startEnsemble } from "zookeeper-memory-server";
import { connect, type ZooKeeperClient } from "zookeeper-memory-server/client";
import { assertHistory, History } from "zookeeper-memory-server/check";
declare const ensemble: Ensemble;
declare const zk: ZooKeeperClient;
declare const url: string;
declare const token: string;
export const used = [expect, connectEnsemble, startEnsemble, connect, assertHistory, History, ensemble, zk, url, token];
`;

/** What the compiler says of snippets, each as a file of its own. */
export function typeErrorsOf(snippets: readonly Snippet[]): string[] {
  const files = new Map(
    snippets.map((snippet, index) => [
      `${root}test/snippet-${index}.ts`,
      { snippet, text: wrapped(snippet) },
    ]),
  );
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2023,
    lib: ["lib.es2023.d.ts", "lib.esnext.disposable.d.ts"],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    strict: true,
    skipLibCheck: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    types: ["node"],
    paths: Object.fromEntries(
      Object.entries(sources).map(([name, path]) => [name, [`${root}${path}`]]),
    ),
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.fileExists = (path) => files.has(path) || fileExists(path);
  host.readFile = (path) => files.get(path)?.text ?? readFile(path);
  host.getSourceFile = (path, language, ...more) => {
    const text = files.get(path)?.text;
    if (text === undefined) return getSourceFile(path, language, ...more);
    return ts.createSourceFile(path, text, language);
  };
  const program = ts.createProgram([...files.keys()], options, host);
  return [...files].flatMap(([path, { snippet }]) => {
    const file = program.getSourceFile(path);
    const found = [
      ...program.getSyntacticDiagnostics(file),
      ...program.getSemanticDiagnostics(file),
    ];
    return found.map(({ messageText }) => {
      return `${nameOf(snippet)}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`;
    });
  });
}

function wrapped({ code }: Snippet): string {
  return `${atHand}\nexport default async function snippet() {\n${importsInside(code)}\n}\n`;
}

/** A snippet's own imports, made fit for a function: there they hide what is at hand. */
export const importsInside = (code: string): string =>
  code.replace(/^import \{([^}]*)\} from ("[^"]+");$/gm, "const {$1} = await import($2);");
