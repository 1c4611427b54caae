// What a test suite does between its tests: reset, snapshot, restore.
import type { Ensemble } from "../../src/index.ts";
import { nodeCount, sizeText } from "../frames.ts";
import { seed } from "../raw-client.ts";
import type { Benchmark, Row, Settings, Target } from "../row.ts";
import { startEnsemble } from "../subject.ts";
import { timed, took } from "./timed.ts";

function slate(
  name: string,
  about: string,
  {
    once,
    targets,
  }: {
    readonly once: (ensemble: Ensemble) => Promise<number>;
    readonly targets: readonly Target[];
  },
): Benchmark {
  return {
    name,
    about: `${about}, ${nodeCount} znodes; 3 peers, tcp links, memory; ${sizeText()}`,
    async run(settings: Settings): Promise<readonly Row[]> {
      await using ensemble = await startEnsemble(3);
      const ours = {
        name: "ours",
        async once() {
          await seed(ensemble.peers[0]?.port ?? 0);
          await ensemble.waitForConverged();
          return once(ensemble);
        },
      };
      return [await timed([ours], settings, { name, targets })];
    },
  };
}

export const slates: readonly Benchmark[] = [
  slate("reset", "ensemble.reset()", {
    once: (ensemble) => took(() => ensemble.reset()),
    targets: [{ atMost: 10 }],
  }),
  slate("snapshot", "ensemble.snapshot()", {
    once: (ensemble) => took(() => ensemble.snapshot()),
    targets: [],
  }),
  slate("restore", "ensemble.restore(snapshot)", {
    async once(ensemble) {
      const snapshot = await ensemble.snapshot();
      return took(() => ensemble.restore(snapshot));
    },
    targets: [{ atMost: 10 }],
  }),
];
