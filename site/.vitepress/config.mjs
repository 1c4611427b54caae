// The site of README.md, docs/ and the types: `npm run docs` (scripts/docs.mjs) lays out the pages that this shows.
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitepress";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { version, description } = JSON.parse(readFileSync(`${root}package.json`, "utf8"));

/** A page of docs/ under its own title. */
const page = (name) => {
  const [, title = name] = /^# (.+)$/m.exec(readFileSync(`${root}docs/${name}.md`, "utf8")) ?? [];
  return { text: title.replaceAll("`", ""), link: `/docs/${name}` };
};
const decisions = readdirSync(`${root}docs/decisions`)
  .filter((file) => file.endsWith(".md"))
  .map((file) => page(`decisions/${file.replace(/\.md$/, "")}`));

export default defineConfig({
  title: "zookeeper-memory-server",
  description,
  lang: "en",
  srcDir: `${root}.site/pages`,
  outDir: `${root}.site/html`,
  cacheDir: `${root}.site/cache`,
  // The search's index is one file, which is loaded at the first search.
  vite: { build: { chunkSizeWarningLimit: 1000 } },
  rewrites: { "README.md": "overview.md", "docs/README.md": "docs/index.md" },
  markdown: {
    theme: { light: "github-light", dark: "github-dark" },
    // As GitHub makes anchors of titles, so that a link holds in the repository, in the package and here.
    anchor: { slugify },
    config: (md) => md.core.ruler.push("examples", leaveOutExamples),
  },
  themeConfig: {
    nav: [
      { text: "Guide", link: "/docs/", activeMatch: "^/(docs/|overview)" },
      { text: "API", link: "/api/zookeeper-memory-server", activeMatch: "^/api/" },
      { text: "Errors", link: "/docs/errors" },
      { text: version, link: "/docs/fidelity" },
    ],
    sidebar: [
      { text: "Overview", link: "/overview" },
      {
        text: "Getting started",
        items: ["vitest", "jest", "node-test", "other-languages"].map(page),
      },
      {
        text: "Controls",
        items: ["faults", "time", "content", "check", "debug", "errors"].map(page),
      },
      {
        text: "Outside of Node",
        items: ["cli", "control", "zoo-cfg", "apache"].map(page),
      },
      {
        text: "API",
        items: [
          { text: "zookeeper-memory-server", link: "/api/zookeeper-memory-server" },
          ...[
            "client",
            "check",
            "apache",
            "vitest",
            "vitest/global-setup",
            "jest-environment",
            "jest-global-setup",
            "jest-global-teardown",
            "node-test",
          ].map((entry) => ({ text: `…/${entry}`, link: `/api/${entry}` })),
        ],
      },
      {
        text: "How it is made",
        items: [
          ...["fidelity", "performance", "ARCHITECTURE"].map(page),
          { text: "Contributing", link: "/CONTRIBUTING" },
          { text: "Security", link: "/SECURITY" },
          { text: "Decisions", collapsed: true, items: decisions },
        ],
      },
    ],
    outline: [2, 3],
    search: { provider: "local" },
  },
});

function slugify(title) {
  return title
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .replace(/\s/g, "-");
}

/** Examples are folders of the repository and no pages: their names stay, as plain text. */
function leaveOutExamples(state) {
  for (const { children } of state.tokens) {
    let isLeftOut = false;
    for (const token of children ?? []) {
      const opens = token.type === "link_open";
      if (opens) isLeftOut = /^(\.\.\/)*examples\b/.test(token.attrGet("href") ?? "");
      const closes = token.type === "link_close";
      if (isLeftOut && (opens || closes)) {
        token.type = "text";
        token.content = "";
        token.nesting = 0;
      }
      if (closes) isLeftOut = false;
    }
  }
}
