import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { MixedOptions } from "./mixed-ensemble.ts";

const module = "org.apache.zookeeper.server.auth.DigestLoginModule required";
const jaas = `QuorumServer { ${module} user_quorum="secret"; };
QuorumLearner { ${module} username="quorum" password="secret"; };
`;
const logger = "org.slf4j.simpleLogger.log.org.apache.zookeeper.server.quorum.auth";

/** Every server knows the same user, and lets in nobody else. */
export const requiringSasl: NonNullable<MixedOptions["also"]> = ({ dir }) => {
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

/** What Apache's log holds when it has dialled and has accepted, on either port, and each time both ends knew each other. */
export const bothWays: readonly RegExp[] = [
  ["QuorumConnectionThread", "server"],
  ["QuorumConnectionThread", "learner"],
  ["QuorumPeer", "server"],
  ["LearnerCnxAcceptorHandler", "learner"],
].map(([thread, whom]) => {
  const success = "Successfully completed the authentication using SASL";
  return new RegExp(`${thread}.*${success}\\. ${whom} addr`);
});
