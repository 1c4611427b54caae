import { reasonsOf } from "../../core/base/reasons.ts";
import { Damage } from "../../core/storage/damage.ts";

/** A peer's files cannot be read, or not be written: which, where, and why. */
export class StorageError extends Error {
  override readonly name: string = "StorageError";
  readonly file: string;
  /** Where in the file, in bytes; undefined: all of it. */
  readonly offset: number | undefined;

  constructor(file: string, what: string, cause?: unknown, writing?: { readonly offset: number }) {
    const offset = cause instanceof Damage ? cause.offset : writing?.offset;
    super(offset === undefined ? `${file}: ${what}` : `${file}, offset ${offset}: ${what}`, {
      cause,
    });
    this.file = file;
    this.offset = offset;
  }

  /** `writing`: what could not be written was to stand there. */
  static from(file: string, cause: unknown, writing?: { readonly offset: number }): StorageError {
    if (cause instanceof StorageError) return cause;
    const what = reasonsOf(cause);
    return new StorageError(file, what, cause, writing);
  }
}

/** A folder is not there and may not be made, or nothing can be written into it (Apache's DatadirException). */
export class FolderError extends StorageError {}
