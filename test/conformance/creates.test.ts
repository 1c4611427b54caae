import { OpCode } from "../../src/core/protocol/op-codes.ts";
import {
  acl,
  bytes,
  create,
  create2,
  createContainer,
  createTtl,
  exists,
  Flags,
  getChildren2,
  getData,
  open,
  raw,
  remove,
  setData,
} from "./requests.ts";
import { stories } from "./story.ts";

const { ephemeral, sequential, ephemeralSequential, container, ttl, ttlSequential } = Flags;

stories("create, by its outcomes in the order in which they win", [
  ["answers the path", [create("$/a"), "ok @1 $/a"]],
  [
    "create2 answers the Stat too",
    [create2("$/a", { data: "abc" }), "ok @1 $/a {c@1 m@1 p@1 len=3}"],
  ],
  ["an unknown flag", [create("nowhere", { flags: 7 }), "BADARGUMENTS @1"]],
  ["a negative flag", [create("$/a", { flags: -1 }), "BADARGUMENTS @1"]],
  ["a TTL flag without a ttl", [create("$/a", { flags: ttl }), "BADARGUMENTS @1"]],
  [
    "a sequential TTL flag without a ttl",
    [create2("$/a", { flags: ttlSequential }), "BADARGUMENTS @1"],
  ],
  ["no slash in the path", [create("x", { acl: [] }), "BADARGUMENTS @1"]],
  ["an empty path", [create(""), "BADARGUMENTS @1"]],
  ["NUL in the path", [create("$/\0", { acl: [] }), "BADARGUMENTS @1"]],
  ["an invalid ACL wins over a missing parent", [create("$/no/a", { acl: [] }), "INVALIDACL @1"]],
  ["a missing parent", [create("$/no/a"), "NONODE @1"]],
  ["a missing parent wins over a bad name", [create("$/no/.."), "NONODE @1"]],
  ["a parent that ends in a slash is missing", [create("$//a"), "NONODE @1"]],
  ["a bad name", [create("$/.."), "BADARGUMENTS @1"]],
  ["a slash at the end of a path whose node is missing", [create("$/no/"), "NONODE @1"]],
  ["a slash at the end of a path whose node is there", [create("$/"), "BADARGUMENTS @1"]],
  ["the root", [create("/"), "NODEEXISTS @1"]],
  ["a node that is there", [create("$", { flags: ephemeral }), "NODEEXISTS @1"]],
  [
    "children of an ephemeral",
    [create("$/e", { flags: ephemeral }), "ok @1 $/e"],
    [create("$/e/x"), "NOCHILDRENFOREPHEMERALS @2"],
    [create("$/e/x/y"), "NONODE @3"],
    [create("$/e/.."), "BADARGUMENTS @4"],
  ],
  [
    "data may be null",
    [create("$/a", { data: null }), "ok @1 $/a"],
    [getData("$/a"), "ok @1 null {c@1 m@1 p@1}"],
  ],
  [
    "data may be empty",
    [create("$/a", { data: "" }), "ok @1 $/a"],
    [getData("$/a"), 'ok @1 "" {c@1 m@1 p@1}'],
  ],
  [
    "names hold blanks, percent signs and letters of the world",
    [create("$/ä %/"), "NONODE @1"],
    [create("$/ä %"), "ok @2 $/ä %"],
  ],
]);

stories("kinds of nodes", [
  [
    "an ephemeral shows its owner",
    [create2("$/e", { flags: ephemeral }), "ok @1 $/e {c@1 m@1 p@1 owner=a}"],
  ],
  [
    "a container and a TTL node show none",
    [createContainer("$/c"), "ok @1 $/c {c@1 m@1 p@1}"],
    [createTtl("$/t", 1000), "ok @2 $/t {c@2 m@2 p@2}"],
  ],
  [
    "flag 4 of a plain create makes a plain node",
    [create("$/c", { flags: container }), "ok @1 $/c"],
  ],
  [
    "createContainer looks at its flags for nothing but the sequence and the session",
    [createContainer("$/c", { flags: 0 }), "ok @1 $/c {c@1 m@1 p@1}"],
    [createContainer("$/c-", { flags: sequential }), "ok @2 $/c-0000000001 {c@2 m@2 p@2}"],
    [createContainer("$/d", { flags: ephemeral }), "ok @3 $/d {c@3 m@3 p@3}"],
    [create("$/d/x"), "ok @4 $/d/x"],
  ],
  ["createContainer with TTL flags", [createContainer("$/c", { flags: ttl }), "BADARGUMENTS @1"]],
  ["createContainer with unknown flags", [createContainer("$/c", { flags: 9 }), "BADARGUMENTS @1"]],
  ["a ttl of 0", [createTtl("$/t", 0), "BADARGUMENTS @1"]],
  ["a negative ttl", [createTtl("$/t", -5), "BADARGUMENTS @1"]],
  ["the longest ttl", [createTtl("$/t", 0xff_ffff_ffff), "ok @1 $/t {c@1 m@1 p@1}"]],
  ["a ttl beyond it", [createTtl("$/t", 0x100_0000_0000), "BADARGUMENTS @1"]],
  ["a ttl without a TTL flag", [createTtl("$/t", 1000, { flags: 0 }), "BADARGUMENTS @1"]],
  [
    "containers and TTL nodes have children, ephemeral ones too",
    [createContainer("$/c"), "ok @1 $/c {c@1 m@1 p@1}"],
    [create("$/c/e", { flags: ephemeral }), "ok @2 $/c/e"],
    [createTtl("$/t", 100_000), "ok @3 $/t {c@3 m@3 p@3}"],
    [create("$/t/e", { flags: ephemeral }), "ok @4 $/t/e"],
  ],
  [
    "a sequential TTL node",
    [createTtl("$/t-", 1000, { flags: ttlSequential }), "ok @1 $/t-0000000000 {c@1 m@1 p@1}"],
  ],
]);

stories("sequences", [
  [
    "every create counts, deletes do not",
    [create("$/s-", { flags: sequential }), "ok @1 $/s-0000000000"],
    [create("$/plain"), "ok @2 $/plain"],
    [create("$/other-", { flags: sequential }), "ok @3 $/other-0000000002"],
    [remove("$/plain"), "ok @4"],
    [create("$/e-", { flags: ephemeralSequential }), "ok @5 $/e-0000000003"],
    [
      getChildren2("$"),
      "ok @5 [e-0000000003, other-0000000002, s-0000000000] {c@0 m@0 p@5 cv=5 n=3}",
    ],
  ],
  [
    "a failed create does not count",
    [create("$/plain"), "ok @1 $/plain"],
    [create("$/plain"), "NODEEXISTS @2"],
    [create("$/s-", { flags: sequential }), "ok @3 $/s-0000000001"],
  ],
  [
    "a slash at the end names the child by its number",
    [create("$/", { flags: sequential }), "ok @1 $/0000000000"],
    [create("$/..", { flags: sequential }), "ok @2 $/..0000000001"],
  ],
  [
    "setData and setACL do not count",
    [setData("$", "x"), "ok @1 {c@0 m@1 p@0 v=1 len=1}"],
    [create("$/s-", { flags: sequential }), "ok @2 $/s-0000000000"],
  ],
  [
    "the suffix of a node that has been deleted is not used again",
    [create("$/s-", { flags: sequential }), "ok @1 $/s-0000000000"],
    [remove("$/s-0000000000"), "ok @2"],
    [create("$/s-", { flags: sequential }), "ok @3 $/s-0000000001"],
    [exists("$"), "ok @3 {c@0 m@0 p@3 cv=3 n=1}"],
  ],
]);

const body = { path: "$/a", data: bytes(""), acl: open, flags: 0 };
stories(
  "bodies that do not decode are answered so, and the connection goes on",
  [
    [
      "an empty body",
      [raw(OpCode.create, () => {}), "MARSHALLINGERROR @1"],
      [create(body.path), "ok @2 $/a"],
    ],
    [
      "without flags",
      [
        raw(OpCode.create, (w, at) => {
          w.string(at.path("$/a"));
          w.buffer(null);
          w.int(0);
        }),
        "MARSHALLINGERROR @1",
      ],
    ],
    [
      "an ACL shorter than it says",
      [
        raw(OpCode.create2, (w, at) => {
          w.string(at.path("$/a"));
          w.buffer(null);
          w.int(2000);
          w.int(31);
        }),
        "MARSHALLINGERROR @1",
      ],
    ],
    [
      "a negative length of the data",
      [
        raw(OpCode.create, (w, at) => {
          w.string(at.path("$/a"));
          w.int(-2);
          w.int(0);
          w.int(0);
        }),
        "MARSHALLINGERROR @1",
      ],
    ],
  ],
  { as: "3.8" },
);

stories("bodies that decode in their own way", [
  ["a null ACL", [create("$/a", { acl: null }), "INVALIDACL @1"]],
  [
    "a count of ACL entries below -1 is none",
    [
      raw(OpCode.create, (w, at) => {
        w.string(at.path("$/a"));
        w.buffer(null);
        w.int(-7);
        w.int(0);
      }),
      "INVALIDACL @1",
    ],
  ],
  [
    "bytes behind the last field",
    [
      raw(OpCode.create, (w, at) => {
        w.string(at.path("$/a"));
        w.buffer(null);
        w.vector([acl(31, "world", "anyone")], (to, entry) => {
          to.int(entry.perms);
          to.string(entry.scheme);
          to.string(entry.id);
        });
        w.int(0);
        w.string("and more");
      }),
      "ok @1 $/a",
    ],
  ],
]);
