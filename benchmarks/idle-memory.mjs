// A process that tells its parent by how much its resident memory grew with three idle peers in it.
globalThis.gc();
const before = process.memoryUsage.rss();
const { startEnsemble } = await import("../dist/index.mjs");
const ensemble = await startEnsemble(3);
globalThis.gc();
process.send?.(process.memoryUsage.rss() - before);
await ensemble.close();
process.disconnect();
