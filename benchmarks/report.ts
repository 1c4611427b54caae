// How figures are shown, and what is said about the machine they come from.
import { cpus, loadavg } from "node:os";
import { isHeld, type Row } from "./row.ts";

/** Figures of rounds that lie further apart than this are no ground for a claim. */
const spreadMax = 0.25;

export interface Circumstances {
  readonly node: string;
  readonly processors: number;
  readonly model: string;
  /** Of the last minute, before the first row and after the last. */
  readonly loadBefore: number;
  readonly loadAfter: number;
}

export const currentLoad = (): number => loadavg()[0] ?? 0;

export function circumstances(loadBefore: number): Circumstances {
  return {
    node: process.version,
    processors: cpus().length,
    model: cpus()[0]?.model ?? "unknown",
    loadBefore,
    loadAfter: currentLoad(),
  };
}

export function rowText(row: Row): string {
  const figure = figureText(row.median, row.unit);
  const limit = row.limit === undefined ? "" : limitText(row.limit, row);
  const target = `${isHeld(row) ? "holds" : "MISSES"} ${targetText(row)}`;
  const head = [row.name.padEnd(20), figure.padStart(14), limit.padEnd(32), target].join("  ");
  const details = [`spread ${percent(row.spread)}`, busyText(row), row.note].filter(
    (text) => text !== undefined,
  );
  const noisy =
    row.spread > spreadMax
      ? "\n    noisy: the rounds lie far apart, run it again on a quiet machine"
      : "";
  return `${head}\n    ${details.join(", ")}${noisy}`;
}

function figureText(figure: number, unit: Row["unit"]): string {
  if (unit === "ms") return `${figure.toFixed(3)} ms`;
  return unit === "bytes" ? `${thousands(figure)} bytes` : `${thousands(figure)}/s`;
}

function limitText(limit: number, { ratio, unit, yardstick = "the limit" }: Row): string {
  return `${(ratio ?? Number.NaN).toFixed(3)} of ${yardstick} ${figureText(limit, unit)}`;
}

function targetText({ target, unit }: Row): string {
  const bound = target.atLeast === undefined ? `≤ ${target.atMost}` : `≥ ${target.atLeast}`;
  return target.of === "median" ? `${bound} ${unit}` : bound;
}

function busyText({ busy, median, limit }: Row): string | undefined {
  if (busy === undefined || limit === undefined) return undefined;
  const micros = (share: number, perSecond: number): string =>
    `${((share * 1e6) / perSecond).toFixed(2)} µs`;
  return [
    `busy: server ${percent(busy.server)}, its load ${percent(busy.load)}`,
    `the limit ${percent(busy.limit)}, its load ${percent(busy.limitLoad)}`,
    `processor time a request ${micros(busy.server, median)}, the limit's ${micros(busy.limit, limit)}`,
  ].join(", ");
}

export function circumstancesText(of: Circumstances): string {
  const busy = of.loadBefore > of.processors / 2;
  return [
    `Node ${of.node}, ${of.processors} × ${of.model}`,
    `load average ${of.loadBefore.toFixed(2)} before, ${of.loadAfter.toFixed(2)} after`,
    ...(busy
      ? ["noisy: other work was running before the first row; read the ratios, not the figures"]
      : []),
  ].join("\n");
}

const thousands = (value: number): string => Math.round(value).toLocaleString("en-US");
const percent = (value: number): string => `${Math.round(value * 100)} %`;
