/** What Kerberos makes impossible, in words that fit behind "…: "; `hint` says how to go on. */
export class KerberosError extends Error {
  override readonly name = "KerberosError";
  readonly hint: string | undefined;

  constructor(message: string, more: { readonly hint?: string; readonly cause?: unknown } = {}) {
    super(message, "cause" in more ? { cause: more.cause } : undefined);
    this.hint = more.hint;
  }
}
