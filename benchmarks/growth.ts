// What becomes of an ensemble as its tree, its watches, its sessions grow: memory of each, requests per second beside those of a
// small ensemble, and the event loop's longest pause in whatever is done with it.
import type { GrownOrder, Growth } from "./grown.ts";
import { GrownProcess } from "./grown-process.ts";
import type { Benchmark, Row, Settings } from "./row.ts";
import { figureOf, pairedRatio } from "./statistics.ts";

const inFlight = 100;
const bytesMax = 1024;
const flatAtLeast = 0.7;
const pauseMsMax = 50;

type Act = Extract<GrownOrder, { readonly do: "act" }>["act"];

interface GrowthOptions {
  readonly by: Growth;
  readonly full: number;
  readonly quick: number;
  /** How many peers keep each. */
  readonly holders: number;
  readonly acts: readonly Act[];
  /** All of them take less than a heap differs by from one moment to the next, so that their memory cannot be told. */
  readonly isTiny?: boolean;
  readonly storage?: "memory" | "disk" | "fsync";
}

function growth(name: string, options: GrowthOptions): Benchmark {
  const { by, holders, acts, isTiny = false, storage = "memory" } = options;
  return {
    name,
    about: `three peers with ${thousands(options.full)} ${by} (quick: ${thousands(options.quick)}), ${storage} storage, beside three with none; ${inFlight} in flight on each of 6 connections`,
    async run(settings: Settings): Promise<readonly Row[]> {
      const count = settings.isQuick ? options.quick : options.full;
      await using small = new GrownProcess();
      await using large = new GrownProcess();
      const ports = {
        small: (await small.do({ do: "start", storage })).ports,
        large: (await large.do({ do: "start", storage })).ports,
      };
      const grown = await large.do({ do: "grow", by, count });
      const memory = {
        ...once(`${name}: memory`, "bytes", grown.bytes / holders, bytesMax),
        note: `for each of ${thousands(count)} ${by} on each peer that keeps it; grown in ${seconds(grown.tookMs)}`,
      };
      const rows: Row[] = [...(isTiny ? [] : [memory]), pause(`${name}: growing`, grown)];
      for (const kind of ["write", "read"] as const) {
        rows.push(await flat({ name: `${name}: ${kind}s`, kind, ports, large, settings }));
      }
      for (const act of acts) {
        rows.push(pause(`${name}: ${act}`, await large.do({ do: "act", act })));
      }
      return rows;
    },
  };
}

/** The large ensemble beside the small one, in turns. */
async function flat({
  name,
  kind,
  ports,
  large,
  settings: { load, rounds, roundMs, warmMs, tell },
}: {
  readonly name: string;
  readonly kind: "read" | "write";
  readonly ports: Readonly<Record<"small" | "large", readonly number[]>>;
  readonly large: GrownProcess;
  readonly settings: Settings;
}): Promise<Row> {
  const lanes = ["small", "large"] as const;
  const figures: Record<(typeof lanes)[number], number[]> = { small: [], large: [] };
  for (const lane of lanes) {
    await load.open(lane, { kind, ports: ports[lane], handshake: true });
    await load.measure({ lane, inFlight, warmMs: 0, ms: warmMs });
  }
  await large.do({ do: "tell" }); // what was before is none of these rounds'
  for (let count = 0; count < rounds; count += 1) {
    tell(`${name}: round ${count + 1} of ${rounds}`);
    for (const lane of lanes) {
      const { perSecond } = await load.measure({
        lane,
        inFlight,
        warmMs: roundMs / 4,
        ms: roundMs,
      });
      figures[lane].push(perSecond);
    }
  }
  const { pauseMs } = await large.do({ do: "tell" });
  for (const lane of lanes) await load.close(lane);
  const ratio = pairedRatio(figures.large, figures.small);
  return {
    name,
    unit: "requests/s",
    ...figureOf(figures.large),
    beside: [{ name: "the small one", ratio, ...figureOf(figures.small) }],
    targets: [{ beside: "the small one", atLeast: flatAtLeast }],
    pauseMs,
  };
}

const once = (name: string, unit: Row["unit"], figure: number, atMost: number): Row => ({
  name,
  unit,
  median: figure,
  spread: 0,
  targets: [{ atMost }],
});

const pause = (
  name: string,
  { tookMs, pauseMs, workMs }: { tookMs: number; pauseMs: number; workMs: number },
): Row => ({
  ...once(name, "ms", pauseMs, pauseMsMax),
  note: `the longest pause; no work between two turns took more than ${workMs.toFixed(1)} ms of the processor; all took ${seconds(tookMs)}`,
});

const thousands = (value: number): string => value.toLocaleString("en-US");
const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

const treeActs: readonly Act[] = ["restart", "wipe", "failover", "snapshotAndRestore", "dump"];

export const growths: readonly Benchmark[] = [
  growth("growth-znodes-1k", {
    by: "znodes",
    full: 1000,
    quick: 1000,
    holders: 3,
    isTiny: true,
    acts: [...treeActs, "reset"],
  }),
  growth("growth-znodes-100k", {
    by: "znodes",
    full: 100_000,
    quick: 10_000,
    holders: 3,
    acts: [...treeActs, "reset"],
  }),
  growth("growth-znodes", {
    by: "znodes",
    full: 1_000_000,
    quick: 20_000,
    holders: 3,
    acts: [...treeActs, "reset"],
  }),
  growth("growth-znodes-disk", {
    by: "znodes",
    full: 1_000_000,
    quick: 20_000,
    holders: 3,
    acts: treeActs,
    storage: "disk",
  }),
  growth("growth-watches", {
    by: "watches",
    full: 1_000_000,
    quick: 20_000,
    holders: 1,
    acts: ["rest"],
  }),
  growth("growth-sessions", {
    by: "sessions",
    full: 10_000,
    quick: 500,
    holders: 3,
    acts: ["rest", "minute"],
  }),
];
