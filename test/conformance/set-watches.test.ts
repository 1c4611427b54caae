import { OpCode } from "../../src/core/protocol/op-codes.ts";
import { acl, by, create, raw, remove, setData, setWatches, setWatches2 } from "./requests.ts";
import { stories } from "./story.ts";

const b = (line: string): string => `b: ${line}`;

/** The nodes are as old as the zxid before the first step; what happens then is what a client missed. */
const given = [create("$/n")];

stories(
  "setWatches",
  [
    ["with nothing to watch", [setWatches(0, {}), "ok @0"]],
    [
      "of data that has not changed sets the watch",
      [setWatches(0, { data: ["$/n"] }), "ok @0"],
      [by("b", setData("$/n", "x")), b("ok @1 {c@0 m@1 p@0 v=1 len=1}"), "dataChanged $/n @1"],
    ],
    [
      "of data that has changed fires and sets none",
      [by("b", setData("$/n", "x")), b("ok @1 {c@0 m@1 p@0 v=1 len=1}")],
      [setWatches(0, { data: ["$/n"] }), "dataChanged $/n", "ok @1"],
      [by("b", setData("$/n", "y")), b("ok @2 {c@0 m@2 p@0 v=2 len=1}")],
    ],
    [
      "of data of a node that is gone fires",
      [setWatches(0, { data: ["$/gone"] }), "deleted $/gone", "ok @0"],
    ],
    [
      "of data is about its changes, not about children",
      [by("b", create("$/n/c")), b("ok @1 $/n/c")],
      [setWatches(0, { data: ["$/n"] }), "ok @1"],
    ],
    [
      "for a node to come sets the watch",
      [setWatches(0, { exist: ["$/x"] }), "ok @0"],
      [by("b", create("$/x")), b("ok @1 $/x"), "created $/x @1"],
    ],
    [
      "for a node that has come fires, however old it is",
      [setWatches(0, { exist: ["$/n"] }), "created $/n", "ok @0"],
      [by("b", setData("$/n", "y")), b("ok @1 {c@0 m@1 p@0 v=1 len=1}")],
    ],
    [
      "of children that have not changed sets the watch",
      [setWatches(0, { child: ["$/n"] }), "ok @0"],
      [by("b", create("$/n/c")), b("ok @1 $/n/c"), "childrenChanged $/n @1"],
    ],
    [
      "of children that have changed fires",
      [by("b", create("$/n/c")), b("ok @1 $/n/c")],
      [setWatches(0, { child: ["$/n"] }), "childrenChanged $/n", "ok @1"],
      [by("b", remove("$/n/c")), b("ok @2")],
    ],
    [
      "of children of a node that is gone fires",
      [setWatches(0, { child: ["$/gone"] }), "deleted $/gone", "ok @0"],
    ],
    [
      "fires list by list: data, exist, child",
      [by("b", setData("$/n", "x")), b("ok @1 {c@0 m@1 p@0 v=1 len=1}")],
      [by("b", create("$/n/c")), b("ok @2 $/n/c")],
      [
        setWatches(0, { child: ["$/n", "$/gone"], exist: ["$/n"], data: ["$/gone", "$/n"] }),
        "deleted $/gone",
        "dataChanged $/n",
        "created $/n",
        "childrenChanged $/n",
        "deleted $/gone",
        "ok @2",
      ],
    ],
    [
      "is not filtered by ACLs",
      [by("b", create("$/s", { acl: [acl(2, "world", "anyone")] })), b("ok @1 $/s")],
      [by("b", setData("$/s", "x")), b("ok @2 {c@1 m@2 p@1 v=1 len=1}")],
      [setWatches(1, { data: ["$/s"], exist: ["$/s"] }), "dataChanged $/s", "created $/s", "ok @2"],
    ],
    [
      "from a zxid yet to come sees no changes",
      [by("b", setData("$/n", "x")), b("ok @1 {c@0 m@1 p@0 v=1 len=1}")],
      [setWatches(1000, { data: ["$/n"], child: ["$/n"] }), "ok @1"],
    ],
  ],
  { given },
);

stories(
  "setWatches2",
  [
    [
      "does what setWatches does",
      [by("b", setData("$/n", "x")), b("ok @1 {c@0 m@1 p@0 v=1 len=1}")],
      [
        setWatches2(0, { data: ["$/n"], child: ["$/n"], exist: ["$/x"] }),
        "dataChanged $/n",
        "ok @1",
      ],
      [by("b", create("$/x")), b("ok @2 $/x"), "created $/x @2"],
      [by("b", create("$/n/c")), b("ok @3 $/n/c"), "childrenChanged $/n @3"],
    ],
    [
      "sets persistent watches without events for what was missed",
      [by("b", setData("$/n", "x")), b("ok @1 {c@0 m@1 p@0 v=1 len=1}")],
      [setWatches2(0, { persistent: ["$/n", "$/gone"] }), "ok @1"],
      [by("b", setData("$/n", "y")), b("ok @2 {c@0 m@2 p@0 v=2 len=1}"), "dataChanged $/n @2"],
      [by("b", create("$/gone")), b("ok @3 $/gone"), "created $/gone @3"],
      [by("b", create("$/n/c")), b("ok @4 $/n/c"), "childrenChanged $/n @4"],
    ],
    [
      "sets recursive watches without events for what was missed",
      [by("b", setData("$/n", "x")), b("ok @1 {c@0 m@1 p@0 v=1 len=1}")],
      [setWatches2(0, { recursive: ["$"] }), "ok @1"],
      [by("b", create("$/n/c")), b("ok @2 $/n/c"), "created $/n/c @2"],
    ],
  ],
  { given },
);

const lists =
  (...lengths: readonly number[]) =>
  (type: number) =>
    raw(type, (w, at) => {
      w.long(at.base);
      for (const length of lengths) w.int(length);
    });
stories("lists of watches that do not decode", [
  [
    "null",
    [lists(-1, 0, 0)(OpCode.setWatches), "MARSHALLINGERROR @0"],
    [lists(0, 0, -1)(OpCode.setWatches), "MARSHALLINGERROR @0"],
  ],
  [
    "too few",
    [lists(0, 0)(OpCode.setWatches), "MARSHALLINGERROR @0"],
    [lists(0, 0, 0)(OpCode.setWatches2), "MARSHALLINGERROR @0"],
  ],
  [
    "the answer has the xid of the request",
    [lists(0, 0, 0)(OpCode.setWatches), "ok @0"],
    [lists(0, 0, 0, 0, 0)(OpCode.setWatches2), "ok @0"],
  ],
]);
