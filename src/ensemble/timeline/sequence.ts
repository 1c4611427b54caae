import { type Arrow, type Band, type LaneId, labelled, type Mark, type Timeline } from "./model.ts";
import { px, rect, shortened, svg, text, titled } from "./svg.ts";

const rowHeight = 20;
const headHeight = 28;
const barWidth = 14;
const faultsLeft = 66;
const faultWidth = 10;
const ensembleWidth = 440;

/** Where moments, lanes and what is the ensemble's are drawn. */
interface Layout {
  /** The top of a moment's row. */
  readonly top: (moment: number) => number;
  readonly lane: (id: LaneId) => number;
  readonly laneWidth: number;
  readonly ensemble: number;
  readonly width: number;
  readonly height: number;
  readonly faults: readonly { readonly band: Band; readonly x: number }[];
}

/** Moment below moment, lane beside lane, messages from lane to lane: the names, which stay when the rest is scrolled, and the rest. */
export function sequence(timeline: Timeline): { readonly head: string; readonly body: string } {
  const layout = layOut(timeline);
  const { top, lane, ensemble, width, height } = layout;
  const head = [
    text("time", 8, 18, "ms"),
    ...timeline.lanes.map(({ id }) => text("name middle", lane(id), 18, laneName(id))),
    text("name", ensemble, 18, "ensemble"),
  ];
  const body = [
    ...timeline.faults.map((band) => shade(band, layout)),
    ...times(timeline.moments, layout),
    ...timeline.lanes.map(({ id }) =>
      rect("line", { x: lane(id) - 0.5, y: 0, width: 1, height: top(timeline.moments.length) }),
    ),
    ...layout.faults.map(({ band, x }) => fault(band, x, layout)),
    ...timeline.leaders.map((band) => bar(band, ensemble, layout)),
    ...timeline.lanes.flatMap(({ id, bands }) => bands.map((band) => bar(band, lane(id), layout))),
    ...timeline.lanes.flatMap(({ id, marks }) => marks.map((one) => mark(one, lane(id), layout))),
    ...timeline.marks.map((one) => {
      return mark({ ...one, label: `${one.kind} ${one.label}` }, ensemble, layout);
    }),
    ...timeline.arrows.map((one) => arrow(one, layout)),
  ];
  return { head: svg(width, headHeight, head), body: svg(width, height, body) };
}

export const laneName = (id: LaneId): string => (id === "client" ? "clients" : `peer ${id}`);

function layOut({ moments, lanes, faults }: Timeline): Layout {
  const tops: number[] = [];
  let y = 4;
  for (const [moment, at] of moments.entries()) {
    y += pauseHeight(at - (moments[moment - 1] ?? at));
    tops.push(y);
    y += rowHeight;
  }
  const stacked = sideBySide(faults);
  const left = faultsLeft + Math.max(1, ...stacked.map(({ column }) => column + 1)) * faultWidth;
  const laneWidth = lanes.length <= 4 ? 220 : 190;
  const ensemble = left + 30 + lanes.length * laneWidth;
  return {
    top: (moment) => tops[moment] ?? y,
    lane: (id) => left + 30 + lanes.findIndex((lane) => lane.id === id) * laneWidth,
    laneWidth,
    ensemble,
    width: ensemble + ensembleWidth,
    height: y + 4,
    faults: stacked.map(({ band, column }) => ({ band, x: faultsLeft + column * faultWidth })),
  };
}

/** A pause in time is a gap, longer for a longer one, but not in proportion. */
const pauseHeight = (passed: number): number =>
  passed <= 0 ? 0 : Math.min(32, 2 * Math.log2(1 + passed));

/** Faults that stand at the same time stand side by side. */
function sideBySide(faults: readonly Band[]): { readonly band: Band; readonly column: number }[] {
  const ends: number[] = [];
  return faults.map((band) => {
    const free = ends.findIndex((end) => end <= band.from);
    const column = free === -1 ? ends.length : free;
    ends[column] = band.to;
    return { band, column };
  });
}

/** A line where time goes on; every moment can be gone to. */
function times(moments: readonly number[], { top, width }: Layout): string[] {
  const start = moments[0] ?? 0;
  return moments.map((at, moment) => {
    const y = top(moment);
    const isLater = at !== moments[moment - 1];
    const line = rect("line", { x: 0, y, width, height: isLater ? 1 : 0 });
    const time = isLater ? text("time", 8, y + 14, `+${at - start}`) : "";
    return `<g id="moment-${moment}">${line}${time}</g>`;
  });
}

function shade({ from, to }: Band, { top, width }: Layout): string {
  return rect("shade", { x: faultsLeft, y: top(from), width, height: top(to) - top(from) });
}

function fault(band: Band, x: number, { top, ensemble, height }: Layout): string {
  const [from, to] = [top(band.from), top(band.to)];
  const box = { x, y: from, width: faultWidth - 2, height: Math.max(3, to - from) };
  const words = (at: number, label: string): string =>
    text("of-fault", ensemble + 16, at + 14, shortened(label, ensembleWidth - 24));
  const healed = to < height - 4 ? words(to, `healed ${band.label}`) : "";
  return titled(band.label, rect("fault", box), words(from, `fault ${band.label}`), healed);
}

function bar(band: Band, x: number, layout: Layout): string {
  const [from, to] = [layout.top(band.from), layout.top(band.to)];
  const box = { x: x - barWidth / 2, y: from + 2, width: barWidth, height: to - from - 2 };
  const shown = shortened(band.label, room(x, layout));
  return titled(band.label, rect(band.kind, box), text("of-band", x + 14, from + 15, shown));
}

function mark(one: Mark, x: number, layout: Layout): string {
  const y = layout.top(one.moment) + rowHeight / 2;
  const dot = `<circle class="mark ${one.kind}" cx="${px(x)}" cy="${px(y)}" r="${one.count > 1 ? 5 : 4}"/>`;
  const words = labelled(one);
  return titled(words, dot, text("", x + 14, y + 5, shortened(words, room(x, layout))));
}

/** How far words beside a lane may go. */
const room = (x: number, { ensemble, laneWidth }: Layout): number =>
  x >= ensemble ? ensembleWidth - 24 : laneWidth - 28;

/** Dashed where a fault held the message back: down to where it arrived, or no farther than the next lane. */
function arrow(one: Arrow, { top, lane, laneWidth }: Layout): string {
  const { kind, from, to, label, fate } = one;
  const arrives = fate === "arrived" || fate === "late";
  const way = Math.sign(lane(to) - lane(from));
  const start = { x: lane(from) + (way * barWidth) / 2, y: top(one.moment) + rowHeight / 2 - 2 };
  const end = {
    x: arrives ? lane(to) - (way * barWidth) / 2 : lane(from) + way * (laneWidth - barWidth),
    y: top(one.until) + rowHeight / 2 + 2,
  };
  const style = fate === "arrived" ? "arrow" : "arrow dashed";
  // Beside its sender, so that no lane between the two is written over.
  const [words, center] = [
    shortened(label, laneWidth - (arrives ? 48 : 64)),
    lane(from) + (way * laneWidth) / 2,
  ];
  return titled(
    `${laneName(from)} → ${laneName(to)}: ${label}`,
    `<path class="${style} ${kind}" d="M${px(start.x)} ${px(start.y)}L${px(end.x - way * 5)} ${px(end.y)}"/>`,
    text("middle on-arrow", center, start.y + 6, words),
    `<path class="${fate === "arrived" ? "tip" : `tip ${fate}`} ${kind}" d="M${px(end.x)} ${px(end.y)}${tips[fate](way)}"/>`,
  );
}

/** A head, a cross for what never arrives, and a bar for what still waits. */
const tips: Readonly<Record<Arrow["fate"], (way: number) => string>> = {
  arrived: (way) => `l${px(-way * 8)} -4v8z`,
  late: (way) => `l${px(-way * 8)} -4v8z`,
  lost: (way) => `m${px(-way * 9)} -5l10 10m-10 0l10 -10`,
  held: (way) => `m${px(-way * 4)} -6v12`,
};
