import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readLogins } from "../../../src/zoo-cfg/logins.ts";
import { type QuorumAuthKeys, standaloneCfg, type ZooCfg } from "../../../src/zoo-cfg/zoo-cfg.ts";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "zkms-logins-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

const digest = "org.apache.zookeeper.server.auth.DigestLoginModule required";
const server = `QuorumServer { ${digest} user_quorum="secret"; };`;
const learner = `QuorumLearner { ${digest} username="quorum" password="secret"; };`;
const enabled: QuorumAuthKeys = {
  learnerRequires: false,
  serverRequires: false,
  learnerSection: "QuorumLearner",
  serverSection: "QuorumServer",
};
const required = { ...enabled, learnerRequires: true, serverRequires: true };

const cfgOf = (quorumAuth: QuorumAuthKeys | undefined, section?: string): ZooCfg => {
  const keys = new Map(section === undefined ? [] : [["sasl.serverconfig", section]]);
  return { ...standaloneCfg(["1", dir], keys), quorumAuth };
};

function read(cfg: ZooCfg, ...sections: readonly string[]) {
  const file = join(dir, "jaas.conf");
  writeFileSync(file, sections.join("\n"));
  return readLogins(cfg, file);
}

test("without a file nobody logs in", () => {
  expect(readLogins(cfgOf(undefined), undefined)).toEqual({ clients: undefined, peers: undefined });
});

test("clients are the users of section Server, or of the one that is named", () => {
  const sections = [`Server { ${digest} user_a="1"; };`, `Other { ${digest} user_b="2"; };`];
  expect(read(cfgOf(undefined), ...sections).clients).toEqual({ a: "1" });
  expect(read(cfgOf(undefined, "Other"), ...sections).clients).toEqual({ b: "2" });
  expect(read(cfgOf(undefined, "None"), ...sections).clients).toBeUndefined();
});

test("peers know the users of one section, and are known as the user of the other where they must", () => {
  const users = new Map([["quorum", "secret"]]);
  expect(read(cfgOf(enabled), server, learner).peers).toEqual({
    users,
    login: undefined,
    isRequired: false,
  });
  expect(read(cfgOf(required), server, learner).peers).toEqual({
    users,
    login: { user: "quorum", password: "secret" },
    isRequired: true,
  });
  const named = { ...enabled, serverSection: "S", learnerSection: "QuorumServer" };
  expect(read(cfgOf(named), server, `S { ${digest} user_s="1"; };`).peers?.users).toEqual(
    new Map([["s", "1"]]),
  );
});

test("a file is needed where peers authenticate each other", () => {
  expect(() => readLogins(cfgOf(enabled), undefined)).toThrow(
    /enableSasl needs a login configuration\n.*QuorumServer and QuorumLearner in a file that --login-config/,
  );
  expect(() => readLogins(cfgOf(undefined), join(dir, "none"))).toThrow("none cannot be read");
});

test.each([
  [enabled, [server], "jaas.conf: there is no section QuorumLearner, which"],
  [enabled, [learner], "jaas.conf: there is no section QuorumServer, which"],
  [
    enabled,
    ["QuorumServer { com.sun.security.auth.module.Krb5LoginModule required; };", learner],
    "section QuorumServer is not DigestLoginModule's, and there is no Kerberos here",
  ],
  [
    required,
    [server, `QuorumLearner { ${digest} username="quorum"; };`],
    "section QuorumLearner has no username, or no password",
  ],
  [enabled, [server, "QuorumLearner {"], "jaas.conf: at the end: nothing stands where"],
])("a file without what is needed is refused: %o %j", (keys, sections, why) => {
  expect(() => read(cfgOf(keys), ...sections)).toThrow(why);
});
