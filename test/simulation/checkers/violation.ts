/** The names of what must hold: those of the TLA+ specifications, and of the reference's list of further predicates. */
export type Invariant =
  | "Leadership1"
  | "Leadership2"
  | "PrefixConsistency"
  | "Integrity"
  | "Agreement"
  | "TotalOrder"
  | "LocalPrimaryOrder"
  | "GlobalPrimaryOrder"
  | "PrimaryIntegrity"
  | "ShouldNotBeTriggered"
  | "I1 no ACK before the log is durable"
  | "I2 no ACK of NEWLEADER before history and epoch are durable"
  | "I3 epochs never decrease"
  | "I4 commits need a quorum that has the entry durable"
  | "I5 what is committed stays"
  | "I6 commits only after the epoch is established"
  | "a leader begins with a quorum that is still there"
  | "I8 the committed log has no holes"
  | "I10 equal last transactions, equal trees"
  | "I11 the digest of a transaction is that of the tree"
  | "I13 ephemerals belong to live sessions"
  | "I16 replies in order, zxids never back"
  | "I17 replies as the model gives them"
  | "I18 sequential names are new and ascend"
  | "I19 one zxid, one content"
  | "I20 liveness"
  | "watches"
  | "the final tree is the model's"
  | "no session expires early"
  | "assertion";

/** An invariant does not hold. */
export class Violation extends Error {
  override readonly name: string = "Violation";
  readonly invariant: Invariant;

  constructor(invariant: Invariant, what: string) {
    super(`${invariant}: ${what}`);
    this.invariant = invariant;
  }
}

export function hold(condition: boolean, invariant: Invariant, what: () => string): void {
  if (!condition) throw new Violation(invariant, what());
}
