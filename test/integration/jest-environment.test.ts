import { once } from "node:events";
import { rm } from "node:fs/promises";
import { connect } from "node:net";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { connect as connectClient } from "../../src/client/index.ts";
import ZooKeeperEnvironment from "../../src/jest/environment.ts";
import globalSetup from "../../src/jest/global-setup.ts";
import globalTeardown from "../../src/jest/global-teardown.ts";

afterEach(globalTeardown);

interface FileOptions {
  readonly testEnvironmentOptions?: Record<string, unknown>;
  readonly docblockPragmas?: Record<string, string>;
}

/** As Jest makes one for a test file; what it says on the file's console is kept. */
function environment({ testEnvironmentOptions = {}, docblockPragmas = {} }: FileOptions = {}) {
  type Parameters = ConstructorParameters<typeof ZooKeeperEnvironment>;
  const said: string[] = [];
  const console = { error: (text: string) => said.push(text) };
  const config = { projectConfig: { globals: {}, testEnvironmentOptions }, globalConfig: {} };
  const context = { console, docblockPragmas, testPath: import.meta.filename };
  const file = new ZooKeeperEnvironment(
    config as unknown as Parameters[0],
    context as unknown as Parameters[1],
  );
  return Object.assign(file, { said });
}

const root = { name: "ROOT_DESCRIBE_BLOCK" };
const passing = { name: "passes", parent: root, errors: [] };
const failing = { name: "fails", parent: { name: "suite", parent: root }, errors: ["error"] };

test("every test file has a namespace of its own on the run's ensemble", async () => {
  await globalSetup();
  const files = [environment(), environment()] as const;
  for (const file of files) await file.setup();

  const shared = process.env["ZOOKEEPER_CONNECT"];
  expect(shared).toMatch(/^127\.0\.0\.1:\d+(,127\.0\.0\.1:\d+){2}$/);
  const [one, two] = files.map(({ global }) => global.__ZOOKEEPER__);
  expect(one).toMatch(new RegExp(`^${shared}/jest-environment.test.ts-\\w{8}$`));
  expect(two).not.toBe(one);
  expect(files[0].global.process.env["ZOOKEEPER_CONNECT"]).toBe(one);

  await files[0].global.__ZOOKEEPER_NAMESPACE__?.seedTree({ config: "blue" });
  expect(await files[1].global.__ZOOKEEPER_NAMESPACE__?.dump()).toEqual({});
  for (const file of files) await file.teardown();
  await using client = await connectClient(shared ?? "");
  expect((await client.children("/")).children).toEqual(["zookeeper"]);
});

test("a namespace for each test, or none", async () => {
  await globalSetup();
  const each = environment({ testEnvironmentOptions: { zkmsNamespace: "test" } });
  await each.setup();
  const seen: string[] = [];
  for (const of of [passing, { ...passing, name: "passes too" }]) {
    await each.handleTestEvent({ name: "test_start", test: of });
    seen.push(each.global.__ZOOKEEPER__.replace(/-\w{8}$/, ""));
    await each.handleTestEvent({ name: "test_done", test: of });
  }
  for (const name of ["test_start", "test_skip"]) {
    await each.handleTestEvent({ name, test: { ...passing, name: "is skipped" } });
  }
  const shared = process.env["ZOOKEEPER_CONNECT"] ?? "";
  expect(seen).toEqual([`${shared}/passes`, `${shared}/passes-too`]);
  await using client = await connectClient(shared);
  expect((await client.children("/")).children).toEqual(["zookeeper"]);

  const none = environment({ docblockPragmas: { "zkms-namespace": "none" } });
  await none.setup();
  expect(none.global.__ZOOKEEPER__).toBe(shared);
  for (const file of [each, none]) await file.teardown();
});

test("options choose the run's ensemble; a file that asks for others has its own", async () => {
  const testEnvironmentOptions = { zkmsPeers: 1 };
  await globalSetup({}, { testEnvironmentOptions });
  const [sharing, apart] = [
    environment({ testEnvironmentOptions }),
    environment({ testEnvironmentOptions, docblockPragmas: { "zkms-peers": "5" } }),
  ];
  for (const file of [sharing, apart]) await file.setup();
  const shared = process.env["ZOOKEEPER_CONNECT"] ?? "";
  expect(shared).toMatch(/^127\.0\.0\.1:\d+$/);
  expect(sharing.global.__ZOOKEEPER__).toContain(shared);
  expect(sharing.global.__ZOOKEEPER_ENSEMBLE__).toBeUndefined();
  expect(apart.global.__ZOOKEEPER_ENSEMBLE__?.peers).toHaveLength(5);
  expect(apart.global.__ZOOKEEPER__).toContain(apart.global.__ZOOKEEPER_ENSEMBLE__?.connectString);
  for (const file of [sharing, apart]) await file.teardown();
  await expect(apart.global.__ZOOKEEPER_ENSEMBLE__?.status()).rejects.toMatchObject({
    code: "ZKMS_CLOSED",
  });
});

test("an option that nobody knows is refused with the nearest one", async () => {
  const mistaken = environment({ docblockPragmas: { "zkms-peer": "5" } });
  await expect(mistaken.setup()).rejects.toMatchObject({ code: "ZKMS_BAD_OPTIONS", hint: "peers" });
  expect(() => environment({ testEnvironmentOptions: { zkmsNamespace: "tset" } })).toThrow(
    'option zkmsNamespace: "tset" is none of "file", "test", "none"',
  );
});

test("a failed test tells of the ensemble it was on", async () => {
  const stem = "node_modules/.zkms/jest-environment.test.ts-suite-fails";
  onTestFinished(async () => {
    for (const file of [`${stem}.html`, `${stem}.txt`]) await rm(file, { force: true });
  });
  await globalSetup({}, { testEnvironmentOptions: { zkmsSeed: "known" } });
  const testEnvironmentOptions = { zkmsSeed: "known" };
  const sharing = environment({ testEnvironmentOptions });
  const apart = environment({ docblockPragmas: { "zkms-peers": "1", "zkms-seed": "other" } });
  for (const file of [sharing, apart]) {
    await file.setup();
    for (const test of [passing, { ...failing, failing: true }, failing])
      await file.handleTestEvent({ name: "test_done", test });
    await file.teardown();
  }
  const title = /^ZooKeeper when this test failed \(jest-\w{6}\)$/;
  const tree = /^ {2}tree {6}\/jest-environment\.test\.ts-\w{8}, which is empty$/;
  const timeline = [`  timeline  ${stem}.html`, "            and .txt beside it"];
  const told = [...sharing.said, ...apart.said].flatMap((text) => text.split("\n"));
  expect(told).toEqual([
    expect.stringMatching(title),
    expect.stringMatching(/^ {2}peers {5}1 follower of 3 {5}zxid 0x\w+$/),
    expect.stringMatching(/^ {12}2 follower of 3 {5}zxid 0x\w+$/),
    expect.stringMatching(/^ {12}3 leader of epoch 1 zxid 0x\w+$/),
    expect.stringMatching(tree),
    "  replay    seed known",
    ...timeline,
    expect.stringMatching(title),
    expect.stringMatching(/^ {2}peers {5}1 standalone zxid 0x\w+$/),
    expect.stringMatching(tree),
    "  replay    seed other",
    ...timeline,
  ]);
});

test("the teardown closes the ensemble, and takes back its announcement", async () => {
  await globalSetup();
  const port = Number(process.env["ZOOKEEPER_CONNECT"]?.split(",")[0]?.split(":")[1]);
  await globalTeardown();

  const [error] = await once(connect(port, "127.0.0.1"), "error");
  expect(error).toMatchObject({ code: "ECONNREFUSED" });
  expect(process.env).not.toHaveProperty("ZOOKEEPER_CONNECT");
});

test("without the setup the environment says what is missing", async () => {
  await expect(environment().setup()).rejects.toMatchObject({
    code: "ZKMS_BAD_STATE",
    hint: expect.stringContaining("zookeeper-memory-server/jest-global-setup"),
  });
});

test("variables of the environment go before the configuration", async () => {
  vi.stubEnv("ZKMS_PEERS", "1");
  onTestFinished(() => void vi.unstubAllEnvs());
  await globalSetup({}, { testEnvironmentOptions: { zkmsPeers: 5 } });
  expect(process.env["ZOOKEEPER_CONNECT"]?.split(",")).toHaveLength(1);
});
