import { startEnsemble } from "zookeeper-memory-server";
import { assertHistory, History } from "zookeeper-memory-server/check";

async function main(): Promise<void> {
  await using ensemble = await startEnsemble(1);
  const client = await ensemble.connect();
  const history = new History();
  history.record(client);
  await client.create("/made", "here");
  await client.close();
  await assertHistory(history, ensemble);
}

void main();
