// Servers of both kinds that know each other by SASL on the quorum port and on the election port.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { connect } from "../../src/client/index.ts";
import { MixedEnsemble, type MixedOptions } from "./mixed-ensemble.ts";
import { expectSameOnAll } from "./same-everywhere.ts";

const module = "org.apache.zookeeper.server.auth.DigestLoginModule required";
const jaas = `QuorumServer { ${module} user_quorum="secret"; };
QuorumLearner { ${module} username="quorum" password="secret"; };
`;
const logger = "org.slf4j.simpleLogger.log.org.apache.zookeeper.server.quorum.auth";

const requiringSasl: MixedOptions["also"] = ({ dir }) => {
  const file = join(dir, "jaas.conf");
  writeFileSync(file, jaas);
  return {
    settings: {
      "quorum.auth.enableSasl": true,
      "quorum.auth.learnerRequireSasl": true,
      "quorum.auth.serverRequireSasl": true,
    },
    properties: { "java.security.auth.login.config": file, [logger]: "info" },
  };
};

test("servers of both kinds that require SASL of each other are one quorum, led by ours, then by Apache's", async () => {
  const kinds = ["ours", "apache", "ours"] as const;
  await using ensemble = await MixedEnsemble.start({ kinds, leader: 3, also: requiringSasl });
  await using client = await connect(ensemble.server(1).connectString);
  await client.create("/ours");
  await ensemble.untilConverged();
  expect(complaints(ensemble)).toEqual([]);

  await ensemble.server(3).kill();
  await ensemble.untilLed(2);
  await ensemble.untilAllServe();
  await client.create("/apache");
  await ensemble.server(3).start();
  await ensemble.untilAllServe();

  const tree = await expectSameOnAll(ensemble);
  expect(["/ours", "/apache"].filter((path) => !tree.has(path))).toEqual([]);
  // Apache's has dialled and has accepted, on either port.
  const { log } = ensemble.server(2);
  const success = "Successfully completed the authentication using SASL";
  for (const [thread, whom] of [
    ["QuorumConnectionThread", "server"],
    ["QuorumConnectionThread", "learner"],
    ["QuorumPeer", "server"],
    ["LearnerCnxAcceptorHandler", "learner"],
  ]) {
    expect(log).toMatch(new RegExp(`${thread}.*${success}\\. ${whom} addr`));
  }
  // A server that is killed may still take a call, and then it closes it.
  const ofTheKill = /: SASL with peer 3 fails: it closes the connection$/;
  expect(complaints(ensemble).filter((line) => !ofTheKill.test(line))).toEqual([]);
});

/** What servers of ours have said. */
const complaints = ({ servers }: MixedEnsemble): string[] =>
  servers
    .filter(({ kind }) => kind === "ours")
    .flatMap(({ log }) => log.split("\n"))
    .filter((line) => line !== "");
