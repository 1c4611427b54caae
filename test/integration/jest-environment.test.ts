import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, expect, test } from "vitest";
import ZooKeeperEnvironment from "../../src/jest/environment.ts";
import globalSetup from "../../src/jest/global-setup.ts";
import globalTeardown from "../../src/jest/global-teardown.ts";

afterEach(async () => {
  await globalTeardown();
  delete process.env["ZOOKEEPER_CONNECT"];
});

/** As Jest makes one for a test file. */
function environment(): ZooKeeperEnvironment {
  type Parameters = ConstructorParameters<typeof ZooKeeperEnvironment>;
  const config = { projectConfig: { globals: {}, testEnvironmentOptions: {} }, globalConfig: {} };
  const context = { console, docblockPragmas: {}, testPath: import.meta.filename };
  return new ZooKeeperEnvironment(config as unknown as Parameters[0], context as Parameters[1]);
}

test("every test file has the connect string of the run's ensemble as a global", async () => {
  await globalSetup();
  const files = [environment(), environment()];
  for (const file of files) await file.setup();

  const connectString = process.env["ZOOKEEPER_CONNECT"];
  expect(connectString).toMatch(/^127\.0\.0\.1:\d+(,127\.0\.0\.1:\d+){2}$/);
  expect(files.map((file) => file.global.__ZOOKEEPER__)).toEqual([connectString, connectString]);
  for (const file of files) await file.teardown();
});

test("the teardown closes the ensemble", async () => {
  await globalSetup();
  const port = Number(process.env["ZOOKEEPER_CONNECT"]?.split(",")[0]?.split(":")[1]);
  await globalTeardown();

  const [error] = await once(connect(port, "127.0.0.1"), "error");
  expect(error).toMatchObject({ code: "ECONNREFUSED" });
});

test("without the setup the environment says what is missing", async () => {
  await expect(environment().setup()).rejects.toMatchObject({
    code: "ZKMS_BAD_STATE",
    hint: expect.stringContaining("zookeeper-memory-server/jest-global-setup"),
  });
});
