// What becomes of an ensemble as its tree, its watches, its sessions grow: memory of each, requests per second beside those of a
// small ensemble, and the event loop's longest pause in whatever is done with it.
import { placeText, usual } from "./contenders.ts";
import type { Growth } from "./crowd.ts";
import { nodeCount, sizeText, smallValueBytes } from "./frames.ts";
import type { GrownOrder } from "./grown.ts";
import { GrownProcess } from "./grown-process.ts";
import { inTurns, sampled } from "./rounds.ts";
import { type Benchmark, pauseMsMax, type Row, type Settings } from "./row.ts";
import { figureOf, pairedRatio } from "./statistics.ts";

const inFlight = 100;
/** Of a small znode; a session has a connection besides, and watches their paths. */
const bytesMax = 1024;
const flatAtLeast = 0.7;
const smallName = "the small one";

interface FlatOptions {
  readonly name: string;
  readonly kind: "read" | "write";
  readonly lanes: readonly {
    readonly name: string;
    readonly grown: GrownProcess;
    readonly ports: readonly number[];
  }[];
  readonly settings: Settings;
}

const things: Readonly<Record<Growth, string>> = {
  znodes: `znodes of ${smallValueBytes} bytes`,
  watches: "watches",
  sessions: "sessions",
};

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
    about: `${thousands(options.full)} ${things[by]} (quick: ${thousands(options.quick)}) and the ${thousands(nodeCount)} znodes that are read and written, beside an ensemble with those alone; ${placeText({ ...usual, storage })}; 6 connections × ${inFlight} in flight, ${sizeText()}`,
    async run(settings: Settings): Promise<readonly Row[]> {
      const count = settings.isQuick ? options.quick : options.full;
      const tell = (doing: string): void => settings.tell(`${name}: ${doing}`);
      tell("two ensembles start");
      await using small = new GrownProcess();
      await using large = new GrownProcess();
      const lanes = [
        { name: "the large one", grown: large, ...(await large.do({ do: "start", storage })) },
        { name: smallName, grown: small, ...(await small.do({ do: "start", storage })) },
      ] as const;
      const before = await large.do({ do: "weigh" });
      const startedAt = performance.now();
      tell(`grows by ${thousands(count)} ${by}`);
      await settings.load.grow({ by, count, ports: lanes[0].ports });
      const tookMs = performance.now() - startedAt;
      tell("is weighed");
      const grown = await large.do({ do: "weigh" });
      const bytes = (grown.bytes - before.bytes) / count / holders;
      const memory = {
        ...once(`${name}: memory`, "bytes", bytes),
        targets: by === "znodes" ? [{ atMost: bytesMax }] : [],
        note: `for each of ${thousands(count)} ${by} on each peer that keeps it; grown in ${seconds(tookMs)}`,
      };
      const growing = pause(`${name}: growing`, { ...grown, tookMs });
      const rows: Row[] = [...(isTiny ? [] : [memory]), growing];
      for (const kind of ["write", "read"] as const) {
        rows.push(await flat({ name: `${name}: ${kind}s`, kind, lanes, settings }));
      }
      for (const act of acts) {
        tell(act);
        rows.push(pause(`${name}: ${act}`, await large.do({ do: "act", act })));
      }
      return rows;
    },
  };
}

/** The large ensemble beside the small one, in turns. */
async function flat({ name, kind, lanes, settings }: FlatOptions): Promise<Row> {
  const { load, roundMs, warmMs } = settings;
  const contenders = lanes.map(({ name: lane, grown }) => ({
    name: lane,
    warm: () => load.measure({ lane, inFlight, warmMs: 0, ms: warmMs }),
    async measure() {
      await grown.do({ do: "tell" }); // what was before is not this round's
      const sample = await sampled(
        () => load.measure({ lane, inFlight, warmMs: roundMs / 4, ms: roundMs }),
        () => grown.cpuMs(),
      );
      return { ...sample, pauseMs: (await grown.do({ do: "tell" })).pauseMs };
    },
  }));
  for (const { name: lane, ports } of lanes) {
    const twoEach = ports.flatMap((port) => [port, port]);
    await load.open(lane, { kind, ports: twoEach, handshake: true });
  }
  const targets = [{ beside: smallName, atLeast: flatAtLeast }];
  const row = await inTurns(contenders, settings, { name, unit: "requests/s", targets });
  for (const { name: lane } of lanes) await load.close(lane);
  const ratio = pairedRatio(row.beside?.[0]?.cpuRounds ?? [], row.cpuRounds ?? []);
  return { ...row, note: `by processor time a request ${ratio.toFixed(2)} of ${smallName}` };
}

const once = (name: string, unit: Row["unit"], figure: number): Row => ({
  name,
  unit,
  ...figureOf([figure]),
});

const pause = (
  name: string,
  { tookMs, pauseMs, workMs }: { tookMs: number; pauseMs: number; workMs: number },
): Row => ({
  ...once(name, "ms", pauseMs),
  targets: [{ atMost: pauseMsMax }],
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
