import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type PeerLogins, readLogins } from "../../../src/zoo-cfg/logins.ts";
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
  servicePrincipal: "zkquorum/localhost",
};
const required = { ...enabled, learnerRequires: true, serverRequires: true };

const cfgOf = (quorumAuth: QuorumAuthKeys | undefined, section?: string): ZooCfg => {
  const keys = new Map(section === undefined ? [] : [["sasl.serverconfig", section]]);
  return { ...standaloneCfg(["1", dir], keys), quorumAuth };
};

function read(cfg: ZooCfg, ...sections: readonly string[]) {
  const file = join(dir, "jaas.conf");
  writeFileSync(file, sections.join("\n"));
  return readLogins(cfg, { loginConfig: file });
}

test("without a file nobody logs in", () => {
  expect(readLogins(cfgOf(undefined), { loginConfig: undefined })).toEqual({
    clients: undefined,
    peers: undefined,
  });
});

test("clients are the users of section Server, or of the one that is named", () => {
  const sections = [`Server { ${digest} user_a="1"; };`, `Other { ${digest} user_b="2"; };`];
  expect(read(cfgOf(undefined), ...sections).clients).toEqual({ a: "1" });
  expect(read(cfgOf(undefined, "Other"), ...sections).clients).toEqual({ b: "2" });
  expect(read(cfgOf(undefined, "None"), ...sections).clients).toBeUndefined();
});

/** What `server` makes of `learner` that dials it. */
async function outcomeOf(learner: PeerLogins | undefined, server: PeerLogins | undefined) {
  const login = await learner?.login?.("127.0.0.1");
  const exchange = server?.exchange();
  let token = login?.first;
  for (let round = 0; round < 5 && token !== undefined; round += 1) {
    const answer = exchange?.answer(token);
    if (answer?.kind === "known") return `${answer.user} is known`;
    if (answer?.kind !== "challenge") return answer?.why;
    const step = login?.take(answer.token);
    token = step?.kind === "answer" ? step.token : undefined;
  }
  return "no end";
}

test("peers know the users of one section, and are known as the user of the other where they must", async () => {
  const quiet = read(cfgOf(enabled), server, learner).peers;
  expect([quiet?.login, quiet?.isRequired]).toEqual([undefined, false]);
  const peers = read(cfgOf(required), server, learner).peers;
  expect(peers?.isRequired).toBe(true);
  expect(await outcomeOf(peers, peers)).toBe("quorum is known");
  const sections = [
    `S { ${digest} user_s="1"; };`,
    `L { ${digest} username="s" password="1"; };`,
  ] as const;
  const named = { ...required, serverSection: "S", learnerSection: "L" };
  const others = read(cfgOf(named), ...sections).peers;
  expect(await outcomeOf(others, others)).toBe("s is known");
  expect(await outcomeOf(others, peers)).toBe("it gives a user or a password that is wrong");
});

test("a file is needed where peers authenticate each other", () => {
  expect(() => readLogins(cfgOf(enabled), { loginConfig: undefined })).toThrow(
    /enableSasl needs a login configuration\n.*QuorumServer and QuorumLearner in a file that --login-config/,
  );
  expect(() => readLogins(cfgOf(undefined), { loginConfig: join(dir, "none") })).toThrow(
    "none cannot be read",
  );
});

test.each([
  [enabled, [server], "jaas.conf: there is no section QuorumLearner, which"],
  [enabled, [learner], "jaas.conf: there is no section QuorumServer, which"],
  [
    enabled,
    ["QuorumServer { some.other.LoginModule required; };", learner],
    "section QuorumServer is neither DigestLoginModule's nor Krb5LoginModule's",
  ],
  [
    enabled,
    ["QuorumServer { com.sun.security.auth.module.Krb5LoginModule required; };", learner],
    "section QuorumServer: it names no useKeyTab=true, keyTab and principal",
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
