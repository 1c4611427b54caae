import { type Sid, sidOf, zxidOf } from "../../src/core/base/ids.ts";
import type { EnsembleConfig, Member } from "../../src/core/quorum/config.ts";
import { defaultSyncLimits } from "../../src/core/quorum/sync.ts";
import type { QuorumTiming } from "../../src/core/quorum/timing.ts";
import { Peer } from "../../src/core/server/peer.ts";

/** Short ticks: a life of ten seconds holds several elections. */
export const timing: QuorumTiming = { tickTime: 100, initLimit: 10, syncLimit: 5 };

/** Wall time at the start of every world. */
export const wallOffset = 1_700_000_000_000;

/** How an ensemble counts its quorums: in groups, each voter of a third belongs to one of three; weighted, the last has none. */
export type Counting = "majority" | "groups" | "weights";

/** Voters 1 to `voters`, then observers. */
export function configOf(
  voters: number,
  observers = 0,
  counting: Counting = "majority",
): EnsembleConfig {
  const members: Member[] = [];
  for (let number = 1; number <= voters + observers; number += 1) {
    const counts = number <= voters && counting !== "majority";
    members.push({
      ...memberOf(number, number <= voters ? "participant" : "observer"),
      weight: counting === "weights" ? weightOf(number, voters) : 1,
      group: counts ? (counting === "weights" ? 1 : number % 3) : undefined,
    });
  }
  return { version: zxidOf(0), members };
}

export const memberOf = (number: number, role: Member["role"]): Member => ({
  sid: sidOf(number),
  host: "127.0.0.1",
  quorumPort: 2000 + number,
  electionPort: 3000 + number,
  role,
  client: `127.0.0.1:${4000 + number}`,
  weight: 1,
  group: undefined,
});

/** What a peer is started with that is to be added: the ensemble as it was, and itself without a vote. */
export function configWith(config: EnsembleConfig, sid: Sid): EnsembleConfig {
  if (config.members.some((member) => member.sid === sid)) return config;
  return { ...config, members: [...config.members, memberOf(sid, "observer")] };
}

const weightOf = (number: number, voters: number): number =>
  number === 1 ? 2 : number === voters ? 0 : 1;

export function makePeer(
  sid: Sid,
  config: EnsembleConfig,
  {
    snapCount = 100_000,
    initialCounter = 0,
    limits = timing,
    localSessions = false,
    snapshotPieceBytes = 65_536,
    reconfigEnabled = false,
    syncLimits = defaultSyncLimits,
  } = {},
): Peer {
  return new Peer({
    sid,
    config,
    standaloneEnabled: !reconfigEnabled,
    timing: limits,
    wallOffset,
    minSessionTimeout: 100,
    maxSessionTimeout: 10_000,
    emulate: "3.9",
    localSessions: localSessions ? { upgrading: true } : undefined,
    superDigest: undefined,
    snapCount,
    initialCounter,
    syncLimits,
    snapshotPieceBytes,
    fourLetterWords: "*",
    about: { version: "", clientPort: 0, dataDir: "", maxClientCnxns: 0, environment: [] },
    prepare: {
      ttlNodes: true,
      skipAcl: false,
      emulate: "3.9",
      digest: true,
      juteMaxBuffer: 1_048_575,
      reconfigEnabled,
      votersMin: 1,
    },
  });
}
