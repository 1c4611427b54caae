import {
  type Ensemble,
  type EnsembleOptions,
  startEnsemble,
  ZkmsError,
} from "zookeeper-memory-server";
import { apache } from "zookeeper-memory-server/apache";
import { connect, type ZooKeeperClient } from "zookeeper-memory-server/client";
import type { SharedNamespace } from "zookeeper-memory-server/node-test";

const options: EnsembleOptions = { peers: 3, engine: "embedded" };
await using ensemble: Ensemble = await startEnsemble(options);
const client: ZooKeeperClient = await connect(ensemble.connectString);
await client.create("/made", "here");
await client.close();
const unused: SharedNamespace | undefined = undefined;
if (apache().kind !== "apache" || unused !== undefined) throw new ZkmsError("ZKMS_ENGINE", "never");
