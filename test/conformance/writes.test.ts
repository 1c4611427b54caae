import { expect } from "vitest";
import { OpCode } from "../../src/core/protocol/op-codes.ts";
import { answers, atEveryPlace } from "./places.ts";
import { RawClient } from "./raw-client.ts";
import {
  acl,
  by,
  closing,
  create,
  create2,
  createContainer,
  createTtl,
  deleteContainer,
  exists,
  Flags,
  getAcl,
  getData,
  open,
  raw,
  reconfig,
  remove,
  setAcl,
  setData,
  sync,
  withXid,
} from "./requests.ts";
import { stories } from "./story.ts";

const empty = (type: number) => raw(type, () => {});

stories("delete", [
  ["a node", [create("$/a"), "ok @1 $/a"], [remove("$/a"), "ok @2"], [exists("$/a"), "NONODE @2"]],
  ["with its version", [create("$/a"), "ok @1 $/a"], [remove("$/a", 0), "ok @2"]],
  ["with another version", [create("$/a"), "ok @1 $/a"], [remove("$/a", 1), "BADVERSION @2"]],
  [
    "any negative version but -1 is another one",
    [create("$/a"), "ok @1 $/a"],
    [remove("$/a", -2), "BADVERSION @2"],
  ],
  ["no slash", [remove("x"), "BADARGUMENTS @1"]],
  ["an empty path", [remove(""), "BADARGUMENTS @1"]],
  ["NUL", [remove("$/\0"), "BADARGUMENTS @1"]],
  ["the root", [remove("/"), "BADARGUMENTS @1"]],
  ["/zookeeper", [remove("/zookeeper"), "BADARGUMENTS @1"]],
  ["/zookeeper/quota", [remove("/zookeeper/quota"), "BADARGUMENTS @1"]],
  ["/zookeeper/config", [remove("/zookeeper/config"), "BADARGUMENTS @1"]],
  ["a missing parent", [remove("$/no/a"), "NONODE @1"]],
  ["a missing node", [remove("$/a"), "NONODE @1"]],
  ["a name that cannot be", [remove("$/.."), "NONODE @1"], [remove("$/"), "NONODE @2"]],
  [
    "a wrong version wins over children",
    [create("$/a"), "ok @1 $/a"],
    [remove("$", 7), "BADVERSION @2"],
    [remove("$"), "NOTEMPTY @3"],
  ],
  [
    "of another session's ephemeral",
    [by("b", create("$/e", { flags: Flags.ephemeral })), "b: ok @1 $/e"],
    [remove("$/e"), "ok @2"],
  ],
]);

stories("setData", [
  [
    "answers the new Stat",
    [setData("$", "abc"), "ok @1 {c@0 m@1 p@0 v=1 len=3}"],
    [getData("$"), 'ok @1 "abc" {c@0 m@1 p@0 v=1 len=3}'],
  ],
  [
    "the same bytes again count",
    [setData("$", ""), "ok @1 {c@0 m@1 p@0 v=1}"],
    [setData("$", ""), "ok @2 {c@0 m@2 p@0 v=2}"],
  ],
  [
    "null",
    [setData("$", null), "ok @1 {c@0 m@1 p@0 v=1}"],
    [getData("$"), "ok @1 null {c@0 m@1 p@0 v=1}"],
  ],
  [
    "with the version",
    [setData("$", "x", 0), "ok @1 {c@0 m@1 p@0 v=1 len=1}"],
    [setData("$", "y", 1), "ok @2 {c@0 m@2 p@0 v=2 len=1}"],
  ],
  [
    "with another version",
    [setData("$", "x", 1), "BADVERSION @1"],
    [setData("$", "x", -2), "BADVERSION @2"],
  ],
  ["a missing node", [setData("$/a", "x"), "NONODE @1"]],
  ["an empty path", [setData("", "x"), "BADARGUMENTS @1"]],
  ["a relative path", [setData("x", "x"), "BADARGUMENTS @1"]],
  ["a slash at the end", [setData("$/", "x"), "BADARGUMENTS @1"]],
  ["a double slash", [setData("$//a", "x"), "BADARGUMENTS @1"]],
  [
    "dots",
    [setData("$/no/..", "x"), "BADARGUMENTS @1"],
    [setData("$/./a", "x"), "BADARGUMENTS @2"],
  ],
  ["NUL", [setData("$/\0", "x"), "BADARGUMENTS @1"]],
]);

atEveryPlace("setData takes the root and the system's own nodes", async (server) => {
  const client = await RawClient.open(server);
  for (const path of ["/", "/zookeeper", "/zookeeper/quota"]) {
    expect(await answers(client, setData(path, ""))).toEqual([expect.stringMatching(/^ok /)]);
  }
  await client.end();
});

stories("setACL", [
  [
    "answers the new Stat, and fires nothing",
    [getData("$", true), 'ok @0 "" {c@0 m@0 p@0}'],
    [setAcl("$", [acl(1, "world", "anyone")]), "ok @1 {c@0 m@0 p@0 av=1}"],
    [getAcl("$"), "ok @1 [1 world:anyone] {c@0 m@0 p@0 av=1}"],
  ],
  [
    "the version is the ACL's",
    [setData("$", "x"), "ok @1 {c@0 m@1 p@0 v=1 len=1}"],
    [setAcl("$", open, 1), "BADVERSION @2"],
    [setAcl("$", open, 0), "ok @3 {c@0 m@1 p@0 v=1 av=1 len=1}"],
  ],
  ["a bad path wins over a bad list", [setAcl("x", []), "BADARGUMENTS @1"]],
  ["a bad list wins over a missing node", [setAcl("$/no", []), "INVALIDACL @1"]],
  ["no list", [setAcl("$", null), "INVALIDACL @1"]],
  ["a missing node", [setAcl("$/no", open), "NONODE @1"]],
]);

stories("what only the server itself asks, or nobody", [
  ["reconfig where it is disabled", [reconfig(), "RECONFIGDISABLED @1"]],
]);
stories("deleteContainer from a client", [["refused", [deleteContainer("$"), "BADARGUMENTS @1"]]], {
  as: "3.8",
});

stories(
  "bodies of writes that do not decode take a zxid",
  [
    ["delete", [empty(OpCode.delete), "MARSHALLINGERROR @1"]],
    ["setData", [empty(OpCode.setData), "MARSHALLINGERROR @1"]],
    ["setACL", [empty(OpCode.setAcl), "MARSHALLINGERROR @1"]],
    ["create2", [empty(OpCode.create2), "MARSHALLINGERROR @1"]],
    ["createContainer", [empty(OpCode.createContainer), "MARSHALLINGERROR @1"]],
    ["createTTL", [empty(OpCode.createTtl), "MARSHALLINGERROR @1"]],
    ["deleteContainer", [empty(OpCode.deleteContainer), "BADARGUMENTS @1"]],
    ["createSession", [empty(OpCode.createSession), "MARSHALLINGERROR @1"]],
    ["multi", [empty(OpCode.multi), "MARSHALLINGERROR @1"]],
  ],
  { as: "3.8" },
);

stories("operations that nobody knows end the connection", [
  ["number 0", [closing(empty(0)), "UNIMPLEMENTED @none", "closed"]],
  ["number 10", [closing(empty(10)), "UNIMPLEMENTED @none", "closed"]],
  ["number 23", [closing(empty(23)), "UNIMPLEMENTED @none", "closed"]],
  ["number 99", [closing(empty(99)), "UNIMPLEMENTED @none", "closed"]],
  ["number 108", [closing(empty(108)), "UNIMPLEMENTED @none", "closed"]],
  ["number -1", [closing(empty(-1)), "UNIMPLEMENTED @none", "closed"]],
]);

stories("the server never looks at xids", [
  ["0", [withXid(0, create("$/a")), "ok @1 $/a"]],
  ["a negative one", [withXid(-77, create("$/a")), "ok @1 $/a"]],
  [
    "one of long ago",
    [withXid(5, create("$/a")), "ok @1 $/a"],
    [withXid(5, create("$/b")), "ok @2 $/b"],
  ],
  ["sync", [withXid(-9, sync("$")), "ok @0 $"]],
]);

stories("Stats", [
  [
    "what children do to their parent",
    [create2("$/a"), "ok @1 $/a {c@1 m@1 p@1}"],
    [exists("$"), "ok @1 {c@0 m@0 p@1 cv=1 n=1}"],
    [create("$/a/b"), "ok @2 $/a/b"],
    [exists("$"), "ok @2 {c@0 m@0 p@1 cv=1 n=1}"],
    [setData("$/a", "x"), "ok @3 {c@1 m@3 p@2 v=1 cv=1 len=1 n=1}"],
    [setAcl("$/a", open), "ok @4 {c@1 m@3 p@2 v=1 cv=1 av=1 len=1 n=1}"],
    [exists("$"), "ok @4 {c@0 m@0 p@1 cv=1 n=1}"],
    [remove("$/a/b"), "ok @5"],
    [exists("$/a"), "ok @5 {c@1 m@3 p@5 v=1 cv=2 av=1 len=1}"],
    [remove("$/a"), "ok @6"],
    [exists("$"), "ok @6 {c@0 m@0 p@6 cv=2}"],
  ],
  [
    "failures change nothing",
    [create("$/a"), "ok @1 $/a"],
    [create("$/a"), "NODEEXISTS @2"],
    [remove("$/b"), "NONODE @3"],
    [remove("$/a", 9), "BADVERSION @4"],
    [setData("$", "x", 9), "BADVERSION @5"],
    [setAcl("$", open, 9), "BADVERSION @6"],
    [exists("$"), "ok @6 {c@0 m@0 p@1 cv=1 n=1}"],
  ],
  [
    "containers and TTL nodes",
    [createContainer("$/c"), "ok @1 $/c {c@1 m@1 p@1}"],
    [createTtl("$/t", 5000, { data: "x" }), "ok @2 $/t {c@2 m@2 p@2 len=1}"],
    [exists("$"), "ok @2 {c@0 m@0 p@2 cv=2 n=2}"],
  ],
]);

// On a follower of Apache it never returns, and no write of that leader does after it.
stories(
  "a reconfig that does not decode takes no zxid",
  [["and is refused", [empty(OpCode.reconfig), "MARSHALLINGERROR @0"]]],
  { only: "alone" },
);
