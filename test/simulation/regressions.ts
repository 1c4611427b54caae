import { type Plan, small } from "./plan.ts";

/** A seed that found a bug, the commit at which it did, and the story. Rows are never deleted. */
export interface Regression {
  readonly seed: string;
  readonly plan?: Partial<Plan>;
  /** The faults that it takes, as text: with them the seed goes on leading that life when other faults are drawn. */
  readonly faults?: string;
  /** The test that fails when the fix is undone. */
  readonly heldBy: string;
  /** Where the faults were not kept as text: what is drawn has changed since, and the test alone keeps the story. */
  readonly today?: "the seed leads another life";
  readonly commit: string;
  readonly story: string;
}

/** Of rows that are older than watches that stay. */
const before: Partial<Plan> = { lastingWatches: false };

export const regressions: readonly Regression[] = [
  {
    seed: "100094",
    plan: { ...before, faultyMs: 800 },
    faults: "turn157:crashAtEffect:2",
    heldBy: "election.test.ts",
    commit: "936f596",
    story: "a looking voter and an observer that follows answer each other's votes without end",
  },
  {
    seed: "100446",
    plan: { ...before, faultyMs: 800 },
    faults:
      "155ms:crash:5 161ms:crash:2 208ms:crash:4 286ms:crash:6 499ms:crash:3 526ms:resetPair:1 556ms:crash:2 560ms:crash:1 644ms:crash:2 655ms:crash:6 turn17:crash:4 turn22:resetPair:self turn36:resetPair:self turn52:resetPair:self",
    heldBy: "election.test.ts",
    commit: "936f596",
    story: "a looking voter and a looking observer a round ahead do the same",
  },
  {
    seed: "784",
    today: "the seed leads another life",
    heldBy: "late-answers.test.ts",
    commit: "936f596",
    story: "an epoch that was being saved when its role ended is followed by a lower one",
  },
  {
    seed: "1090",
    today: "the seed leads another life",
    heldBy: "zab/ack-of-what-was-cut-off.txt",
    commit: "936f596",
    story: "an ACK from before a TRUNC counts after it: a commit without a quorum on disk",
  },
  {
    seed: "1871",
    today: "the seed leads another life",
    heldBy: "learner.test.ts",
    commit: "936f596",
    story: "a learner that promised more dials a leader again every few milliseconds",
  },
  {
    seed: "109302",
    today: "the seed leads another life",
    heldBy: "late-answers.test.ts",
    commit: "9baa604",
    story:
      "a connection dialled for one leader arrives when another is followed, and is taken for his",
  },
  {
    seed: "609963",
    today: "the seed leads another life",
    heldBy: "leader.test.ts",
    commit: "7626ea1",
    story:
      "a leader of old learns of its quorum when that follows a later one, and begins to serve",
  },
  {
    seed: "2480",
    plan: before,
    faults: "573ms:slowDisk:1 turn8:powerCut:self turn29:powerCut:self turn34:powerCut:self",
    heldBy: "leader.test.ts",
    commit: "14bc475",
    story:
      "a learner with a later configuration comes back to a leader that refuses it, without end",
  },
  {
    seed: "1405",
    plan: before,
    faults:
      "137ms:oneWay:3 175ms:crashLeader:2 462ms:partition:1 800ms:slowLink:1 1478ms:crash:3 turn4:cutPair:self turn11:crashLeader:self turn27:expire:2 turn34:slowLink:self turn35:expire:self turn43:partition:self turn53:oneWay:3 turn54:slowLink:3 turn57:expire:3 turn64:cutClients:1 turn91:slowLink:3",
    heldBy: "nothing: the price that decision 6 tells",
    commit: "14bc475",
    story: "a peer that is to vote next has logged more than all who vote: nobody comes to lead",
  },
  {
    seed: "6102061",
    plan: { ...small, ...before },
    faults: "",
    heldBy: "this row: it was a mistake of the checks",
    commit: "406d623",
    story: "the end of a local session is answered with the epoch's own zxid, which is no write's",
  },
  {
    seed: "3952074749",
    plan: before,
    faults:
      "124ms:fullDisk:5 240ms:ring:4 417ms:fullDisk:4 464ms:pause:1 569ms:ring:5 766ms:stall:3 789ms:fullDisk:1 802ms:ring:5 956ms:fullDisk:1 1211ms:fullDisk:2 1501ms:expire:1 1936ms:wipeObserver:5 turn44:fullDisk:self turn80:wipeObserver:self turn115:stall:6 turn149:wipeObserver:self turn168:fullDisk:3 turn215:ring:self turn224:ring:self turn225:wipeObserver:self",
    heldBy: "this row: it was a mistake of the faults",
    commit: "4b68186",
    story:
      "an observer that had been a voter loses its disk, hears of old that it votes alone, and begins with epoch 1",
  },
];
