// Builds the site into .site/html: README.md, docs/ and a page for each entry of the package, generated from its types. Ends with 1
// where a link leads nowhere, or a tool warns. `npm run docs -- --serve` shows it on a port of loopback.
import { cp, mkdir, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { Application } from "typedoc";
import { load as markdown } from "typedoc-plugin-markdown";
import { build, serve } from "vitepress";

const root = fileURLToPath(new URL("..", import.meta.url));
const pages = `${root}.site/pages`;

/** The pages of the package's entries, by where their types are. */
const entries = new Map([
  ["src/index.ts", "zookeeper-memory-server"],
  ["src/client/index.ts", "client"],
  ["src/check/index.ts", "check"],
  ["src/apache/index.ts", "apache"],
  ["src/vitest/index.ts", "vitest"],
  ["src/vitest/global-setup.ts", "vitest/global-setup"],
  ["src/jest/environment.ts", "jest-environment"],
  ["src/jest/global-setup.ts", "jest-global-setup"],
  ["src/jest/global-teardown.ts", "jest-global-teardown"],
  ["src/node-test/index.ts", "node-test"],
]);

await rm(`${root}.site`, { recursive: true, force: true });
await mkdir(pages, { recursive: true });
for (const page of ["README.md", "CONTRIBUTING.md", "SECURITY.md"]) {
  await cp(`${root}${page}`, `${pages}/${page}`);
}
await cp(`${root}docs`, `${pages}/docs`, { recursive: true });
await cp(`${root}site/index.md`, `${pages}/index.md`);
await writeApi();
await buildWithoutWarnings();
if (process.argv.includes("--serve")) await serve({ root: `${root}site`, port: 4173 });

async function writeApi() {
  const app = await Application.bootstrapWithPlugins({
    plugin: [markdown],
    name: "API",
    entryPoints: [...entries.keys()].map((path) => `${root}${path}`),
    tsconfig: `${root}tsconfig.build.json`,
    outputs: [{ name: "markdown", path: `${pages}/api` }],
    logLevel: "Warn",
    skipErrorChecking: true, // that is `npm run types`
    disableSources: true,
    excludeExternals: true,
    groupOrder: ["Functions", "Interfaces", "Classes", "*"],
    readme: "none",
    router: "module",
    hidePageHeader: true,
    hideBreadcrumbs: true,
    useHTMLEncodedBrackets: true,
    sanitizeComments: true,
    parametersFormat: "table",
  });
  const project = await app.convert();
  const modules = project?.children ?? [];
  if (project === undefined || modules.length !== entries.size) throw new Error("no types");
  const titles = new Map([...entries].map(([path, name]) => [nameOf(path), name]));
  for (const module of modules) module.name = titles.get(module.name) ?? module.name;
  await app.generateOutputs(project);
  if (app.logger.hasWarnings() || app.logger.hasErrors()) process.exitCode = 1;
}

/** As typedoc calls a module: its path below the folder of all, without index. */
function nameOf(path) {
  return path.replace(/^src\//, "").replace(/(\/index)?\.ts$/, "");
}

async function buildWithoutWarnings() {
  for (const level of ["warn", "error"]) {
    const tell = console[level];
    console[level] = (...words) => {
      process.exitCode = 1;
      tell(...words);
    };
  }
  await build(`${root}site`);
}
