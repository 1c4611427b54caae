// What a reconfiguration leaves of zoo.cfg, on servers of both kinds in one quorum.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { connect } from "../../src/client/index.ts";
import { MixedEnsemble } from "./mixed-ensemble.ts";
import { expectSameOnAll } from "./same-everywhere.ts";
import type { Kind, Server } from "./server.ts";

const read = ({ dir }: Server, name: string): string => readFileSync(join(dir, name), "latin1");

/** The files by name, alike wherever a server lives: its folder is DIR, and the order of keys is Java's there and the author's here. */
function filesOf(server: Server): Record<string, string> {
  const names = readdirSync(server.dir).filter((name) => name.startsWith("zoo.cfg"));
  return Object.fromEntries(
    names.sort().map((name) => {
      const text = read(server, name)
        .replaceAll(server.dir, "DIR")
        .replace(/^clientPort=\d+$/m, "clientPort=N");
      return [name, name === "zoo.cfg" ? text.split("\n").sort().join("\n") : text];
    }),
  );
}

test("both kinds rewrite it alike, and each starts from what the other wrote", async () => {
  const kinds: Kind[] = ["ours", "apache", "ours"];
  await using ensemble = await MixedEnsemble.start({ kinds, leader: 3, reconfig: true });
  const [first, second, third] = ensemble.servers as [Server, Server, Server];
  expect(Object.keys(filesOf(second))).toEqual([
    "zoo.cfg",
    "zoo.cfg.bak",
    "zoo.cfg.dynamic.100000000",
  ]);
  for (const server of [first, third]) expect(filesOf(server)).toEqual(filesOf(second));

  await using client = await connect(third.connectString);
  /** The client ports move into the servers' lines. */
  const change = async (...servers: readonly Server[]): Promise<string> => {
    const { config } = await client.getConfig();
    const joining = servers.map(({ sid, connectString }) => {
      const line = config.split("\n").find((text) => text.startsWith(`server.${sid}=`));
      return `${line?.replace(/;.*/, "")};${connectString}`;
    });
    const changed = await client.reconfig({ joining });
    const version = /version=(.*)/.exec(changed.config)?.[1];
    await ensemble.until("all are started from it the next time", () =>
      ensemble.servers.every(
        (server) =>
          read(server, "zoo.cfg").includes(`.dynamic.${version}`) &&
          !readdirSync(server.dir).includes("zoo.cfg.dynamic.next"),
      ),
    );
    return changed.config;
  };
  await change(first, second);
  const { "zoo.cfg": theirs, ...others } = filesOf(second);
  expect(theirs).not.toContain("clientPort");
  expect(filesOf(first)).toEqual({ "zoo.cfg": theirs, ...others });
  const { "zoo.cfg": ours, ...same } = filesOf(third);
  expect(ours).toContain("clientPort=N");
  expect(same).toEqual(others);

  for (const [server, kind] of [
    [second, "ours"],
    [first, "apache"],
  ] as const) {
    await server.stop();
    server.become(kind);
    await server.start();
    await ensemble.untilAllServe();
  }
  await client.create("/after", "1");
  const config = await change(third);
  for (const server of ensemble.servers) {
    await using own = await connect(server.connectString);
    await own.sync("/");
    expect((await own.getConfig()).config).toBe(config);
    expect(filesOf(server)).toEqual(filesOf(first));
  }
  await expectSameOnAll(ensemble);
});
