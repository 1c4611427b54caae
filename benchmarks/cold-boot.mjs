// A process that boots an ensemble, commits a write and says so to its parent: what a test run's first ensemble takes.
import { startEnsemble } from "../dist/index.mjs";

const ensemble = await startEnsemble(3);
const client = await ensemble.connect();
await client.create("/first", Buffer.alloc(100));
process.send?.("committed");
await client.close();
await ensemble.close();
process.disconnect();
