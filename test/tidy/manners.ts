import ts from "typescript";
import { finding, parse, type Source, walk } from "./source.ts";

const linesMax = 500;
const bannedWords = new Set(["util", "utils", "helper", "helpers", "manager", "managers", "misc"]);

export function lengthViolations(source: Source): string[] {
  const lines = source.text.trimEnd().split("\n").length;
  return lines > linesMax ? [`${source.path}: ${lines} lines, split it (${linesMax} at most)`] : [];
}

/** Files and folders are kebab-case nouns; neither they nor what they declare are named for nothing. */
export function nameViolations(source: Source): string[] {
  const segments = source.path.split("/");
  const found = segments
    .filter((segment) => !/^\.?[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9-]+)*$/.test(segment))
    .map((segment) => `${source.path}: ${segment} is not kebab-case`);
  const words = segments.flatMap((segment) => segment.split(/[-.]/));
  for (const word of words) {
    if (bannedWords.has(word)) found.push(`${source.path}: ${word} names nothing`);
  }
  walk(parse(source), (node) => {
    if (!isNamedDeclaration(node) || node.name === undefined) return;
    const name = node.name.getText();
    const banned = name.split(/(?=[A-Z])/).some((word) => bannedWords.has(word.toLowerCase()));
    if (banned) found.push(finding(source, node, `${name} names nothing`));
  });
  return found;
}

function isNamedDeclaration(node: ts.Node): node is ts.DeclarationStatement {
  return (
    ts.isClassDeclaration(node) ||
    ts.isFunctionDeclaration(node) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node)
  );
}

const unfinished = new RegExp(
  `\\b(${["TO", "FIX"].map((a, i) => a + ["DO", "ME"][i]).join("|")})\\b`,
);

export function unfinishedViolations(source: Source): string[] {
  return matchingLines(source, unfinished, "finish it or write an issue");
}

/** Paths of the machine a text was written on: they mean nothing to its reader. */
export function machinePathViolations(source: Source, root: string): string[] {
  const checkout = root.split("/").length > 2 ? [root] : []; // "/app" may well be a znode
  const homes = "/(home/[a-z]|Users/[A-Z]|root/)";
  const anyOf = [...checkout.map(literal), homes].join("|");
  return matchingLines(source, new RegExp(`(?<![\\w.-])(${anyOf})`), "path of one machine");
}

/** A test waits for an event or moves the clock; a timer that only lets time pass is a sleep. */
export function sleepViolations(source: Source): string[] {
  const found: string[] = [];
  walk(parse(source), (node) => {
    if (
      ts.isImportDeclaration(node) &&
      node.moduleSpecifier.getText().includes("timers/promises")
    ) {
      const names = node.importClause?.getText() ?? "";
      if (/\b(setTimeout|scheduler)\b/.test(names)) found.push(finding(source, node, "sleeps"));
    }
    if (!ts.isCallExpression(node)) return;
    const callee = node.expression.getText();
    const sleeps =
      (callee === "setTimeout" && settlesNothingElse(node)) ||
      callee === "sleep" ||
      callee === "Atomics.wait";
    if (sleeps) found.push(finding(source, node, "sleeps"));
  });
  return found;
}

/** `setTimeout(resolve, …)` or `setTimeout(() => resolve(), …)`, where resolve is a promise executor's first parameter. */
function settlesNothingElse(timer: ts.CallExpression): boolean {
  let executor: ts.Node = timer;
  while (
    !(ts.isNewExpression(executor.parent) && executor.parent.expression.getText() === "Promise")
  ) {
    executor = executor.parent;
    if (ts.isSourceFile(executor)) return false;
  }
  if (!ts.isArrowFunction(executor) && !ts.isFunctionExpression(executor)) return false;
  const resolve = executor.parameters[0]?.name.getText();
  const callback = timer.arguments[0]?.getText();
  if (resolve === undefined || callback === undefined) return false;
  const bare = callback.replace(/^\(\)\s*=>\s*/, "").replace(/^\{\s*|\s*\}$/g, "");
  return bare === resolve || new RegExp(`^${literal(resolve)}\\([^()]*\\);?$`).test(bare);
}

function matchingLines(source: Source, pattern: RegExp, what: string): string[] {
  return source.text
    .split("\n")
    .flatMap((line, index) =>
      pattern.test(line) ? [`${source.path}:${index + 1}: ${what}: ${line.trim()}`] : [],
    );
}

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
