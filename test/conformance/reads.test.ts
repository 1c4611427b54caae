import { expect } from "vitest";
import { OpCode } from "../../src/core/protocol/op-codes.ts";
import { answers, atEveryPlace } from "./places.ts";
import { RawClient } from "./raw-client.ts";
import {
  type Ask,
  auth,
  by,
  closing,
  create,
  exists,
  Flags,
  getAcl,
  getAllChildrenNumber,
  getChildren,
  getChildren2,
  getData,
  getEphemerals,
  ping,
  raw,
  remove,
  sasl,
  setData,
  setWatches,
  sync,
  whoAmI,
  withXid,
} from "./requests.ts";
import { stories } from "./story.ts";

const empty = (type: number) => raw(type, () => {});
const nullPath = (type: number) =>
  raw(type, (w) => {
    w.string(null);
    w.bool(false);
  });
const { ephemeral } = Flags;

stories(
  "reads of what is there",
  [
    ["exists", [exists("$"), "ok @0 {c@-2 m@-2 p@0 cv=2 n=2}"]],
    ["getData", [getData("$/a"), 'ok @0 "abc" {c@-1 m@-1 p@-1 len=3}']],
    ["getChildren", [getChildren("$"), "ok @0 [a, b]"]],
    ["getChildren of a leaf", [getChildren("$/a"), "ok @0 []"]],
    ["getChildren2", [getChildren2("$"), "ok @0 [a, b] {c@-2 m@-2 p@0 cv=2 n=2}"]],
    ["getACL", [getAcl("$"), "ok @0 [31 world:anyone] {c@-2 m@-2 p@0 cv=2 n=2}"]],
    [
      "getAllChildrenNumber",
      [getAllChildrenNumber("$"), "ok @0 2"],
      [getAllChildrenNumber("$/a"), "ok @0 0"],
    ],
    ["sync", [sync("$/a"), "ok @0 $/a"]],
  ],
  { given: [create("$/a", { data: "abc" }), create("$/b")] },
);

stories("reads of what is not there", [
  ["exists", [exists("$/a"), "NONODE @0"]],
  ["getData", [getData("$/a"), "NONODE @0"]],
  ["getChildren", [getChildren("$/a"), "NONODE @0"]],
  ["getChildren2", [getChildren2("$/a"), "NONODE @0"]],
  ["getACL", [getAcl("$/a"), "NONODE @0"]],
  ["getAllChildrenNumber", [getAllChildrenNumber("$/a"), "NONODE @0"]],
  ["sync takes any text", [sync("nonsense"), "ok @0 nonsense"]],
]);

stories("reads do not validate paths", [
  [
    "a slash at the end",
    [exists("$/"), "NONODE @0"],
    [getData("$/"), "NONODE @0"],
    [getChildren2("$/"), "NONODE @0"],
  ],
  [
    "double slashes and dots",
    [getData("$//"), "NONODE @0"],
    [getAcl("$/."), "NONODE @0"],
    [getChildren("$/.."), "NONODE @0"],
  ],
  ["a relative path", [getData("x"), "NONODE @0"], [exists("x"), "NONODE @0"]],
  [
    "NUL: exists alone looks for it",
    [exists("$/\0"), "BADARGUMENTS @0"],
    [getData("$/\0"), "NONODE @0"],
  ],
]);

stories("null for a path", [
  ["exists", [nullPath(OpCode.exists), "MARSHALLINGERROR @0"]],
  ["getData", [nullPath(OpCode.getData), "MARSHALLINGERROR @0"]],
  ["getChildren", [nullPath(OpCode.getChildren), "MARSHALLINGERROR @0"]],
  ["getChildren2", [nullPath(OpCode.getChildren2), "MARSHALLINGERROR @0"]],
  ["getACL", [nullPath(OpCode.getAcl), "MARSHALLINGERROR @0"]],
  ["getAllChildrenNumber", [nullPath(OpCode.getAllChildrenNumber), "MARSHALLINGERROR @0"]],
  ["getEphemerals", [getEphemerals(null), "ok @0 []"]],
]);

stories("bodies of reads that do not decode", [
  ["exists", [empty(OpCode.exists), "MARSHALLINGERROR @0"]],
  ["getData", [empty(OpCode.getData), "MARSHALLINGERROR @0"]],
  ["getChildren", [empty(OpCode.getChildren), "MARSHALLINGERROR @0"]],
  ["getChildren2", [empty(OpCode.getChildren2), "MARSHALLINGERROR @0"]],
  ["getACL", [empty(OpCode.getAcl), "MARSHALLINGERROR @0"]],
  ["getAllChildrenNumber", [empty(OpCode.getAllChildrenNumber), "MARSHALLINGERROR @0"]],
  ["getEphemerals", [empty(OpCode.getEphemerals), "MARSHALLINGERROR @0"]],
  ["addWatch", [empty(OpCode.addWatch), "MARSHALLINGERROR @0"]],
  ["checkWatches", [empty(OpCode.checkWatches), "MARSHALLINGERROR @0"]],
  ["removeWatches", [empty(OpCode.removeWatches), "MARSHALLINGERROR @0"]],
  ["setWatches", [empty(OpCode.setWatches), "MARSHALLINGERROR @0"]],
  ["setWatches2", [empty(OpCode.setWatches2), "MARSHALLINGERROR @0"]],
  ["multiRead", [empty(OpCode.multiRead), "MARSHALLINGERROR @0"]],
  [
    "a path longer than its frame",
    [raw(OpCode.getData, (w) => w.int(100)), "MARSHALLINGERROR @0"],
    [getData("$"), 'ok @0 "" {c@0 m@0 p@0}'],
  ],
  ["a path of negative length", [raw(OpCode.getData, (w) => w.int(-2)), "MARSHALLINGERROR @0"]],
  [
    "a path of great length",
    [raw(OpCode.getData, (w) => w.int(0x7fff_ffff)), "MARSHALLINGERROR @0"],
  ],
  [
    "any byte but 0 is true",
    [
      raw(OpCode.exists, (w, at) => {
        w.string(at.path("$/new"));
        w.byte(0x40);
      }),
      "NONODE @0",
    ],
    [create("$/new"), "created $/new @1", "ok @1 $/new"],
  ],
  [
    "letters that are no UTF-8",
    [
      raw(OpCode.create, (w, at) => {
        const path = Buffer.from(at.path("$/?"));
        path[path.length - 1] = 0xff;
        w.buffer(path);
        w.buffer(null);
        w.int(1);
        w.int(31);
        w.string("world");
        w.string("anyone");
        w.int(0);
      }),
      "BADARGUMENTS @1",
    ],
  ],
]);

// Told by sync, which gives back any path as it was understood.
const bytesOf = (hex: string): Ask => raw(OpCode.sync, (w) => w.buffer(Buffer.from(hex, "hex")));
stories("bytes that are no UTF-8 read as", [
  ["one letter each", [bytesOf("61ff80c3"), "ok @0 a\ufffd\ufffd\ufffd"]],
  ["one for what was begun well", [bytesOf("e28261f09f98"), "ok @0 \ufffda\ufffd"]],
  ["two for a letter written too long", [bytesOf("c080"), "ok @0 \ufffd\ufffd"]],
  ["one for a surrogate", [bytesOf("eda080edb88061eda061"), "ok @0 \ufffd\ufffda\ufffda"]],
]);

stories(
  "getEphemerals",
  [
    [
      "all, by null, by nothing, by a blank and by the root",
      [getEphemerals(null), "ok @0 [$/e, $/e2, $/ea]"],
      [getEphemerals(""), "ok @0 [$/e, $/e2, $/ea]"],
      [getEphemerals("  "), "ok @0 [$/e, $/e2, $/ea]"],
      [getEphemerals(" / "), "ok @0 [$/e, $/e2, $/ea]"],
    ],
    [
      "by the beginning of the text",
      [getEphemerals("$/e"), "ok @0 [$/e, $/e2, $/ea]"],
      [getEphemerals("$/ea"), "ok @0 [$/ea]"],
      [getEphemerals("$/e/"), "ok @0 []"],
      [getEphemerals(" $/e"), "ok @0 []"],
    ],
    ["of this session alone", [by("b", getEphemerals("$")), "b: ok @0 [$/other]"]],
    ["a deleted one is gone", [remove("$/e"), "ok @1"], [getEphemerals("$"), "ok @1 [$/e2, $/ea]"]],
  ],
  {
    given: [
      create("$/e", { flags: ephemeral }),
      create("$/ea", { flags: ephemeral }),
      create("$/e2", { flags: ephemeral }),
      by("b", create("$/other", { flags: ephemeral })),
    ],
  },
);

stories("ping", [
  ["is answered with xid -2 and the last zxid", [ping(), "ok @0"]],
  ["whatever its own xid", [withXid(77, ping()), "ok @0"]],
]);

stories("who is there", [
  ["an address", [whoAmI(), "ok @0 [ip:127.0.0.1]"]],
  [
    "a user, without the password's hash",
    [auth("digest", "bob:pw"), "ok @zero"],
    [whoAmI(), "ok @0 [digest:bob, ip:127.0.0.1]"],
  ],
  [
    "several, the same but once",
    [auth("digest", "bob:pw"), "ok @zero"],
    [auth("digest", "bob:pw"), "ok @zero"],
    [auth("digest", "ann:pw"), "ok @zero"],
    [whoAmI(), "ok @0 [digest:ann, digest:bob, ip:127.0.0.1]"],
  ],
  [
    "the super user's other self shows no name",
    [auth("digest", "super:super"), "ok @zero"],
    [whoAmI(), "ok @0 [digest:super, ip:127.0.0.1, super:]"],
  ],
  [
    "any text will do",
    [auth("digest", "nobody"), "ok @zero"],
    [auth("digest", ""), "ok @zero"],
    [whoAmI(), "ok @0 [digest:, digest:nobody, ip:127.0.0.1]"],
  ],
  [
    "ip adds the address again",
    [auth("ip", "1.2.3.4"), "ok @zero"],
    [whoAmI(), "ok @0 [ip:127.0.0.1]"],
  ],
  ["ip without any data", [auth("ip", null), "ok @zero"]],
]);

stories("an xid is given back, also where another is the custom", [
  ["of an auth packet", [withXid(9, auth("digest", "bob:pw")), "ok @zero"]],
  ["of setWatches", [withXid(9, setWatches(0, {})), "ok @0"]],
]);

stories("authentication that fails ends the connection", [
  ["an unknown scheme", [closing(auth("nobody", "x")), "AUTHFAILED @zero", "closed"]],
  ["world", [closing(auth("world", "anyone")), "AUTHFAILED @zero", "closed"]],
  ["auth", [closing(auth("auth", "x")), "AUTHFAILED @zero", "closed"]],
  ["super", [closing(auth("super", "x")), "AUTHFAILED @zero", "closed"]],
  ["sasl", [closing(auth("sasl", "x")), "AUTHFAILED @zero", "closed"]],
  ["digest without data", [closing(auth("digest", null)), "AUTHFAILED @zero", "closed"]],
  ["no scheme", [closing(auth(null, "x")), "AUTHFAILED @zero", "closed"]],
]);

stories("SASL where it is not configured", [
  [
    "succeeds without a token",
    [sasl(""), "ok @zero token null"],
    [setData("$", "x"), "ok @1 {c@0 m@1 p@0 v=1 len=1}"],
  ],
]);

atEveryPlace("the empty path is the root's in every read", async (server) => {
  const client = await RawClient.open(server);
  for (const read of [exists, getData, getChildren, getChildren2, getAcl]) {
    expect(await answers(client, read(""))).toEqual(await answers(client, read("/")));
  }
  const numberOf = async (path: string): Promise<number> => {
    const [line = ""] = await answers(client, getAllChildrenNumber(path));
    return Number(line.split(" ").at(-1));
  };
  expect(await numberOf("")).toBe((await numberOf("/")) + 1); // counting itself
  await client.end();
});
