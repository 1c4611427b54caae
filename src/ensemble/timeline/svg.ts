import { type Band, type LaneId, labelled, type Mark, type Timeline } from "./model.ts";

const top = 26;
const rowHeight = 26;
const laneHeight = 46;
const barHeight = 18;
const letterWidth = 6.2;
const namesWidth = 92;
const chartWidthWanted = 1200;
const step = { min: 11, max: 64 };
const gapMax = 36;

/** Horizontal places of columns, and how far right the picture goes. */
interface Scale {
  readonly x: (column: number) => number;
  readonly width: number;
}
interface Row {
  readonly name: string;
  readonly y: number;
}
const markRows = [
  { kind: "commit", name: "commits" },
  { kind: "session", name: "sessions" },
  { kind: "clock", name: "clock" },
] as const;

/** The picture in two parts: the names of the rows, which stay when the chart is scrolled, and the chart. */
export function timelineSvg(timeline: Timeline): {
  readonly names: string;
  readonly chart: string;
} {
  const scale = scaleOf(timeline.columns);
  const faults = stack(timeline.faults, scale);
  const faultRows = Math.max(0, ...faults.map(({ row }) => row + 1));
  const { rows, height } = layOut(timeline, faultRows);
  const y = (name: string): number => rows.find((row) => row.name === name)?.y ?? 0;
  const chart = [
    times(timeline.columns, scale, height),
    ...timeline.faults.map((fault) => shade(fault, scale, height)),
    ...timeline.leaders.map((band) => bar(band, { scale, y: y("leader") })),
    ...faults.map(({ band, row, end }) =>
      bar(band, { scale, y: y("faults") + row * rowHeight, textEnd: end }),
    ),
    ...markRows.map(({ kind, name }) => {
      const ofKind = timeline.marks.filter((mark) => mark.kind === kind);
      return marksIn(ofKind, { scale, y: y(name) + rowHeight / 2 });
    }),
    ...timeline.lanes.flatMap(({ id, bands, marks }) => [
      ...bands.map((band) => bar(band, { scale, y: y(laneName(id)) })),
      marksIn(marks, { scale, y: y(laneName(id)) + barHeight + 14 }),
    ]),
    arrowsIn(timeline, scale, (id) => y(laneName(id)) + barHeight / 2 + 4),
  ];
  return {
    names: svg(namesWidth, height, rows.map(nameOf)),
    chart: svg(scale.width, height, chart),
  };
}

const laneName = (id: LaneId): string => (id === "client" ? "clients" : `peer ${id}`);

/** Wide columns for few, narrow ones for many; a pause in time is a gap, longer for a longer one, but not in proportion. */
function scaleOf(columns: readonly number[]): Scale {
  const wanted = chartWidthWanted / Math.max(1, columns.length);
  const wide = Math.min(step.max, Math.max(step.min, wanted));
  const xs: number[] = [];
  let x = 8;
  for (const [index, at] of columns.entries()) {
    const passed = Math.max(0, at - (columns[index - 1] ?? at));
    if (index > 0) x += wide + Math.min(gapMax, 3 * Math.log2(1 + passed));
    xs.push(x);
  }
  const width = Math.ceil(x + wide + 120);
  return { x: (column) => xs[column] ?? width - 8, width };
}

/** The rows from top to bottom; those without anything in them are left out. */
function layOut(
  { lanes, leaders, marks }: Timeline,
  faultRows: number,
): { rows: readonly Row[]; height: number } {
  const rows: Row[] = [];
  let y = top;
  const add = (name: string, height: number): void => {
    if (height === 0) return;
    rows.push({ name, y });
    y += height;
  };
  add("leader", leaders.length > 0 ? rowHeight : 0);
  add("faults", faultRows * rowHeight);
  for (const { id } of lanes) add(laneName(id), laneHeight);
  for (const { kind, name } of markRows) {
    add(name, marks.some((mark) => mark.kind === kind) ? rowHeight : 0);
  }
  return { rows, height: y + 6 };
}

/** Faults that stand at the same time, or whose names would meet, are drawn one below the other; `end`: of bar and name. */
function stack(
  faults: readonly Band[],
  { x }: Scale,
): { readonly band: Band; readonly row: number; readonly end: number }[] {
  const ends: number[] = [];
  return faults.map((band) => {
    const free = ends.findIndex((taken) => taken <= x(band.from));
    const row = free === -1 ? ends.length : free;
    const end = Math.max(x(band.to), x(band.from) + widthOf(band.label) + 16);
    ends[row] = end;
    return { band, row, end };
  });
}

function times(columns: readonly number[], { x }: Scale, height: number): string {
  const start = columns[0] ?? 0;
  let free = -Infinity;
  const parts: string[] = [];
  for (const [column, at] of columns.entries()) {
    if (at === columns[column - 1] || x(column) < free) continue;
    const text = `+${at - start}`;
    free = x(column) + widthOf(text) + 12;
    parts.push(
      `<path class="grid" d="M${px(x(column))} ${top - 6}V${height}"/>`,
      `<text class="time" x="${px(x(column))}" y="14">${text}</text>`,
    );
  }
  return parts.join("");
}

interface BarPlace {
  readonly scale: Scale;
  readonly y: number;
  /** How far right the words may go; default: as the bar. */
  readonly textEnd?: number;
}

function bar(band: Band, { scale, y, textEnd }: BarPlace): string {
  const [from, to] = [scale.x(band.from), scale.x(band.to)];
  const width = Math.max(3, to - from - 1);
  const shown = shortened(band.label, (textEnd ?? to) - from - 9);
  const dark = band.kind === "crashed" ? ' class="on-dark"' : "";
  const box = `<rect class="${band.kind}" x="${px(from)}" y="${y + 4}" width="${px(width)}" height="${barHeight}" rx="3"/>`;
  const text = `<text${dark} x="${px(from + 4)}" y="${y + 17}">${escaped(shown)}</text>`;
  return `<g><title>${escaped(band.label)}</title>${box}${shown === "" ? "" : text}</g>`;
}

function shade({ from, to }: Band, { x }: Scale, height: number): string {
  const width = Math.max(3, x(to) - x(from));
  return `<rect class="shade" x="${px(x(from))}" y="${top}" width="${px(width)}" height="${height - top}"/>`;
}

/** Dots, with their words where there is room before the next one. */
function marksIn(
  marks: readonly Mark[],
  { scale, y }: { readonly scale: Scale; readonly y: number },
): string {
  const parts = marks.map((mark, index) => {
    const x = scale.x(mark.column) + 4;
    const next = marks[index + 1];
    const end = next === undefined ? scale.width : scale.x(next.column);
    const words = mark.count > 1 ? `×${mark.count}` : mark.label;
    const shown = shortened(words, end - x - 9);
    const dot = `<circle class="mark ${mark.kind}" cx="${px(x)}" cy="${y}" r="${mark.count > 1 ? 5 : 3.5}"/>`;
    const text = `<text x="${px(x + 7)}" y="${y + 4}">${escaped(shown)}</text>`;
    return `<g><title>${escaped(labelled(mark))}</title>${dot}${shown === "" ? "" : text}</g>`;
  });
  return parts.join("");
}

function arrowsIn({ arrows }: Timeline, { x }: Scale, y: (id: LaneId) => number): string {
  let free = -Infinity;
  const parts = arrows.map(({ from, to, label, column }) => {
    const [x1, x2] = [x(column) + 2, x(column) + 9];
    const [y1, y2] = [y(from), y(to)];
    const [word = ""] = label.split(" ");
    const hasRoom = x2 >= free;
    if (hasRoom) free = x2 + widthOf(word) + 8;
    const text = `<text x="${px(x2 + 3)}" y="${px((y1 + y2) / 2 + 4)}">${escaped(word)}</text>`;
    return [
      `<g><title>${escaped(`${from} → ${to} ${label}`)}</title>`,
      `<path class="arrow" d="M${px(x1)} ${y1}L${px(x2)} ${y2}"/>`,
      `<path class="tip" d="M${px(x2)} ${y2}l-4 ${y2 > y1 ? -5 : 5}h6z"/>`,
      `${hasRoom ? text : ""}</g>`,
    ].join("");
  });
  return parts.join("");
}

const nameOf = ({ name, y }: Row): string =>
  `<text class="name" x="10" y="${y + 17}">${name}</text>`;

const svg = (width: number, height: number, parts: readonly string[]): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${parts.join("\n")}</svg>`;

/** A label that is cut off still says what it is about, or nothing at all. */
function shortened(label: string, width: number): string {
  const room = Math.floor(width / letterWidth);
  if (label.length <= room) return label;
  return room < 4 ? "" : `${label.slice(0, room - 1).trimEnd()}…`;
}

const widthOf = (text: string): number => text.length * letterWidth;
const px = (value: number): string => String(Math.round(value * 10) / 10);

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** For text and for attributes; control characters have no place in XML. */
const escaped = (text: string): string =>
  text.replace(/\p{Cc}/gu, " ").replace(/[&<>"']/g, (character) => entities[character] ?? "");
