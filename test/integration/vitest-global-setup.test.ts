import { expect, onTestFinished, test } from "vitest";
import { connect } from "../../src/client/index.ts";
import setup from "../../src/vitest/global-setup.ts";
import { fixtures } from "../../src/vitest/index.ts";

test("without the global setup a namespace says what to add to the configuration", async ({
  task,
}) => {
  const asked = fixtures.zk({ task }, async () => {});
  await expect(asked).rejects.toMatchObject({
    code: "ZKMS_BAD_STATE",
    hint: expect.stringContaining('globalSetup: "zookeeper-memory-server/vitest/global-setup"'),
  });
});

test("the shared ensemble refuses faults, and in watch mode is reset before each rerun", async () => {
  type Project = Parameters<typeof setup>[0];
  const reruns: (() => unknown)[] = [];
  const provided = new Map<string, unknown>();
  const project = (zookeeper: object) =>
    ({
      config: { zookeeper, env: {} },
      provide: (key: string, value: unknown) => provided.set(key, value),
      onTestsRerun: (rerun: () => unknown) => reruns.push(rerun),
    }) as unknown as Project;
  const options = { peers: 1, name: "watched" };
  const teardowns = [await setup(project(options)), await setup(project(options))];
  onTestFinished(() => void delete process.env["ZOOKEEPER_CONNECT"]);
  expect(reruns).toHaveLength(1); // of two projects that share it

  // Other tests would feel a fault.
  const { controlUrl, controlToken } = Object(provided.get("zookeeperRun"));
  const killed = await fetch(`${controlUrl}/v1/ensemble/kill`, {
    method: "POST",
    headers: { authorization: `Bearer ${controlToken}`, "content-type": "application/json" },
    body: JSON.stringify({ target: "all" }),
  });
  expect(await killed.json()).toMatchObject({
    error: { code: "ZKMS_SHARED", hint: expect.stringContaining("startEnsemble") },
  });

  const connectString = String(provided.get("zookeeper"));
  const client = await connect(connectString);
  await client.create("/leftover");
  await reruns[0]?.();
  await using other = await connect(connectString);
  expect((await other.children("/")).children).toEqual(["zookeeper"]);
  await client.close();
  for (const teardown of teardowns) await teardown();
});
