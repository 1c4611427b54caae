// What the requests are filled in with: ordinary values, and those at the edges.
import type { RawAcl } from "../../src/core/protocol/records.ts";
import { acl } from "../conformance/requests.ts";

export const sizes = [0, 1, 2, 3, 5, 8, 40, 300] as const;
export const versions = [
  -1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 1, 1, 2, 2, 3, 3, -2, 0x7fff_ffff, -0x8000_0000,
] as const;
export const flags = [
  0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 3, 3, 4, 4, 5, 6, 7, -1,
] as const;

export const oddPaths = [
  "x",
  "a/b",
  "$/",
  "$//a",
  "$/a/",
  "$/a/..",
  "$/./b",
  "$/...",
  "$/.x",
  "$/a b",
  "$/%",
  "$/né",
  "$/日本",
  "$/\0",
  "$/\u0001",
  "$/\u007f",
  "$/\u009f",
  "$/\u00a0",
  "$/\ud7ff",
  "$/\ue000",
  "$/\uf900",
  "$/\uffef",
  "$/\ufffd",
] as const;
/** The same for both engines while nobody else has used them. */
export const sharedPaths = ["", "/", "/zookeeper", "/zookeeper/quota"] as const;

/** Limits, and what is none. */
export const quotaTexts: readonly (string | null)[] = [
  "count=-1,bytes=-1",
  "count=-1,bytes=-1",
  "count=3,bytes=10",
  "count=-1,bytes=-1=;byteHardLimit=60;countHardLimit=4",
  "count=-1,bytes=-1=;byteHardLimit=60;countHardLimit=4",
  "countHardLimit=0",
  "byteHardLimit=+7,,;",
  "count==5;bytes=1=2",
  "count=3,",
  ",count=3",
  "count=",
  "count=9223372036854775808",
  "nonsense",
  "",
  null,
];

const world = (perms: number): RawAcl => acl(perms, "world", "anyone");
const bob = acl(31, "digest", "bob:ikIaKsbtGweaHnb/jKn7OHqbunM=");
const auth = (perms: number): RawAcl => acl(perms, "auth", "");

export const acls: readonly (readonly RawAcl[] | null)[] = [
  [world(1)],
  [world(2), bob],
  [world(4), bob],
  [world(30), bob],
  [world(27), world(4)],
  [world(31), world(31)],
  [bob],
  [auth(31)],
  [auth(1), auth(30)],
  [world(5), acl(31, "auth", "x")],
  [acl(31, "ip", "127.0.0.1")],
  [acl(19, "ip", "127.0.0.0/8"), world(1)],
  [acl(31, "ip", "10.0.0.0/8"), world(1)],
  [world(0)],
  [world(255)],
  [world(-1)],
  // Refused, each in its way.
  null,
  [],
  [acl(31, "digest", "x")],
  [acl(31, "digest", "a:b:c")],
  [acl(31, "digest", null)],
  [acl(31, "nobody", "x")],
  [acl(31, "sasl", "bob")],
  [acl(31, "super", "")],
  [acl(31, "world", "x")],
  [acl(31, "world", null)],
  [acl(31, null, "anyone")],
  [acl(31, "ip", "127.0.0.1/33")],
  [world(31), acl(1, "ip", "1.2.3")],
];
