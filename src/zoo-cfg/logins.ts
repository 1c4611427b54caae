import { randomBytes } from "node:crypto";
import { DigestMd5, quorumService } from "../core/sasl/digest-md5.ts";
import { DigestMd5Login } from "../core/sasl/digest-md5-login.ts";
import { ZkmsError } from "../ensemble/errors.ts";
import { KerberosError } from "../kerberos/kerberos-error.ts";
import type { PeerAuthOptions } from "../runtime/authentication.ts";
import {
  type KerberosSide,
  kerberosExample,
  kerberosExchange,
  kerberosLogin,
  kerberosModule,
} from "./kerberos-logins.ts";
import {
  digestOptionsOf,
  type LoginConfiguration,
  optionsOf,
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

export interface PeerLogins extends Omit<PeerAuthOptions, "warn"> {
  /** To be awaited before the first connection. Throws ZKMS_BAD_OPTIONS where a KDC does not let the peer in. */
  readonly ready: () => Promise<void>;
}

/** Files that a zoo.cfg does not name. */
export interface LoginFiles {
  /** A JAAS login configuration; undefined: there is none. */
  readonly loginConfig: string | undefined;
  /** undefined: KRB5_CONFIG, or the system's. */
  readonly krb5Config?: string | undefined;
}

/**
 * What a zoo.cfg asks for by names of sections of a login configuration. Throws ZKMS_BAD_OPTIONS where a section is missing that peers
 * need, or says what they cannot use.
 */
export function readLogins(cfg: ZooCfg, { loginConfig, krb5Config }: LoginFiles): Logins {
  const { quorumAuth, keys, members } = cfg;
  if (loginConfig === undefined) {
    if (quorumAuth === undefined) return { clients: undefined, peers: undefined };
    throw refusal(cfg.file, "quorum.auth.enableSasl needs a login configuration", {
      hint: `${quorumAuth.serverSection} and ${quorumAuth.learnerSection} in a file that --login-config names, or loginConfig, or java's -Djava.security.auth.login.config`,
    });
  }
  const sections = parsed(loginConfig);
  const clients = digestOptionsOf(sections, keys.get("sasl.serverconfig") ?? "Server");
  const file = {
    name: loginConfig,
    sections,
    krb5Config: krb5Config ?? process.env["KRB5_CONFIG"] ?? "/etc/krb5.conf",
  };
  const hosts = new Set(members?.members.map(({ host }) => host));
  return {
    clients: clients && Object.fromEntries(usersOf(clients)),
    peers: quorumAuth && peersOf(quorumAuth, file, hosts),
  };
}

interface LoginFile {
  readonly name: string;
  readonly sections: LoginConfiguration;
  readonly krb5Config: string;
}

/** Apache does not start without either section, even where it does not need it yet. */
function peersOf(auth: QuorumAuthKeys, file: LoginFile, hosts: ReadonlySet<string>): PeerLogins {
  const exchange = exchangeOf(auth, file, hosts);
  const login = loginOf(auth, file);
  return {
    login: auth.learnerRequires ? login.make : undefined,
    exchange: exchange.make,
    isRequired: auth.serverRequires,
    ready: async () => {
      await exchange.ready();
      await login.ready();
    },
  };
}

/** What a peer does with its part of the file. */
interface Side<Name extends "login" | "exchange"> {
  readonly make: PeerAuthOptions[Name];
  readonly ready: () => Promise<void>;
}

const service = quorumService;
const nonce = (): string => randomBytes(30).toString("base64");
const atOnce = async (): Promise<void> => {};

function exchangeOf(
  { serverSection: name }: QuorumAuthKeys,
  file: LoginFile,
  hosts: ReadonlySet<string>,
): Side<"exchange"> {
  const section = sectionOf(file, name, 'user_NAME="…"');
  if (section.module === "kerberos") {
    const { krb5Config } = file;
    return byKerberos(file, name, () => kerberosExchange(section.options, { hosts, krb5Config }));
  }
  const users = usersOf(section.options);
  return { make: () => new DigestMd5({ users, service, nonce: nonce() }), ready: atOnce };
}

function loginOf(auth: QuorumAuthKeys, file: LoginFile): Side<"login"> {
  const { learnerSection: name, learnerRequires, servicePrincipal } = auth;
  const section = sectionOf(file, name, 'username="…" password="…"');
  if (section.module === "kerberos") {
    const { krb5Config } = file;
    const told = { service: servicePrincipal, krb5Config };
    return byKerberos(file, name, () => kerberosLogin(section.options, told));
  }
  const [user, password] = [section.options.get("username"), section.options.get("password")];
  if (user !== undefined && password !== undefined) {
    const known = { user, password, service };
    return { make: () => new DigestMd5Login({ ...known, cnonce: nonce() }), ready: atOnce };
  }
  if (!learnerRequires) return { make: undefined, ready: atOnce };
  throw refusal(file.name, `section ${name} has no username, or no password`);
}

/** What Kerberos lacks is told with the section that asks for it. */
function byKerberos<Name extends "login" | "exchange">(
  { name }: LoginFile,
  section: string,
  make: () => KerberosSide<Name>,
): KerberosSide<Name> {
  const told = (error: unknown): unknown => {
    if (!(error instanceof KerberosError)) return error;
    const hint = error.hint === undefined ? {} : { hint: error.hint };
    return refusal(name, `section ${section}: ${error.message}`, hint);
  };
  try {
    const side = make();
    const ready = async (): Promise<void> => {
      await side.ready().catch((error: unknown) => {
        throw told(error);
      });
    };
    return { make: side.make, ready };
  } catch (error) {
    throw told(error);
  }
}

interface Section {
  readonly module: "digest" | "kerberos";
  readonly options: ReadonlyMap<string, string>;
}

function sectionOf({ sections, name: file }: LoginFile, name: string, digest: string): Section {
  const options = digestOptionsOf(sections, name);
  if (options !== undefined) return { module: "digest", options };
  const kerberos = optionsOf(sections, name, kerberosModule);
  if (kerberos !== undefined) return { module: "kerberos", options: kerberos };
  const what = sections.has(name)
    ? `section ${name} is neither DigestLoginModule's nor Krb5LoginModule's`
    : `there is no section ${name}, which quorum.auth.enableSasl needs`;
  throw refusal(file, what, {
    hint: `${name} { org.apache.zookeeper.server.auth.DigestLoginModule required ${digest}; };, or { ${kerberosExample}; };`,
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
