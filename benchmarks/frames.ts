// Ready-made frames: what the load sends is encoded once, before anything is measured.
import { sessionIdOf, zxidOf } from "../src/core/base/ids.ts";
import type { Codec } from "../src/core/jute/record.ts";
import { Writer } from "../src/core/jute/writer.ts";
import { ConnectRequest } from "../src/core/protocol/connect.ts";
import { OpCode } from "../src/core/protocol/op-codes.ts";
import {
  CreateRequest,
  PathWatchRequest,
  SetDataRequest,
  SetWatchesRequest,
} from "../src/core/protocol/requests.ts";

/** Small enough that the tree costs nothing by its size, large enough that no single node stays in the processor's cache. */
export const nodeCount = 1000;
export const valueBytes = 100;

export const nodePath = (index: number): string => `/bench/${String(index).padStart(4, "0")}`;
const value = new Uint8Array(valueBytes).fill(0x78);
const worldAll = [{ perms: 31, scheme: "world", id: "anyone" }];

function frame<T>(write: (writer: Writer) => T): Buffer {
  const writer = new Writer();
  const at = writer.beginFrame();
  write(writer);
  writer.endFrame(at);
  return Buffer.from(writer.copy());
}

function request<T>(type: number, codec: Codec<T>, body: T): Buffer {
  return frame((writer) => {
    writer.int(1);
    writer.int(type);
    codec.write(writer, body);
  });
}

export const handshake: Buffer = frame((writer) =>
  ConnectRequest.write(writer, {
    protocolVersion: 0,
    lastZxidSeen: zxidOf(0),
    timeout: 60_000,
    session: sessionIdOf(0n),
    password: new Uint8Array(16),
    readOnly: false,
  }),
);

export const create = (path: string): Buffer =>
  request(OpCode.create, CreateRequest, { path, data: value, acl: worldAll, flags: 0 });
export const getData = (path: string): Buffer =>
  request(OpCode.getData, PathWatchRequest, { path, watch: false });
export const setData = (path: string): Buffer =>
  request(OpCode.setData, SetDataRequest, { path, data: value, version: -1 });

/** Watches for nodes that there are not, as a client sets them again. */
export const existWatches = (first: number, count: number): Buffer =>
  request(OpCode.setWatches, SetWatchesRequest, {
    relativeZxid: zxidOf(0),
    data: [],
    exist: Array.from({ length: count }, (_, index) => `/watched/${first + index}`),
    child: [],
    persistent: [],
    recursive: [],
  });

export type Kind = "read" | "write";

/** The bodies of the replies: what they carry after length and header, which is a Stat and for a read the value before it. */
export const replyBytes: Readonly<Record<Kind, number>> = {
  read: 4 + 16 + 4 + valueBytes + 68,
  write: 4 + 16 + 68,
};

/** No request of the load is shorter. */
export const requestBytesMin: number = getData(nodePath(0)).length;

/** One frame for every node, in one block: frames of a kind have one length, so a range of frames is a range of bytes. */
export function block(kind: Kind): { bytes: Buffer; frameBytes: number } {
  const make = kind === "read" ? getData : setData;
  const frames = Array.from({ length: nodeCount }, (_, index) => make(nodePath(index)));
  return { bytes: Buffer.concat(frames), frameBytes: frames[0]?.length ?? 0 };
}
