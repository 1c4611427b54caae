import { defineConfig, type Rolldown } from "tsdown";

/** Maps name the sources, which are in the package beside dist, rather than hold a second copy. */
const sourcesByName: Rolldown.Plugin = {
  name: "sources-by-name",
  generateBundle(_options, bundle) {
    for (const file of Object.values(bundle)) {
      if (file.type === "asset" && file.fileName.endsWith(".map")) {
        const { sourcesContent: _, ...map } = JSON.parse(String(file.source));
        file.source = JSON.stringify(map);
      }
    }
  },
};

/**
 * What is always loaded together is one file: each costs an import its share, and a boot waits for all of its own. `base` is all
 * that the main entry loads before anything is called, `given` what most entries need without an engine: checks of arguments and of the
 * environment, words of errors and debug lines, ensembles that are shared; `wire` what clients and peers both need. `network` and
 * `features` are the parts of an ensemble that whoever reaches one in another process needs too.
 */
const chunks = [
  {
    name: "base",
    test: /src\/(runtime\/machine-time|ensemble\/(errors|open-ensembles|start|as-called|disposal)|zoo-cfg\/start-peer|control\/connect-ensemble)\.ts$/,
    priority: 5,
  },
  {
    name: "given",
    test: /src\/ensemble\/(given|nearest-name|environment|shared|picture|pem|access-options|debug\/lines)\.ts$/,
    priority: 4,
  },
  {
    name: "wire",
    test: /src\/(core\/(base|jute|protocol|network\/(conditions|selector)|sasl\/digest|tree\/path)|client\/options\.ts$)/,
    priority: 3,
  },
  {
    name: "network",
    test: /src\/ensemble\/(conditions|network|links|unsupported|tree-literal|four-letter-word)\.ts$/,
    priority: 2,
  },
  {
    name: "features",
    test: /src\/ensemble\/(calls|targets|kept-commits|events|features|waits|clients|namespace|nemesis\/.*)\.ts$/,
    priority: 2,
  },
  {
    name: "engine",
    test: /src\/(core\/(?!storage\/(file-names|log-file|snapshot-file))|runtime\/(?!disk\/(?!storage-error))|ensemble\/(ensemble|debug\/(events|store)|faults|listen-error|make-peer|message-events|options|peer-handle|peer-storage|seat|standings)\.ts$)/,
    priority: 1,
  },
  { name: "disk", test: /src\/(core\/storage|runtime\/disk)\//, priority: 0 }, // for those who have files
];

export default defineConfig({
  entry: [
    "src/index.ts",
    "src/client/index.ts",
    "src/apache/index.ts",
    "src/check/index.ts",
    "src/vitest/index.ts",
    "src/vitest/global-setup.ts",
    "src/node-test/index.ts",
    "src/jest/environment.ts",
    "src/jest/global-setup.ts",
    "src/jest/global-teardown.ts",
    "src/cli/main.ts",
    "src/cli/java/main.ts",
  ],
  // CommonJS is there for Jest, which follows no maps of packages; what is read there has whole names, lines and docs.
  format: {
    esm: { sourcemap: true, dts: { sourcemap: true } },
    cjs: { sourcemap: false, dts: { sourcemap: false } },
  },
  platform: "node",
  target: "node20.19",
  tsconfig: "tsconfig.build.json",
  // Only comments go: they are in src, which the package holds beside dist. Names, lines and stack traces stay.
  minify: { compress: false, mangle: false, codegen: { removeWhitespace: false } },
  clean: true,
  plugins: [sourcesByName],
  inputOptions: { experimental: { chunkOptimization: false } }, // it puts what others need into the CLI's own file
  outputOptions: { codeSplitting: { groups: chunks } },
  checks: { legacyCjs: false }, // Jest before Node 24.9 cannot require ESM
  inlineOnly: [], // a dependency that ends up inside the bundle is a mistake
});
