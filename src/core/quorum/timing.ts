/** The base unit in milliseconds, and two limits in ticks. */
export interface QuorumTiming {
  readonly tickTime: number;
  /** For connecting to a leader and synchronising with it. */
  readonly initLimit: number;
  /** For silence between a leader and a learner that is up to date. */
  readonly syncLimit: number;
}
