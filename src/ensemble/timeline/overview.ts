import type { Band, Timeline } from "./model.ts";
import { laneName } from "./sequence.ts";
import { rect, shortened, svg, text, titled } from "./svg.ts";

const left = 80;
const chartWidth = 960;
const rowHeight = 18;
const barHeight = 14;
const ticksWanted = 10;

/** All of it on one screen and to scale: how long something took, and where to look. */
export function overview({ moments, lanes, leaders, faults, marks }: Timeline): string {
  const [start = 0, end = 0] = [moments[0], moments.at(-1)];
  const span = Math.max(1, end - start);
  const x = (at: number): number => left + ((at - start) * chartWidth) / span;
  const at = (moment: number): number => x(moments[moment] ?? end);
  const rows: { readonly name: string; readonly parts: (y: number) => string[] }[] = [];
  const add = (name: string, bands: readonly Band[]): void => {
    if (bands.length > 0) rows.push({ name, parts: (y) => bands.map((band) => bar(band, y, at)) });
  };
  add("leader", leaders);
  add("faults", faults);
  for (const { id, bands } of lanes) add(laneName(id), bands);
  const commits = marks.filter(({ kind }) => kind === "commit");
  if (commits.length > 0) {
    const tick = (y: number) => (moment: number) =>
      rect("commit", { x: at(moment), y, width: 1.5, height: barHeight });
    rows.push({ name: "commits", parts: (y) => commits.map(({ moment }) => tick(y)(moment)) });
  }
  const height = 20 + rows.length * rowHeight;
  return svg(left + chartWidth + 40, height, [
    ...scale(span).map((passed) => {
      const line = rect("line", { x: x(start + passed), y: 16, width: 1, height: height - 16 });
      return line + text("time", x(start + passed) + 3, 12, `+${passed}`);
    }),
    text("time", 8, 12, "ms, to scale"),
    ...rows.flatMap(({ name, parts }, index) => {
      const y = 20 + index * rowHeight;
      return [text("name", 8, y + 12, name), ...parts(y)];
    }),
  ]);
}

/** Round numbers of milliseconds. */
function scale(span: number): number[] {
  const wanted = span / ticksWanted;
  const power = 10 ** Math.floor(Math.log10(wanted));
  const step = Math.max(
    1,
    [1, 2, 5, 10].map((one) => one * power).find((one) => one >= wanted) ?? 1,
  );
  return Array.from({ length: Math.floor(span / step) + 1 }, (_, index) => index * step);
}

/** What is short is drawn two pixels wide, so that it is seen. */
function bar(band: Band, y: number, at: (moment: number) => number): string {
  const [from, to] = [at(band.from), at(band.to)];
  const width = Math.max(2, to - from);
  const dark = band.kind === "crashed" ? "on-dark" : "";
  const shown = shortened(band.label, width - 8);
  return titled(
    band.label,
    `<a href="#moment-${band.from}">${rect(band.kind, { x: from, y, width, height: barHeight })}</a>`,
    text(dark, from + 4, y + 11, shown),
  );
}
