// Records a client of node-zookeeper-client where it queues its requests: also those that it makes by itself, and each attempt of
// a call that it repeats. Its types do not show that place.
import { formatSession, sessionIdOf } from "../core/base/ids.ts";
import { Reader } from "../core/jute/reader.ts";
import { errorName } from "../core/protocol/error-codes.ts";
import { OpCode } from "../core/protocol/op-codes.ts";
import { isRequestType, type Request, readRequest } from "../core/protocol/requests.ts";
import type { HistoryEvent, HistoryReturn, HistoryStat, HistoryState } from "./history-events.ts";
import { fromBytes } from "./operation.ts";
import { hex } from "./report.ts";
import { eventNames, questionOf } from "./wire-events.ts";

/** A record of the library's, which writes itself. */
interface Payload {
  setChrootPath(path: string | undefined): void;
  byteLength(): number;
  serialize(buffer: Buffer, offset: number): number;
}
interface Packet {
  readonly header?: { readonly type?: number; readonly xid?: number };
  readonly payload?: Payload | null;
}
/** Longs are eight bytes, and paths are without the chroot. */
interface LibraryStat {
  readonly [field: string]: Buffer | number;
}
interface Result {
  readonly path?: string;
  readonly stat?: LibraryStat;
  readonly err?: number;
}
interface Reply {
  readonly header: { readonly zxid?: Buffer };
  readonly payload?:
    | (Result & {
        readonly data?: Buffer | null;
        readonly children?: readonly string[];
        readonly results?: readonly Result[];
      })
    | null;
}
type Done = (error: { readonly code: number } | null, reply?: Reply) => void;
interface Connection {
  readonly sessionId: Buffer;
  readonly chrootPath?: string;
  queue(packet: Packet, done?: Done): void;
  readonly watcherManager: {
    emit(event: { readonly type: number; readonly path: string }): void;
  };
}
type StateListener = (state: { readonly name: string }) => void;

/** What `createClient()` of node-zookeeper-client gives, as far as it is looked at. */
export interface NodeZookeeperClient {
  getSessionId(): Uint8Array;
  getState(): unknown;
}
/** What is behind its types. */
interface Library extends NodeZookeeperClient {
  readonly connectionManager: Connection;
  on(event: "state", listener: StateListener): void;
  removeListener(event: "state", listener: StateListener): void;
}

const states: Readonly<Record<string, HistoryState["state"]>> = {
  SYNC_CONNECTED: "connected",
  CONNECTED_READ_ONLY: "connected",
  DISCONNECTED: "disconnected",
  EXPIRED: "expired",
  AUTH_FAILED: "expired",
};

/** What it returns ends the recording. */
export function recordNodeZookeeper(
  client: Library,
  name: string,
  add: (event: HistoryEvent) => void,
): () => void {
  const { connectionManager: connection } = client;
  const { watcherManager } = connection;
  const [queue, emit] = [connection.queue, watcherManager.emit];
  let lastId = 0;
  const session = (): { readonly session?: string } => {
    const id = sessionIdOf(connection.sessionId.readBigInt64BE());
    return id === 0n ? {} : { session: formatSession(id) };
  };
  const serverPath = (path: string): string => {
    const { chrootPath = "" } = connection;
    return path === "/" && chrootPath !== "" ? chrootPath : chrootPath + path;
  };

  connection.queue = (packet, done) => {
    const request = requestOf(packet, connection.chrootPath);
    if (request === undefined) return queue.call(connection, packet, done);
    lastId += 1;
    const id = lastId;
    const { xid: _unknown, ...question } = questionOf(request);
    add({ type: "call", client: name, id, ...session(), ...question });
    queue.call(connection, packet, (error, reply) => {
      const xid = packet.header?.xid;
      add({
        type: "return",
        client: name,
        id,
        ...(typeof xid === "number" && xid > 0 && { xid }),
        ...returned(error, reply, serverPath),
      });
      done?.(error, reply);
    });
  };
  watcherManager.emit = (event) => {
    const known = eventNames.get(event.type);
    const path = serverPath(event.path);
    if (known !== undefined) add({ type: "watch", client: name, event: known, path });
    emit.call(watcherManager, event);
  };
  const onState: StateListener = ({ name: state }) => {
    const known = states[state];
    if (known === undefined) return;
    add({ type: "state", client: name, state: known, ...(known === "connected" && session()) });
  };
  client.on("state", onState);
  const now = session();
  if (now.session !== undefined) {
    add({ type: "state", client: name, state: "connected", joined: true, ...now });
  }
  return () => {
    connection.queue = queue;
    watcherManager.emit = emit;
    client.removeListener("state", onState);
  };
}

export function isNodeZookeeper(client: unknown): client is Library {
  if (typeof client !== "object" || client === null) return false;
  const { connectionManager } = client as Partial<Library>;
  return (
    typeof connectionManager?.queue === "function" &&
    typeof connectionManager.watcherManager?.emit === "function"
  );
}

/** As the server reads it; undefined: a ping or credentials. */
function requestOf({ header, payload }: Packet, chroot: string | undefined): Request | undefined {
  const type = header?.type;
  if (type === undefined || type === OpCode.ping || type === OpCode.auth) return undefined;
  if (!isRequestType(type)) return undefined;
  if (chroot !== undefined) payload?.setChrootPath(chroot);
  const bytes = Buffer.alloc(payload?.byteLength() ?? 0);
  if (bytes.length > 0) payload?.serialize(bytes, 0);
  return readRequest(new Reader(bytes), 0, type);
}

function returned(
  error: { readonly code: number } | null,
  reply: Reply | undefined,
  serverPath: (path: string) => string,
): Omit<HistoryReturn, "type" | "client" | "id"> {
  const zxid = reply?.header.zxid?.readBigInt64BE() ?? 0n;
  const shown = zxid > 0n ? { zxid: hex(zxid) } : {};
  if (error !== null) return { error: errorName(error.code), ...shown };
  const { data, children, results, ...one } = reply?.payload ?? {};
  return {
    ...shown,
    ...resultOf(one, serverPath),
    ...(data !== undefined && { data: fromBytes(data) }),
    ...(children !== undefined && { children }),
    ...(results !== undefined && { results: results.map((each) => resultOf(each, serverPath)) }),
  };
}

function resultOf(
  { path, stat, err }: Result,
  serverPath: (path: string) => string,
): Pick<HistoryReturn, "path" | "stat" | "error"> {
  return {
    ...(err !== undefined && err !== 0 && { error: errorName(err) }),
    ...(path !== undefined && { path: serverPath(path) }),
    ...(stat !== undefined && { stat: statOf(stat) }),
  };
}

function statOf(stat: LibraryStat): HistoryStat {
  const fields = Object.entries(stat).flatMap(([name, value]) => {
    if (Buffer.isBuffer(value)) return [[name, hex(value.readBigInt64BE())]];
    return typeof value === "number" ? [[name, value]] : [];
  });
  return Object.fromEntries(fields);
}
