import { errorName } from "../core/protocol/error-codes.ts";
import type { MultiResult } from "./types.ts";

/** What was asked of the server, for the error's text. */
export interface Asked {
  readonly op: string;
  /** As the caller wrote it, without the chroot. */
  readonly path?: string | undefined;
}

/**
 * A request that failed. `code` is Apache's KeeperException name, for example "NONODE", "BADVERSION", "CONNECTIONLOSS",
 * "SESSIONEXPIRED". Compare it, not the class: the ESM and the CJS build may both be loaded in one process.
 */
export class ZooKeeperError extends Error {
  readonly code: string;
  declare readonly path: string | undefined;
  /** Of a failed multi, one an op. */
  declare readonly results: readonly MultiResult[] | undefined;

  constructor(
    code: string,
    { op, path }: Asked,
    detail: { readonly why?: string; readonly results?: readonly MultiResult[] } = {},
  ) {
    const what = path === undefined ? op : `${op} ${path}`;
    super(`${what}: ${detail.why ?? wordsOf(code, op)}`);
    this.code = code;
    // Not enumerable: the text says the first two, and printed errors list enumerable fields once more.
    Object.defineProperties(this, {
      name: { value: `ZooKeeperError [${code}]`, configurable: true, writable: true },
      path: { value: path },
      results: { value: detail.results },
    });
    // The first line of a stack takes the name of the moment; this is how Node puts its own codes there.
    Error.captureStackTrace(this, ZooKeeperError);
    Object.defineProperty(this, "name", { value: "ZooKeeperError" });
  }

  override toString(): string {
    return `ZooKeeperError [${this.code}]: ${this.message}`;
  }
}

/** The error for a reply's code; `why` replaces the usual words. */
export function failure(err: number, asked: Asked, why?: string): ZooKeeperError {
  return new ZooKeeperError(errorName(err), asked, why === undefined ? {} : { why });
}

function wordsOf(code: string, op: string): string {
  if (code === "NONODE" && op === "create") return "its parent does not exist";
  return words[code] ?? code;
}

const words: Readonly<Record<string, string>> = {
  NONODE: "no such node",
  NODEEXISTS: "the node exists already",
  NOTEMPTY: "the node has children",
  BADVERSION: "the node has another version",
  NOAUTH: "the node's ACL does not allow it",
  NOCHILDRENFOREPHEMERALS: "an ephemeral node cannot have children",
  INVALIDACL: "the ACL is empty, or an entry is none",
  BADARGUMENTS: "the server refuses these arguments",
  MARSHALLINGERROR: "the server cannot read this request",
  UNIMPLEMENTED: "the server does not know this operation, or it is switched off there",
  QUOTAEXCEEDED: "a quota does not allow it",
  NOTREADONLY: "the server has no quorum and serves reads only",
  EPHEMERALONLOCALSESSION:
    "the session is a local one, which can have no ephemerals unless localSessionsUpgradingEnabled is set",
  AUTHFAILED: "the server refused the credentials",
  SESSIONEXPIRED: "the session has expired",
  CONNECTIONLOSS: "the connection was lost; the request may have been carried out",
};
