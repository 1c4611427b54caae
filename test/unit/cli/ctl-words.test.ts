import { expect, test } from "vitest";
import { allVerbs, readCall } from "../../../src/cli/ctl-words.ts";

test.each([
  ["status", "/v1/ensemble/status", {}],
  ["kill leader", "/v1/ensemble/kill", { target: "leader" }],
  ["kill 2", "/v1/ensemble/kill", { target: 2 }],
  ["kill-leader --timeout 500", "/v1/ensemble/killLeader", { timeout: 500 }],
  ["killLeader --wait-for-new=false", "/v1/ensemble/killLeader", { waitForNew: false }],
  ["partition 1 2,3", "/v1/ensemble/partition", { sides: [1, [2, 3]] }],
  ["isolate leader --direction in", "/v1/ensemble/isolate", { target: "leader", direction: "in" }],
  ["peer 2 restart --wipe", "/v1/peers/2/restart", { wipe: true }],
  ["peer 2 four-letter-word srvr", "/v1/peers/2/fourLetterWord", { word: "srvr" }],
  ["clock advance 60000", "/v1/clock/advance", { ms: 60_000 }],
  ["network block --from 1 --to 2,3", "/v1/network/block", { link: { from: 1, to: [2, 3] } }],
  ['network block {"from":1}', "/v1/network/block", { link: { from: 1 } }],
  [
    "network shape --to clients --latency 20",
    "/v1/network/shape",
    { link: { to: "clients" }, conditions: { latency: 20 } },
  ],
  ["sessions expire /lock", "/v1/sessions/expire", { match: "/lock" }],
  ["fault 3 undo", "/v1/faults/3/undo", {}],
  ["fault 3 release 1", "/v1/faults/3/release", { count: 1 }],
  ["namespace mine", "/v1/ensemble/namespace", { name: "mine" }],
  ["namespace mine dump", "/v1/namespaces/mine/dump", {}],
  ["events timeline text", "/v1/events/timeline", { format: "text" }],
  ['seed-tree {"a":"1"} /app', "/v1/ensemble/seedTree", { tree: { a: "1" }, path: "/app" }],
])("%s", (words, path, body) => {
  const call = readCall(words.split(" "));
  expect({ path: call.path, body: call.body }).toEqual({ path, body });
});

test.each([
  ["", "one of"],
  ["stauts", "try     status"],
  ["peers 2 kill", "try     peer"],
  ["peer", "try     peer 1 …"],
  ["peer 2 stopp", "try     stop"],
  ["kill leader now", 'option now: "now" is one argument too many\n  try     <target>'],
  ["peer 2 restart --wip", "try     --wipe"],
  ["network block --form 1", "try     --from"],
  ["kill-leader --json", "try     ctl --json before it"],
])("%j is refused with how to go on", (words, hint) => {
  expect(() => readCall(words.split(" ").filter((word) => word !== ""))).toThrow(hint);
});

test("every verb that is listed can be said", () => {
  for (const { words } of allVerbs()) {
    const said = words.split(" ").filter((word) => !/[<[]/.test(word) || word === "<id>");
    expect(readCall(said.map((word) => (word === "<id>" ? "1" : word))).path).toMatch(/^\/v1\//);
  }
});
