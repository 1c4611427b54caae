import { expect, test } from "vitest";
import { sidOf } from "../../../src/core/base/ids.ts";
import { matchesLink } from "../../../src/core/network/selector.ts";
import type { LinkSelector, Target } from "../../../src/ensemble/api-controls.ts";
import { Faults } from "../../../src/ensemble/faults.ts";
import { linkPatterns, linksAround, linksBetween } from "../../../src/ensemble/links.ts";

const resolve = (target: Target) => [target].flat().map((id) => sidOf(Number(id)));
const ends = [1, 2, 3].map(sidOf);

/** The directions that a selector means, among three peers and clients. */
function matched(selector: LinkSelector): string[] {
  const patterns = linkPatterns(selector, resolve);
  const links: string[] = [];
  for (const from of [...ends, "client" as const]) {
    for (const to of [...ends, "client" as const]) {
      if (from === to) continue;
      const channel = from === "client" || to === "client" ? "client" : "quorum";
      if (patterns.some((pattern) => matchesLink(pattern, { from, to, channel }))) {
        links.push(`${from}>${to}`);
      }
    }
  }
  return links;
}

test.each<[LinkSelector, string[]]>([
  [{ from: 1, to: 2 }, ["1>2"]],
  [{ from: 1, to: 2, direction: "both" }, ["1>2", "2>1"]],
  [{ from: 1, to: 2, direction: "in" }, ["2>1"]],
  [{ from: 1, to: [2, 3] }, ["1>2", "1>3"]],
  [{ from: 3 }, ["1>3", "2>3", "3>1", "3>2", "3>client", "client>3"]],
  [{ from: 3, direction: "out" }, ["3>1", "3>2", "3>client"]],
  [{ to: 3, direction: "in" }, ["1>3", "2>3", "client>3"]],
  [{ to: 3, channel: "quorum", direction: "in" }, ["1>3", "2>3"]],
  [{ from: "clients", to: 1 }, ["client>1"]],
])("%j means %j", (selector, links) => {
  expect(matched(selector)).toEqual(links);
});

test("a selector that nobody knows is refused", () => {
  expect(() => matched({ frm: 1 } as LinkSelector)).toThrow("option link.frm");
  expect(() => matched({ channel: "quorun" } as unknown as LinkSelector)).toThrow(
    'try     channel: "quorum"',
  );
});

test("faults know which directions between peers they close", () => {
  const changes: string[] = [];
  const undone: string[] = [];
  const faults = new Faults((fault, change) => changes.push(`${fault.label} ${change}`));
  const [one, two, three] = ends as [(typeof ends)[0], (typeof ends)[0], (typeof ends)[0]];
  const first = faults.add({
    kind: "partition",
    what: "1 | 2,3",
    closes: linksBetween([[one], [two, three]]),
    end: () => undone.push("partition"),
  });
  faults.add({
    kind: "isolation",
    what: "3 from clients, in",
    closes: linksAround([three], ["client"], "in"),
    end: () => undone.push("isolation"),
  });
  const by = { fault: "partition #1" };
  expect(faults.cuts(ends)).toEqual([
    { from: 1, to: 2, ...by },
    { from: 1, to: 3, ...by },
    { from: 2, to: 1, ...by },
    { from: 3, to: 1, ...by },
  ]);
  expect(faults.labels()).toEqual(["#1 partition 1 | 2,3", "#2 isolation 3 from clients, in"]);
  void first.undo();
  void first.undo();
  faults.heal();
  expect([faults.cuts(ends), faults.labels(), undone]).toEqual([
    [],
    [],
    ["partition", "isolation"],
  ]);
  expect(changes).toEqual([
    "partition 1 | 2,3 on",
    "isolation 3 from clients, in on",
    "partition 1 | 2,3 off",
    "isolation 3 from clients, in off",
  ]);
});
