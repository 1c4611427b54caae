// Against what three servers of Apache 3.8.0 wrote from the same beginning: first epoch, an observer joins, server 1 moves its
// client port into its line, server 2 takes another client port. The keys stand in another order there, Java's.
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { sidOf, zxidZero } from "../../../src/core/base/ids.ts";
import { pointedTo, ZooCfgFiles } from "../../../src/zoo-cfg/config-files.ts";
import { parseProperties } from "../../../src/zoo-cfg/java-properties.ts";

interface Recorded {
  readonly "zoo.cfg": string;
  readonly steps: readonly {
    readonly version: string;
    readonly "zoo.cfg": string;
    readonly dynamic: string;
  }[];
}
const data = new URL("../../golden/data/rewritten-configs.json", import.meta.url);
const apache: Record<"1" | "2" | "groups", Recorded> & { readonly next: string } = JSON.parse(
  readFileSync(data, "utf8"),
);

let dir = "";
let warnings: string[] = [];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "zkms-config-files-"));
  warnings = [];
});
afterEach(() => rm(dir, { recursive: true }));

const inDir = (name: string): string => join(dir, name);
const read = async (name: string): Promise<string> =>
  (await readFile(inDir(name), "latin1")).replaceAll(dir, "DIR");
const filesOf = async (sid: number, zooCfg: string): Promise<ZooCfgFiles> => {
  await writeFile(inDir("zoo.cfg"), zooCfg.replaceAll("DIR", dir), "latin1");
  const warn = (text: string): void => void warnings.push(text.replaceAll(dir, "DIR"));
  return new ZooCfgFiles({ file: inDir("zoo.cfg"), sid: sidOf(sid), version: zxidZero, warn });
};
const configOf = ({ version, dynamic }: Recorded["steps"][number]): string =>
  `${dynamic}\nversion=${version}`;
const entriesOf = (text: string): string[] =>
  parseProperties(text)
    .map(({ key, value }) => `${key}=${value}`)
    .sort();
/** What Apache loses with the client port, and with each rewriting. */
const withWhatApacheLoses = (text: string): string[] =>
  entriesOf(
    `${text.replace(/^(some\.path|clientPortListenBacklog)=.*\n/gm, "")}some.path=C:\\\\temp\\\\x\nclientPortListenBacklog=50\n`,
  );

const recordings = [
  ["a client port in the zoo.cfg, then in the server's line", 1, apache["1"]],
  ["a client port in the server's line", 2, apache["2"]],
  ["groups and weights", 1, apache.groups],
] as const;

describe("what is in force is written as Apache writes it", () => {
  test.each(recordings)("%s", async (_, sid, recorded) => {
    const files = await filesOf(sid, recorded["zoo.cfg"]);
    await files.backUp();
    const names = ["zoo.cfg", "zoo.cfg.bak"];
    for (const step of recorded.steps) {
      await files.save(configOf(step), undefined);
      names.push(`zoo.cfg.dynamic.${step.version}`);
      expect(await read(`zoo.cfg.dynamic.${step.version}`)).toBe(step.dynamic);
      expect(entriesOf(await read("zoo.cfg"))).toEqual(withWhatApacheLoses(step["zoo.cfg"]));
    }
    expect(await read("zoo.cfg.bak")).toBe(recorded["zoo.cfg"]);
    expect((await readdir(dir)).sort()).toEqual(names);
    expect(warnings).toEqual([]);
  });
});

test("what is proposed is written as Apache writes it, and gone when it is in force", async () => {
  const files = await filesOf(1, apache["1"]["zoo.cfg"]);
  const [first] = apache["1"].steps as [Recorded["steps"][number]];
  await files.save(configOf(first), apache.next);
  expect(await read("zoo.cfg.dynamic.next")).toBe(apache.next);
  await files.save(apache.next, undefined);
  expect((await readdir(dir)).sort()).toEqual([
    "zoo.cfg",
    "zoo.cfg.dynamic.100000000",
    "zoo.cfg.dynamic.100000003",
  ]);
});

test("what is in force already is not written again", async () => {
  const zooCfg = "tickTime=1\nserver.1=a:1:2\n";
  const files = await filesOf(1, zooCfg);
  await files.save("server.1=a:1:2:participant\nversion=0", apache.next);
  expect(await read("zoo.cfg")).toBe(zooCfg);
  expect((await readdir(dir)).sort()).toEqual(["zoo.cfg", "zoo.cfg.dynamic.next"]);
});

test("lines that stay are left as they were, comments and bytes beyond ASCII too", () => {
  const zooCfg = "# caf\u00e9\r\nserver.1=\\\r\n  a:1:2\r\nname = \u00e9\\\\\r\nclientPort=1";
  const files = { dynamicFile: "/d\u00e9/zoo.cfg.dynamic.1", withoutClientPort: false };
  expect(pointedTo(zooCfg, files)).toBe(
    "# caf\u00e9\r\nname = \u00e9\\\\\r\nclientPort=1\ndynamicConfigFile=/d\\u00e9/zoo.cfg.dynamic.1\n",
  );
});

describe("a file that cannot be written", () => {
  test("is told, and tried again with the next configuration", async () => {
    const recorded = apache["1"];
    const [first, second] = recorded.steps as [
      Recorded["steps"][number],
      Recorded["steps"][number],
    ];
    const files = await filesOf(1, recorded["zoo.cfg"]);
    await mkdir(inDir("zoo.cfg.tmp"));
    await files.save(configOf(first), undefined);
    expect(warnings).toEqual([
      "a new configuration cannot be written to DIR/zoo.cfg (EISDIR); it is kept in dataDir",
    ]);
    expect(await read("zoo.cfg")).toBe(recorded["zoo.cfg"]);
    await rm(inDir("zoo.cfg.tmp"), { recursive: true });
    await files.save(configOf(second), undefined);
    expect(await read("zoo.cfg")).toMatch(/dynamicConfigFile=DIR\/zoo\.cfg\.dynamic\.100000002\n$/);
  });

  test("as a backup keeps the peer from starting, as Apache's", async () => {
    const files = await filesOf(1, "tickTime=1\n");
    await mkdir(inDir("zoo.cfg.bak.tmp"));
    await expect(files.backUp()).rejects.toMatchObject({
      code: "ZKMS_BAD_OPTIONS",
      message: expect.stringContaining("zoo.cfg.bak cannot be written"),
    });
  });
});
