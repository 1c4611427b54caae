import { zxidOf } from "../base/ids.ts";
import { Prng } from "../base/prng.ts";
import { base64, sha1 } from "../base/sha1.ts";
import { utf8Bytes } from "../base/utf8.ts";
import { Reader } from "../jute/reader.ts";
import { ErrorCode } from "../protocol/error-codes.ts";
import { OpCode } from "../protocol/op-codes.ts";
import type { Id } from "../protocol/records.ts";
import type { Reply } from "../protocol/replies.ts";
import type { Request } from "../protocol/requests.ts";
import { clientService, DigestMd5, nonceFrom } from "../sasl/digest-md5.ts";
import { failure, success } from "./answers.ts";
import type { Connection } from "./connection.ts";

/** Who may log in by SASL, and how. */
export interface SaslOptions {
  /** Passwords by name. */
  readonly users: ReadonlyMap<string, string>;
  /** Makes the nonces: of this life of this peer alone. */
  readonly seed: string;
}

/** Of a message's bytes. */
export type Hash = (message: Uint8Array) => Uint8Array;

export interface AuthenticationOptions {
  /** The super user's digest id; undefined: none. */
  readonly superDigest: string | undefined;
  /** Of digest ids (DigestAuthenticationProvider.digestAlg); default: SHA-1. */
  readonly hash?: Hash;
  /** undefined: a server without SASL. */
  readonly sasl?: SaslOptions | undefined;
  /** Ids of a scheme that bring the super id with them (zookeeper.superUser, X509AuthenticationProvider.superUser). */
  readonly superIds?: readonly Id[];
  /** Whether there is the scheme digest (DigestAuthenticationProvider.enabled); default true. */
  readonly digestEnabled?: boolean;
  /** What a client may call this ensemble in an auth packet (zookeeper.ensembleAuthName); undefined: none may name it. */
  readonly ensembleNames?: ReadonlySet<string> | undefined;
  /** Who fails at SASL goes on without its id, where SASL is not required (zookeeper.allowSaslFailedClients); default: not. */
  readonly allowSaslFailedClients?: boolean;
  /** Nothing is answered to a connection without an id of one of these (AuthenticationHelper); default: to anybody. */
  readonly requiredSchemes?: ReadonlySet<string>;
}

/** What an auth or sasl request leads to. */
export interface Login {
  /** undefined: none is sent. */
  readonly reply: Reply | undefined;
  readonly ids: readonly Id[];
  /** Why the connection is closed; undefined: it goes on. */
  readonly refusal: string | undefined;
}

/** Answers auth and sasl, which jump the queue and are answered with zxid 0. */
export class Authentication {
  readonly #options: AuthenticationOptions;
  readonly #users: ReadonlyMap<string, string> | undefined;
  readonly #chance: Prng;
  readonly #superIds: readonly Id[];
  readonly #required: ReadonlySet<string> | undefined;

  constructor(options: AuthenticationOptions) {
    const { sasl, superIds = [], requiredSchemes } = options;
    this.#options = options;
    this.#users = sasl?.users;
    this.#chance = new Prng(sasl?.seed ?? "");
    this.#superIds = superIds;
    this.#required = requiredSchemes;
  }

  /** Whether a connection with these ids may ask for anything but to log in. */
  admits(ids: readonly Id[]): boolean {
    const required = this.#required;
    return required === undefined || ids.some(({ scheme }) => required.has(scheme));
  }

  /** The ids of a transport, such as its certificate's, and what they bring with them. */
  promoted(ids: readonly Id[]): readonly Id[] {
    const isSuper = ids.some((id) => {
      return this.#superIds.some(({ scheme, id: name }) => scheme === id.scheme && name === id.id);
    });
    return isSuper ? [...ids, { scheme: "super", id: "" }] : ids;
  }

  answer(connection: Connection, request: Request): Login {
    if (request.type === OpCode.sasl) return this.#sasl(connection, request);
    if (request.type !== OpCode.auth) return { reply: undefined, ids: [], refusal: undefined };
    const { scheme, auth } = request.body;
    const ids = authenticate(scheme, { auth, address: connection.remote.address }, this.#options);
    if (ids === undefined) return refused(request);
    if (ids === "elsewhere") {
      return { reply: undefined, ids: [], refusal: "the client looks for another ensemble" };
    }
    return { reply: success(request, zxidOf(0), {}), ids, refusal: undefined };
  }

  #sasl(connection: Connection, request: Request & { readonly type: typeof OpCode.sasl }): Login {
    const { token } = request.body;
    if (token === null) return { reply: undefined, ids: [], refusal: "a sasl token of null" };
    if (this.#users === undefined) {
      // Success with a null token, as a server without a configuration answers.
      const reply = success(request, zxidOf(0), { token: null });
      return { reply, ids: [], refusal: undefined };
    }
    connection.sasl ??= new DigestMd5({
      service: clientService,
      users: this.#users,
      nonce: nonceFrom(this.#chance),
    });
    const answer = connection.sasl.answer(token);
    if (answer.kind === "refused") {
      const isRequired = this.#required?.has("sasl") === true;
      if (this.#options.allowSaslFailedClients === true && !isRequired) {
        const reply = success(request, zxidOf(0), { token: null });
        return { reply, ids: [], refusal: undefined };
      }
      const { reply, ...login } = refused(request);
      const { SESSIONCLOSEDREQUIRESASLAUTH, AUTHFAILED } = ErrorCode;
      const err = isRequired ? SESSIONCLOSEDREQUIRESASLAUTH : AUTHFAILED;
      return { ...login, reply: reply && { ...reply, err, body: { token: null } } };
    }
    const ids = answer.kind === "known" ? this.promoted([{ scheme: "sasl", id: answer.user }]) : [];
    const reply = success(request, zxidOf(0), { token: answer.token });
    return { reply, ids, refusal: undefined };
  }
}

const refused = (request: Request): Login => ({
  reply: failure(request.xid, zxidOf(0), ErrorCode.AUTHFAILED, request.type),
  ids: [],
  refusal: "authentication failed",
});

/** What an auth packet brings, from where. */
interface Credentials {
  readonly auth: Uint8Array | null;
  readonly address: string;
}

/** The ids that a packet adds; undefined: it fails, and the connection with it; "elsewhere": the connection ends without an answer. */
type Admission = readonly Id[] | undefined | "elsewhere";

/** The schemes that an auth packet may name; another one is a row here. */
const providers: ReadonlyMap<
  string,
  (credentials: Credentials, options: AuthenticationOptions) => Admission
> = new Map([
  ["digest", digestIds],
  ["ensemble", checkEnsemble],
  ["ip", ({ address }) => [{ scheme: "ip", id: address }]],
]);

/** What becomes of an auth packet of a scheme. */
export function authenticate(
  scheme: string | null,
  credentials: Credentials,
  options: AuthenticationOptions,
): Admission {
  return providers.get(scheme ?? "")?.(credentials, options);
}

/** No id: it only keeps a client from the wrong ensemble, and lets it try its next server (EnsembleAuthenticationProvider). */
function checkEnsemble({ auth }: Credentials, { ensembleNames }: AuthenticationOptions): Admission {
  if (ensembleNames === undefined) return undefined;
  if (auth === null || auth.length === 0) return [];
  return ensembleNames.has(new Reader(auth).text()) ? [] : "elsewhere";
}

/** Never fails for want of a user: the hash is only ever compared with ACLs. */
function digestIds(
  { auth }: Credentials,
  { superDigest, hash, digestEnabled = true }: AuthenticationOptions,
): Admission {
  if (auth === null || !digestEnabled) return undefined;
  const id = digestOf(new Reader(auth).text(), hash);
  const own: Id = { scheme: "digest", id };
  return id === superDigest ? [{ scheme: "super", id: "" }, own] : [own];
}

/** `user:` and the base64 of the hash of `user:password` (DigestAuthenticationProvider.generateDigest). */
export function digestOf(userAndPassword: string, hash: Hash = sha1): string {
  const [user = ""] = userAndPassword.split(":", 1);
  return `${user}:${base64(hash(utf8Bytes(userAndPassword)))}`;
}
