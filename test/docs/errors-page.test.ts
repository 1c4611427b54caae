// docs/errors.md has a section for each code there is, and for no other.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ExitCode } from "../../src/cli/exit-codes.ts";
import { ErrorCode } from "../../src/core/protocol/error-codes.ts";
import { ZkmsError } from "../../src/ensemble/errors.ts";

const read = (path: string): string =>
  readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const page = read("docs/errors.md");
const titlesOf = (wanted: RegExp): string[] =>
  [...page.matchAll(/^##+ (.+)$/gm)].flatMap(([, title = ""]) => wanted.exec(title)?.[1] ?? []);

test("of ours", () => {
  const [, declared = ""] =
    /export type ErrorCode =([\s\S]*?);/.exec(read("src/ensemble/errors.ts")) ?? [];
  const codes = [...declared.matchAll(/"(\w+)"/g)].map(([, code]) => code);
  expect(codes).toContain("ZKMS_SHARED");
  expect(titlesOf(/^(ZKMS_\w+)$/)).toEqual(codes);
});

test("of a ZooKeeper server", () => {
  const codes = Object.keys(ErrorCode).filter((name) => name !== "OK");
  expect(titlesOf(/^([A-Z]+)$/).toSorted()).toEqual(codes.toSorted());
});

test("of the command line", () => {
  const codes = [...Object.values(ExitCode).map(String), "128 + n"];
  expect(titlesOf(/^Exit code (.+)$/)).toEqual(codes);
});

test("an error leads to the section of its code", () => {
  const [file, anchor] = new ZkmsError("ZKMS_SHARED", "others use it").docs.split("#");
  const { name, files } = JSON.parse(read("package.json")) as { name: string; files: string[] };
  expect(file).toBe(`${name}/docs/errors.md`);
  expect(files).toContain("docs");
  expect(anchor).toBe("ZKMS_SHARED".toLowerCase()); // as GitHub, editors and the site make anchors of titles
});
