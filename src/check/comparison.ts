import { formatSession, formatZxid } from "../core/base/ids.ts";
import { errorName } from "../core/protocol/error-codes.ts";
import type { Answer } from "./model.ts";
import type { Shown } from "./operation.ts";

/** Where an answer is not what was due, in as few words as tell it; undefined: nowhere, as far as it shows anything. */
export function differs(
  expected: Answer,
  shown: Shown,
): { readonly expected: string; readonly seen: string } | undefined {
  const due = fieldsOf(expected);
  for (const [name, seen] of fieldsOf(shown)) {
    const wanted = due.get(name);
    if (wanted !== undefined && wanted !== seen) {
      return { expected: `${name} ${wanted}`, seen: `${name} ${seen}` };
    }
  }
  return undefined;
}

/** An answer in one line. */
export function say(answer: Answer | Shown): string {
  if (answer.err !== 0) return errorName(answer.err);
  return [...fieldsOf(answer)].map(([name, value]) => `${name} ${value}`).join(", ") || "OK";
}

function fieldsOf(answer: Answer | Shown, before = ""): Map<string, string> {
  const fields = new Map<string, string>();
  const { path, data, stat, children, results } = answer as Shown;
  if (path !== undefined) fields.set(`${before}path`, path);
  if (data !== undefined) fields.set(`${before}data`, text(data));
  if (children !== undefined) fields.set(`${before}children`, [...children].sort().join(" "));
  for (const [name, value] of Object.entries(stat ?? {})) {
    if (ungiven.has(name)) continue;
    const isZxid = name.endsWith("zxid");
    fields.set(
      `${before}${name}`,
      typeof value === "bigint"
        ? formatSession(value as never)
        : isZxid
          ? formatZxid(value)
          : `${value}`,
    );
  }
  results?.forEach((result, at) => {
    if (result.err !== 0) fields.set(`${before}op ${at}`, errorName(result.err));
    else fields.set(`${before}op ${at}`, "OK");
    for (const [name, value] of fieldsOf(result, `${before}op ${at} `)) fields.set(name, value);
  });
  return fields;
}

/** Times are the leader's, and clocks may be shifted while it is one. */
const ungiven: ReadonlySet<string> = new Set(["ctime", "mtime"]);

/** null reads as no bytes from most clients. */
function text(data: Uint8Array | null): string {
  const buffer = Buffer.from(data ?? []);
  const read = buffer.toString("utf8");
  if (Buffer.from(read).equals(buffer)) return JSON.stringify(read);
  return `${buffer.length} bytes ${buffer.toString("hex")}`;
}
