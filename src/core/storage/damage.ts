/** A file that is not what it should be, or that says what cannot be. */
export class Damage extends Error {
  override readonly name: string = "Damage";
  /** Where in the file, in bytes. */
  readonly offset: number;

  constructor(offset: number, what: string) {
    super(what);
    this.offset = offset;
  }
}
