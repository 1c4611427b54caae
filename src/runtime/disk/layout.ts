import { join } from "node:path";
import { type FileKind, type NamedFile, parseFileName } from "../../core/storage/file-names.ts";
import type { Files } from "./files.ts";

/** Where a peer's files are, as Apache lays them out. */
export interface Layout {
  /** Snapshots and epochs. */
  readonly snapshots: string;
  /** Logs; the same folder unless `dataLogDir` says otherwise. */
  readonly logs: string;
}

/** Apache's name for the format of what is in it. */
const formatFolder = "version-2";

export const layoutOf = (dataDir: string, dataLogDir: string = dataDir): Layout => ({
  snapshots: join(dataDir, formatFolder),
  logs: join(dataLogDir, formatFolder),
});

/** What a file is called until it is whole and durable; no name that Apache looks at. */
export const draftOf = (name: string, number: number): string => `writing.${number}.${name}`;
export const isDraft = (name: string): boolean => name.startsWith("writing.");

export interface FoundFile extends NamedFile {
  readonly path: string;
}

/** Logs or snapshots, the oldest first. */
export function filesOf(files: Files, layout: Layout, kind: FileKind): FoundFile[] {
  const folder = kind === "log" ? layout.logs : layout.snapshots;
  return files
    .list(folder)
    .flatMap((name) => {
      const named = parseFileName(name);
      return named?.kind === kind ? [{ ...named, path: join(folder, name) }] : [];
    })
    .sort((left, right) => left.zxid - right.zxid);
}
