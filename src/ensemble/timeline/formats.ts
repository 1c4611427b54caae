import type { EnsembleEvent } from "../api-controls.ts";
import { badOption } from "../given.ts";
import { nearestValue } from "../nearest-name.ts";
import { timelineHtml } from "./html.ts";
import { drawTimeline, type Timeline } from "./model.ts";
import { timelineText } from "./text.ts";

const formats: Readonly<Record<"text" | "json" | "html", (timeline: Timeline) => string>> = {
  text: timelineText,
  json: (timeline) => `${JSON.stringify(timeline, null, 2)}\n`,
  html: timelineHtml,
};

/** Throws ZKMS_BAD_OPTIONS for a format that it does not know. */
export function timelineIn(
  format: "text" | "json" | "html",
  history: readonly EnsembleEvent[],
): string {
  const known = Object.keys(formats);
  if (Object.hasOwn(formats, format)) return formats[format](drawTimeline(history));
  const hint = nearestValue(format, known);
  throw badOption("format", format, `is none of ${known.join(", ")}`, hint);
}
