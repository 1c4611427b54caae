import { posix } from "node:path";
import ts from "typescript";
import { finding, parse, type Source, walk } from "./source.ts";

/** Lowest first. A folder imports itself and what stands on an earlier line. */
const layers: readonly (readonly string[])[] = [
  ["core/base"],
  ["core/jute"],
  ["core/protocol"],
  ["core/txn"],
  ["core/packets"],
  ["core/storage", "core/network"],
  ["core/quorum", "core/tree", "core/session", "core/sasl"],
  ["core/server"],
  ["runtime", "sim", "kerberos"],
  ["ensemble", "client", "control", "admin", "cli", "apache", "check", "zoo-cfg"],
  [""], // src/index.ts, the package's entry
  ["vitest", "jest", "node-test"],
];

/** What users call is one layer whose folders may know each other; everywhere else neighbours may not. */
const mingles = (layer: number): boolean => layers[layer]?.includes("ensemble") === true;

const layerOf = new Map(layers.flatMap((folders, layer) => folders.map((name) => [name, layer])));

function folderOf(path: string): string {
  const [, first = "", second = ""] = path.split("/");
  if (first.endsWith(".ts")) return "";
  return first === "core" ? `core/${second}` : first;
}

/** Imports that point up or sideways, imports that leave src, and folders that have no layer. */
export function layerViolations(source: Source): string[] {
  const folder = folderOf(source.path);
  const layer = layerOf.get(folder);
  if (layer === undefined) return [`${source.path}: folder ${folder} has no place in the layers`];
  return imports(source).flatMap(({ node, specifier }) => {
    if (!specifier.startsWith(".")) return [];
    if (!specifier.endsWith(".ts")) return [finding(source, node, `write ${specifier} with .ts`)];
    const target = posix.join(posix.dirname(source.path), specifier);
    if (!target.startsWith("src/")) return [finding(source, node, `${target} is not in src`)];
    const targetFolder = folderOf(target);
    const targetLayer = layerOf.get(targetFolder);
    if (targetFolder === folder) return [];
    if (targetLayer !== undefined && targetLayer < layer) return [];
    if (targetLayer === layer && mingles(layer)) return [];
    return [finding(source, node, `${folder || "index.ts"} must not know ${targetFolder}`)];
  });
}

/** Re-exports and index.ts files belong to the package's entries alone. */
export function barrelViolations(source: Source): string[] {
  if (/^src\/((client|apache|check|vitest|node-test)\/)?index\.ts$/.test(source.path)) return [];
  const barrel = source.path.endsWith("/index.ts")
    ? [`${source.path}: only package entries are index.ts`]
    : [];
  const reexports = imports(source).filter(({ node }) => ts.isExportDeclaration(node));
  return [...barrel, ...reexports.map(({ node }) => finding(source, node, "re-export"))];
}

function imports(source: Source): { node: ts.Node; specifier: string }[] {
  const found: { node: ts.Node; specifier: string }[] = [];
  walk(parse(source), (node) => {
    let specifier: ts.Node | undefined;
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
      specifier = node.moduleSpecifier;
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      specifier = node.arguments[0];
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      specifier = node.argument.literal;
    }
    if (specifier !== undefined && ts.isStringLiteral(specifier)) {
      found.push({ node, specifier: specifier.text });
    }
  });
  return found;
}
