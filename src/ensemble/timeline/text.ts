import { type Band, type Lane, labelled, type Timeline } from "./model.ts";

const laneWidth = 22;

/** A peer's state where nothing happens to it. */
const strokes: Readonly<Record<string, string>> = {
  leader: "┃ leads",
  standalone: "┃",
  looking: "?",
  stopped: "-",
  crashed: "×",
  paused: "=",
};

/** One line a moment, one column a lane. */
export function timelineText(timeline: Timeline): string {
  const { moments, lanes } = timeline;
  const [start] = moments;
  if (start === undefined) return "no events\n";
  const names = lanes.map(({ id }) => (id === "client" ? "clients" : `peer ${id}`));
  const lines = [line("ms", names, "ensemble")];
  for (const [moment, at] of moments.entries()) {
    const cells = lanes.map((lane) => cell(lane, moment));
    lines.push(line(`+${at - start}`, cells, everywhere(timeline, moment)));
  }
  return `${lines.join("\n")}\n`;
}

function line(time: string, cells: readonly string[], rest: string): string {
  const columns = cells.map((text) => clipped(plain(text)).padEnd(laneWidth));
  return `${time.padStart(9)}  ${columns.join(" ")} ${plain(rest)}`.trimEnd();
}

/** Line breaks would tear the table, and control characters a terminal. */
const plain = (text: string): string => text.replace(/\p{Cc}+/gu, " ");

const clipped = (text: string): string =>
  text.length <= laneWidth ? text : `${text.slice(0, laneWidth - 1)}…`;

function cell({ bands, marks }: Lane, moment: number): string {
  const mark = marks.find((candidate) => candidate.moment === moment);
  if (mark !== undefined) return labelled(mark);
  const band = bands.find(({ from, to }) => from <= moment && moment < to);
  if (band === undefined) return "";
  return band.from === moment ? `▶ ${band.label}` : (strokes[band.kind] ?? "│");
}

function everywhere({ leaders, faults, marks, arrows }: Timeline, moment: number): string {
  const begins = (band: Band): boolean => band.from === moment;
  const isHere = (one: { readonly moment: number }): boolean => one.moment === moment;
  const texts = [
    ...faults.filter(begins).map(({ label }) => `fault ${label}`),
    ...faults.filter(({ to }) => to === moment).map(({ label }) => `healed ${label}`),
    ...leaders.filter(begins).map(({ label }) => label),
    ...marks.filter(isHere).map((mark) => `${mark.kind} ${labelled(mark)}`),
    ...arrows.filter(isHere).map(({ from, to, label, fate }) => {
      return `${from} ${fate === "arrived" ? "→" : "⇢"} ${to} ${label}`;
    }),
    ...arrows
      .filter(({ fate, until }) => fate === "late" && until === moment)
      .map(({ from, to, label }) => `${from} ⇢ ${to} arrives: ${label}`),
  ];
  return texts.join("; ");
}
