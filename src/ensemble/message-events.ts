import type { Fabric } from "../core/network/fabric.ts";
import type { Message } from "../core/network/link.ts";
import type { EventLog } from "./events.ts";
import { toMessage } from "./network.ts";

/** Has messages, and what faults make of them, become events while somebody listens: the function returned says whether. */
export function recordMessages(
  fabric: Fabric,
  events: EventLog,
  news: () => void,
): (isAsked: boolean) => void {
  /** The numbers of their events, for what becomes of them later. */
  const told = new WeakMap<Message, number>();
  const heard = (message: Message): void => {
    const { type, ...rest } = toMessage(message);
    events.record("message", { ...rest, message: type });
    if (type !== "PING") told.set(message, events.lastSeq);
    news();
  };
  fabric.onDelivery = (message, change) => {
    const of = told.get(message);
    if (of === undefined) return;
    events.record("delivery", { of, from: message.from, to: message.to, change });
    news();
  };
  return (isAsked) => {
    fabric.onMessage = isAsked ? heard : undefined;
  };
}
