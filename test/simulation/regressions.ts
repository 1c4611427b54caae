import { type Plan, small } from "./plan.ts";
import type { undoneMends } from "./undone-mends.ts";

/** A seed that found a bug, the commit at which it did, and the story. Rows are never deleted. */
export interface Regression {
  readonly seed: string;
  readonly plan?: Partial<Plan>;
  /** The faults that it takes, as text: with them the seed goes on leading that life when other faults are drawn. */
  readonly faults?: string;
  /** The test that fails when the fix is undone. */
  readonly heldBy: string;
  /** The mend taken back, with which the row must break; where it is given, `plan` defaults to that bug's. */
  readonly undone?: keyof typeof undoneMends;
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
    seed: "38",
    undone: "an epoch that is being saved does not count yet",
    faults:
      "126ms:isolateLeader:1 213ms:slowDisk:1 386ms:resetPair:1 555ms:crashLeader:2 turn16:crashLeader:1 turn29:reset:3 turn33:crashLeader:self",
    heldBy: "late-answers.test.ts",
    commit: "936f596",
    story: "an epoch that was being saved when its role ended is followed by a lower one",
  },
  {
    seed: "101",
    undone: "an ACK from before a TRUNC counts after it",
    faults:
      "130ms:slowDisk:2 228ms:reset:1 325ms:reset:1 turn7:reset:self turn22:reset:self turn24:resetPair:self turn33:slowDisk:2",
    heldBy: "zab/ack-of-what-was-cut-off.txt",
    commit: "936f596",
    story: "an ACK from before a TRUNC counts after it: a commit without a quorum on disk",
  },
  {
    seed: "30",
    undone: "a learner that promised more comes back at once",
    faults:
      "17ms:crashLeader:1 213ms:slowDisk:1 335ms:crashLeader:1 361ms:crashLeader:2 400ms:isolateLeader:1 511ms:slowDisk:1 644ms:crashLeader:1 721ms:crashLeader:2 1006ms:crashLeader:2",
    heldBy: "learner.test.ts",
    commit: "936f596",
    story:
      "a learner that promised more dials a leader again every few milliseconds; and the checks held one epoch more to be enough for it, where the leader is a quorum alone",
  },
  {
    seed: "102",
    undone: "a connection dialled for one leader is taken for another's",
    faults:
      "77ms:isolateLeader:2 142ms:partition:2 319ms:cutPair:3 451ms:slowLink:2 632ms:isolateLeader:2 696ms:oneWay:3 794ms:crashLeader:3",
    heldBy: "late-answers.test.ts",
    commit: "9baa604",
    story:
      "a connection dialled for one leader arrives when another is followed, and is taken for his",
  },
  {
    seed: "4",
    undone: "who acknowledged NEWLEADER and left makes a leader",
    faults: "11ms:slowDisk:2 199ms:reset:2",
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
