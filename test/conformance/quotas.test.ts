import { type Ask, create, create2, exists, getData, multi, remove, setData } from "./requests.ts";
import { stories } from "./story.ts";

/** A quota on "$", with these limits, and stats that count from now on. */
const quota = (limits: string | null): readonly Ask[] => [
  create("/zookeeper/quota$"),
  create("/zookeeper/quota$/zookeeper_limits", { data: limits }),
  create("/zookeeper/quota$/zookeeper_stats", { data: "" }),
];
const none = "count=-1,bytes=-1";
const stats = (count: number, bytes: number): string => {
  const text = `count=${count},bytes=${bytes}`;
  return `"${text}" {c@0 m@0 p@0 len=${text.length}}`;
};
const readStats = getData("/zookeeper/quota$/zookeeper_stats");

stories(
  "stats of a quota",
  [
    ["count the node itself when they are made", [readStats, `ok @0 ${stats(1, 0)}`]],
    [
      "follow creates, new data and deletes without a version",
      [create("$/a", { data: "12345" }), "ok @1 $/a"],
      [readStats, `ok @1 ${stats(2, 5)}`],
      [setData("$/a", "12"), "ok @2 {c@1 m@2 p@1 v=1 len=2}"],
      [readStats, `ok @2 ${stats(2, 2)}`],
      [setData("$", "123"), "ok @3 {c@-3 m@3 p@1 v=1 cv=1 len=3 n=1}"],
      [readStats, `ok @3 ${stats(2, 5)}`],
      [create("$/a/b"), "ok @4 $/a/b"],
      [readStats, `ok @4 ${stats(3, 5)}`],
      [multi(remove("$/a/b"), remove("$/a")), "ok @5 [delete; delete]"],
      [readStats, `ok @5 ${stats(1, 3)}`],
    ],
    [
      "are counted without a word to those who watch them",
      [getData("/zookeeper/quota$/zookeeper_stats", true), `ok @0 ${stats(1, 0)}`],
      [create("$/a"), "ok @1 $/a"],
      [readStats, `ok @1 ${stats(2, 0)}`],
      [
        setData("/zookeeper/quota$/zookeeper_stats", "count=2,bytes=0"),
        "dataChanged /zookeeper/quota$/zookeeper_stats @2",
        "ok @2 {c@0 m@2 p@0 v=1 len=15}",
      ],
    ],
    [
      "of the deepest quota alone count",
      [create("$/a"), "ok @1 $/a"],
      [create("/zookeeper/quota$/a"), "ok @2 /zookeeper/quota$/a"],
      [
        create("/zookeeper/quota$/a/zookeeper_limits", { data: none }),
        "ok @3 /zookeeper/quota$/a/zookeeper_limits",
      ],
      [create("/zookeeper/quota$/a/zookeeper_stats"), "ok @4 /zookeeper/quota$/a/zookeeper_stats"],
      [create("$/a/b", { data: "xx" }), "ok @5 $/a/b"],
      [
        getData("/zookeeper/quota$/a/zookeeper_stats"),
        'ok @5 "count=2,bytes=2" {c@4 m@4 p@4 len=15}',
      ],
      [readStats, `ok @5 ${stats(2, 0)}`],
    ],
    [
      "stop when the limits are deleted",
      [remove("/zookeeper/quota$/zookeeper_limits"), "ok @1"],
      [create("$/a"), "ok @2 $/a"],
      [readStats, `ok @2 ${stats(1, 0)}`],
    ],
  ],
  { given: quota(none) },
);

const hardCount = "count=-1,bytes=-1=;byteHardLimit=-1;countHardLimit=2";
stories(
  "a hard limit of nodes",
  [
    [
      "is held by creates of every kind",
      [create("$/a"), "ok @1 $/a"],
      [create("$/b"), "QUOTAEXCEEDED @2"],
      [create2("$/b", { flags: 1 }), "QUOTAEXCEEDED @3"],
      [multi(create("$/b")), "ok @4 [QUOTAEXCEEDED]"],
      [create("$/b/c"), "NONODE @5"],
      [create("$/a"), "NODEEXISTS @6"],
      [setData("$/a", "x"), "ok @7 {c@1 m@7 p@1 v=1 len=1}"],
      [remove("$/a"), "ok @8"],
      [create("$/b"), "ok @9 $/b"],
    ],
    [
      "counts what is applied, not what stands before it in a multi",
      [
        multi(create("$/a"), create("$/b"), create("$/c")),
        "ok @1 [create $/a; create $/b; create $/c]",
      ],
      [exists("$/c"), "ok @1 {c@1 m@1 p@1}"],
    ],
  ],
  { given: quota(hardCount) },
);

stories(
  "a hard limit of bytes",
  [
    [
      "is held by creates and by new data",
      [create("$/a", { data: "12345" }), "ok @1 $/a"],
      [create("$/b", { data: "123456" }), "QUOTAEXCEEDED @2"],
      [create("$/b", { data: "12345" }), "ok @3 $/b"],
      [setData("$/b", "123456"), "QUOTAEXCEEDED @4"],
      [setData("$/b", "123456", 7), "QUOTAEXCEEDED @5"],
      [setData("$/b", "54321"), "ok @6 {c@3 m@6 p@3 v=1 len=5}"],
      [setData("$/b", null), "ok @7 {c@3 m@7 p@3 v=2}"],
      [create("$/c", { data: null }), "ok @8 $/c"],
    ],
  ],
  { given: quota("count=-1,bytes=-1=;byteHardLimit=10;countHardLimit=-1") },
);

stories(
  "soft limits",
  [
    [
      "only warn",
      [create("$/a", { data: "123456789" }), "ok @1 $/a"],
      [create("$/b", { data: "123456789" }), "ok @2 $/b"],
    ],
  ],
  { given: quota("count=1,bytes=3") },
);

for (const limits of ["many", "count=", ",count=3", "count=9223372036854775808", null]) {
  stories(
    `limits that make no sense: ${limits}`,
    [
      [
        "fail every create and setData below",
        [create("$/a"), "MARSHALLINGERROR @1"],
        [setData("$", "x"), "MARSHALLINGERROR @2"],
        [remove("$/a"), "NONODE @3"],
      ],
    ],
    { given: quota(limits) },
  );
}
for (const limits of [
  "countHardLimit=+1",
  "count==5;;countHardLimit=1=9,",
  "countHardLimit=1;=2",
]) {
  stories(
    `limits as Java splits and reads them: ${limits}`,
    [
      [
        "hold",
        [create("$/a"), "QUOTAEXCEEDED @1"],
        [setData("$", "x"), "ok @2 {c@-3 m@2 p@-3 v=1 len=1}"],
      ],
    ],
    { given: quota(limits) },
  );
}
stories("limits of nothing", [["limit nothing", [create("$/a"), "ok @1 $/a"]]], {
  given: quota(""),
});
