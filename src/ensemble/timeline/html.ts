import type { Timeline } from "./model.ts";
import { timelineSvg } from "./svg.ts";

/** One file that needs nothing else: styles and picture are inside, and there is no script. */
export function timelineHtml(timeline: Timeline): string {
  const { names, chart } = timelineSvg(timeline);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Timeline of a ZooKeeper ensemble</title>
<style>${style}</style>
</head>
<body>
<p>${legend}</p>
<main><div class="names">${names}</div><div>${chart}</div></main>
<p>Columns are in order of time and not to scale: the numbers above say when, in ms. Point at anything to read all of it.</p>
</body>
</html>
`;
}

const legend: string = [
  ["leader", "leads"],
  ["follower", "follows"],
  ["observer", "observes"],
  ["looking", "looks for a leader"],
  ["paused", "paused"],
  ["crashed", "crashed"],
  ["stopped", "stopped"],
  ["fault", "fault, or no leader"],
]
  .map(([kind, text]) => `<span class="key ${kind}"></span>${text}`)
  .join(" ");

const style = `
:root { color-scheme: light; font: 13px system-ui, sans-serif; color: #202124; background: #fff; }
body { margin: 16px; }
main { display: flex; align-items: flex-start; overflow-x: auto; border: 1px solid #dadce0; border-radius: 6px; }
.names { position: sticky; left: 0; z-index: 1; background: #fff; border-right: 1px solid #dadce0; }
svg { display: block; font: 11px system-ui, sans-serif; }
text { fill: #202124; }
.name { font-weight: 600; }
.time { fill: #5f6368; }
.grid { stroke: #eceff1; }
.key { display: inline-block; width: 14px; height: 14px; margin: 0 5px 0 12px; vertical-align: -2px; border-radius: 3px; }
.leader, .standalone { fill: #66bb6a; background: #66bb6a; }
.follower { fill: #bbdefb; background: #bbdefb; }
.observer { fill: #d1c4e9; background: #d1c4e9; }
.looking { fill: #ffe082; background: #ffe082; }
.readonly { fill: #ffccbc; background: #ffccbc; }
.paused { fill: #b0bec5; background: #b0bec5; }
.crashed { fill: #37474f; background: #37474f; }
.stopped { fill: #eceff1; background: #eceff1; }
.none, .fault { fill: #ef9a9a; background: #ef9a9a; }
.on-dark { fill: #fff; }
.shade { fill: #ef5350; fill-opacity: 0.09; }
.mark { stroke: #fff; }
.election { fill: #e65100; }
.log { fill: #ad1457; }
.commit { fill: #1565c0; }
.session { fill: #6a1b9a; }
.clock { fill: #455a64; }
.arrow { stroke: #455a64; fill: none; }
.tip { fill: #455a64; }
`;
