import {
  acl,
  addWatch,
  auth,
  by,
  checkWatches,
  closeSession,
  create,
  exists,
  Flags,
  getChildren,
  getChildren2,
  getData,
  multi,
  remove,
  removeWatches,
  setAcl,
  setData,
} from "./requests.ts";
import { stories } from "./story.ts";

const { ephemeral } = Flags;
/** WatcherType. */
const [data, any] = [2, 3];
/** AddWatchMode. */
const [persistent, recursive] = [0, 1];
const seen = 'ok @0 "" {c@0 m@0 p@0}';
const b = (line: string): string => `b: ${line}`;

stories(
  "one-shot watches, set by a, fired by b",
  [
    [
      "getData hears of new data, once",
      [getData("$/n", true), seen],
      [by("b", setData("$/n", "x")), b("ok @1 {c@0 m@1 p@0 v=1 len=1}"), "dataChanged $/n @1"],
      [by("b", setData("$/n", "y")), b("ok @2 {c@0 m@2 p@0 v=2 len=1}")],
    ],
    [
      "getData hears of the end",
      [getData("$/n", true), seen],
      [by("b", remove("$/n")), b("ok @1"), "deleted $/n @1"],
      [by("b", create("$/n")), b("ok @2 $/n")],
    ],
    [
      "getData does not hear of children or of the ACL",
      [getData("$/n", true), seen],
      [by("b", create("$/n/c")), b("ok @1 $/n/c")],
      [
        by("b", setAcl("$/n", [acl(31, "world", "anyone")])),
        b("ok @2 {c@0 m@0 p@1 cv=1 av=1 n=1}"),
      ],
      [by("b", remove("$/n/c")), b("ok @3")],
    ],
    [
      "getData of nothing sets no watch",
      [getData("$/x", true), "NONODE @0"],
      [by("b", create("$/x")), b("ok @1 $/x")],
    ],
    [
      "getChildren of nothing sets no watch",
      [getChildren("$/x", true), "NONODE @0"],
      [by("b", create("$/x")), b("ok @1 $/x")],
      [by("b", create("$/x/y")), b("ok @2 $/x/y")],
    ],
    [
      "exists hears of the beginning",
      [exists("$/x", true), "NONODE @0"],
      [by("b", create("$/x")), b("ok @1 $/x"), "created $/x @1"],
      [by("b", setData("$/x", "x")), b("ok @2 {c@1 m@2 p@1 v=1 len=1}")],
    ],
    [
      "exists hears of new data",
      [exists("$/n", true), "ok @0 {c@0 m@0 p@0}"],
      [by("b", setData("$/n", "x")), b("ok @1 {c@0 m@1 p@0 v=1 len=1}"), "dataChanged $/n @1"],
    ],
    [
      "exists hears of the end",
      [exists("$/n", true), "ok @0 {c@0 m@0 p@0}"],
      [by("b", remove("$/n")), b("ok @1"), "deleted $/n @1"],
    ],
    [
      "getChildren hears of a child that comes",
      [getChildren("$/n", true), "ok @0 []"],
      [by("b", create("$/n/c")), b("ok @1 $/n/c"), "childrenChanged $/n @1"],
      [by("b", create("$/n/d")), b("ok @2 $/n/d")],
    ],
    [
      "getChildren2 hears of a child that goes",
      [by("b", create("$/n/c")), b("ok @1 $/n/c")],
      [getChildren2("$/n", true), "ok @1 [c] {c@0 m@0 p@1 cv=1 n=1}"],
      [by("b", remove("$/n/c")), b("ok @2"), "childrenChanged $/n @2"],
    ],
    [
      "getChildren hears of its own end",
      [getChildren("$/n", true), "ok @0 []"],
      [by("b", remove("$/n")), b("ok @1"), "deleted $/n @1"],
    ],
    [
      "getChildren does not hear of data or grandchildren",
      [by("b", create("$/n/c")), b("ok @1 $/n/c")],
      [getChildren("$/n", true), "ok @1 [c]"],
      [by("b", setData("$/n", "x")), b("ok @2 {c@0 m@2 p@1 v=1 cv=1 len=1 n=1}")],
      [by("b", setData("$/n/c", "x")), b("ok @3 {c@1 m@3 p@1 v=1 len=1}")],
      [by("b", create("$/n/c/d")), b("ok @4 $/n/c/d")],
    ],
    [
      "both kinds on one node: its end is told once",
      [getData("$/n", true), seen],
      [getChildren("$/n", true), "ok @0 []"],
      [by("b", remove("$/n")), b("ok @1"), "deleted $/n @1"],
    ],
    [
      "set twice is set once",
      [getData("$/n", true), seen],
      [exists("$/n", true), "ok @0 {c@0 m@0 p@0}"],
      [by("b", setData("$/n", "x")), b("ok @1 {c@0 m@1 p@0 v=1 len=1}"), "dataChanged $/n @1"],
    ],
    [
      "failures fire nothing",
      [getData("$/n", true), seen],
      [getChildren("$/n", true), "ok @0 []"],
      [by("b", setData("$/n", "x", 9)), b("BADVERSION @1")],
      [by("b", create("$/n")), b("NODEEXISTS @2")],
      [by("b", multi(create("$/n/c"), setData("$/n", "x", 9))), b("ok @3 [undone; BADVERSION]")],
    ],
    [
      "all that one create fires",
      [exists("$/n/c", true), "NONODE @0"],
      [getChildren("$/n", true), "ok @0 []"],
      [by("b", create("$/n/c")), b("ok @1 $/n/c"), "created $/n/c @1", "childrenChanged $/n @1"],
    ],
    [
      "all that one delete fires",
      [by("b", create("$/n/c")), b("ok @1 $/n/c")],
      [getData("$/n/c", true), 'ok @1 "" {c@1 m@1 p@1}'],
      [getChildren("$/n", true), "ok @1 [c]"],
      [by("b", remove("$/n/c")), b("ok @2"), "deleted $/n/c @2", "childrenChanged $/n @2"],
    ],
  ],
  { given: [create("$/n")] },
);

stories("the order of events and answers", [
  [
    "one's own event comes before the answer",
    [getData("$", true), seen],
    [setData("$", "x"), "dataChanged $ @1", "ok @1 {c@0 m@1 p@0 v=1 len=1}"],
  ],
  [
    "a multi fires by element, a one-shot watch once",
    [exists("$/a", true), "NONODE @0"],
    [getChildren("$", true), "ok @0 []"],
    [exists("$/b", true), "NONODE @0"],
    [
      multi(create("$/a"), setData("$/a", "x"), create("$/b")),
      "created $/a @1",
      "childrenChanged $ @1",
      "created $/b @1",
      "ok @1 [create $/a; setData {c@1 m@1 p@1 v=1 len=1}; create $/b]",
    ],
  ],
  [
    "an ephemeral's end is told at the close of its session",
    [by("b", create("$/e", { flags: ephemeral })), b("ok @1 $/e")],
    [getData("$/e", true), 'ok @1 "" {c@1 m@1 p@1 owner=b}'],
    [getChildren("$", true), "ok @1 [e]"],
    [by("b", closeSession()), b("ok @2"), b("closed"), "deleted $/e @2", "childrenChanged $ @2"],
  ],
  [
    "a session hears of its own ephemerals' end before the answer to its close",
    [by("b", create("$/e", { flags: ephemeral })), b("ok @1 $/e")],
    [by("b", exists("$/e", true)), b("ok @1 {c@1 m@1 p@1 owner=b}")],
    [by("b", closeSession()), b("deleted $/e @2"), b("ok @2"), b("closed")],
  ],
  [
    "all ephemerals of a session go at one zxid, each counted by its parent",
    [create("$/p"), "ok @1 $/p"],
    [by("b", create("$/p/e", { flags: ephemeral })), b("ok @2 $/p/e")],
    [by("b", create("$/p/f", { flags: ephemeral })), b("ok @3 $/p/f")],
    [by("b", create("$/p/g", { flags: ephemeral })), b("ok @4 $/p/g")],
    [getChildren2("$/p", true), "ok @4 [e, f, g] {c@1 m@1 p@4 cv=3 n=3}"],
    [by("b", closeSession()), b("ok @5"), b("closed"), "childrenChanged $/p @5"],
    [exists("$/p"), "ok @5 {c@1 m@1 p@5 cv=6}"],
  ],
]);

stories(
  "persistent watches",
  [
    [
      "hear of everything on the node, again and again",
      [addWatch("$/n", persistent), "ok @0 0"],
      [by("b", setData("$/n", "x")), b("ok @1 {c@0 m@1 p@0 v=1 len=1}"), "dataChanged $/n @1"],
      [by("b", create("$/n/c")), b("ok @2 $/n/c"), "childrenChanged $/n @2"],
      [by("b", setData("$/n/c", "x")), b("ok @3 {c@2 m@3 p@2 v=1 len=1}")],
      [by("b", remove("$/n/c")), b("ok @4"), "childrenChanged $/n @4"],
      [by("b", remove("$/n")), b("ok @5"), "deleted $/n @5"],
      [by("b", create("$/n")), b("ok @6 $/n"), "created $/n @6"],
      [by("b", setData("$/n", "x")), b("ok @7 {c@6 m@7 p@6 v=1 len=1}"), "dataChanged $/n @7"],
    ],
    [
      "need no node",
      [addWatch("$/x", persistent), "ok @0 0"],
      [by("b", create("$/x")), b("ok @1 $/x"), "created $/x @1"],
    ],
    [
      "set twice tell once",
      [addWatch("$/n", persistent), "ok @0 0"],
      [addWatch("$/n", persistent), "ok @0 0"],
      [by("b", setData("$/n", "x")), b("ok @1 {c@0 m@1 p@0 v=1 len=1}"), "dataChanged $/n @1"],
    ],
    ["of a strange path are taken", [addWatch("nonsense//", persistent), "ok @0 0"]],
    [
      "of an unknown mode are not",
      [addWatch("$/n", 2), "MARSHALLINGERROR @0"],
      [addWatch("$/n", -1), "MARSHALLINGERROR @0"],
    ],
  ],
  { given: [create("$/n")] },
);

stories(
  "recursive watches",
  [
    [
      "hear of everything at and below the node, but not of changed children",
      [addWatch("$/n", recursive), "ok @0 0"],
      [by("b", setData("$/n", "x")), b("ok @1 {c@0 m@1 p@0 v=1 len=1}"), "dataChanged $/n @1"],
      [by("b", create("$/n/c")), b("ok @2 $/n/c"), "created $/n/c @2"],
      [by("b", create("$/n/c/d")), b("ok @3 $/n/c/d"), "created $/n/c/d @3"],
      [
        by("b", setData("$/n/c/d", "x")),
        b("ok @4 {c@3 m@4 p@3 v=1 len=1}"),
        "dataChanged $/n/c/d @4",
      ],
      [by("b", remove("$/n/c/d")), b("ok @5"), "deleted $/n/c/d @5"],
      [
        by("b", multi(remove("$/n/c"), remove("$/n"))),
        b("ok @6 [delete; delete]"),
        "deleted $/n/c @6",
        "deleted $/n @6",
      ],
    ],
    [
      "within one another tell once",
      [addWatch("$", recursive), "ok @0 0"],
      [addWatch("$/n", recursive), "ok @0 0"],
      [by("b", setData("$/n", "x")), b("ok @1 {c@0 m@1 p@0 v=1 len=1}"), "dataChanged $/n @1"],
      [by("b", create("$/n/c")), b("ok @2 $/n/c"), "created $/n/c @2"],
    ],
    [
      "and a one-shot watch below tell once, which uses that up",
      [addWatch("$", recursive), "ok @0 0"],
      [getData("$/n", true), seen],
      [by("b", setData("$/n", "x")), b("ok @1 {c@0 m@1 p@0 v=1 len=1}"), "dataChanged $/n @1"],
      [checkWatches("$/n", data), "NOWATCHER @1"],
    ],
    [
      "do not hide a child watch of another path",
      [addWatch("$", recursive), "ok @0 0"],
      [getChildren("$/n", true), "ok @0 []"],
      [by("b", create("$/n/c")), b("ok @1 $/n/c"), "created $/n/c @1", "childrenChanged $/n @1"],
    ],
    [
      "of the root hear of everything",
      [addWatch("/", recursive), "ok @0 0"],
      [by("b", setData("$/n", "x")), b("ok @1 {c@0 m@1 p@0 v=1 len=1}"), "dataChanged $/n @1"],
      [removeWatches("/", any), "ok @1"],
    ],
    [
      "do not hear of siblings that begin alike",
      [addWatch("$/n", recursive), "ok @0 0"],
      [by("b", create("$/nn")), b("ok @1 $/nn")],
    ],
  ],
  { given: [create("$/n")] },
);

stories(
  "modes on one path as 3.8 keeps them: the last one set",
  [
    [
      "a one-shot watch replaces a persistent one",
      [addWatch("$/n", persistent), "ok @0 0"],
      [getData("$/n", true), seen],
      [by("b", setData("$/n", "x")), b("ok @1 {c@0 m@1 p@0 v=1 len=1}"), "dataChanged $/n @1"],
      [by("b", setData("$/n", "y")), b("ok @2 {c@0 m@2 p@0 v=2 len=1}")],
      [by("b", create("$/n/c")), b("ok @3 $/n/c"), "childrenChanged $/n @3"],
    ],
    [
      "a persistent watch replaces a one-shot one",
      [getData("$/n", true), seen],
      [addWatch("$/n", persistent), "ok @0 0"],
      [by("b", setData("$/n", "x")), b("ok @1 {c@0 m@1 p@0 v=1 len=1}"), "dataChanged $/n @1"],
      [by("b", setData("$/n", "y")), b("ok @2 {c@0 m@2 p@0 v=2 len=1}"), "dataChanged $/n @2"],
    ],
    [
      "a recursive watch replaces a persistent one",
      [addWatch("$/n", persistent), "ok @0 0"],
      [addWatch("$/n", recursive), "ok @0 0"],
      [by("b", create("$/n/c")), b("ok @1 $/n/c"), "created $/n/c @1"],
    ],
    [
      "a persistent watch replaces a recursive one",
      [addWatch("$/n", recursive), "ok @0 0"],
      [addWatch("$/n", persistent), "ok @0 0"],
      [by("b", create("$/n/c")), b("ok @1 $/n/c"), "childrenChanged $/n @1"],
    ],
    [
      "a child watch replaces half of a recursive one",
      [addWatch("$/n", recursive), "ok @0 0"],
      [getChildren("$/n", true), "ok @0 []"],
      [by("b", create("$/n/c")), b("ok @1 $/n/c"), "created $/n/c @1", "childrenChanged $/n @1"],
      [by("b", remove("$/n/c")), b("ok @2"), "deleted $/n/c @2"],
    ],
  ],
  { given: [create("$/n")], as: "3.8" },
);

stories(
  "modes on one path as 3.9 keeps them: side by side",
  [
    [
      "a one-shot watch beside a persistent one",
      [addWatch("$/n", persistent), "ok @0 0"],
      [getData("$/n", true), seen],
      [by("b", setData("$/n", "x")), b("ok @1 {c@0 m@1 p@0 v=1 len=1}"), "dataChanged $/n @1"],
      [by("b", setData("$/n", "y")), b("ok @2 {c@0 m@2 p@0 v=2 len=1}"), "dataChanged $/n @2"],
    ],
    [
      "a recursive watch beside a persistent one",
      [addWatch("$/n", persistent), "ok @0 0"],
      [addWatch("$/n", recursive), "ok @0 0"],
      [by("b", create("$/n/c")), b("ok @1 $/n/c"), "created $/n/c @1", "childrenChanged $/n @1"],
    ],
  ],
  { given: [create("$/n")], as: "3.9" },
);

const bob = "bob:ikIaKsbtGweaHnb/jKn7OHqbunM=";
stories(
  "events are for those who may read the node",
  [
    [
      "the watch is used up all the same",
      [by("b", auth("digest", "bob:pw")), b("ok @zero")],
      [getData("$/n", true), seen],
      [by("b", setAcl("$/n", [acl(31, "digest", bob)])), b("ok @1 {c@0 m@0 p@0 av=1}")],
      [by("b", setData("$/n", "x")), b("ok @2 {c@0 m@2 p@0 v=1 av=1 len=1}")],
      [
        by("b", setAcl("$/n", [acl(31, "world", "anyone")])),
        b("ok @3 {c@0 m@2 p@0 v=1 av=2 len=1}"),
      ],
      [by("b", setData("$/n", "y")), b("ok @4 {c@0 m@4 p@0 v=2 av=2 len=1}")],
    ],
    [
      "of a new node its own list counts",
      [addWatch("$", recursive), "ok @0 0"],
      [by("b", create("$/s", { acl: [acl(4, "world", "anyone")] })), b("ok @1 $/s")],
      [by("b", create("$/t")), b("ok @2 $/t"), "created $/t @2"],
    ],
    [
      "of changed children the parent's list counts",
      [getChildren("$/n", true), "ok @0 []"],
      [
        by("b", create("$/n/s", { acl: [acl(4, "world", "anyone")] })),
        b("ok @1 $/n/s"),
        "childrenChanged $/n @1",
      ],
    ],
    [
      "of a deleted node its last list counts",
      [addWatch("$/s", persistent), "ok @0 0"],
      [by("b", create("$/s", { acl: [acl(4, "world", "anyone")] })), b("ok @1 $/s")],
      [by("b", remove("$/s")), b("ok @2")],
      [by("b", create("$/s")), b("ok @3 $/s"), "created $/s @3"],
    ],
    [
      "of a node that goes with its session too",
      [addWatch("$/s", persistent), "ok @0 0"],
      [
        by("b", create("$/s", { flags: ephemeral, acl: [acl(4, "world", "anyone")] })),
        b("ok @1 $/s"),
      ],
      [by("b", create("$/t", { flags: ephemeral })), b("ok @2 $/t")],
      [exists("$/t", true), "ok @2 {c@2 m@2 p@2 owner=b}"],
      [by("b", closeSession()), b("ok @3"), b("closed"), "deleted $/t @3"],
    ],
  ],
  { given: [create("$/n")] },
);

stories(
  "an exists watch that was set on what may not be read, as 3.8.0 lets it",
  [
    [
      "is not told of the end",
      [by("b", create("$/s", { acl: [acl(4, "world", "anyone")] })), b("ok @1 $/s")],
      [exists("$/s", true), "ok @1 {c@1 m@1 p@1}"],
      [by("b", remove("$/s")), b("ok @2")],
      [by("b", create("$/s")), b("ok @3 $/s")],
    ],
  ],
  { as: "3.8" },
);
