import { readFileSync, rmSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { EventLog } from "../../../../src/ensemble/events.ts";
import { slugOf } from "../../../../src/ensemble/test-run/shared-namespace.ts";
import { writeTimeline } from "../../../../src/ensemble/test-run/timeline-files.ts";
import { isPath } from "../../../../src/ensemble/tree-literal.ts";

test.each(["a lock / is free", "設定を読む", "𠮷野家 𝒜", "…", "..", "\ud800"])(
  "%j gives a name that ZooKeeper takes",
  (title) => expect(isPath(`/${slugOf(title)}`)).toBe(true),
);

test("tests with long names, in any language, have a timeline each", async () => {
  const long = "設定".repeat(100);
  const stems: string[] = [];
  for (const title of [`${long} one`, `${long} two`]) {
    const events = new EventLog(() => 0);
    events.record("log", { peer: 1, level: "info", text: title.slice(-3) });
    stems.push(`${(await writeTimeline(events, title))[0]}`.replace(/\.html$/, ""));
  }
  onTestFinished(() => {
    for (const stem of stems) for (const end of ["html", "txt"]) rmSync(`${stem}.${end}`);
  });
  const written = stems.map((stem) => readFileSync(`${stem}.txt`, "utf8"));
  expect(written).toEqual([expect.stringContaining("one"), expect.stringContaining("two")]);
});
