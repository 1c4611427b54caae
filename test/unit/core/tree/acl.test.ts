import { describe, expect, test } from "vitest";
import { ErrorCode } from "../../../../src/core/protocol/error-codes.ts";
import type { Acl, Id, RawAcl } from "../../../../src/core/protocol/records.ts";
import {
  checkAcl,
  defaultAclSchemes,
  fixAcl,
  openAcl,
  Permission,
} from "../../../../src/core/tree/acl.ts";
import { AclCache } from "../../../../src/core/tree/acl-cache.ts";

const { read, write, admin, all } = Permission;
const entry = (perms: number, scheme: string, id: string): Acl => ({ perms, scheme, id });
const ids = (...texts: string[]): Id[] =>
  texts.map((text) => {
    const at = text.indexOf("=");
    return { scheme: text.slice(0, at), id: text.slice(at + 1) };
  });

describe("an ACL", () => {
  test.each<[string, Acl[] | null, number, Id[], boolean]>([
    ["no list admits all", null, all, [], true],
    ["an empty list admits all", [], all, [], true],
    ["world admits everybody", [entry(read, "world", "anyone")], read, [], true],
    ["a missing permission refuses", [entry(read, "world", "anyone")], write, [], false],
    ["one wanted bit is enough", [entry(admin, "world", "anyone")], read | admin, [], true],
    ["odd bits count as they stand", [entry(-1, "world", "anyone")], write, [], true],
    ["super may everything", [entry(0, "world", "anyone")], write, ids("super="), true],
    ["equal digests match", [entry(all, "digest", "a:h")], read, ids("digest=a:h"), true],
    ["other digests do not", [entry(all, "digest", "a:h")], read, ids("digest=a:g"), false],
    ["a scheme is compared too", [entry(all, "digest", "a:h")], read, ids("sasl=a:h"), false],
    ["x509 by equality", [entry(all, "x509", "CN=a")], read, ids("x509=CN=a"), true],
    ["sasl by equality", [entry(all, "sasl", "bob")], read, ids("sasl=bob"), true],
    ["a sasl super user matches sasl", [entry(all, "sasl", "bob")], read, ids("sasl=super"), true],
    ["a scheme nobody knows", [entry(all, "odd", "x")], read, ids("odd=x"), false],
    ["an address", [entry(all, "ip", "10.0.0.1")], read, ids("ip=10.0.0.1"), true],
    ["another address", [entry(all, "ip", "10.0.0.1")], read, ids("ip=10.0.0.2"), false],
    ["a block", [entry(all, "ip", "10.0.0.0/8")], read, ids("ip=10.200.3.4"), true],
    ["outside the block", [entry(all, "ip", "10.0.0.0/8")], read, ids("ip=11.0.0.1"), false],
    [
      "a block within a byte",
      [entry(all, "ip", "10.0.0.128/25")],
      read,
      ids("ip=10.0.0.200"),
      true,
    ],
    ["below it", [entry(all, "ip", "10.0.0.128/25")], read, ids("ip=10.0.0.127"), false],
    ["all addresses", [entry(all, "ip", "0.0.0.0/0")], read, ids("ip=1.2.3.4"), true],
    ["an IPv6 address", [entry(all, "ip", "::1")], read, ids("ip=0:0:0:0:0:0:0:1"), true],
    ["an IPv6 block", [entry(all, "ip", "fe80::/10")], read, ids("ip=febf::1"), true],
    ["outside it", [entry(all, "ip", "fe80::/10")], read, ids("ip=fec0::1"), false],
    ["never across families", [entry(all, "ip", "::/0")], read, ids("ip=1.2.3.4"), false],
  ])("%s", (_, acl, wanted, callers, expected) => {
    expect(checkAcl(acl, wanted, callers)).toBe(expected);
  });

  test("one id may stand for every sasl user, and for nobody else", () => {
    const acl = [
      entry(read, "sasl", "any"),
      entry(all, "sasl", "bob"),
      entry(all, "digest", "any"),
    ];
    const may = (wanted: number, caller: string, anySaslUserId?: string): boolean =>
      checkAcl(acl, wanted, ids(caller), { anySaslUserId });
    expect(may(read, "sasl=eve")).toBe(false);
    expect(may(read, "sasl=eve", "any")).toBe(true);
    expect(may(write, "sasl=eve", "any")).toBe(false);
    expect(may(read, "digest=eve", "any")).toBe(false);
    expect(may(write, "sasl=bob", "any")).toBe(true);
  });
});

describe("a list that a client sent", () => {
  const callers = ids("ip=1.2.3.4", "digest=bob:h", "super=", "digest=eve:g");
  const fix = (raw: RawAcl[] | null, ipv6 = true): readonly Acl[] | number =>
    fixAcl(raw, callers, { schemes: defaultAclSchemes, ipv6 });
  const raw = (perms: number, scheme: string | null, id: string | null): RawAcl => ({
    perms,
    scheme,
    id,
  });

  test("is stored in order, without exact duplicates", () => {
    const list = [raw(1, "ip", "1.1.1.1"), raw(2, "digest", "a:b"), raw(1, "ip", "1.1.1.1")];
    expect(fix([...list, raw(3, "ip", "1.1.1.1")])).toEqual([
      list[0],
      list[1],
      raw(3, "ip", "1.1.1.1"),
    ]);
  });

  test("that is open to all is the shared one", () => {
    expect(fix([raw(31, "world", "anyone")])).toBe(openAcl);
  });

  test("has `auth` replaced by every authenticated id, whatever its own says", () => {
    const expanded = [entry(5, "digest", "bob:h"), entry(5, "digest", "eve:g")];
    expect(fix([raw(5, "auth", null)])).toEqual(expanded);
    expect(fix([raw(5, "auth", "ignored"), raw(1, "world", "anyone")])).toEqual([
      ...expanded,
      entry(1, "world", "anyone"),
    ]);
  });

  test("keeps permissions that mean nothing", () => {
    expect(fix([raw(255, "world", "anyone")])).toEqual([entry(255, "world", "anyone")]);
  });

  test("cannot say `auth` for nobody", () => {
    const options = { schemes: defaultAclSchemes, ipv6: true };
    expect(fixAcl([raw(1, "auth", "")], ids("ip=1.2.3.4", "super="), options)).toBe(
      ErrorCode.INVALIDACL,
    );
  });

  test.each<[RawAcl[] | null, number]>([
    [null, ErrorCode.INVALIDACL],
    [[], ErrorCode.INVALIDACL],
    [[raw(1, null, "x")], ErrorCode.INVALIDACL],
    [[raw(1, "world", "someone")], ErrorCode.INVALIDACL],
    [[raw(1, "world", null)], ErrorCode.MARSHALLINGERROR],
    [[raw(1, "digest", null)], ErrorCode.MARSHALLINGERROR],
    [[raw(1, "odd", null)], ErrorCode.INVALIDACL],
    [[raw(1, "super", "x")], ErrorCode.INVALIDACL],
    [[raw(1, "ensemble", "x")], ErrorCode.INVALIDACL],
    [[raw(1, "digest", "a")], ErrorCode.INVALIDACL],
    [[raw(1, "digest", "a:")], ErrorCode.INVALIDACL],
    [[raw(1, "digest", "a:b:c")], ErrorCode.INVALIDACL],
    [[raw(1, "ip", "1.2.3")], ErrorCode.INVALIDACL],
    [[raw(1, "ip", "1.2.3.256")], ErrorCode.INVALIDACL],
    [[raw(1, "ip", "1.2.3.4/33")], ErrorCode.INVALIDACL],
    [[raw(1, "ip", "1.2.3.4/x")], ErrorCode.INVALIDACL],
    [[raw(1, "ip", "localhost")], ErrorCode.INVALIDACL],
    [[raw(1, "ip", "::1::")], ErrorCode.INVALIDACL],
    [[raw(1, "ip", "1:2:3:4:5:6:7")], ErrorCode.INVALIDACL],
    [[raw(1, "ip", "1:2:3:4:5:6:7:8::")], ErrorCode.INVALIDACL],
    [[raw(1, "ip", "12345::")], ErrorCode.INVALIDACL],
    [[raw(1, "ip", "::/129")], ErrorCode.INVALIDACL],
    [[raw(1, "world", "anyone"), raw(1, "digest", "a")], ErrorCode.INVALIDACL],
  ])("%j is refused", (list, err) => {
    expect(fix(list)).toBe(err);
  });

  test.each(["a:b", ":b", "a:b:"])("may hold the digest %j", (id) => {
    expect(fix([raw(1, "digest", id)])).toEqual([entry(1, "digest", id)]);
  });

  test("may hold IPv6 from 3.9 on", () => {
    expect(fix([raw(1, "ip", "fe80::/10")])).toEqual([entry(1, "ip", "fe80::/10")]);
    expect(fix([raw(1, "ip", "fe80::/10")], false)).toBe(ErrorCode.INVALIDACL);
  });
});

test("nodes with equal ACLs share one list while they live", () => {
  const cache = new AclCache();
  const first = cache.use([entry(1, "world", "anyone")]);
  const second = cache.use([entry(1, "world", "anyone")]);
  expect(second).toBe(first);
  expect(cache.use([entry(31, "world", "anyone")])).toBe(openAcl);
  expect([cache.idOf(first), cache.idOf(openAcl), cache.idOf(null)]).toEqual([1, -1, -1]);
  cache.release(first);
  expect(cache.all).toHaveLength(1);
  cache.release(first);
  expect(cache.all).toEqual([]);
  expect(cache.idOf(cache.use([entry(1, "world", "anyone")]))).toBe(2);
});
