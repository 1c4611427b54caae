// Sessions that go on at another peer: of their own accord, and because their leader died.
import { expect, test } from "vitest";
import { startEnsemble } from "../../src/index.ts";
import { onApache } from "../apache/engines.ts";
import { answers, rest, send } from "./places.ts";
import { RawClient, type Server } from "./raw-client.ts";
import {
  create,
  exists,
  getChildren,
  getData,
  getEphemerals,
  remove,
  setData,
  setWatches,
  setWatches2,
  sync,
} from "./requests.ts";
import { oursAs } from "./settings.ts";
import { dialect, engine, target } from "./targets.ts";
import { Transcript } from "./transcript.ts";

/** Where a client's peer has come to. */
async function reached(client: RawClient): Promise<number> {
  const frame = (await client.until(send(client, sync("/")))).at(-1);
  if (frame?.kind !== "reply") throw new Error("no answer");
  return frame.reply.zxid;
}

/** The same session over a new connection. */
function again(client: RawClient, at: Server, lastZxidSeen = 0): Promise<RawClient> {
  const { session, response } = client;
  return RawClient.open(at, { session, password: response.password, lastZxidSeen });
}

/** The events that a client has heard by the time its peer has come to a zxid; zxids count from there. */
async function heard(client: RawClient, zxid: number): Promise<string[]> {
  const transcript = new Transcript({ base: zxid, folder: "/no-folder", sessions: new Map() });
  return (await client.caughtUp(zxid)).map((frame) => transcript.line(frame));
}

/** Events have their zxid in 3.9 only. */
const event = (text: string, zxid: string): string =>
  dialect === "3.9" ? `${text} ${zxid}` : text;

const epochOf = (zxid: number): number => Math.floor(zxid / 2 ** 32);

async function breakOff(client: RawClient): Promise<void> {
  client.socket.destroy();
  await client.untilClosed();
}

async function twoFollowers(): Promise<readonly [Server, Server]> {
  const [, one, two] = (await target()).three;
  if (one === undefined || two === undefined) throw new Error("fewer than three peers");
  return [one, two];
}

test("a client that moves takes its watches along by setWatches, and hears what it has missed", async () => {
  const [one, two] = await twoFollowers();
  const at = (name: string): string => `/moves-${process.pid}-a${name}`;
  const writer = await RawClient.open(two);
  for (const name of ["", "/same", "/new", "/gone"]) await answers(writer, create(at(name)));
  const first = await RawClient.open(one);
  await first.caughtUp(await reached(writer));
  await answers(first, getData(at("/same"), true));
  const seen = await reached(first);
  await breakOff(first);
  await answers(writer, setData(at("/new"), "x"));
  await answers(writer, remove(at("/gone")));
  await answers(writer, create(at("/come")));

  const second = await again(first, two, seen);
  const lists = {
    data: [at("/same"), at("/new"), at("/gone")],
    exist: [at("/come"), at("/to-come")],
    child: [at("")],
  };
  expect(await answers(second, setWatches(seen, lists), seen)).toEqual([
    `dataChanged ${at("/new")}`,
    `deleted ${at("/gone")}`,
    `created ${at("/come")}`,
    `childrenChanged ${at("")}`,
    "ok @3",
  ]);
  await answers(writer, setData(at("/same"), "y"));
  await answers(writer, create(at("/to-come")));
  await answers(writer, setData(at("/new"), "y"));
  expect(await heard(second, seen + 6)).toEqual([
    event(`dataChanged ${at("/same")}`, "@-2"),
    event(`created ${at("/to-come")}`, "@-1"),
  ]);
  for (const name of ["/same", "/new", "/come", "/to-come", ""])
    await answers(writer, remove(at(name)));
  await second.end();
  await writer.end();
});

test("a client that moves and says nothing of its watches has none, persistent ones neither", async () => {
  const [one, two] = await twoFollowers();
  const path = `/moves-${process.pid}-b`;
  const writer = await RawClient.open(two);
  await answers(writer, create(path));
  const first = await RawClient.open(one);
  await first.caughtUp(await reached(writer));
  const lists = { persistent: [path], recursive: ["/"] };
  await answers(first, getData(path, true));
  await answers(first, getChildren(path, true));
  await answers(first, setWatches2(0, lists));
  await breakOff(first);
  const second = await again(first, two);
  const third = await again(second, one);
  await answers(writer, setData(path, "x"));
  await answers(writer, remove(path));
  expect(await heard(third, await reached(writer))).toEqual([]);
  await third.end();
  await writer.end();
});

test("a session that is closed at another peer takes along what it made at the first", async () => {
  const [one, two] = await twoFollowers();
  const path = `/moves-${process.pid}-c`;
  const owner = await RawClient.open(one);
  const base = await reached(owner);
  expect(await answers(owner, create(path, { flags: 1 }), base)).toEqual([`ok @1 ${path}`]);
  const watcher = await RawClient.open(one);
  await answers(watcher, exists(path, true));
  await breakOff(owner);
  const second = await again(owner, two);
  await second.caughtUp(base + 2); // the watcher's session
  expect(await answers(second, getEphemerals(null), base)).toEqual([`ok @2 [${path}]`]);
  await second.end();
  expect(await heard(watcher, base + 3)).toEqual([event(`deleted ${path}`, "@0")]);
  await watcher.end();
});

test("when the leader dies every client is cut off, and its session goes on in the next epoch", async () => {
  const options = { ...oursAs("3.8"), emulate: dialect };
  await using ensemble = await startEnsemble({
    ...options,
    peers: 3,
    ...(engine === "apache" && onApache),
  });
  const oldLeader = await ensemble.leader();
  const [follower] = await ensemble.followers();
  if (follower === undefined) throw new Error("no follower");
  const atLeader = await RawClient.open(oldLeader);
  const atFollower = await RawClient.open(follower);
  await answers(atLeader, create("/n"));
  await answers(atLeader, create("/of-leader", { flags: 1 }));
  await answers(atFollower, create("/of-follower", { flags: 1 }));
  await atLeader.caughtUp(await reached(atFollower));
  await answers(atLeader, getData("/n", true));
  await answers(atFollower, exists("/of-leader", true));
  const seen = await reached(atFollower);
  const { leader } = await ensemble.killLeader();
  if (leader === undefined) throw new Error("no other leader");
  expect([await rest(atLeader), await rest(atFollower)]).toEqual([["closed"], ["closed"]]);

  await ensemble.waitForConverged();
  const [other] = await ensemble.followers();
  if (other === undefined) throw new Error("no follower is left");
  const first = await again(atLeader, other, seen);
  const second = await again(atFollower, leader, seen);
  expect([first.session, second.session]).toEqual([atLeader.session, atFollower.session]);
  // Nothing has happened but the election, so nothing was missed; what a peer's zxid is until the first transaction is its own affair.
  const nothingMissed = [expect.stringMatching(/^ok /)];
  expect(await answers(first, setWatches(seen, { data: ["/n"] }))).toEqual(nothingMissed);
  expect(await answers(second, setWatches(seen, { data: ["/of-leader"] }))).toEqual(nothingMissed);
  await answers(second, create("/in-the-next-epoch"));
  const base = await reached(second);
  expect(epochOf(base)).toBe(epochOf(seen) + 1);
  expect(await answers(second, setData("/n", "x"), base)).toEqual([
    expect.stringMatching(/^ok @1 \{c@-\d+ m@1 /),
  ]);
  expect(await heard(first, base + 1)).toEqual([event("dataChanged /n", "@0")]);
  expect(await answers(first, getEphemerals(null), base)).toEqual(["ok @1 [/of-leader]"]);
  await first.end();
  expect(await heard(second, base + 2)).toEqual([event("deleted /of-leader", "@0")]);
  expect(await answers(second, getEphemerals(null), base)).toEqual(["ok @2 [/of-follower]"]);
  await second.end();
});
