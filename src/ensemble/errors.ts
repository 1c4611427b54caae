import type { EnsembleStatus } from "./api.ts";

/** What an error is about; stable, for `error.code`. */
export type ErrorCode =
  | "ZKMS_BAD_OPTIONS"
  | "ZKMS_PORT_IN_USE"
  | "ZKMS_START_TIMEOUT"
  | "ZKMS_BAD_STATE"
  | "ZKMS_CLOSED"
  | "ZKMS_WAIT_TIMEOUT"
  | "ZKMS_NO_SUCH_PEER"
  | "ZKMS_NO_SUCH_SESSION"
  | "ZKMS_UNSUPPORTED"
  | "ZKMS_SHARED"
  | "ZKMS_LEAK"
  | "ZKMS_ENGINE"
  | "ZKMS_STORAGE"
  | "ZKMS_CONTROL"
  | "ZKMS_CHECK";

/** Every code has a section there; the page is in the package. */
const page = "zookeeper-memory-server/docs/errors.md";

/** The lines below the first one; each is left out where there is nothing to say. */
export interface ErrorDetail {
  /** Every peer in one line, as `describePeers` writes it. */
  readonly peers?: string | undefined;
  /** What is in force of what tests break. */
  readonly faults?: readonly string[] | undefined;
  readonly why?: string | undefined;
  /** How to go on. */
  readonly hint?: string | undefined;
  readonly seed?: string | undefined;
  readonly status?: EnsembleStatus | undefined;
  readonly cause?: unknown;
  /** The text has these lines already, for another process wrote it. */
  readonly isWhole?: boolean;
}

/**
 * Every error this package throws on its own account: what was asked, what was seen, how to go on, and the seed. Compare
 * `code`, not the class: the ESM and the CJS build may both be loaded in one process.
 */
export class ZkmsError extends Error {
  readonly code: ErrorCode;
  declare readonly hint: string | undefined;
  declare readonly seed: string | undefined;
  declare readonly status: EnsembleStatus | undefined;
  /** What the code means, and how to go on: a section of a page in this package, below node_modules. */
  declare readonly docs: string;

  constructor(code: ErrorCode, what: string, detail: ErrorDetail = {}) {
    const docs = `${page}#${code.toLowerCase()}`;
    const text = detail.isWhole === true ? what : textOf(what, detail, docs);
    super(text, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.code = code;
    // Not enumerable: the text says all of it, and printed errors list enumerable fields once more.
    Object.defineProperties(this, {
      name: { value: `ZkmsError [${code}]`, configurable: true, writable: true },
      hint: { value: detail.hint },
      seed: { value: detail.seed },
      status: { value: detail.status },
      docs: { value: docs },
    });
    // A stack is written when it is first read, with the name of the moment; this is how Node puts its own codes there.
    void this.stack;
    Object.defineProperty(this, "name", { value: "ZkmsError" });
  }

  override toString(): string {
    return `ZkmsError [${this.code}]: ${this.message}`;
  }
}

function textOf(what: string, detail: ErrorDetail, docs: string): string {
  const lines = [what];
  if (detail.peers !== undefined) lines.push(`  peers   ${detail.peers}`);
  if (detail.faults?.length) lines.push(`  faults  ${detail.faults.join(", ")}`);
  if (detail.why !== undefined) lines.push(`  why     ${detail.why}`);
  if (detail.hint !== undefined) lines.push(`  try     ${detail.hint}`);
  if (detail.seed !== undefined) lines.push(`  replay  seed ${detail.seed}`);
  lines.push(`  docs    ${docs}`);
  return lines.join("\n");
}

/** The same error, told with the file that it is about. */
export const errorAt = (file: string, error: ZkmsError): ZkmsError =>
  new ZkmsError(error.code, `${file}: ${error.message}`, {
    isWhole: true,
    hint: error.hint,
    cause: error,
  });

/** The code of one of our errors, from whichever copy of the package it comes; undefined for any other value. */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
