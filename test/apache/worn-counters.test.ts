// Counters at their end, which nobody can wait for: a log that has got there is forged, and both engines start on it.
import { cpSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { freePorts } from "../../src/apache/free-ports.ts";
import { findInstallation } from "../../src/apache/installation.ts";
import { LastWill } from "../../src/apache/last-will.ts";
import { ServerProcess } from "../../src/apache/server-process.ts";
import { noSession, zxidOf } from "../../src/core/base/ids.ts";
import { Writer } from "../../src/core/jute/writer.ts";
import { OpCode } from "../../src/core/protocol/op-codes.ts";
import { logFileHeader, writeRecord } from "../../src/core/storage/log-file.ts";
import { openAcl } from "../../src/core/tree/acl.ts";
import { LogEntry } from "../../src/core/txn/log-entry.ts";
import type { SubTxn, Txn } from "../../src/core/txn/txn.ts";
import { startEnsemble } from "../../src/index.ts";
import { send } from "../conformance/places.ts";
import { type Frame, RawClient, type Server } from "../conformance/raw-client.ts";
import {
  type Ask,
  create,
  exists,
  open,
  remove,
  setAcl,
  setData,
} from "../conformance/requests.ts";
import { Transcript } from "../conformance/transcript.ts";
import { tempFolder } from "../integration/temp-folder.ts";

const last = 0x7fff_ffff;

/** What has happened to /p: children without number, new data and lists as often as can be counted. */
const forged: readonly SubTxn[] = [
  {
    type: OpCode.create,
    body: { path: "/p/c", data: null, acl: openAcl, ephemeral: false, parentCversion: last - 2 },
  },
  { type: OpCode.setData, body: { path: "/p", data: null, version: last - 1 } },
  { type: OpCode.setAcl, body: { path: "/p", acl: openAcl, version: last - 1 } },
];

const sequential = create("/p/s-", { flags: 2 });
const stat = exists("/p");

type Story = readonly (readonly [ask: Ask, line: string])[];

/** One after the other; zxids count from the beginning of the session. */
const story: Story = [
  [setData("/p", ""), "ok @1 {c@past m@1 p@past v=2147483647 cv=-7 av=2147483646 n=1}"],
  [setData("/p", "", last), "ok @2 {c@past m@2 p@past v=-2147483648 cv=-7 av=2147483646 n=1}"],
  [setData("/p", ""), "ok @3 {c@past m@3 p@past v=-2147483647 cv=-7 av=2147483646 n=1}"],
  [setAcl("/p", open), "ok @4 {c@past m@3 p@past v=-2147483647 cv=-7 av=2147483647 n=1}"],
  [setAcl("/p", open, last), "ok @5 {c@past m@3 p@past v=-2147483647 cv=-7 av=-2147483648 n=1}"],
  [setAcl("/p", open), "ok @6 {c@past m@3 p@past v=-2147483647 cv=-7 av=-2147483647 n=1}"],
  [sequential, "ok @7 /p/s-2147483645"],
  [sequential, "ok @8 /p/s-2147483646"],
  [stat, "ok @8 {c@past m@3 p@8 v=-2147483647 cv=-5 av=-2147483647 n=3}"],
  // The count of creates never goes back, so from here on creates do not show in their parent, and the last number stays the last.
  [sequential, "ok @9 /p/s-2147483647"],
  [stat, "ok @9 {c@past m@3 p@8 v=-2147483647 cv=-6 av=-2147483647 n=4}"],
  [sequential, "NODEEXISTS @10"],
  [sequential, "NODEEXISTS @11"],
  [remove("/p/c"), "ok @12"],
  [stat, "ok @12 {c@past m@3 p@12 v=-2147483647 cv=-5 av=-2147483647 n=3}"],
  [create("/p/d"), "ok @13 /p/d"],
  [stat, "ok @13 {c@past m@3 p@12 v=-2147483647 cv=-6 av=-2147483647 n=4}"],
  [sequential, "NODEEXISTS @14"],
];

/** The last zxid of epoch 0 is one of many to a server alone: the session has it, and what follows is numbered on. */
const pastTheEpoch: Story = [
  [create("/a"), "ok @1 /a"],
  [exists("/a"), "ok @1 {c@1 m@1 p@1}"],
  [create("/b"), "ok @2 /b"],
  [remove("/a"), "ok @3"],
];

test.each([
  ["counters wrap, and sequences come to an end", story, forge],
  ["a server alone counts on from one epoch into the next", pastTheEpoch, age],
] as const)("%s, as Apache's do", async (_, told, forged) => {
  const dir = tempFolder();
  const [ours, apaches] = [join(dir, "ours"), join(dir, "apache")];
  mkdirSync(ours);
  const peers = [{ storage: { kind: "disk", dir: ours } }] as const;
  {
    await using ensemble = await startEnsemble({ peers, emulate: "3.8" });
    await ensemble.seedTree({ p: "" });
    const { zxid } = await ensemble.waitForConverged();
    await ensemble.kill("all");
    forged(join(ours, "version-2"), Number(zxid) + 1);
  }
  cpSync(ours, join(apaches, "data"), { recursive: true });
  await using ensemble = await startEnsemble({ peers, emulate: "3.8" });
  const expected = told.map(([, line]) => line);
  expect(await tell(told, await ensemble.leader())).toEqual(expected);
  expect(await tellApache(told, apaches)).toEqual(expected);
});

/** The empty state is said to be as of the last zxid but one, and what came after it is forgotten. */
function age(folder: string): void {
  for (const log of readdirSync(folder).filter((name) => name.startsWith("log."))) {
    rmSync(join(folder, log));
  }
  renameSync(join(folder, "snapshot.0"), join(folder, "snapshot.fffffffe"));
}

function forge(folder: string, from: number): void {
  const writer = new Writer();
  writer.raw(logFileHeader());
  for (const [index, { type, body }] of forged.entries()) {
    const zxid = zxidOf(from + index);
    const txn = {
      type,
      body,
      session: noSession,
      cxid: 0,
      zxid,
      time: 0,
      digest: undefined,
    } as Txn;
    writeRecord(writer, new LogEntry(txn).bytes);
  }
  writeFileSync(join(folder, `log.${from.toString(16)}`), writer.view());
}

async function tellApache(story: Story, dir: string): Promise<string[]> {
  const [clientPort = 0] = await freePorts(1);
  const will = new LastWill(dir);
  const plan = {
    dir,
    host: "127.0.0.1",
    myid: undefined,
    clientPort,
    settings: { tickTime: 500, clientPort, clientPortAddress: "127.0.0.1" },
    properties: {
      "zookeeper.admin.enableServer": false,
      "zookeeper.4lw.commands.whitelist": "*",
    },
  };
  const server = new ServerProcess(findInstallation(), plan, will);
  try {
    await server.start();
    await server.serving(30_000);
    return await tell(story, { host: "127.0.0.1", port: clientPort });
  } finally {
    await server.kill();
    await will.revoke();
  }
}

async function tell(story: Story, server: Server): Promise<string[]> {
  const client = await RawClient.open(server);
  const ask = async (what: Ask): Promise<Frame | undefined> =>
    (await client.until(send(client, what))).at(-1);
  const first = await ask(stat);
  const base = first?.kind === "reply" ? first.reply.zxid : 0;
  const masks = { base, hidesPast: true, folder: "/no-folder", sessions: new Map() };
  const transcript = new Transcript(masks);
  const lines: string[] = [];
  for (const [what] of story) {
    const frame = await ask(what);
    lines.push(frame === undefined ? "nothing" : transcript.line(frame));
  }
  await client.end();
  return lines;
}
