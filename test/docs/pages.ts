// The pages of the documentation as tests see them: their snippets and their links.
import { readdirSync, readFileSync } from "node:fs";

const root = new URL("../../", import.meta.url);
export const textOf = (path: string): string => readFileSync(new URL(path, root), "utf8");

export const pages: readonly string[] = [
  "README.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  ...readdirSync(new URL("docs/", root))
    .filter((file) => file.endsWith(".md"))
    .map((file) => `docs/${file}`),
];

/**
 * A fenced block. What stands behind the language says how it is checked: `run` runs it as it stands, `throws CODE` runs it until it
 * throws that, `exits N` likewise, `test` is a whole test file, a path is where in `examples/` it stands, line by line; `newcomer`
 * is for scripts/newcomer.mjs, behind it a file's name, or with a command the language that it is for.
 */
export interface Snippet {
  readonly page: string;
  readonly line: number;
  readonly language: string;
  readonly check: string;
  readonly code: string;
}

export const snippets: readonly Snippet[] = pages.flatMap((page) => {
  const text = textOf(page);
  return [...text.matchAll(/^```(\w+) ?(.*)\n([\s\S]*?)^```$/gm)].map((match) => {
    const [, language = "", check = "", code = ""] = match;
    const line = text.slice(0, match.index).split("\n").length;
    return { page, line, language, check, code };
  });
});

export const nameOf = ({ page, line }: Snippet): string => `${page}, line ${line}`;

/** As GitHub, and the site, make them of titles. */
export function anchorsOf(page: string): string[] {
  const prose = textOf(page).replace(/^```[\s\S]*?^```$/gm, "");
  return [...prose.matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) =>
    title
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replace(/\s/g, "-"),
  );
}

/** Where a page's links lead within the repository. */
export function linksOf(page: string): string[] {
  const prose = textOf(page).replace(/^```[\s\S]*?^```$/gm, "");
  const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link);
  return links.filter((link) => !/^[a-z]+:/.test(link));
}
