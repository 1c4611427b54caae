/** A seed that found a bug, the commit at which it did, and the story. Rows are never deleted. */
export interface Regression {
  readonly seed: string;
  readonly commit: string;
  readonly story: string;
}

export const regressions: readonly Regression[] = [
  {
    seed: "16",
    commit: "936f596",
    story: "a looking voter and an observer that follows answer each other's votes without end",
  },
  {
    seed: "286",
    commit: "936f596",
    story: "a looking voter and a looking observer a round ahead do the same",
  },
  {
    seed: "784",
    commit: "936f596",
    story: "an epoch that was being saved when its role ended is followed by a lower one",
  },
  {
    seed: "1090",
    commit: "936f596",
    story: "an ACK from before a TRUNC counts after it: a commit without a quorum on disk",
  },
  {
    seed: "1871",
    commit: "936f596",
    story: "a learner that promised more dials a leader again every few milliseconds",
  },
  {
    seed: "109302",
    commit: "9baa604",
    story:
      "a connection dialled for one leader arrives when another is followed, and is taken for his",
  },
  {
    seed: "609963",
    commit: "7626ea1",
    story:
      "a leader of old learns of its quorum when that follows a later one, and begins to serve",
  },
];
