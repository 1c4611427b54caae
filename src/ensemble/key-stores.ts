import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import type Forge from "node-forge";
import { reasonsOf } from "../core/base/reasons.ts";
import { loadForge } from "./certificates.ts";
import { codeOf, ZkmsError } from "./errors.ts";

/** What Java keeps in a key store and a trust store, as PEM texts. */
export interface StoredKeys {
  /** The peer's own certificate first, then those that lead to its authority. */
  readonly cert: string;
  readonly key: string;
  /** Who vouches for others; undefined: the authorities that the system knows. */
  readonly ca: string | undefined;
}

/** Of which keys: "ssl." are the client port's, "ssl.quorum." those between peers. */
export type StorePrefix = "ssl." | "ssl.quorum.";

/**
 * Reads the stores that `<prefix>keyStore.…` and `<prefix>trustStore.…` name (`location`, `password`, `passwordPath`, `type`),
 * PEM or PKCS12; undefined: no key store is named. Throws ZKMS_BAD_OPTIONS with the key and the file, for Java's own formats with
 * the command that converts them.
 */
export async function readKeyStores(
  prefix: StorePrefix,
  given: (key: string) => string | undefined,
): Promise<StoredKeys | undefined> {
  const keyStore = storeOf(`${prefix}keyStore`, given);
  if (keyStore === undefined) return undefined;
  const { chain, key } = await contentOf(keyStore);
  const [own] = chain;
  if (own === undefined || key === undefined) {
    throw refusal(keyStore, `holds no ${own === undefined ? "certificate" : "private key"}`);
  }
  if (!new X509Certificate(own).checkPrivateKey(createPrivateKey(key))) {
    throw refusal(keyStore, "holds a certificate first that is not the private key's");
  }
  return { cert: chain.join("\n"), key, ca: await readTrustStore(prefix, given) };
}

/** The certificates of `<prefix>trustStore.…`; undefined: none is named. Throws as `readKeyStores`. */
export async function readTrustStore(
  prefix: StorePrefix,
  given: (key: string) => string | undefined,
): Promise<string | undefined> {
  const trustStore = storeOf(`${prefix}trustStore`, given);
  if (trustStore === undefined) return undefined;
  const { chain } = await contentOf(trustStore);
  if (chain.length === 0) throw refusal(trustStore, "holds no certificate");
  return chain.join("\n");
}

interface StoreFile {
  /** As it is called in the configuration, such as `ssl.quorum.keyStore`. */
  readonly name: string;
  readonly location: string;
  readonly password: string;
  readonly type: string;
}

/** Certificates in the order of the file, but those of the key first. */
interface Content {
  readonly chain: readonly string[];
  readonly key: string | undefined;
}

function storeOf(name: string, given: (key: string) => string | undefined): StoreFile | undefined {
  const location = given(`${name}.location`) ?? "";
  if (location === "") return undefined;
  const passwordPath = given(`${name}.passwordPath`) ?? "";
  const password =
    passwordPath === ""
      ? (given(`${name}.password`) ?? "")
      : read(`${name}.passwordPath`, passwordPath)
          .toString()
          .replace(/[\r\n]+$/, "");
  const type = given(`${name}.type`)?.toUpperCase() || typeBy(location);
  return { name, location, password, type };
}

/** KeyStoreFileType */
const types: Readonly<Record<string, string>> = {
  jks: "JKS",
  pem: "PEM",
  p12: "PKCS12",
  bcfks: "BCFKS",
};

const typeBy = (location: string): string => types[/\.(\w+)$/.exec(location)?.[1] ?? ""] ?? "";

async function contentOf(store: StoreFile): Promise<Content> {
  const bytes = read(`${store.name}.location`, store.location);
  if (store.type !== "PEM" && store.type !== "PKCS12") throw unreadable(store);
  try {
    return store.type === "PEM"
      ? contentOfPem(bytes.toString(), store.password)
      : contentOfPkcs12(
          await loadForge(`${store.name} in PKCS12`, "a file in PEM"),
          bytes,
          store.password,
        );
  } catch (error) {
    if (codeOf(error) === "ZKMS_BAD_OPTIONS") throw error;
    throw refusal(store, "cannot be read with the password given", error);
  }
}

function unreadable(store: StoreFile): ZkmsError {
  const { name, location, type } = store;
  if (type === "") {
    return refusal(store, "has none of the endings .pem and .p12", undefined, `${name}.type=PEM`);
  }
  const target = location.replace(/(\.\w+)?$/, ".p12");
  const convert = `keytool -importkeystore -srckeystore ${location} -srcstoretype ${type} -destkeystore ${target} -deststoretype PKCS12`;
  return refusal(store, `is of type ${type}, which only Java reads`, undefined, convert);
}

const certificates = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
const privateKey = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]+?-----END [A-Z ]*PRIVATE KEY-----/;

function contentOfPem(text: string, passphrase: string): Content {
  const chain = (text.match(certificates) ?? []).map(String);
  const [key] = privateKey.exec(text) ?? [];
  return { chain, key: key && pemOfKey(createPrivateKey({ key, passphrase })) };
}

function contentOfPkcs12(forge: typeof Forge, bytes: Buffer, password: string): Content {
  const { asn1, pki, pkcs12 } = forge;
  const { safeContents } = pkcs12.pkcs12FromAsn1(asn1.fromDer(bytes.toString("binary")), password);
  const bags = safeContents.flatMap(({ safeBags }) => safeBags);
  const derOf = (value: Forge.asn1.Asn1): Buffer =>
    Buffer.from(asn1.toDer(value).getBytes(), "binary");
  // What is not RSA is left as it is.
  const certs = bags
    .filter(({ type }) => type === pki.oids["certBag"])
    .map((bag) => ({ bag, der: derOf(bag.cert ? pki.certificateToAsn1(bag.cert) : bag.asn1) }));
  const keyBag = bags.find(
    ({ type }) => type === pki.oids["pkcs8ShroudedKeyBag"] || type === pki.oids["keyBag"],
  );
  const keyId = keyBag && idOf(keyBag);
  const isOwn = ({ bag }: { bag: Forge.pkcs12.Bag }): boolean =>
    keyId !== undefined && idOf(bag) === keyId;
  const chain = [...certs.filter(isOwn), ...certs.filter((cert) => !isOwn(cert))].map(({ der }) =>
    new X509Certificate(der).toString().trim(),
  );
  if (keyBag === undefined) return { chain, key: undefined };
  const info = keyBag.key ? pki.wrapRsaPrivateKey(pki.privateKeyToAsn1(keyBag.key)) : keyBag.asn1;
  const key = createPrivateKey({ key: derOf(info), format: "der", type: "pkcs8" });
  return { chain, key: pemOfKey(key) };
}

const idOf = ({ attributes }: Forge.pkcs12.Bag): string | undefined => attributes?.localKeyId?.[0];

const pemOfKey = (key: ReturnType<typeof createPrivateKey>): string =>
  key.export({ type: "pkcs8", format: "pem" }).toString();

function read(key: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new ZkmsError("ZKMS_BAD_OPTIONS", `${key}: ${path} cannot be read`, {
      why: codeOf(error) ?? String(error),
      cause: error,
    });
  }
}

function refusal(
  { name, location }: StoreFile,
  what: string,
  cause?: unknown,
  hint?: string,
): ZkmsError {
  return new ZkmsError("ZKMS_BAD_OPTIONS", `${name}.location: ${location} ${what}`, {
    why: cause === undefined ? undefined : reasonsOf(cause),
    hint,
    cause,
  });
}
