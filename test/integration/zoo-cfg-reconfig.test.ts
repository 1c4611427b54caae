import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { connect } from "../../src/client/index.ts";
import { startPeer } from "../../src/index.ts";
import { configFiles } from "./zoo-cfg-files.ts";

const host = "127.0.0.1";

test("peers start again from the files that a reconfiguration has rewritten", async () => {
  await using configs = await configFiles(3, "reconfigEnabled=true\nskipACL=yes");
  const [one = "", two = "", three = ""] = configs.files;
  const addresses = configs.clientPorts.map((port) => `${host}:${port}`);
  const zooCfg = (file: string): string => readFileSync(file, "utf8");
  let after = "";
  {
    await using _first = await startPeer({ config: one });
    await using _second = await startPeer({ config: two });
    await using _third = await startPeer({ config: three });
    await using client = await connect(addresses.join(","));
    const before = (await client.getConfig()).config;
    const line = before.split("\n").find((text) => text.startsWith("server.1="));
    after = (await client.reconfig({ joining: [`${line};${addresses[0]}`] })).config;
  }
  const version = /version=(.*)/.exec(after)?.[1];
  for (const file of configs.files) {
    expect(zooCfg(file)).toMatch(`dynamicConfigFile=${file}.dynamic.${version}\n`);
    expect(zooCfg(file)).not.toMatch(/^server/m);
    expect(zooCfg(`${file}.bak`)).toMatch(/^server\.3=/m);
    expect(existsSync(`${file}.dynamic.next`)).toBe(false);
    expect(`${zooCfg(`${file}.dynamic.${version}`)}\nversion=${version}`).toBe(after);
  }
  expect(configs.files.map((file) => /^clientPort=/m.test(zooCfg(file)))).toEqual([
    false,
    true,
    true,
  ]);
  // From these files alone: nothing else knows of it any more.
  for (const sid of [1, 2, 3])
    rmSync(join(configs.dir, `data-${sid}`, "version-2"), { recursive: true });
  await using first = await startPeer({ config: one });
  await using _second = await startPeer({ config: two });
  await using _third = await startPeer({ config: three });
  expect(first.clientPort).toBe(configs.clientPorts[0]);
  await using client = await connect(addresses.join(","));
  expect((await client.getConfig()).config).toBe(after);
});

test("one server is a quorum that others join, where none stands alone", async () => {
  await using configs = await configFiles(
    2,
    "reconfigEnabled=true\nskipACL=yes\nstandaloneEnabled=false",
  );
  const [one = "", two = ""] = configs.files;
  const [, port] = configs.clientPorts;
  const ownLine = /^server\.2=(.*)$/m;
  const [, place] = ownLine.exec(readFileSync(two, "utf8")) ?? [];
  writeFileSync(one, readFileSync(one, "utf8").replace(ownLine, ""));
  await using first = await startPeer({ config: one });
  await using client = await connect(`${host}:${configs.clientPorts[0]}`);
  expect(await first.role()).toBe("leader");
  await using second = await startPeer({ config: two });
  await using other = await connect(`${host}:${port}`);
  expect(await second.role()).toBe("follower"); // as yet of no weight
  const joining = [`server.2=${place};${host}:${port}`];
  const { config } = await client.reconfig({ joining });
  expect(config).toContain(`server.2=${place}:participant;`);
  await client.create("/a", "1"); // it takes both
  await other.sync("/a");
  expect(await other.exists("/a")).toBeTruthy();
  await client.reconfig({ leaving: [2] });
  await client.create("/b", "1");
});
