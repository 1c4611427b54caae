const { startEnsemble } = require("zookeeper-memory-server");
const { leads, stand } = require("../src/leadership.js");
const { ask, close, open, read } = require("../src/zookeeper.js");

// A test that breaks things has an ensemble of its own: three peers are up in a few milliseconds.
let ensemble;
beforeEach(async () => {
  ensemble = await startEnsemble(3);
});
afterEach(() => ensemble.close());

test("writing goes on when ZooKeeper's leader dies", async () => {
  const client = await open(ensemble.connectString);
  await ask((done) => client.create("/before", Buffer.from("one"), done));

  const { killed, leader } = await ensemble.killLeader();
  expect(leader.id).not.toBe(killed.id);

  await ask((done) => client.create("/after", Buffer.from("two"), done));
  expect(await read(client, "/before")).toBe("one");
  expect(await read(client, "/after")).toBe("two");
  await close(client);
});

test("a leader whose session expires is replaced, and learns of it", async () => {
  const [first, second] = await Promise.all([
    open(ensemble.connectString),
    open(ensemble.connectString),
  ]);
  const candidate = await stand(first, "/election");
  const elected = leads(second, await stand(second, "/election"));

  const told = new Promise((resolve) => first.once("expired", resolve));
  await ensemble.sessions.expire(candidate);

  await Promise.all([elected, told]);
  await close(second);
});
