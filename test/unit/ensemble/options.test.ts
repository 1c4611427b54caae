import { describe, expect, test } from "vitest";
import { resolveOptions } from "../../../src/ensemble/options.ts";

const noLimits = {
  connectionThrottle: undefined,
  globalOutstandingLimit: undefined,
  largeRequests: undefined,
  requestThrottle: undefined,
  syncs: { snapshots: 10, diffs: 100 },
};
const plainLogins = {
  digestAlg: "SHA1",
  digestEnabled: true,
  superPassword: undefined,
  allowSaslFailedClients: false,
};

const resolve = (options: unknown, seed?: string) =>
  resolveOptions(options, { seed, randomSeed: () => "drawn" });

/** The error that the options bring about, as its code and its text. */
/** Without the link, which is the last line. */
function refusal(options: unknown): string {
  try {
    resolve(options);
  } catch (error) {
    return String(error).replace(/\n {2}docs .*$/, "");
  }
  return "accepted";
}

const voter = {
  type: "participant",
  weight: 1,
  group: undefined,
  clientPort: 0,
  adminPort: undefined,
  securePort: 0,
  clockSkew: 0,
  storage: { kind: "memory", dir: undefined, keep: false, fsync: false, loseUnsynced: false },
  start: true,
};

describe("defaults", () => {
  test("are three voters on loopback, generous to tests", () => {
    expect(resolve({})).toEqual({
      peers: [
        { id: 1, ...voter },
        { id: 2, ...voter },
        { id: 3, ...voter },
      ],
      apache: undefined,
      name: "ensemble",
      seed: "drawn",
      emulate: "3.9",
      host: "127.0.0.1",
      advertisedHost: "127.0.0.1",
      peerLinks: "tcp",
      tickTime: 100,
      initLimit: 50,
      syncLimit: 20,
      minSessionTimeout: 200,
      maxSessionTimeout: 60_000,
      maxClientCnxns: 0,
      juteMaxBuffer: 1_048_575,
      snapCount: 100_000,
      clock: "real",
      network: undefined,
      superUser: { id: "super", password: "super" },
      saslUsers: undefined,
      tls: undefined,
      readOnlyMode: false,
      localSessions: undefined,
      ttlNodes: true,
      reconfig: true,
      fourLetterWords: "*",
      config: {},
      settings: {
        enforceQuota: false,
        skipAcl: false,
        superDigest: undefined,
        superIds: [],
        requiredSchemes: undefined,
        localSessionsUpgrading: undefined,
        maxCnxns: 0,
        muteIntervalMs: 10_000,
        electionPortTries: 3,
        initialCounter: 0,
        limits: noLimits,
        logins: plainLogins,
        links: new Map(),
        securePort: 0,
        files: { preAllocSize: 1024, snapshotsKept: undefined, trustEmpty: false },
        reaping: { checkIntervalMs: 60_000, perMinuteMax: 10_000, neverUsedMaxMs: 0 },
      },
      timeouts: { start: 10_000, wait: 4_000, close: 5_000 },
      keepAlive: false,
      onEvent: undefined,
      signal: undefined,
    });
  });

  test.each([
    [{ seed: 42 }, "env", "42"],
    [{}, "env", "env"],
    [{}, undefined, "drawn"],
  ])("the seed is the option's, else the environment's, else drawn", (options, env, seed) => {
    expect(resolve(options, env).seed).toBe(seed);
  });

  test("follow from other options", () => {
    const { minSessionTimeout, maxSessionTimeout, advertisedHost } = resolve({
      tickTime: 50_000,
      host: "::1",
    });
    expect([minSessionTimeout, maxSessionTimeout, advertisedHost]).toEqual([
      100_000,
      100_000,
      "::1",
    ]);
  });
});

describe("peers", () => {
  const ids = (options: unknown) =>
    resolve(options).peers.map(({ id, type }) => `${id} ${type[0]}`);

  test.each([
    [{ peers: 1 }, ["1 p"]],
    [{ peers: 3, observers: 2 }, ["1 p", "2 p", "3 p", "4 o", "5 o"]],
    [{ peers: [{ id: 7 }, {}, { id: 3 }], observers: 1 }, ["2 p", "3 p", "7 p", "8 o"]],
    [{ peers: [{ type: "observer" }, {}, {}] }, ["2 p", "3 p", "1 o"]],
  ])("%j are numbered, voters first", (options, expected) => {
    expect(ids(options)).toEqual(expected);
  });

  test.each([
    [{ peers: 2, clientPort: 2181 }, [2181, 2182]],
    [{ peers: 2, clientPort: [0, 2181] }, [0, 2181]],
    [{ peers: [{}, { clientPort: 9000 }], clientPort: 2181 }, [2181, 9000]],
  ])("%j get their client ports", (options, ports) => {
    expect(resolve(options).peers.map((peer) => peer.clientPort)).toEqual(ports);
  });

  test("keep what is said of each", () => {
    const peer = { id: 9, weight: 3, group: 1, clientPort: 1, clockSkew: -5, start: false };
    expect(resolve({ peers: [peer] }).peers).toEqual([{ ...voter, ...peer }]);
  });
});

describe("storage", () => {
  const memory = voter.storage;
  const disk = { ...memory, kind: "disk" };
  const path = (holds: string) => ({ path: "/d", holds });

  test.each([
    [{ storage: "memory" }, memory],
    [{ storage: { kind: "memory", fsync: true } }, { ...memory, fsync: true, loseUnsynced: true }],
    [{ storage: { kind: "disk" } }, disk],
    [
      { storage: { kind: "disk", dir: "/d", fsync: true, loseUnsynced: false } },
      { ...disk, dir: path("peers"), keep: true, fsync: true },
    ],
    [{ storage: { kind: "disk", keep: "on-failure" } }, { ...disk, keep: "on-failure" }],
    [
      { peers: [{ storage: { kind: "disk", dir: "/d" } }], storage: { kind: "disk", fsync: true } },
      { ...disk, dir: path("a peer"), keep: true },
    ],
  ])("%j", (options, expected) => {
    expect(resolve({ peers: 1, ...options }).peers[0]?.storage).toEqual(expected);
  });

  test.each([
    [{ storage: "disk" }, 'option storage: "disk" is neither', 'storage: { kind: "disk" }'],
    [{ storage: {} }, "option storage.kind: undefined is missing", 'storage.kind: "disk"'],
    [{ storage: { kind: "dsk" } }, 'storage.kind: "dsk" is none of', 'kind: "disk"'],
    [{ storage: { kind: "memory", dir: "/d" } }, "has no effect in memory", 'kind: "disk"'],
    [{ peers: [{ storage: { kind: "disk", keep: 1 } }] }, "peers[0].storage.keep: 1 is", ""],
  ])("%j is refused", (options, what, hint) => {
    expect(refusal(options)).toContain(what);
    expect(refusal(options)).toContain(hint);
  });
});

describe("a bad option is refused by name, value and what it may have meant", () => {
  test.each([
    [{ tickTme: 200 }, "option tickTme: 200 is an option nobody knows\n  try     tickTime"],
    [{ port: 1 }, "option port: 1 is an option nobody knows\n  try     clientPort"],
    [{ tickTime: 0 }, "option tickTime: 0 is not a whole number of 1 or more"],
    [{ tickTime: "9" }, 'option tickTime: "9" is not a whole number of 1 or more'],
    [{ syncLimit: Number.NaN }, "option syncLimit: NaN is not a whole number of 1 or more"],
    [
      { peerLinks: "tpc" },
      'option peerLinks: "tpc" is none of "tcp", "memory"\n  try     peerLinks: "tcp"',
    ],
    [{ peers: 0 }, "option peers: 0 is neither a count from 1 to 30 nor a list of peers"],
    [{ peers: 1000 }, "option peers: 1000 is neither a count from 1 to 30 nor a list of peers"],
    [{ peers: [] }, "option peers: [] has nobody who votes"],
    [
      { config: { secureClientPort: 2281 } },
      "option config.secureClientPort: 2281 has no effect without TLS\n  try     tls: true",
    ],
    [
      { tls: true, config: { secureClientPort: 65_534 } },
      "option config.secureClientPort: 65534 leaves no room for 3 ports below 65536",
    ],
    [
      { clientPort: 2281, tls: true, config: { secureClientPort: 2283 } },
      "option peers[2].clientPort: 2283 is taken by another peer",
    ],
    [{ peers: [{ id: 1 }, { id: 1 }] }, "option peers[1].id: 1 is taken by another peer"],
    [{ peers: [{ id: 256 }] }, "option peers[0].id: 256 is not a whole number from 1 to 255"],
    [
      { peers: [{ typ: "observer" }] },
      'option peers[0].typ: "observer" is an option nobody knows\n  try     peers[0].type',
    ],
    [{ peers: [5] }, "option peers[0]: 5 is no object of options\n  try     peers[0]: { id: … }"],
    [
      { peers: 1, observers: 1 },
      "option observers: 1 cannot stand beside a single voter, which runs standalone\n  try     peers: 3",
    ],
    [
      { peers: [{ weight: 2 }, {}, {}] },
      "option peers[0].weight: 2 has no effect without a group\n  try     peers[0].group: 1",
    ],
    [
      { peers: [{ group: 1 }, {}, {}] },
      'option peers: [{"group":1},{},{}] gives some voters a group and others none',
    ],
    [
      { peers: [{ group: 1, weight: 0 }] },
      'option peers: [{"group":1,"weight":0}] has nobody whose vote weighs anything',
    ],
    [{ clientPort: 65_535 }, "option clientPort: 65535 leaves no room for 3 ports below 65536"],
    [{ clientPort: [1, 2] }, "option clientPort: [1,2] has 2 ports for 3 peers"],
    [{ clientPort: [1, 2, "3"] }, 'option clientPort[2]: "3" is no port'],
    [{ clientPort: [1, 0, 1] }, "option peers[2].clientPort: 1 is taken by another peer"],
    [{ maxSessionTimeout: 100 }, "option maxSessionTimeout: 100 is below minSessionTimeout, 200"],
    [
      { superUser: { id: "a" } },
      "option superUser.password: undefined is not a text of at least one character",
    ],
    [
      { superUser: true },
      "option superUser: true is no object of options\n  try     superUser: { id: … }",
    ],
    [
      { fourLetterWords: ["srvr", "x"] },
      'option fourLetterWords[1]: "x" is no word of four letters',
    ],
    [
      { timeouts: { strt: 5 } },
      "option timeouts.strt: 5 is an option nobody knows\n  try     timeouts.start",
    ],
    [{ onEvent: 5 }, "option onEvent: 5 is no function"],
    [{ signal: {} }, "option signal: {} is no AbortSignal"],
    [{ keepAlive: null }, "option keepAlive: null is neither true nor false"],
    [{ seed: {} }, "option seed: {} is neither a number nor a text"],
    [{ network: { latency: -1 } }, "option network.latency: -1 is not a number of 0 or more"],
    [{ network: { latency: "5" } }, 'option network.latency: "5" is not a number of 0 or more'],
    [
      { network: { stall: { probability: 2, for: 5 } } },
      "option network.stall.probability: 2 is not a probability from 0 to 1",
    ],
    [
      { sasl: { digest: { bob: 5 } } },
      "option sasl.digest.bob: 5 is not a text of at least one character",
    ],
    [{ readOnly: true }, "option readOnly: true is an option nobody knows\n  try     readOnlyMode"],
    [
      { sasl: { user: "bob", password: "secret" } },
      'option sasl: {"user":"bob","password":"secret"} names no users\n  try     sasl: { digest: { user: "password" } }',
    ],
    [{ sasl: { digest: 5 } }, "option sasl.digest: 5 is no object of passwords by name"],
    [{ admin: { port: 65_534 } }, "option admin.port: 65534 is not a whole number from 0 to 65533"],
    [
      { tls: { ca: "/no/such/file", cert: "-----BEGIN", key: "-----BEGIN" } },
      'option tls.ca: "/no/such/file" is neither a PEM text nor a file that can be read',
    ],
    [{ admin: "yes" }, 'option admin: "yes" is no object of options\n  try     admin: { port: … }'],
    [5, "option options: 5 is no object of options\n  try     { peers: … }"],
    [null, "option options: null is no object of options\n  try     { peers: … }"],
  ])("%j", (options, text) => {
    expect(refusal(options)).toBe(`ZkmsError [ZKMS_BAD_OPTIONS]: ${text}`);
  });

  test("more voters than a set of them can hold are refused in a list too", () => {
    const peers = Array.from({ length: 31 }, () => ({}));
    expect(refusal({ peers })).toContain("are more than 30 voters");
  });

  test("a value that cannot be printed does not hide the error", () => {
    const loop: Record<string, unknown> = {};
    loop["self"] = loop;
    expect(refusal({ seed: loop })).toContain("option seed: an object is neither");
  });
});

describe("local sessions", () => {
  const upgrading = { localSessionsUpgradingEnabled: true };
  test.each([
    [{ localSessions: true }, { upgrading: false }],
    [{ localSessions: true, config: upgrading }, { upgrading: true }],
    [{ config: { localSessionsEnabled: "true", ...upgrading } }, { upgrading: true }],
    [{ config: upgrading }, undefined],
    [{ readOnlyMode: true }, { upgrading: true }],
    [{ config: { "readonlymode.enabled": true } }, { upgrading: true }],
    [{ readOnlyMode: true, localSessions: true }, { upgrading: false }],
    [{ readOnlyMode: true, localSessions: false }, undefined],
    [
      { readOnlyMode: true, config: { localSessionsUpgradingEnabled: false } },
      { upgrading: false },
    ],
  ])("%j", (options, expected) => {
    expect(resolve(options).localSessions).toEqual(expected);
  });
});

describe("what the contract knows and this engine has not is refused by name", () => {
  test.each([["config", { dataDir: "/tmp" }]])("%s", (option, value) => {
    const error = refusal({ [option]: value });
    expect(error).toMatch(/^ZkmsError \[ZKMS_UNSUPPORTED\]: option (\w|[[\].])+: /);
    expect(error).toContain(option);
  });

  test("the value that asks for nothing passes", () => {
    const nothing = {
      engine: "embedded",
      storage: "memory",
      readOnlyMode: false,
      reconfig: false,
      localSessions: false,
      tls: false,
      admin: false,
      control: false,
      config: {},
    };
    expect(refusal(nothing)).toBe("accepted");
  });
});

describe("config takes Apache's keys", () => {
  test("as numbers, booleans and the file's text, with and without the properties' prefix", () => {
    const config = {
      tickTime: "2000",
      "zookeeper.extendedTypesEnabled": "false",
      "4lw.commands.whitelist": "srvr, mntr",
      skipACL: "yes",
      enforceQuota: true,
      "znode.container.checkIntervalMs": 1000,
      forceSync: "no",
    };
    const options = resolve({ config });
    expect({
      tickTime: options.tickTime,
      ttlNodes: options.ttlNodes,
      fourLetterWords: options.fourLetterWords,
      settings: options.settings,
    }).toEqual({
      tickTime: 2000,
      ttlNodes: false,
      fourLetterWords: ["srvr", "mntr"],
      settings: {
        enforceQuota: true,
        skipAcl: true,
        superDigest: undefined,
        superIds: [],
        requiredSchemes: undefined,
        maxCnxns: 0,
        muteIntervalMs: 10_000,
        electionPortTries: 3,
        initialCounter: 0,
        limits: noLimits,
        logins: plainLogins,
        links: new Map(),
        securePort: 0,
        files: { preAllocSize: 1024, snapshotsKept: undefined, trustEmpty: false },
        reaping: { checkIntervalMs: 1000, perMinuteMax: 10_000, neverUsedMaxMs: 0 },
      },
    });
  });

  test.each([
    [
      { super: "old", bob: "b" },
      { super: "007", bob: "b" },
    ],
    [{ bob: "b" }, { bob: "b" }],
  ])("superPassword is that of a user super, if there is one: %j", (digest, users) => {
    const config = { "zookeeper.SASLAuthenticationProvider.superPassword": "007" };
    const { saslUsers } = resolve({ sasl: { digest }, config });
    expect(saslUsers).toEqual(new Map(Object.entries(users)));
  });

  test.each([
    [
      { enforceQuotas: true },
      "BAD_OPTIONS]: option config.enforceQuotas: true is an option nobody knows\n  try     config.enforceQuota",
    ],
    [
      { enforceQuota: "perhaps" },
      'BAD_OPTIONS]: option config.enforceQuota: "perhaps" is neither true nor false',
    ],
    [{ tickTime: -1 }, "BAD_OPTIONS]: option tickTime: -1 is not a whole number of 1 or more"],
    [
      { "testingonly.initialZxid": 4_294_967_294 },
      "BAD_OPTIONS]: option config.testingonly.initialZxid: 4294967294 is not a whole number from 0 to 4294967293",
    ],
    [
      { "DigestAuthenticationProvider.digestAlg": "SHA256" },
      'BAD_OPTIONS]: option config.DigestAuthenticationProvider.digestAlg: "SHA256" is none of MD5, SHA, SHA1, SHA-1, SHA-224, SHA-256, SHA-384, SHA-512, SHA-512/224, SHA-512/256, SHA3-224, SHA3-256, SHA3-384, SHA3-512\n  try     SHA-256',
    ],
    [{ syncLimit: 5 }, "BAD_OPTIONS]: option config.syncLimit: 5 contradicts option syncLimit: 9"],
    [
      { dataDir: "/d" },
      'UNSUPPORTED]: option config.dataDir: "/d" is not supported yet\n  try     storage',
    ],
    [
      { leaderServes: "no" },
      "UNSUPPORTED]: option config.leaderServes: false is not supported yet",
    ],
  ])("%j is refused", (config, text) => {
    expect(refusal({ syncLimit: 9, config })).toBe(`ZkmsError [ZKMS_${text}`);
  });
});

describe("Apache's processes", () => {
  const asked = (engine: unknown, environment?: string) =>
    resolveOptions(engine === undefined ? {} : { engine }, {
      seed: undefined,
      engine: environment,
      randomSeed: () => "drawn",
    }).apache;

  test.each([
    ["an option's name", "apache", undefined, { kind: "apache" }],
    [
      "an option's object",
      { kind: "apache", java: "/j" },
      undefined,
      { kind: "apache", java: "/j", jvmArgs: [] },
    ],
    ["the environment", undefined, "apache", { kind: "apache" }],
    ["nothing", undefined, undefined, undefined],
    ["an option against the environment", "embedded", "apache", undefined],
  ])("are asked for by %s", (_, engine, environment, wanted) => {
    expect(asked(engine, environment)).toEqual(wanted);
  });

  test("get slower ticks and more time, and keys that only they know", () => {
    const options = resolve({ engine: "apache", config: { leaderServes: "no", tickTime: 700 } });
    expect(options).toMatchObject({
      tickTime: 700,
      timeouts: { start: 60_000, wait: 20_000, close: 10_000 },
      config: { leaderServes: false },
    });
  });

  test.each([
    ["clock", "manual"],
    ["peerLinks", "memory"],
    ["tls", true],
  ])("do not take %s", (option, value) => {
    expect(refusal({ engine: "apache", [option]: value })).toMatch(
      `ZKMS_UNSUPPORTED]: option ${option}`,
    );
  });

  test("are in the time of their machine", () => {
    const peers = [{}, { clockSkew: 5 }, { clockSkew: 0 }];
    expect(refusal({ engine: "apache", peers })).toMatch(
      "ZKMS_UNSUPPORTED]: option peers[1].clock",
    );
  });

  test("an unknown engine in the environment is named as such", () => {
    expect(() => asked(undefined, "apachee")).toThrow(
      'option ZKMS_ENGINE: "apachee" is none of "embedded", "apache"',
    );
  });
});
