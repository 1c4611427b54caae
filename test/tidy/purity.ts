import ts from "typescript";
import { finding, parse, type Source, walk } from "./source.ts";

const worldly = new Set([
  "AbortController",
  "AbortSignal",
  "Date",
  "Promise",
  "clearInterval",
  "clearTimeout",
  "console",
  "globalThis",
  "performance",
  "process",
  "queueMicrotask",
  "setImmediate",
  "setInterval",
  "setTimeout",
]);

const mutableCollections = new Set(["Array", "Map", "Set", "WeakMap", "WeakSet"]);

/** In src/core: clocks, chance, promises, the process, and state that two ensembles would share. */
export function purityViolations(source: Source): string[] {
  const found: string[] = [];
  walk(parse(source), (node) => {
    const what = worldlyUse(node) ?? asynchrony(node);
    if (what !== undefined) found.push(finding(source, node, `${what} in the core`));
  });
  for (const statement of parse(source).statements) {
    if (!ts.isVariableStatement(statement)) continue;
    const constant = (statement.declarationList.flags & ts.NodeFlags.Const) !== 0;
    for (const declaration of statement.declarationList.declarations) {
      if (!constant || holdsMutableCollection(declaration)) {
        const name = declaration.name.getText();
        found.push(finding(source, declaration, `${name} is module-level mutable state`));
      }
    }
  }
  return found;
}

function worldlyUse(node: ts.Node): string | undefined {
  if (ts.isPropertyAccessExpression(node) && node.getText() === "Math.random") return "Math.random";
  if (!ts.isIdentifier(node) || !worldly.has(node.text)) return undefined;
  const { parent } = node;
  // `transaction.process` or `{ process: … }` is somebody's member, not the global.
  const isMember =
    (ts.isPropertyAccessExpression(parent) && parent.name === node) ||
    ((ts.isPropertyAssignment(parent) || ts.isPropertySignature(parent)) && parent.name === node);
  return isMember ? undefined : node.text;
}

function asynchrony(node: ts.Node): string | undefined {
  if (node.kind === ts.SyntaxKind.AsyncKeyword) return "async";
  if (ts.isAwaitExpression(node) || node.kind === ts.SyntaxKind.AwaitKeyword) return "await";
  return undefined;
}

/** A declared type decides where there is one; else an unfrozen array or a bare `new Map()` counts. */
function holdsMutableCollection(declaration: ts.VariableDeclaration): boolean {
  const type = declaration.type?.getText();
  if (type !== undefined)
    return /^(Array|Map|Set|WeakMap|WeakSet)<|^(?!readonly\b).*\[\]$/s.test(type);
  const value = declaration.initializer;
  if (value === undefined) return false;
  if (ts.isArrayLiteralExpression(value)) return true;
  return (
    ts.isNewExpression(value) &&
    ts.isIdentifier(value.expression) &&
    mutableCollections.has(value.expression.text)
  );
}
