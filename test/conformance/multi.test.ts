import { OpCode } from "../../src/core/protocol/op-codes.ts";
import { MultiHeader } from "../../src/core/protocol/requests.ts";
import {
  type Ask,
  acl,
  auth,
  by,
  check,
  create,
  create2,
  createContainer,
  createTtl,
  deleteContainer,
  exists,
  Flags,
  getAcl,
  getChildren,
  getChildren2,
  getData,
  multi,
  multiRead,
  raw,
  remove,
  setAcl,
  setData,
  sync,
} from "./requests.ts";
import { stories } from "./story.ts";

const { sequential, ephemeral, container, ttl } = Flags;

/** A multi from headers and bodies as they are given. */
const handMade = (...parts: readonly { type: number; done: boolean; err: number; body?: Ask }[]) =>
  raw(OpCode.multi, (w, at) => {
    for (const { body, ...header } of parts) {
      MultiHeader.write(w, header);
      body?.write(w, at);
    }
  });
const end = { type: -1, done: true, err: -1 };
const next = (body: Ask, err = -1) => ({ type: body.type, done: false, err, body });

stories("multi", [
  ["without elements takes a zxid", [multi(), "ok @1 []"]],
  [
    "is done at one zxid, each element after the other",
    [
      multi(
        create("$/a", { data: "1" }),
        setData("$/a", "22", 0),
        check("$/a", 1),
        create("$/a/b"),
        remove("$/a/b"),
      ),
      "ok @1 [create $/a; setData {c@1 m@1 p@1 v=1 len=2}; check; create $/a/b; delete]",
    ],
    [getData("$/a"), 'ok @1 "22" {c@1 m@1 p@1 v=1 cv=2 len=2}'],
  ],
  [
    "sequences count within it",
    [
      multi(
        create("$/s-", { flags: sequential }),
        create("$/s-", { flags: sequential }),
        create("$/s-", { flags: sequential }),
      ),
      "ok @1 [create $/s-0000000000; create $/s-0000000001; create $/s-0000000002]",
    ],
  ],
  [
    "is undone by its first failure, which still takes a zxid",
    [
      multi(create("$/a"), remove("$/a"), check("$/a"), create("$/b"), setData("$/no", "x")),
      "ok @1 [undone; undone; NONODE; RUNTIMEINCONSISTENCY; RUNTIMEINCONSISTENCY]",
    ],
    [exists("$"), "ok @1 {c@0 m@0 p@0}"],
  ],
  [
    "numbers of an undone multi are given again",
    [
      multi(
        create("$/s-", { flags: sequential }),
        create("$/s-", { flags: sequential }),
        check("$/no"),
      ),
      "ok @1 [undone; undone; NONODE]",
    ],
    [create("$/s-", { flags: sequential }), "ok @2 $/s-0000000000"],
  ],
  [
    "create2 and the check of a version",
    [multi(create("$/a"), check("$/a", 7)), "ok @1 [undone; BADVERSION]"],
  ],
  [
    "the outcomes of create",
    [multi(create("$/no/a")), "ok @1 [NONODE]"],
    [multi(create("$")), "ok @2 [NODEEXISTS]"],
    [multi(create("$/..")), "ok @3 [BADARGUMENTS]"],
    [multi(create("$/a", { acl: [] })), "ok @4 [INVALIDACL]"],
    [multi(create("x")), "ok @5 [BADARGUMENTS]"],
  ],
  [
    "the outcomes of delete",
    [multi(remove("$/a")), "ok @1 [NONODE]"],
    [multi(remove("$", 5)), "ok @2 [BADVERSION]"],
    [multi(remove("/zookeeper")), "ok @3 [BADARGUMENTS]"],
    [multi(create("$/a"), remove("$")), "ok @4 [undone; NOTEMPTY]"],
  ],
  [
    "the outcomes of setData",
    [multi(setData("$/a", "x")), "ok @1 [NONODE]"],
    [multi(setData("$/", "x")), "ok @2 [BADARGUMENTS]"],
    [multi(setData("$", "x", 4)), "ok @3 [BADVERSION]"],
  ],
  [
    "the outcomes of check",
    [multi(check("$")), "ok @1 [check]"],
    [multi(check("$/a")), "ok @2 [NONODE]"],
    [multi(check("$/a/")), "ok @3 [BADARGUMENTS]"],
    [multi(check("$", 1)), "ok @4 [BADVERSION]"],
    [multi(check("$", -2)), "ok @5 [BADVERSION]"],
  ],
  [
    "children of an ephemeral",
    [
      multi(create("$/e", { flags: ephemeral }), create("$/e/x")),
      "ok @1 [undone; NOCHILDRENFOREPHEMERALS]",
    ],
  ],
  [
    "ephemerals, containers and TTL nodes",
    [
      multi(create("$/e", { flags: ephemeral }), createTtl("$/t", 1000)),
      "ok @1 [create $/e; create2 $/t {c@1 m@1 p@1}]",
    ],
    [exists("$/e"), "ok @1 {c@1 m@1 p@1 owner=a}"],
    [
      multi(createContainer("$/c"), create("$/d", { flags: container })),
      "ok @2 [create2 $/c {c@2 m@2 p@2}; create2 $/d {c@2 m@2 p@2}]",
    ],
  ],
  [
    "Stats are those after the element",
    [
      multi(setData("$", "x"), setData("$", "xy")),
      "ok @1 [setData {c@0 m@1 p@0 v=1 len=1}; setData {c@0 m@1 p@0 v=2 len=2}]",
    ],
  ],
  [
    "a node that is made, deleted and made again",
    [
      multi(create("$/a"), remove("$/a"), create("$/a", { data: "x" })),
      "ok @1 [create $/a; delete; create $/a]",
    ],
    [getChildren2("$"), "ok @1 [a] {c@0 m@0 p@1 cv=3 n=1}"],
    [getData("$/a"), 'ok @1 "x" {c@1 m@1 p@1 len=1}'],
  ],
  [
    "createTTL without a TTL flag is a plain create, its ttl is dropped",
    [multi(createTtl("$/t", 1000, { flags: 0 })), "ok @1 [create $/t]"],
    [multi(createTtl("$/u", -1, { flags: 0 })), "ok @2 [create $/u]"],
  ],
  ["a TTL flag of a plain create", [multi(create("$/a", { flags: ttl })), "MARSHALLINGERROR @1"]],
  ["a ttl out of range", [multi(createTtl("$/t", 0)), "ok @1 [BADARGUMENTS]"]],
]);

stories(
  "multi as 3.8.0 decodes it",
  [
    ["create2 is answered as create", [multi(create2("$/a")), "ok @1 [create $/a]"]],
    ["an unknown flag", [multi(create("$/a", { flags: 9 })), "ok @1 [BADARGUMENTS]"]],
    [
      "createContainer without its flag makes a plain node",
      [multi(createContainer("$/c", { flags: 0 })), "ok @1 [create $/c]"],
    ],
    [
      "a TTL flag of a plain create behind what fails is not come to",
      [multi(remove("$/n"), create("$/a", { flags: ttl })), "ok @1 [NONODE; RUNTIMEINCONSISTENCY]"],
    ],
  ],
  { as: "3.8" },
);
stories(
  "multi as 3.9 decodes it",
  [
    [
      "create2 is answered with its Stat",
      [multi(create2("$/a")), "ok @1 [create2 $/a {c@1 m@1 p@1}]"],
    ],
    ["an unknown flag", [multi(create("$/a", { flags: 9 })), "MARSHALLINGERROR @1"]],
    [
      "a TTL flag of a plain create, whatever is before it",
      [multi(remove("$/n"), create("$/a", { flags: ttl })), "MARSHALLINGERROR @1"],
    ],
    [
      "createContainer without its flag makes a container",
      [multi(createContainer("$/c", { flags: 0 })), "ok @1 [create2 $/c {c@1 m@1 p@1}]"],
    ],
  ],
  { as: "3.9" },
);

stories("what a multi cannot hold makes it undecodable, at a zxid", [
  [
    "setACL",
    [multi(create("$/a"), setAcl("$", [])), "MARSHALLINGERROR @1"],
    [exists("$/a"), "NONODE @1"],
  ],
  ["exists", [multi(exists("$")), "MARSHALLINGERROR @1"]],
  ["getChildren2", [multi(getChildren2("$")), "MARSHALLINGERROR @1"]],
  ["getACL", [multi(getAcl("$")), "MARSHALLINGERROR @1"]],
  ["sync", [multi(sync("$")), "MARSHALLINGERROR @1"]],
  ["deleteContainer", [multi(deleteContainer("$")), "MARSHALLINGERROR @1"]],
  ["a multi", [multi(multi()), "MARSHALLINGERROR @1"]],
  ["reads", [multi(getData("$")), "MARSHALLINGERROR @1"]],
  [
    "reads behind writes",
    [multi(create("$/a"), getData("$")), "MARSHALLINGERROR @1"],
    [exists("$/a"), "NONODE @1"],
  ],
  ["writes behind reads", [multi(getChildren("$"), create("$/a")), "MARSHALLINGERROR @1"]],
  ["no end", [handMade(next(create("$/a"))), "MARSHALLINGERROR @1"]],
  [
    "an end that is none",
    [handMade(next(create("$/a")), { type: -1, done: false, err: -1 }), "MARSHALLINGERROR @1"],
  ],
  [
    "a body cut short",
    [handMade({ type: OpCode.create, done: false, err: -1 }, end), "MARSHALLINGERROR @1"],
  ],
]);

stories("of a multi's headers only the type and the end count", [
  [
    "errors are not looked at",
    [handMade(next(create("$/a"), 77), { ...end, err: 12 }), "ok @1 [create $/a]"],
  ],
  [
    "the end may have any type",
    [handMade(next(create("$/a")), { type: 4, done: true, err: 0 }), "ok @1 [create $/a]"],
  ],
  [
    "what follows the end is ignored",
    [handMade(end, next(create("$/a")), end), "ok @1 []"],
    [exists("$/a"), "NONODE @1"],
  ],
]);

stories(
  "multiRead",
  [
    ["without elements", [multiRead(), "ok @0 []"]],
    [
      "each element stands alone",
      [
        multiRead(
          getData("$/a"),
          getData("$/no"),
          getChildren("$"),
          getChildren("$/no"),
          getData("$/secret"),
        ),
        'ok @0 [getData "x" {c@-1 m@-1 p@-1 len=1}; NONODE; getChildren [a, secret]; NONODE; NOAUTH]',
      ],
    ],
    [
      "sets no watch",
      [
        multiRead(getData("$/a", true), getChildren("$", true)),
        'ok @0 [getData "x" {c@-1 m@-1 p@-1 len=1}; getChildren [a, secret]]',
      ],
      [by("b", setData("$/a", "y")), "b: ok @1 {c@-1 m@1 p@-1 v=1 len=1}"],
      [by("b", create("$/b")), "b: ok @2 $/b"],
    ],
    [
      "holds no writes",
      [multiRead(create("$/b")), "MARSHALLINGERROR @0 []"],
      [multiRead(getData("$"), create("$/b")), "MARSHALLINGERROR @0"],
    ],
    [
      "holds no other reads",
      [multiRead(exists("$")), "MARSHALLINGERROR @0"],
      [multiRead(getChildren2("$")), "MARSHALLINGERROR @0"],
    ],
  ],
  {
    given: [create("$/a", { data: "x" }), create("$/secret", { acl: [acl(4, "world", "anyone")] })],
  },
);

stories("ACLs in a multi, one element after the other", [
  [
    "a parent made in it counts with its own list",
    [
      multi(create("$/p", { acl: [acl(1, "world", "anyone")] }), create("$/p/c")),
      "ok @1 [undone; NOAUTH]",
    ],
  ],
  [
    "the caller's identities",
    [auth("digest", "bob:pw"), "ok @zero"],
    [
      multi(create("$/p", { acl: [acl(31, "auth", "")] }), create("$/p/c"), setData("$/p", "x")),
      "ok @1 [create $/p; create $/p/c; setData {c@1 m@1 p@1 v=1 cv=1 len=1 n=1}]",
    ],
    [by("b", multi(check("$/p"))), "b: ok @2 [NOAUTH]"],
    [by("b", multi(check("$"), remove("$/p/c"))), "b: ok @3 [undone; NOAUTH]"],
    [by("b", multi(setData("$/p", "y"), check("$"))), "b: ok @4 [NOAUTH; RUNTIMEINCONSISTENCY]"],
  ],
]);
