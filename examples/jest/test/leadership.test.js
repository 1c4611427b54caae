const { leads, stand } = require("../src/leadership.js");
const { ask, close, open, read } = require("../src/zookeeper.js");

// All test files of the run share one ensemble; what this one does in its namespace, no other sees.

test("the environment has the same connect string as the global", () => {
  expect(process.env.ZOOKEEPER_CONNECT).toBe(__ZOOKEEPER__);
});

test("a change reaches whoever watches", async () => {
  const [writer, reader] = await Promise.all([open(__ZOOKEEPER__), open(__ZOOKEEPER__)]);
  await ask((done) => writer.create("/colour", Buffer.from("red"), done));

  let tell;
  const changed = new Promise((resolve) => {
    tell = resolve;
  });
  expect(await read(reader, "/colour", tell)).toBe("red");
  await ask((done) => writer.setData("/colour", Buffer.from("blue"), done));

  expect((await changed).getPath()).toBe("/colour");
  expect(await read(reader, "/colour")).toBe("blue");
  await Promise.all([close(writer), close(reader)]);
});

test("the next in line leads when the leader's session ends", async () => {
  const [first, second] = await Promise.all([open(__ZOOKEEPER__), open(__ZOOKEEPER__)]);
  await leads(first, await stand(first, "/election"));
  const elected = leads(second, await stand(second, "/election"));

  await close(first);

  await elected;
  await close(second);
});
