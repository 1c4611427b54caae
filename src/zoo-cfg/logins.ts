import { randomBytes } from "node:crypto";
import { DigestMd5, quorumService } from "../core/sasl/digest-md5.ts";
import { DigestMd5Login } from "../core/sasl/digest-md5-login.ts";
import { ZkmsError } from "../ensemble/errors.ts";
import type { PeerAuthOptions } from "../runtime/authentication.ts";
import {
  digestOptionsOf,
  type LoginConfiguration,
  parseLoginConfiguration,
  usersOf,
} from "./login-configuration.ts";
import { contentOf, type QuorumAuthKeys, type ZooCfg } from "./zoo-cfg.ts";

/** Who may log in at a peer by SASL, and as whom it logs in at others. */
export interface Logins {
  /** Clients' passwords by name; undefined: none asks for SASL. */
  readonly clients: Readonly<Record<string, string>> | undefined;
  /** undefined: peers do not authenticate each other. */
  readonly peers: PeerLogins | undefined;
}

export type PeerLogins = Omit<PeerAuthOptions, "warn">;

/**
 * What a zoo.cfg asks for by names of sections of a JAAS login configuration, found in the file `loginConfig`; undefined: there is
 * none. Throws ZKMS_BAD_OPTIONS where a section is missing that peers need.
 */
export function readLogins(cfg: ZooCfg, loginConfig: string | undefined): Logins {
  const { quorumAuth, keys } = cfg;
  if (loginConfig === undefined) {
    if (quorumAuth === undefined) return { clients: undefined, peers: undefined };
    throw refusal(cfg.file, "quorum.auth.enableSasl needs a login configuration", {
      hint: `${quorumAuth.serverSection} and ${quorumAuth.learnerSection} in a file that --login-config names, or loginConfig, or java's -Djava.security.auth.login.config`,
    });
  }
  const sections = parsed(loginConfig);
  const clients = digestOptionsOf(sections, keys.get("sasl.serverconfig") ?? "Server");
  return {
    clients: clients && Object.fromEntries(usersOf(clients)),
    peers: quorumAuth && peersOf(quorumAuth, { sections, file: loginConfig }),
  };
}

interface LoginFile {
  readonly sections: LoginConfiguration;
  readonly file: string;
}

/** Apache does not start without either section, even where it does not need it yet. */
function peersOf(auth: QuorumAuthKeys, file: LoginFile): PeerLogins {
  const { learnerRequires, learnerSection, serverRequires, serverSection } = auth;
  const server = sectionOf(file, serverSection, 'user_NAME="…"');
  const learner = sectionOf(file, learnerSection, 'username="…" password="…"');
  const [user, password] = [learner.get("username"), learner.get("password")];
  const known = user === undefined || password === undefined ? undefined : { user, password };
  if (learnerRequires && known === undefined) {
    throw refusal(file.file, `section ${learnerSection} has no username, or no password`);
  }
  const users = usersOf(server);
  const service = quorumService;
  const login = known && (() => new DigestMd5Login({ ...known, service, cnonce: nonce() }));
  return {
    login: learnerRequires ? login : undefined,
    exchange: () => new DigestMd5({ users, service, nonce: nonce() }),
    isRequired: serverRequires,
  };
}

const nonce = (): string => randomBytes(30).toString("base64");

function sectionOf(
  { sections, file }: LoginFile,
  section: string,
  options: string,
): ReadonlyMap<string, string> {
  const found = digestOptionsOf(sections, section);
  if (found !== undefined) return found;
  const what = sections.has(section)
    ? `section ${section} is not DigestLoginModule's, and there is no Kerberos here`
    : `there is no section ${section}, which quorum.auth.enableSasl needs`;
  throw refusal(file, what, {
    hint: `${section} { org.apache.zookeeper.server.auth.DigestLoginModule required ${options}; };`,
  });
}

function parsed(file: string): LoginConfiguration {
  try {
    return parseLoginConfiguration(contentOf(file));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw refusal(file, error.message);
  }
}

const refusal = (file: string, what: string, more: { hint?: string } = {}): ZkmsError =>
  new ZkmsError("ZKMS_BAD_OPTIONS", `${file}: ${what}`, more);
