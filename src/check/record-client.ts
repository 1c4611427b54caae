// Records a client of this package as it speaks: each request when it is sent, each answer and event when it comes.
import { type Tappable, wireTap } from "../client/wire-tap.ts";
import { formatSession, formatZxid, sessionIdOf, type Zxid } from "../core/base/ids.ts";
import { Reader } from "../core/jute/reader.ts";
import type { Codec } from "../core/jute/record.ts";
import { errorName } from "../core/protocol/error-codes.ts";
import { isWrite, OpCode, Xid } from "../core/protocol/op-codes.ts";
import { replyCodecs } from "../core/protocol/replies.ts";
import { isRequestType, type RequestType, readRequest } from "../core/protocol/requests.ts";
import type { HistoryEvent, HistoryState } from "./history-events.ts";
import { answerOf, eventNames, questionOf } from "./wire-events.ts";

export interface Recordable extends Tappable {
  readonly sessionId: bigint;
  readonly state: string;
}

const states: Readonly<Record<string, HistoryState["state"]>> = {
  connected: "connected",
  connectedReadOnly: "connected",
  disconnected: "disconnected",
  expired: "expired",
  authFailed: "expired",
  closed: "closed",
};

interface Asked {
  readonly id: number;
  readonly xid: number;
  readonly type: RequestType;
}

/** What it returns ends the recording. */
export function recordClient(
  client: Recordable,
  name: string,
  add: (event: HistoryEvent) => void,
): () => void {
  /** In the order of the wire, which is that of the answers. */
  const pending: Asked[] = [];
  const restoring: Asked[] = [];
  let id = 0;
  const session = (): string => formatSession(sessionIdOf(client.sessionId));
  const tapped = client[wireTap]({
    sent: (xid, type, body) => {
      if (!isRequestType(type)) return;
      id += 1;
      const request = readRequest(new Reader(body), xid, type);
      (xid === Xid.setWatches ? restoring : pending).push({ id, xid, type });
      add({ type: "call", client: name, id, session: session(), ...questionOf(request) });
    },
    replied: ({ xid, zxid, err }, body) => {
      const queue = xid === Xid.setWatches ? restoring : pending;
      const asked = queue[0]?.xid === xid ? queue.shift() : undefined;
      if (asked === undefined) return; // sent before the recording
      const answer = err === 0 ? answerOf(asked.type, readReply(asked.type, body)) : {};
      add({
        type: "return",
        client: name,
        id: asked.id,
        ...(err !== 0 && { error: errorName(err) }),
        ...shownZxid(zxid, asked.type),
        ...answer,
      });
    },
    event: (zxid, { type, path }) => {
      const event = eventNames.get(type);
      if (event === undefined) return;
      add({ type: "watch", client: name, event, path, ...shownZxid(zxid) });
    },
    state: (state) => {
      const known = states[state];
      if (known === undefined) return;
      if (known !== "connected") {
        for (const { id: lost } of [...pending.splice(0), ...restoring.splice(0)]) {
          add({ type: "return", client: name, id: lost, error: "CONNECTIONLOSS" });
        }
      }
      const isUp = known === "connected";
      add({ type: "state", client: name, state: known, ...(isUp && { session: session() }) });
    },
  });
  if (states[client.state] === "connected") {
    const { joined } = tapped;
    add({ type: "state", client: name, state: "connected", session: session(), joined });
  }
  return tapped.stop;
}

const shownZxid = (zxid: Zxid, type?: RequestType): { readonly zxid?: string } =>
  zxid > 0 || (type !== undefined && isWrite(type)) ? { zxid: formatZxid(zxid) } : {};

function readReply(type: RequestType, body: Reader): unknown {
  if (type === OpCode.setWatches || type === OpCode.setWatches2) return {};
  const codecs: Readonly<Record<number, Codec<unknown> | undefined>> = replyCodecs;
  return codecs[type]?.read(body) ?? {};
}
