import {
  addWatch,
  by,
  checkWatches,
  create,
  getChildren,
  getData,
  removeWatches,
  setData,
} from "./requests.ts";
import { stories } from "./story.ts";

/** WatcherType. */
const [children, data, any, persistentType, recursiveType] = [1, 2, 3, 4, 5];
/** AddWatchMode. */
const [persistent, recursive] = [0, 1];
const seen = 'ok @0 "" {c@0 m@0 p@0}';
const b = (line: string): string => `b: ${line}`;

stories(
  "checkWatches and removeWatches",
  [
    [
      "of nothing",
      [checkWatches("$/n", any), "NOWATCHER @0"],
      [removeWatches("$/n", any), "NOWATCHER @0"],
      [removeWatches("nonsense", children), "NOWATCHER @0"],
    ],
    [
      "of unknown types",
      [checkWatches("$/n", 0), "MARSHALLINGERROR @0"],
      [removeWatches("$/n", 6), "MARSHALLINGERROR @0"],
      [removeWatches("$/n", -1), "MARSHALLINGERROR @0"],
    ],
    [
      "of a data watch",
      [getData("$/n", true), seen],
      [checkWatches("$/n", data), "ok @0"],
      [checkWatches("$/n", any), "ok @0"],
      [checkWatches("$/n", children), "NOWATCHER @0"],
      [removeWatches("$/n", children), "NOWATCHER @0"],
      [removeWatches("$/n", data), "ok @0"],
      [checkWatches("$/n", data), "NOWATCHER @0"],
      [by("b", setData("$/n", "x")), b("ok @1 {c@0 m@1 p@0 v=1 len=1}")],
    ],
    [
      "of a child watch",
      [getChildren("$/n", true), "ok @0 []"],
      [checkWatches("$/n", children), "ok @0"],
      [checkWatches("$/n", data), "NOWATCHER @0"],
      [removeWatches("$/n", children), "ok @0"],
      [by("b", create("$/n/c")), b("ok @1 $/n/c")],
    ],
    [
      "of any",
      [getData("$/n", true), seen],
      [getChildren("$/n", true), "ok @0 []"],
      [removeWatches("$/n", any), "ok @0"],
      [checkWatches("$/n", any), "NOWATCHER @0"],
      [by("b", create("$/n/c")), b("ok @1 $/n/c")],
    ],
    [
      "of a persistent watch",
      [addWatch("$/n", persistent), "ok @0 0"],
      [checkWatches("$/n", any), "ok @0"],
      [removeWatches("$/n", any), "ok @0"],
      [by("b", setData("$/n", "x")), b("ok @1 {c@0 m@1 p@0 v=1 len=1}")],
    ],
    [
      "of a recursive watch, at its own path only",
      [addWatch("$", recursive), "ok @0 0"],
      [removeWatches("$/n", any), "NOWATCHER @0"],
      [removeWatches("$", any), "ok @0"],
      [by("b", setData("$/n", "x")), b("ok @1 {c@0 m@1 p@0 v=1 len=1}")],
    ],
    [
      "removing is one's own affair",
      [by("b", getData("$/n", true)), b(seen)],
      [removeWatches("$/n", data), "NOWATCHER @0"],
      [setData("$/n", "x"), "ok @1 {c@0 m@1 p@0 v=1 len=1}", "b: dataChanged $/n @1"],
    ],
  ],
  { given: [create("$/n")] },
);

stories(
  "checkWatches and removeWatches as 3.8 knows them",
  [
    [
      "no types of their own for persistent watches",
      [addWatch("$/n", persistent), "ok @0 0"],
      [checkWatches("$/n", persistentType), "MARSHALLINGERROR @0"],
      [removeWatches("$/n", recursiveType), "MARSHALLINGERROR @0"],
    ],
    [
      "data takes half of a persistent watch away",
      [addWatch("$/n", persistent), "ok @0 0"],
      [removeWatches("$/n", data), "ok @0"],
      [by("b", setData("$/n", "x")), b("ok @1 {c@0 m@1 p@0 v=1 len=1}")],
      [by("b", create("$/n/c")), b("ok @2 $/n/c"), "childrenChanged $/n @2"],
    ],
  ],
  { given: [create("$/n")], as: "3.8" },
);
stories(
  "checkWatches as 3.8 stumbles over a path without a slash",
  [
    [
      "removeWatches does not",
      [checkWatches("x", any), "MARSHALLINGERROR @0"],
      [addWatch("", persistent), "ok @0 0"],
      [checkWatches("", any), "NOWATCHER @0"],
      [removeWatches("", any), "ok @0"],
      [removeWatches("x", any), "NOWATCHER @0"],
    ],
    [
      "further up only while there are recursive watches",
      [addWatch("$/n", recursive), "ok @0 0"],
      [checkWatches("x/y", any), "MARSHALLINGERROR @0"],
      [addWatch("x/y", persistent), "ok @0 0"],
      [checkWatches("x/y", any), "ok @0"],
      [removeWatches("$/n", any), "ok @0"],
      [removeWatches("x/y", any), "ok @0"],
    ],
  ],
  { as: "3.8" },
);
stories(
  "whose watch checkWatches finds as 3.8",
  [
    [
      "anybody's",
      [by("b", getData("$/n", true)), b(seen)],
      [checkWatches("$/n", data), "ok @0"],
      [checkWatches("$/n", any), "ok @0"],
      [checkWatches("$/n", children), "NOWATCHER @0"],
    ],
  ],
  { given: [create("$/n")], as: "3.8", only: "alone" },
);
stories(
  "checkWatches and removeWatches as 3.9 knows them",
  [
    [
      "types of their own for persistent watches",
      [addWatch("$/n", persistent), "ok @0 0"],
      [checkWatches("$/n", persistentType), "ok @0"],
      [checkWatches("$/n", recursiveType), "NOWATCHER @0"],
      [removeWatches("$/n", data), "NOWATCHER @0"],
      [removeWatches("$/n", persistentType), "ok @0"],
      [by("b", setData("$/n", "x")), b("ok @1 {c@0 m@1 p@0 v=1 len=1}")],
    ],
  ],
  { given: [create("$/n")], as: "3.9" },
);
