// Rows as lines of a terminal.
import type { Profile, Share } from "../profile.ts";
import {
  type Beside,
  type Figure,
  isHeld,
  isPauseHeld,
  type Percentiles,
  pauseMsMax,
  type Row,
  type Target,
  targetValue,
  type Unit,
} from "../row.ts";
import { reservations } from "./noise.ts";
import { percent } from "./percent.ts";

export function rowText(row: Row): string {
  const targets = row.targets ?? [];
  const own = targets.filter(({ beside }) => beside === undefined);
  const head = [row.name.padEnd(22), figureText(row.median, row.unit).padStart(16)].join(" ");
  const lines = [
    [head, ...own.map((target) => verdictText(row, target)), ...details(row)].join("  "),
    ...(row.beside ?? []).map((beside) => besideText(beside, row)),
    ...(row.pauseMs === undefined ? [] : [pauseLine(row, row.pauseMs)]),
    ...(row.note === undefined ? [] : [row.note]),
    ...(row.profile === undefined ? [] : profileLines(row.profile)),
    ...reservations(row),
  ];
  return lines.join("\n    ");
}

function profileLines({ areas, hottest }: Profile): string[] {
  const lines = (shares: readonly Share[]): string[] =>
    shares.map(({ of, share }) => `${(share * 100).toFixed(1).padStart(5)} % ${of}`);
  return [...lines(areas), "functions, without what they call:", ...lines(hottest)];
}

function pauseLine(row: Row, pauseMs: number): string {
  const line = `longest pause of the event loop ${ms(pauseMs)}`;
  return isPauseHeld(row) ? line : `${line}  MISSES ${pauseTarget}`;
}

const pauseTarget = `≤ ${pauseMsMax} ms`;

function details(row: Row): string[] {
  const spread = spreadText(row);
  return [...(spread === "" ? [] : [`spread ${spread}`]), ...costs(row)];
}

function costs({ percentiles, cpuMicros }: Figure): string[] {
  return [
    ...(percentiles === undefined ? [] : [percentilesText(percentiles)]),
    ...(cpuMicros === undefined ? [] : [`processor ${cpuMicros.toFixed(2)} µs each`]),
  ];
}

function besideText(beside: Beside, row: Row): string {
  const held = (row.targets ?? [])
    .filter((target) => target.beside === beside.name)
    .map((target) => verdictText(row, target));
  return [
    ratioText(beside).padEnd(26),
    figureText(beside.median, row.unit).padStart(14),
    ...held,
    ...costs(beside),
  ].join("  ");
}

const percentilesText = ({ p50, p99, p999 }: Percentiles): string =>
  `p50 ${ms(p50)}, p99 ${ms(p99)}, p99.9 ${ms(p999)}`;

/** Nothing where there is one round or sample, which has none. */
export const spreadText = ({ spread, rounds = [] }: Figure): string =>
  rounds.length < 2 ? "" : percent(spread);

/** Of the longest pause; nothing where nobody saw the event loop. */
export function pauseText(row: Row): string {
  if (row.pauseMs === undefined) return "";
  return isPauseHeld(row) ? ms(row.pauseMs) : `${ms(row.pauseMs)}, misses ${pauseTarget}`;
}

/** "0.471 of the limit", "21.3 × Apache". */
export function ratioText({ ratio, name }: Pick<Beside, "ratio" | "name">): string {
  return ratio >= 2 ? `${ratio.toFixed(1)} × ${name}` : `${ratio.toFixed(3)} of ${name}`;
}

function verdictText(row: Row, target: Target): string {
  const verdict = verdictOf(row, target);
  return `${verdict === "misses" ? "MISSES" : verdict} ${targetText(row, target)}`;
}

export const verdictOf = (row: Row, target: Target): "holds" | "misses" =>
  isHeld(row, target) === true ? "holds" : "misses";

export function targetText(row: Row, target: Target): string {
  const bound = target.atLeast ?? target.atMost ?? Number.NaN;
  const sign = target.atLeast === undefined ? "≤" : "≥";
  return target.beside === undefined
    ? `${sign} ${figureText(bound, row.unit)}`
    : `${sign} ${bound} ${bound >= 2 ? "×" : "of"} ${target.beside}`;
}

export function figureText(figure: number, unit: Unit): string {
  if (unit === "ms") return ms(figure);
  if (unit === "bytes" && figure >= 1e6) return `${(figure / 1e6).toFixed(1)} MB`;
  return unit === "bytes" ? `${thousands(figure)} bytes` : `${thousands(figure)} ${unit}`;
}

/** Three digits that count. */
export function ms(value: number): string {
  if (value >= 100) return `${thousands(value)} ms`;
  return `${value.toPrecision(3)} ms`;
}

/** Targets that were judged, and those that missed; of pauses, which nearly every row has, only those that missed are counted. */
export function verdicts(rows: readonly Row[]): {
  readonly held: number;
  readonly missed: string[];
} {
  const judged = rows.flatMap((row) =>
    (row.targets ?? [])
      .filter((target) => targetValue(row, target) !== undefined)
      .map((target) => ({ row, target })),
  );
  const missed = judged.filter(({ row, target }) => isHeld(row, target) === false);
  return {
    held: judged.length - missed.length,
    missed: [
      ...missed.map(({ row, target }) => `${row.name} ${targetText(row, target)}`),
      ...rows.filter((row) => !isPauseHeld(row)).map(({ name }) => `${name} pause ${pauseTarget}`),
    ],
  };
}

const thousands = (value: number): string => Math.round(value).toLocaleString("en-US");
