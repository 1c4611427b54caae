import type { Timeline } from "./model.ts";
import { overview } from "./overview.ts";
import { sequence } from "./sequence.ts";

/** One file that needs nothing else: styles and pictures are inside, and there is no script. */
export function timelineHtml(timeline: Timeline): string {
  const { head, body } = sequence(timeline);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Timeline of a ZooKeeper ensemble</title>
<style>${style}</style>
</head>
<body>
<p>${legend(timeline)}</p>
<div class="overview">${overview(timeline)}</div>
<p>Below, everything in its order and not to scale; the numbers at the left say when, in milliseconds. Point at anything to read all of it.${arrowNote(timeline)}</p>
<div class="head">${head}</div>
<div class="body">${body}</div>
</body>
</html>
`;
}

function arrowNote({ arrows }: Timeline): string {
  if (arrows.length === 0) return "";
  const isFaulted = arrows.some(({ fate }) => fate !== "arrived");
  const dashed = isFaulted
    ? " It is dashed where a fault held the message back, and ends where that arrived, at a bar if it still waits, or with a cross."
    : "";
  return ` An arrow is a message. Pings are left out.${dashed}`;
}

const bandKeys = [
  ["leader", "leads"],
  ["standalone", "stands alone"],
  ["follower", "follows"],
  ["observer", "observes"],
  ["looking", "looks for a leader"],
  ["readonly", "serves readers only"],
  ["paused", "paused"],
  ["crashed", "crashed"],
  ["stopped", "stopped"],
  ["none", "no leader"],
  ["fault", "fault"],
] as const;
const arrowKeys = [
  ["election", "votes"],
  ["sync", "joining a leader"],
  ["broadcast", "writes between peers"],
  ["client", "clients"],
] as const;

/** Of what is in the picture. */
function legend({ lanes, leaders, faults, arrows }: Timeline): string {
  const bands = [...lanes.flatMap((lane) => lane.bands), ...leaders, ...faults];
  const kinds = new Set(bands.map(({ kind }) => kind));
  const heard = new Set(arrows.map(({ kind }) => kind));
  return [
    ...bandKeys
      .filter(([kind]) => kinds.has(kind))
      .map(([kind, words]) => `<span class="key ${kind}"></span>${words}`),
    ...arrowKeys
      .filter(([kind]) => heard.has(kind))
      .map(([kind, words]) => `<span class="key line-key ${kind}"></span>${words}`),
  ].join(" ");
}

const style = `
:root { color-scheme: light; font: 13px system-ui, sans-serif; color: #202124; background: #fff; }
body { margin: 16px; width: max-content; min-width: calc(100% - 32px); }
p { max-width: 1040px; }
svg { display: block; font: 11px system-ui, sans-serif; }
text { fill: #202124; }
.overview { border: 1px solid #dadce0; border-radius: 6px; padding: 4px 0; }
.head { position: sticky; top: 0; background: #fff; border-bottom: 1px solid #9aa0a6; }
.name { font-weight: 600; }
.middle { text-anchor: middle; }
.time { fill: #5f6368; }
.line { fill: #e8eaed; }
.of-band { font-weight: 600; }
.of-fault { fill: #b71c1c; font-weight: 600; }
.on-dark { fill: #fff; }
.on-arrow { stroke: #fff; stroke-width: 7px; stroke-linejoin: round; paint-order: stroke; }
.key { display: inline-block; width: 14px; height: 14px; margin: 0 5px 0 12px; vertical-align: -2px; border-radius: 3px; }
.line-key { height: 3px; vertical-align: 3px; }
.leader, .standalone { fill: #66bb6a; background: #66bb6a; }
.follower { fill: #90caf9; background: #90caf9; }
.observer { fill: #b39ddb; background: #b39ddb; }
.looking { fill: #ffd54f; background: #ffd54f; }
.readonly { fill: #ffab91; background: #ffab91; }
.paused { fill: #b0bec5; background: #b0bec5; }
.crashed { fill: #37474f; background: #37474f; }
.stopped { fill: #cfd8dc; background: #cfd8dc; }
.none, .fault { fill: #ef9a9a; background: #ef9a9a; }
.shade { fill: #ef5350; fill-opacity: 0.07; }
.mark { stroke: #fff; }
.log { fill: #ad1457; }
.session { fill: #6a1b9a; }
.clock { fill: #455a64; }
.commit { fill: #1565c0; }
.election { fill: #e65100; stroke: #e65100; background: #e65100; }
.sync { fill: #8e24aa; stroke: #8e24aa; background: #8e24aa; }
.broadcast { fill: #1565c0; stroke: #1565c0; background: #1565c0; }
.client { fill: #607d8b; stroke: #607d8b; background: #607d8b; }
.mark.election { stroke: #fff; }
.dashed { stroke-dasharray: 5 3; }
.lost, .held { stroke-width: 2px; fill: none; }
`;
