// Waiting for a child process that may end at any time, or has.
import type { ChildProcess } from "node:child_process";
import { type EventEmitter, once } from "node:events";

/** The next event's first value; throws when the child has ended, or ends first. `lastWords` are read once all it said is there. */
export async function heard<T>(
  child: ChildProcess,
  { from, event, name, lastWords = () => "" }: Hearing,
): Promise<T> {
  const closed = new AbortController();
  const onClose = (): void => closed.abort();
  if (hasEnded(child)) throw failure(child, name, lastWords());
  child.once("close", onClose);
  try {
    const [value] = await once(from, event, { signal: closed.signal });
    return value;
  } catch (error) {
    throw closed.signal.aborted ? failure(child, name, lastWords()) : error;
  } finally {
    child.off("close", onClose);
  }
}

/** What a child of `fork` answers to an order; throws as `heard`. */
export function asked<T>(child: ChildProcess, order: object, name: string): Promise<T> {
  const answer = heard<T>(child, { from: child, event: "message", name });
  if (child.connected) child.send(order, () => {}); // where it cannot be sent, the child has ended
  return answer;
}

interface Hearing {
  readonly from: EventEmitter;
  readonly event: string;
  /** Who has ended. */
  readonly name: string;
  readonly lastWords?: () => string;
}

/** Resolves at once where it has ended. */
export async function ended(child: ChildProcess): Promise<void> {
  if (!hasEnded(child)) await once(child, "exit");
}

/** A child of `fork` that ends with its channel, if that has not ended. */
export function letGo(child: ChildProcess): void {
  if (child.connected) child.disconnect();
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean =>
  exitCode !== null || signalCode !== null;

function failure({ exitCode, signalCode }: ChildProcess, name: string, words: string): Error {
  const said = words === "" ? "" : `: ${words}`;
  return new Error(`${name} ended with ${signalCode ?? exitCode}${said}`);
}
