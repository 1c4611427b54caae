// docs/control.md: its lines run, and its table is the one in the code.
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { pathOf, type ReceiverName, table } from "../../src/control/table.ts";
import { bodyFields } from "../../src/control/verb.ts";
import { type Ensemble, startEnsemble } from "../../src/index.ts";

const page = readFileSync(new URL("../../docs/control.md", import.meta.url), "utf8");
const scripts = [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, script = ""]) => script);

let ens: Ensemble;
let dir: string;
beforeAll(async () => {
  ens = await startEnsemble(3, { control: true });
  dir = await mkdtemp(join(tmpdir(), "zkms-control-page-"));
});
afterAll(async () => {
  await ens.close();
  await rm(dir, { recursive: true });
});

async function run(script: string): Promise<string> {
  const env = { ...process.env, URL: ens.controlUrl, TOKEN: ens.controlToken };
  const { stdout } = await promisify(execFile)("bash", ["-euc", script], { env, cwd: dir });
  return stdout;
}

test("the shell's lines run", async () => {
  const [verbs = "", faults = "", events = ""] = scripts;
  expect(scripts).toHaveLength(3);
  await ens.network.refuse({ to: 1 }); // so that a fault is told of below
  await ens.heal();
  const first = faults.replaceAll(/faults\/(\d)/g, (_, no) => `faults/${Number(no) + 1}`);
  expect(await run(first)).toContain('"label":"block 1 > 2"');
  expect(await run(verbs)).toContain('{"":"on","port":"80"}');
  expect(await ens.dump()).toMatchObject({ bytes: Uint8Array.of(0, 255) });
  expect(await run(events)).toMatch(/^id: \d+\nevent: leader\ndata: \{"peer":\d/m);
}, 60_000);

test("the verbs' table is the code's", () => {
  const rows = Object.entries(table).flatMap(([receiver, { verbs }]) =>
    Object.entries(verbs).map(([name, verb]) => {
      const taken = Object.entries(bodyFields(verb)).map(([field, shape]) =>
        "optional" in shape ? `${field}?` : field,
      );
      const path = pathOf(receiver as ReceiverName, name).replace("/v1/", "");
      const marks = [
        verb.reads === true && taken.length === 0 ? "GET" : "",
        verb.disturbs === true ? "refused where shared" : "",
      ];
      return `| \`${path}\` | ${taken.join(", ")} | ${verb.does} | ${marks.filter(Boolean).join(", ")} |`;
    }),
  );
  const found = page.slice(page.indexOf("| Path |")).trimEnd();
  expect(found).toBe(["| Path | Arguments | | |", "|---|---|---|---|", ...rows].join("\n"));
});
