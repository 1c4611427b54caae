/**
 * What a store asks of a file system. Reads change nothing, changes are done one after the other: whoever stops between two of them, or
 * draws what a power cut leaves of those that were not synced, has seen every state that a store can be found in.
 */
export interface Files {
  /** Names, in any order; none where there is no such folder. */
  list(folder: string): readonly string[];
  /** undefined where there is no such file. */
  read(path: string): Uint8Array | undefined;
  /** The same of a file that may be large, while the process has its turns. */
  load(path: string): Promise<Uint8Array | undefined>;
  /** With the folders above it; nothing where it is there. Rejects where nothing can be written into it. */
  makeFolder(path: string): Promise<void>;
  /** An empty file, whatever was there by that name. */
  create(path: string): Promise<OpenFile>;
  /** Shortens a file, for good. */
  cut(path: string, length: number): Promise<void>;
  /** Takes the place of what has the new name. */
  rename(from: string, to: string): Promise<void>;
  /** Nothing where there is no such file. */
  remove(path: string): Promise<void>;
  /** What names the folder holds becomes durable. */
  syncFolder(path: string): Promise<void>;
}

export interface OpenFile {
  write(bytes: Uint8Array, at: number): Promise<void>;
  /** The bytes become durable. */
  sync(): Promise<void>;
  close(): Promise<void>;
}
