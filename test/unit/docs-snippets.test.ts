import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const root = new URL("../../", import.meta.url);
const textOf = (path: string): string => readFileSync(new URL(path, root), "utf8");

interface Snippet {
  readonly language: string;
  /** The example it is a part of. */
  readonly path: string;
  readonly code: string;
}

function snippetsOf(page: string): Snippet[] {
  const fences = textOf(page).matchAll(/^```(\w+) ?(\S*)\n([\s\S]*?)^```$/gm);
  return [...fences].map(([, language = "", path = "", code = ""]) => ({ language, path, code }));
}

describe.each(["docs/vitest.md", "docs/jest.md", "docs/node-test.md"])("%s", (page) => {
  const snippets = snippetsOf(page).filter(
    ({ language }) => language !== "text" && language !== "sh",
  );

  test("shows code", () => {
    expect(snippets.length).toBeGreaterThan(3);
  });

  test.each(snippets.map(({ path, code }) => [path, code]))(
    "what it shows of %s is there, line by line",
    (path, code) => {
      expect(path).toMatch(/^examples\//); // examples run in CI
      expect(textOf(path)).toContain(code);
    },
  );
});
