import type { Storage } from "./api-controls.ts";
import { ZkmsError } from "./errors.ts";

/** A call of the public API that this engine does not have; `hint` is what comes closest. */
export const unsupported = (call: string, hint?: string): Promise<never> =>
  Promise.reject(new ZkmsError("ZKMS_UNSUPPORTED", `${call} is not supported yet`, { hint }));

/** Memory storage has no files to break. */
export const memoryStorage: Storage = {
  fail: () => unsupported("storage.fail"),
  slow: () => unsupported("storage.slow"),
  corrupt: () => unsupported("storage.corrupt"),
  files: () => unsupported("storage.files"),
};
