import { ZkmsError } from "./errors.ts";

/** A call of the public API that this engine does not have; `hint` is what comes closest. */
export const unsupportedCall = (call: string, hint?: string): ZkmsError =>
  new ZkmsError("ZKMS_UNSUPPORTED", `${call} is not supported yet`, { hint });

export const unsupported = (call: string, hint?: string): Promise<never> =>
  Promise.reject(unsupportedCall(call, hint));
