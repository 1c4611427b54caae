/** @zkms-namespace test */
const { ask, close, open } = require("../src/zookeeper.js");

// With this pragma each test has a namespace, not only each file.

beforeEach(async () => {
  await __ZOOKEEPER_NAMESPACE__.seedTree({ config: { colour: "red" } });
});

test.each(["green", "blue"])(
  "a test finds what its own hooks made, and sets %s",
  async (colour) => {
    expect(await __ZOOKEEPER_NAMESPACE__.dump()).toEqual({ config: { colour: "red" } });
    const client = await open(__ZOOKEEPER__);
    await ask((done) => client.setData("/config/colour", Buffer.from(colour), done));
    expect(await __ZOOKEEPER_NAMESPACE__.dump()).toEqual({ config: { colour } });
    await close(client);
  },
);
