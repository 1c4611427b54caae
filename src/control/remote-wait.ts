import { reasonsOf } from "../core/base/reasons.ts";
import type { WaitOptions } from "../ensemble/api-controls.ts";
import { Given } from "../ensemble/given.ts";
import { Attempt, checkCondition } from "../ensemble/waits.ts";
import type { ControlConnection } from "./connection.ts";
import { readEvents } from "./event-source.ts";
import { decodeError } from "./wire-error.ts";

export interface RemoteWait {
  readonly what: string;
  readonly check: () => unknown;
  readonly options: WaitOptions | undefined;
  /** Aborted when the handle is closed. */
  readonly closing: AbortSignal;
}

/** `waitFor` on an ensemble elsewhere: the check is made here, whenever it would be made there; the time runs out there. */
export async function remoteWait(
  connection: ControlConnection,
  { what, check, options = {}, closing }: RemoteWait,
): Promise<void> {
  checkCondition(what, check);
  new Given("", options, { names: ["timeout", "signal"] });
  const over = new AbortController();
  const given = options.signal === undefined ? [closing] : [closing, options.signal];
  let hasPassed = false;
  let failure: { readonly error: unknown } | undefined;
  const recheck = (): void => {
    if (hasPassed || failure !== undefined || !attempt.passed()) return;
    hasPassed = true;
    over.abort();
  };
  const attempt = new Attempt(check, recheck);
  const response = await connection.stream({
    method: "POST",
    path: "/v1/ensemble/waitFor",
    body: { what, timeout: options.timeout },
    signals: [over.signal, ...given],
  });
  await readEvents(response, ({ type, data }) => {
    if (type === "news") recheck();
    else failure = { error: toldWhy(decodeError(JSON.parse(data)), attempt.thrown) };
  });
  if (hasPassed) return;
  if (failure !== undefined) throw failure.error;
  for (const signal of given) signal.throwIfAborted();
  // Broken: the server is gone, and this says so.
  await connection.call({ method: "GET", path: "/v1/handle/describe" });
}

/** What the check threw is known here alone. */
function toldWhy(error: Error | undefined, thrown: unknown): unknown {
  if (error === undefined || thrown === undefined) return error;
  const why = reasonsOf(thrown);
  error.message = error.message.replace("the check gave nothing true", `the check threw: ${why}`);
  error.cause = thrown;
  return error;
}
