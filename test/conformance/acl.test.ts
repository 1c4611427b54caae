import { describe, expect } from "vitest";
import type { RawAcl } from "../../src/core/protocol/records.ts";
import { answers, atEveryPlace } from "./places.ts";
import { RawClient } from "./raw-client.ts";
import {
  type Ask,
  acl,
  addWatch,
  auth,
  by,
  check,
  create,
  exists,
  getAcl,
  getAllChildrenNumber,
  getChildren,
  getChildren2,
  getData,
  getEphemerals,
  multi,
  open,
  remove,
  setAcl,
  setData,
  setWatches,
  sync,
} from "./requests.ts";
import { stories, story } from "./story.ts";

const read = 1;
const write = 2;
const createPerm = 4;
const deletePerm = 8;
const admin = 16;
const world = (perms: number): RawAcl => acl(perms, "world", "anyone");
const bobHash = "ikIaKsbtGweaHnb/jKn7OHqbunM=";
/** Of bob:other. */
const otherHash = "OPvMIE3SHMvpuUQOlE6StbVL8VQ=";
const bob = (perms: number): RawAcl => acl(perms, "digest", `bob:${bobHash}`);
const asBob: Ask = auth("digest", "bob:pw");
const asSuper: Ask = auth("digest", "super:super");

/** Each operation on "$/n", which has the child "c", under one permission alone. */
const needs: readonly (readonly [what: string, ask: Ask, permission: number])[] = [
  ["create", create("$/n/new"), createPerm],
  ["delete of a child", remove("$/n/c"), deletePerm],
  ["setData", setData("$/n", "x"), write],
  ["setACL", setAcl("$/n", open), admin],
  ["getData", getData("$/n"), read],
  ["getChildren", getChildren("$/n"), read],
  ["getChildren2", getChildren2("$/n"), read],
  ["getAllChildrenNumber", getAllChildrenNumber("$/n"), read],
  ["check", multi(check("$/n")), read],
];
const writes = new Set(["create", "delete of a child", "setData", "setACL", "check"]);
const permitted: Readonly<Record<string, string>> = {
  create: "ok @1 $/n/new",
  "delete of a child": "ok @1",
  setData: "ok @1 {c@-1 m@1 p@0 v=1 cv=1 len=1 n=1}",
  setACL: "ok @1 {c@-1 m@-1 p@0 cv=1 av=1 n=1}",
  getData: 'ok @0 "" {c@-1 m@-1 p@0 cv=1 n=1}',
  getChildren: "ok @0 [c]",
  getChildren2: "ok @0 [c] {c@-1 m@-1 p@0 cv=1 n=1}",
  getAllChildrenNumber: "ok @0 1",
  check: "ok @1 [check]",
};

describe("the permission that each operation needs", () => {
  for (const [what, ask, permission] of needs) {
    const noAuth =
      what === "check" ? "ok @1 [NOAUTH]" : writes.has(what) ? "NOAUTH @1" : "NOAUTH @0";
    const under = (perms: number): readonly Ask[] => [
      asBob,
      create("$/n", { acl: [world(perms), bob(31)] }),
      create("$/n/c"),
    ];
    const given = (perms: number) => ({ given: under(perms).map((step) => by("b", step)) });
    // Setting up is b's affair: two zxids, and then the list as it is to be.
    story(`${what} with it`, [[ask, permitted[what] ?? ""]], given(permission));
    story(`${what} with all but it`, [[ask, noAuth]], given(31 & ~permission));
  }
});

stories(
  "operations that need no permission",
  [
    ["sync", [sync("$/n"), "ok @0 $/n"]],
    ["addWatch", [addWatch("$/n", 0), "ok @0 0"]],
    ["setWatches", [setWatches(0, { data: ["$/n"] }), "ok @0"]],
    ["getEphemerals", [getEphemerals("$/n"), "ok @0 []"]],
    ["delete of the node itself", [remove("$/n"), "ok @1"]],
  ],
  { given: [create("$/n", { acl: [acl(31, "digest", "nobody:x")] })] },
);

stories(
  "exists as 3.8.0 answers it needs none either",
  [["whoever asks", [exists("$/n", true), "ok @0 {c@0 m@0 p@0}"]]],
  { given: [create("$/n", { acl: [world(31 & ~read)] })], as: "3.8" },
);
stories(
  "exists as 3.9 answers it needs READ",
  [
    ["on a node that is there", [exists("$/n", true), "NOAUTH @0"]],
    ["not on one that is missing", [exists("$/m", true), "NONODE @0"]],
  ],
  { given: [create("$/n", { acl: [world(31 & ~read)] })], as: "3.9" },
);

stories("getACL", [
  [
    "with READ masks the hashes of digests",
    [setAcl("$", [world(read | admin), bob(31)]), "ok @1 {c@0 m@0 p@0 av=1}"],
    [setAcl("$", [world(read), bob(31)]), "ok @2 {c@0 m@0 p@0 av=2}"],
    [getAcl("$"), "ok @2 [1 world:anyone, 31 digest:bob:x] {c@0 m@0 p@0 av=2}"],
  ],
  [
    "with ADMIN shows all",
    [setAcl("$", [world(admin), bob(31)]), "ok @1 {c@0 m@0 p@0 av=1}"],
    [getAcl("$"), `ok @1 [16 world:anyone, 31 digest:bob:${bobHash}] {c@0 m@0 p@0 av=1}`],
  ],
  [
    "with neither is refused",
    [setAcl("$", [world(write | createPerm | deletePerm), bob(31)]), "ok @1 {c@0 m@0 p@0 av=1}"],
    [getAcl("$"), "NOAUTH @1"],
  ],
]);

stories("who matches a list", [
  [
    "an address",
    [create("$/n", { acl: [acl(31, "ip", "127.0.0.1")] }), "ok @1 $/n"],
    [setData("$/n", "x"), "ok @2 {c@1 m@2 p@1 v=1 len=1}"],
  ],
  [
    "a network",
    [create("$/n", { acl: [acl(31, "ip", "127.0.3.4/16")] }), "ok @1 $/n"],
    [getChildren("$/n"), "ok @1 []"],
  ],
  [
    "everybody by bits of none",
    [create("$/n", { acl: [acl(31, "ip", "9.9.9.9/0")] }), "ok @1 $/n"],
    [getChildren("$/n"), "ok @1 []"],
  ],
  [
    "no other network",
    [create("$/n", { acl: [acl(31, "ip", "127.0.3.4/24")] }), "ok @1 $/n"],
    [getChildren("$/n"), "NOAUTH @1"],
  ],
  [
    "a user",
    [create("$/n", { acl: [bob(31)] }), "ok @1 $/n"],
    [getData("$/n"), "NOAUTH @1"],
    [asBob, "ok @zero"],
    [getData("$/n"), 'ok @1 "" {c@1 m@1 p@1}'],
  ],
  [
    "not the same user with another password",
    [create("$/n", { acl: [bob(31)] }), "ok @1 $/n"],
    [auth("digest", "bob:wrong"), "ok @zero"],
    [getData("$/n"), "NOAUTH @1"],
  ],
  [
    "one of several identities",
    [auth("digest", "ann:x"), "ok @zero"],
    [asBob, "ok @zero"],
    [create("$/n", { acl: [bob(read)] }), "ok @1 $/n"],
    [getChildren("$/n"), "ok @1 []"],
    [setData("$/n", "x"), "NOAUTH @2"],
  ],
  [
    "the super user, any list",
    [asSuper, "ok @zero"],
    [create("$/n", { acl: [acl(0, "world", "anyone")] }), "ok @1 $/n"],
    [create("$/n/c"), "ok @2 $/n/c"],
    [getAcl("$/n"), "ok @2 [0 world:anyone] {c@1 m@1 p@2 cv=1 n=1}"],
  ],
  [
    "entries add up",
    [asBob, "ok @zero"],
    [create("$/n", { acl: [world(read), bob(write)] }), "ok @1 $/n"],
    [getChildren("$/n"), "ok @1 []"],
    [setData("$/n", "x"), "ok @2 {c@1 m@2 p@1 v=1 len=1}"],
  ],
]);

const kept = (what: string, sent: readonly RawAcl[], shown: string) =>
  [
    what,
    [create("$/n", { acl: sent }), "ok @1 $/n"],
    [getAcl("$/n"), `ok @1 [${shown}] {c@1 m@1 p@1}`],
  ] as const;
stories("lists that are taken", [
  kept("bits beyond the permissions", [world(255)], "255 world:anyone"),
  kept("all bits", [world(-1)], "-1 world:anyone"),
  kept(
    "the same entry twice is one",
    [world(31), acl(1, "ip", "1.2.3.4"), world(31)],
    "31 world:anyone, 1 ip:1.2.3.4",
  ),
  kept(
    "the same id with other permissions stays",
    [world(31), world(1)],
    "31 world:anyone, 1 world:anyone",
  ),
  kept(
    "any two parts are a digest",
    [world(31), acl(1, "digest", "a:b")],
    "31 world:anyone, 1 digest:a:b",
  ),
  kept("an empty user", [world(31), acl(1, "digest", ":b")], "31 world:anyone, 1 digest::b"),
  kept(
    "empty parts at the end",
    [world(31), acl(1, "digest", "a:b:")],
    "31 world:anyone, 1 digest:a:b:",
  ),
  kept(
    "addresses",
    [
      world(31),
      acl(1, "ip", "0.0.0.0"),
      acl(1, "ip", "255.255.255.255/32"),
      acl(1, "ip", "10.0.0.0/8"),
    ],
    "31 world:anyone, 1 ip:0.0.0.0, 1 ip:255.255.255.255/32, 1 ip:10.0.0.0/8",
  ),
  kept(
    "addresses as Java reads numbers",
    [world(31), acl(1, "ip", "+1.02.003.4")],
    "31 world:anyone, 1 ip:+1.02.003.4",
  ),
]);

const refused = (what: string, sent: readonly RawAcl[] | null, error = "INVALIDACL") =>
  [
    what,
    [create("$/n", { acl: sent }), `${error} @1`],
    [setAcl("$", sent), `${error} @2`],
  ] as const;
stories("lists that are not", [
  refused("none", null),
  refused("an empty one", []),
  refused("no scheme", [acl(31, null, "x")]),
  refused("an unknown scheme", [acl(31, "nobody", "x")]),
  refused("super", [acl(31, "super", "super")]),
  refused("x509, which is not configured", [acl(31, "x509", "CN=a")]),
  refused("sasl, which is not configured", [acl(31, "sasl", "bob")]),
  refused("world for somebody", [acl(31, "world", "bob")]),
  refused("world for nobody", [acl(31, "world", null)], "MARSHALLINGERROR"),
  refused("a digest without an id", [acl(31, "digest", null)], "MARSHALLINGERROR"),
  refused("a digest of one part", [acl(31, "digest", "a")]),
  refused("a digest of one part and an empty one", [acl(31, "digest", "a:")]),
  refused("a digest of three parts", [acl(31, "digest", "a:b:c")]),
  refused("an empty digest", [acl(31, "digest", "")]),
  refused("an address of three parts", [acl(31, "ip", "1.2.3")]),
  refused("an address of five parts", [acl(31, "ip", "1.2.3.4.5")]),
  refused("an address above 255", [acl(31, "ip", "1.2.3.256")]),
  refused("an address below 0", [acl(31, "ip", "1.2.3.-1")]),
  refused("33 bits", [acl(31, "ip", "1.2.3.4/33")]),
  refused("fewer than no bits", [acl(31, "ip", "1.2.3.4/-1")]),
  refused("bits that are no number", [acl(31, "ip", "1.2.3.4/x")]),
  refused("a name for an address", [acl(31, "ip", "localhost")]),
  refused("an empty address", [acl(31, "ip", "")]),
  refused("a good entry and a bad one", [world(31), acl(31, "ip", "x")]),
  refused("auth of a caller who is nobody", [acl(31, "auth", "")]),
  refused("auth of nobody beside a good entry", [world(31), acl(31, "auth", "")]),
]);
stories("addresses of version 6", [refused("are none", [acl(31, "ip", "::1")])], { as: "3.8" });

stories("auth in a list stands for the caller", [
  [
    "whatever its id",
    [asBob, "ok @zero"],
    [create("$/n", { acl: [acl(5, "auth", "ann")] }), "ok @1 $/n"],
    [getAcl("$/n"), "ok @1 [5 digest:bob:x] {c@1 m@1 p@1}"],
    [create("$/m", { acl: [acl(17, "auth", null)] }), "ok @2 $/m"],
    [getAcl("$/m"), `ok @2 [17 digest:bob:${bobHash}] {c@2 m@2 p@2}`],
  ],
  [
    "not for its address",
    [auth("ip", ""), "ok @zero"],
    [create("$/n", { acl: [acl(31, "auth", "")] }), "INVALIDACL @1"],
  ],
  [
    "in setACL too",
    [asBob, "ok @zero"],
    [setAcl("$", [acl(31, "auth", "")]), "ok @1 {c@0 m@0 p@0 av=1}"],
    [by("b", setData("$", "x")), "b: NOAUTH @2"],
    [setData("$", "x"), "ok @3 {c@0 m@3 p@0 v=1 av=1 len=1}"],
  ],
  [
    "twice is once",
    [asBob, "ok @zero"],
    [create("$/n", { acl: [acl(31, "auth", ""), acl(31, "auth", "")] }), "ok @1 $/n"],
    [getAcl("$/n"), `ok @1 [31 digest:bob:${bobHash}] {c@1 m@1 p@1}`],
  ],
]);

stories(
  "what wins over a missing permission, and what does not",
  [
    ["create: a bad list wins", [create("$/n/a", { acl: [] }), "INVALIDACL @1"]],
    [
      "create: a name that is bad or taken does not",
      [create("$/n/.."), "NOAUTH @1"],
      [create("$/n/c"), "NOAUTH @2"],
    ],
    [
      "delete: a wrong version, children and a missing node do not",
      [remove("$/n/c", 9), "NOAUTH @1"],
      [remove("$/n/no"), "NOAUTH @2"],
      [remove("$/no/no"), "NONODE @3"],
    ],
    ["setData: a wrong version does not", [setData("$/n", "x", 9), "NOAUTH @1"]],
    [
      "setACL: a bad list wins, a wrong version does not",
      [setAcl("$/n", []), "INVALIDACL @1"],
      [setAcl("$/n", open, 9), "NOAUTH @2"],
    ],
    ["check: a wrong version does not", [multi(check("$/n", 9)), "ok @1 [NOAUTH]"]],
  ],
  {
    given: [create("$/n"), create("$/n/c"), setAcl("$/n", [acl(31, "digest", "nobody:x")])],
  },
);

// On a follower each engine garbles it further, as it goes through a transaction.
stories(
  "a user outside the basic plane",
  [
    [
      "is written as Java writes it, in two surrogates that are no UTF-8",
      [auth("digest", "\u{1f600}:pw"), "ok @zero"],
      [create("$/n", { acl: [acl(31, "auth", "")] }), "ok @1 $/n"],
      [getAcl("$/n"), "ok @1 [31 digest:\ufffd\ufffd:WeYoHBmMIQaCHfJ3nqOAjwLO/uQ=] {c@1 m@1 p@1}"],
      [setData("$/n", "x"), "ok @2 {c@1 m@2 p@1 v=1 len=1}"],
    ],
  ],
  { only: "alone" },
);

stories("ACLs are not inherited", [
  [
    "a child of a closed node is open",
    [asBob, "ok @zero"],
    [create("$/n", { acl: [bob(31)] }), "ok @1 $/n"],
    [create("$/n/c"), "ok @2 $/n/c"],
    [by("b", setData("$/n/c", "x")), "b: ok @3 {c@2 m@3 p@2 v=1 len=1}"],
    [by("b", remove("$/n/c")), "b: NOAUTH @4"],
  ],
]);

stories(
  "system nodes",
  [
    [
      "the root is open",
      [getAcl("/zookeeper"), "ok @0 [31 world:anyone] {c@zero m@zero p@zero cv=-2 n=2}"],
    ],
    [
      "/zookeeper/config is for reading",
      [getAcl("/zookeeper/config"), "ok @0 [1 world:anyone] {c@zero m@zero p@zero av=-1}"],
      [setData("/zookeeper/config", "x"), "NOAUTH @1"],
      [create("/zookeeper/config/x"), "NOAUTH @2"],
      [setAcl("/zookeeper/config", open), "NOAUTH @3"],
    ],
  ],
  { only: "alone" },
);

atEveryPlace("/zookeeper/quota is open and has no data", async (server) => {
  const client = await RawClient.open(server);
  const [data] = await answers(client, getData("/zookeeper/quota"));
  expect(data).toMatch(/ "" {c@zero m@zero /);
  const [list] = await answers(client, getAcl("/zookeeper/quota"));
  expect(list).toMatch(/ \[31 world:anyone\] {c@zero m@zero /);
  expect((await answers(client, getChildren("/zookeeper"))).join()).toMatch(/ \[config, quota\]$/);
  await client.end();
});

atEveryPlace(
  "auth of a caller who is several is each of them, in an entry of its own",
  async (server) => {
    const path = `/several-${process.pid}`;
    const client = await RawClient.open(server);
    const other = await RawClient.open(server);
    for (const step of [asBob, auth("digest", "bob:other")]) await answers(client, step);
    await answers(client, create(path, { acl: [acl(31, "auth", "")] }));
    const [line = ""] = await answers(client, getAcl(path));
    const entries = /\[(.*)\]/.exec(line)?.[1]?.split(", ").sort();
    expect(entries).toEqual([`31 digest:bob:${otherHash}`, `31 digest:bob:${bobHash}`].sort());
    expect((await answers(other, setData(path, "x"))).join()).toMatch(/^NOAUTH /);
    await answers(other, auth("digest", "bob:other"));
    expect((await answers(other, setData(path, "x"))).join()).toMatch(/^ok /);
    await answers(client, remove(path));
    await client.end();
    await other.end();
  },
);
