import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ProtocolError } from "../../../../src/core/base/assert.ts";
import { sidOf, zxidOf } from "../../../../src/core/base/ids.ts";
import {
  type EnsembleConfig,
  formatConfig,
  isSameHost,
  type Member,
  memberOf,
  parseConfig,
  votersOf,
} from "../../../../src/core/quorum/config.ts";

const member = (sid: number, more: Partial<Member> = {}): Member => ({
  sid: sidOf(sid),
  host: "127.0.0.1",
  quorumPort: 2888,
  electionPort: 3888,
  role: "participant",
  client: undefined,
  weight: 1,
  group: undefined,
  ...more,
});

describe("a configuration", () => {
  test("is one line a server, then groups and weights, then the version in hex", () => {
    const config: EnsembleConfig = {
      version: zxidOf(0x100000003),
      members: [
        member(1, { group: 2, weight: 3, client: "0.0.0.0:2181" }),
        member(2, { group: 1, host: "0:0:0:0:0:0:0:1" }),
        member(3, {
          group: 2,
          moreAddresses: [{ host: "b", quorumPort: 1, electionPort: 2 }],
        }),
      ],
    };
    const text = [
      "server.1=127.0.0.1:2888:3888:participant;0.0.0.0:2181",
      "server.2=[0:0:0:0:0:0:0:1]:2888:3888:participant",
      "server.3=127.0.0.1:2888:3888|b:1:2:participant",
      "group.1=2",
      "group.2=1:3",
      "weight.1=3",
      "weight.2=1",
      "weight.3=1",
      "version=100000003",
    ].join("\n");
    expect(formatConfig(config)).toBe(text);
    expect(parseConfig(text)).toEqual(config);
  });

  test("is read in any order and any letter case, with what is left out filled in", () => {
    const text = "version=0\n\nserver.2 = b:1:2:OBSERVER;2181\nserver.1=a:3:4\n";
    expect(parseConfig(text)).toEqual({
      version: 0,
      members: [
        member(1, { host: "a", quorumPort: 3, electionPort: 4 }),
        member(2, {
          host: "b",
          quorumPort: 1,
          electionPort: 2,
          role: "observer",
          client: "0.0.0.0:2181",
        }),
      ],
    });
  });

  test.each([
    ["a semicolon at the end", "a:1:2;", {}],
    ["colons at the end", "a:1:2::", {}],
    ["a sign", "a:+1:2", {}],
    ["blanks around a role", "a:1:2: observer ", { role: "observer" }],
    ["a blank in a host", "a :1:2", { host: "a " }],
    [
      "a role of each address",
      "a:1:2:observer|b:3:4:observer;5",
      {
        role: "observer",
        moreAddresses: [{ host: "b", quorumPort: 3, electionPort: 4 }],
        client: "0.0.0.0:5",
      },
    ],
  ] as const)("is read with %s", (_what, line, more) => {
    const [read] = parseConfig(`server.1=${line}`).members;
    expect(read).toEqual(member(1, { host: "a", quorumPort: 1, electionPort: 2, ...more }));
  });

  test("comes back as it was, whatever it holds", () => {
    const address = {
      host: fc.constantFrom("127.0.0.1", "0:0:0:0:0:0:0:1", "peer.example"),
      quorumPort: fc.nat(65535),
      electionPort: fc.nat(65535),
    };
    const members = fc.uniqueArray(
      fc.record({
        sid: fc.integer({ min: 0, max: 255 }).map(sidOf),
        ...address,
        role: fc.constantFrom<Member["role"]>("participant", "observer"),
        client: fc.constantFrom(undefined, "0.0.0.0:2181", "[fe80:0:0:0:0:0:0:1]:2181"),
        weight: fc.nat(5),
        group: fc.nat(3),
      }),
      { selector: (one) => one.sid, maxLength: 6 },
    );
    fc.assert(
      fc.property(members, fc.maxSafeInteger(), (unordered, version) => {
        const ordered = unordered.sort((left, right) => left.sid - right.sid);
        const config = { version: zxidOf(version), members: ordered };
        expect(parseConfig(formatConfig(config))).toEqual(config);
      }),
    );
  });

  test.each([
    ["::1", "[0:0:0:0:0:0:0:1]"],
    ["::", "[0:0:0:0:0:0:0:0]"],
    ["fe80::00a1:2", "[fe80:0:0:0:0:0:a1:2]"],
    ["1:2:3:4:5:6:7:8", "[1:2:3:4:5:6:7:8]"],
    ["1::", "[1:0:0:0:0:0:0:0]"],
    ["fe80::1%eth0", "[fe80::1%eth0]"],
  ])("writes the IPv6 host %s as Java does: %s", (host, written) => {
    const text = formatConfig({
      version: zxidOf(0),
      members: [member(1, { host, client: `[${host}]:2181` })],
    });
    expect(text).toBe(`server.1=${written}:2888:3888:participant;${written}:2181\nversion=0`);
    expect(memberOf(parseConfig(text), sidOf(1))?.host).toSatisfy((read) => isSameHost(read, host));
  });

  test.each([
    ["::1", "::2"],
    ["::1", "localhost"],
    ["localhost", "127.0.0.1"],
  ])("takes %s and %s for two hosts", (left, right) => {
    expect(isSameHost(left, right)).toBe(false);
  });

  test("fills in the weights of voters, and says those of observers that are not 1", () => {
    const text = `${["a:1:2", "b:1:2:observer", "c:1:2:observer"].map((line, at) => `server.${at + 1}=${line}`).join("\n")}\ngroup.1=1\nweight.3=2`;
    expect(formatConfig(parseConfig(text)).match(/^(?:group|weight).*$/gm)).toEqual([
      "group.1=1",
      "weight.1=1",
      "weight.3=2",
    ]);
  });

  test("tells its members and its voters", () => {
    const config = parseConfig("server.1=a:1:2:participant\nserver.2=b:1:2:observer\nversion=0");
    expect([memberOf(config, sidOf(2))?.host, memberOf(config, sidOf(3))]).toEqual([
      "b",
      undefined,
    ]);
    expect(votersOf(config).map((voter) => voter.sid)).toEqual([1]);
  });

  test.each([
    ["a line without =", "server.1"],
    ["an unknown key", "standaloneEnabled=false"],
    ["a server without ports", "server.1=host"],
    ["a server without a number", "server.one=a:1:2:participant"],
    ["a role that is none", "server.1=a:1:2:leader"],
    ["an address that is none", "server.1=a:1:2|b:participant"],
    ["a version that is no hex number", "version=latest"],
    ["a group of no server", "group.1=a"],
    ["a group of a server that is not there", "server.1=a:1:2\ngroup.1=1:2"],
    ["a server in two groups", "server.1=a:1:2\ngroup.1=1\ngroup.2=1"],
    ["a voter in no group", "server.1=a:1:2\nserver.2=a:3:4\ngroup.1=1"],
    ["weights without groups", "server.1=a:1:2\nweight.1=2"],
    ["a server of two numbers", "server.1.1=a:1:2"],
    ["a client of three parts", "server.1=a:1:2;b:c:3"],
    ["two clients", "server.1=a:1:2;3;4"],
    ["addresses of two roles", "server.1=a:1:2:observer|b:1:2:participant"],
    ["a blank before a semicolon", "server.1=a:1:2 ;3"],
    ["a blank behind a semicolon", "server.1=a:1:2; 3"],
    ["a blank at the end", "server.1=a:1:2 "],
    ["a weight that is no number", "weight.1=heavy"],
  ])("refuses %s", (_what, text) => {
    expect(() => parseConfig(text)).toThrow(ProtocolError);
  });
});
