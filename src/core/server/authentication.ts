import { base64, sha1 } from "../base/sha1.ts";
import { utf8Bytes } from "../base/utf8.ts";
import { Reader } from "../jute/reader.ts";
import type { Id } from "../protocol/records.ts";

/** What an auth packet brings, from where. */
interface Credentials {
  readonly auth: Uint8Array | null;
  readonly address: string;
  readonly superDigest: string | undefined;
}

/** The schemes that an auth packet may name; another one is a row here. */
const providers: ReadonlyMap<string, (credentials: Credentials) => readonly Id[] | undefined> =
  new Map([
    ["digest", ({ auth, superDigest }) => digestIds(auth, superDigest)],
    ["ip", ({ address }) => [{ scheme: "ip", id: address }]],
  ]);

/** The identities that an auth packet adds to its connection; undefined: it fails, and the connection with it. */
export function authenticate(
  scheme: string | null,
  auth: Uint8Array | null,
  address: string,
  superDigest: string | undefined,
): readonly Id[] | undefined {
  return providers.get(scheme ?? "")?.({ auth, address, superDigest });
}

/** Never fails for want of a user: the hash is only ever compared with ACLs. */
function digestIds(
  auth: Uint8Array | null,
  superDigest: string | undefined,
): readonly Id[] | undefined {
  if (auth === null) return undefined;
  const id = digestOf(new Reader(auth).text());
  const own: Id = { scheme: "digest", id };
  return id === superDigest ? [{ scheme: "super", id: "" }, own] : [own];
}

/** `user:` and the base64 of the SHA-1 of `user:password` (DigestAuthenticationProvider.generateDigest). */
export function digestOf(userAndPassword: string): string {
  const [user = ""] = userAndPassword.split(":", 1);
  return `${user}:${base64(sha1(utf8Bytes(userAndPassword)))}`;
}
