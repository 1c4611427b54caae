/** A peer cannot listen where it should: for whom, where, and why. */
export class PortError extends Error {
  override readonly name: string = "PortError";
  /** The system's, such as EADDRINUSE. */
  readonly code: string;

  constructor(whom: string, where: string, cause: unknown) {
    const code = codeOf(cause);
    super(`cannot listen for ${whom} on ${where} (${code})`, { cause });
    this.code = code;
  }
}

function codeOf(cause: unknown): string {
  if (typeof cause === "object" && cause !== null && "code" in cause) return String(cause.code);
  return String(cause);
}
