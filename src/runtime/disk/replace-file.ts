import { dirname } from "node:path";
import type { Files } from "./files.ts";

/** Whoever looks finds the old content or the new one; after a power cut too, with `sync`. */
export async function replaceFile(
  files: Files,
  path: string,
  content: Uint8Array,
  { sync }: { readonly sync: boolean },
): Promise<void> {
  const draft = `${path}.tmp`;
  const file = await files.create(draft);
  try {
    await file.write(content, 0);
    if (sync) await file.sync();
  } finally {
    await file.close();
  }
  await files.rename(draft, path);
  if (sync) await files.syncFolder(dirname(path));
}
