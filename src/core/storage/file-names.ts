import { type Zxid, zxidOf } from "../base/ids.ts";

export type FileKind = "log" | "snapshot";

/** A log is named by its first transaction, a snapshot by the last one whose effects are all in it. */
export interface NamedFile {
  readonly kind: FileKind;
  readonly zxid: Zxid;
  readonly name: string;
}

export const fileName = (kind: FileKind, zxid: Zxid): string => `${kind}.${zxid.toString(16)}`;

/** undefined: some other file. Snapshots may be compressed. */
export function parseFileName(name: string): NamedFile | undefined {
  const match = /^(?:(log)\.([0-9a-f]{1,16})|(snapshot)\.([0-9a-f]{1,16})(?:\.gz|\.snappy)?)$/.exec(
    name,
  );
  const hex = match?.[2] ?? match?.[4];
  if (hex === undefined) return undefined;
  const zxid = zxidOf(Number.parseInt(hex, 16));
  return { kind: match?.[1] === "log" ? "log" : "snapshot", zxid, name };
}
