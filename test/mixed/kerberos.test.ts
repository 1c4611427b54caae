// Servers of both kinds that know each other by Kerberos, and a KDC of Debian's.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { connect } from "../../src/client/index.ts";
import { startPeer } from "../../src/index.ts";
import { tempFolder } from "../integration/temp-folder.ts";
import { type ConfigFiles, configFiles } from "../integration/zoo-cfg-files.ts";
import { host, MixedEnsemble } from "./mixed-ensemble.ts";
import { Realm } from "./realm.ts";
import { bothWays } from "./requiring-sasl.ts";
import { expectSameOnAll } from "./same-everywhere.ts";

interface Known {
  readonly principal: string;
  readonly keytab: string;
}

function jaas({ principal, keytab }: Known): string {
  const module = `com.sun.security.auth.module.Krb5LoginModule required
    useKeyTab=true keyTab="${keytab}" storeKey=true useTicketCache=false principal="${principal}"`;
  return `QuorumServer { ${module}; };\nQuorumLearner { ${module}; };\n`;
}

const settings = {
  "quorum.auth.enableSasl": true,
  "quorum.auth.learnerRequireSasl": true,
  "quorum.auth.serverRequireSasl": true,
  "quorum.auth.kerberos.servicePrincipal": "zkquorum/_HOST",
};

test("servers of both kinds are one quorum, led by ours, then by Apache's; a principal of another host is let in by neither", async () => {
  await using realm = await Realm.start(join(tempFolder(), "kdc"));
  const names = [`zkquorum/${host}`, "zkquorum/elsewhere"];
  const [known = "", stranger = ""] = names.map((name) => realm.add(name));
  const keytab = realm.keytab("all.keytab", names);
  const logger = "org.slf4j.simpleLogger.log.org.apache.zookeeper.server.quorum.auth";
  await using ensemble = await MixedEnsemble.start({
    kinds: ["ours", "apache", "ours"],
    leader: 3,
    also: ({ dir }) => {
      const file = join(dir, "jaas.conf");
      writeFileSync(file, jaas({ principal: known, keytab }));
      const properties = {
        "java.security.auth.login.config": file,
        "java.security.krb5.conf": realm.config,
        [logger]: "info",
      };
      return { settings, properties };
    },
  });
  const [first, second, third] = [1, 2, 3].map((sid) => ensemble.server(sid));
  if (!first || !second || !third) throw new Error("three servers");
  await using client = await connect(second.connectString);
  await client.create("/ours");
  await ensemble.untilConverged();
  expect(first.log + third.log).toBe("");
  await third.kill();
  await ensemble.untilLed(2);
  await ensemble.untilAllServe();
  await client.create("/apache");
  await third.start();
  await ensemble.untilAllServe();
  const tree = await expectSameOnAll(ensemble);
  expect(["/ours", "/apache"].filter((path) => !tree.has(path))).toEqual([]);
  for (const said of bothWays) expect(second.log).toMatch(said);

  await first.kill();
  writeFileSync(join(first.dir, "jaas.conf"), jaas({ principal: stranger, keytab }));
  await first.start();
  const refusal = `it refuses this peer as ${stranger}`;
  for (const [server, said] of [
    [first, `SASL with peer 2 fails: ${refusal}`],
    [first, `SASL with peer 3 fails: ${refusal}`],
    [second, `${stranger} is not authorized to connect`],
    [third, `says it is 1 fails: it is ${stranger}, and peers are of ${host}`],
  ] as const) {
    await ensemble.until(`server ${server.sid} says: ${said}`, () => server.log.includes(said));
  }
  expect((await first.survey()).serving).toBe(false);
});

test("a peer that its KDC does not let in does not start, and says what it asked, what it saw and how to go on", async () => {
  const dir = tempFolder();
  await using realm = await Realm.start(join(dir, "kdc"));
  await using configs: ConfigFiles = await configFiles(3);
  const keytab = realm.keytab(
    "old.keytab",
    ["zkquorum/a", "zkquorum/b"].map((name) => {
      realm.add(name);
      return name;
    }),
  );
  vi.stubEnv("KRB5_CONFIG", realm.config);
  onTestFinished(() => void vi.unstubAllEnvs());
  const config = configs.files[0] ?? "";
  writeFileSync(config, "quorum.auth.enableSasl=true\n", { flag: "a" });
  const loginConfig = join(dir, "jaas.conf");
  const outcome = async (principal: string, krb5Config?: string): Promise<string> => {
    writeFileSync(loginConfig, jaas({ principal, keytab }));
    const options = { config, loginConfig, ...(krb5Config !== undefined && { krb5Config }) };
    const refused = (error: Error): string => error.message.replaceAll(dir, "DIR");
    return await startPeer(options).then(async (peer) => {
      await peer[Symbol.asyncDispose]();
      return "it starts";
    }, refused);
  };
  expect(await outcome("zkquorum/a@ZKMS.TEST")).toBe("it starts");
  const refusals = [
    await outcome("zkquorum/c"),
    await outcome("zkquorum/a", join(dir, "none.conf")),
    await outcome("zkquorum/a@ELSEWHERE.TEST"),
  ];
  realm.keytab("newer.keytab", ["zkquorum/a"], "new");
  refusals.push(await outcome("zkquorum/a"));
  realm.remove("zkquorum/b");
  refusals.push(await outcome("zkquorum/b"));
  await realm.stopKdc();
  refusals.push((await outcome("zkquorum/a")).replace(/127.0.0.1:\d+/g, "HOST:PORT"));
  expect(refusals).toMatchInlineSnapshot(`
    [
      "DIR/jaas.conf: section QuorumServer: keytab DIR/kdc/old.keytab has no key of zkquorum/c@ZKMS.TEST, but of zkquorum/a@ZKMS.TEST, zkquorum/b@ZKMS.TEST
      try     kadmin: ktadd -k DIR/kdc/old.keytab zkquorum/c@ZKMS.TEST
      docs    zookeeper-memory-server/docs/errors.md#zkms_bad_options",
      "DIR/jaas.conf: section QuorumServer: DIR/none.conf cannot be read
      try     KRB5_CONFIG names another one, or java's -Djava.security.krb5.conf
      docs    zookeeper-memory-server/docs/errors.md#zkms_bad_options",
      "DIR/jaas.conf: section QuorumServer: keytab DIR/kdc/old.keytab has no key of zkquorum/a@ELSEWHERE.TEST, but of zkquorum/a@ZKMS.TEST, zkquorum/b@ZKMS.TEST
      try     kadmin: ktadd -k DIR/kdc/old.keytab zkquorum/a@ELSEWHERE.TEST
      docs    zookeeper-memory-server/docs/errors.md#zkms_bad_options",
      "DIR/jaas.conf: section QuorumServer: zkquorum/a@ZKMS.TEST cannot log in: the KDC says the client's key is not the one that it knows (24)
      try     kadmin: ktadd -k DIR/kdc/old.keytab zkquorum/a@ZKMS.TEST, for the key has changed since that file was written
      docs    zookeeper-memory-server/docs/errors.md#zkms_bad_options",
      "DIR/jaas.conf: section QuorumServer: zkquorum/b@ZKMS.TEST cannot log in: the KDC says it does not know the client (6)
      try     kadmin: addprinc -randkey zkquorum/b@ZKMS.TEST, then ktadd -k DIR/kdc/old.keytab zkquorum/b@ZKMS.TEST
      docs    zookeeper-memory-server/docs/errors.md#zkms_bad_options",
      "DIR/jaas.conf: section QuorumServer: zkquorum/a@ZKMS.TEST cannot log in: no KDC of realm ZKMS.TEST answers: HOST:PORT (connect ECONNREFUSED HOST:PORT)
      try     a KDC that listens on TCP, at a kdc = host:port in [realms] of DIR/kdc/krb5.conf
      docs    zookeeper-memory-server/docs/errors.md#zkms_bad_options",
    ]
  `);
});
