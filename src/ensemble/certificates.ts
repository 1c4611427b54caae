import { generateKeyPair, randomBytes } from "node:crypto";
import { isIP } from "node:net";
import { promisify } from "node:util";
import type Forge from "node-forge";
import { wallNow } from "../runtime/machine-time.ts";
import type { TlsKeys } from "../runtime/tls-gate.ts";
import type { IssuedCertificate } from "./api.ts";
import { ZkmsError } from "./errors.ts";

/** How the secure port is asked for: with the user's own files, or with an authority made for this run. */
export type TlsChoice = { readonly kind: "made" } | ({ readonly kind: "given" } & TlsKeys);

export interface Certificates {
  /** Of the secure ports. */
  readonly keys: TlsKeys;
  readonly issue: (commonName: string) => Promise<IssuedCertificate>;
}

/** `hosts` are the names and addresses that clients may reach the secure ports by. */
export async function certificatesFor(
  choice: TlsChoice,
  hosts: readonly string[],
): Promise<Certificates> {
  if (choice.kind === "given") return { keys: choice, issue: cannotIssue };
  const forge = await loadForge("option tls: true", "tls: { ca, cert, key }");
  const authority = new Authority(forge, await newKeys());
  const { cert, key } = await authority.issue("zookeeper-memory-server", hosts);
  const keys: TlsKeys = { ca: authority.pem, cert, key, clientAuth: "want" };
  return { keys, issue: (commonName) => authority.issue(commonName, []) };
}

const cannotIssue = (): Promise<never> =>
  Promise.reject(
    new ZkmsError("ZKMS_UNSUPPORTED", "certificates of your own authority are yours to issue", {
      hint: "tls: true, which makes an authority for this run",
    }),
  );

/** Loaded only for what needs it, an authority or a file in PKCS12: nobody else needs it to be installed. */
export async function loadForge(what: string, without: string): Promise<typeof Forge> {
  try {
    const forge = await import("node-forge");
    return forge.default;
  } catch (cause) {
    throw new ZkmsError("ZKMS_BAD_OPTIONS", `${what} needs the package node-forge`, {
      hint: `npm install --save-dev node-forge, or ${without}`,
      cause,
    });
  }
}

const pemKeys = promisify(generateKeyPair);
const newKeys = (): Promise<{ publicKey: string; privateKey: string }> =>
  pemKeys("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });

const validDays = 30;
const dayMs = 86_400_000;

/** A certificate authority for one run. */
class Authority {
  readonly pem: string;
  readonly #forge: typeof Forge;
  readonly #keys: { readonly publicKey: string; readonly privateKey: string };
  readonly #subject = [{ name: "commonName", value: "zookeeper-memory-server test authority" }];

  constructor(forge: typeof Forge, keys: { publicKey: string; privateKey: string }) {
    this.#forge = forge;
    this.#keys = keys;
    this.pem = this.#sign(keys.publicKey, this.#subject, [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
      { name: "subjectKeyIdentifier" },
    ]);
  }

  async issue(commonName: string, hosts: readonly string[]): Promise<IssuedCertificate> {
    const keys = await newKeys();
    const altNames = hosts.map((host) =>
      isIP(host) === 0 ? { type: 2, value: host } : { type: 7, ip: host },
    );
    const subject = [{ name: "commonName", value: commonName }];
    const cert = this.#sign(keys.publicKey, subject, [
      { name: "basicConstraints", cA: false },
      { name: "extKeyUsage", serverAuth: true, clientAuth: true },
      ...(altNames.length === 0 ? [] : [{ name: "subjectAltName", altNames }]),
    ]);
    return { cert, key: keys.privateKey };
  }

  #sign(
    publicKey: string,
    subject: Forge.pki.CertificateField[],
    extensions: readonly object[],
  ): string {
    const { pki, md } = this.#forge;
    const certificate = pki.createCertificate();
    certificate.publicKey = pki.publicKeyFromPem(publicKey);
    certificate.serialNumber = `01${randomBytes(15).toString("hex")}`;
    certificate.validity.notBefore = new Date(wallNow() - dayMs);
    certificate.validity.notAfter = new Date(wallNow() + validDays * dayMs);
    certificate.setSubject(subject);
    certificate.setIssuer(this.#subject);
    certificate.setExtensions([...extensions]);
    certificate.sign(pki.privateKeyFromPem(this.#keys.privateKey), md.sha256.create());
    return pki.certificateToPem(certificate);
  }
}
