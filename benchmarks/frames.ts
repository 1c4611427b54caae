// Ready-made frames: what the load sends is encoded once, before anything is measured.
import { sessionIdOf, zxidOf } from "../src/core/base/ids.ts";
import type { Codec } from "../src/core/jute/record.ts";
import { Writer } from "../src/core/jute/writer.ts";
import { ConnectRequest } from "../src/core/protocol/connect.ts";
import { OpCode } from "../src/core/protocol/op-codes.ts";
import {
  CreateRequest,
  Empty,
  MultiRequest,
  PathWatchRequest,
  SetDataRequest,
  SetWatchesRequest,
} from "../src/core/protocol/requests.ts";

/** Small enough that the tree costs nothing by its size, large enough that no single node stays in the processor's cache. */
export const nodeCount = 1000;
export const valueBytes = 100;
export const smallValueBytes = 10;
const blockBytesMax = 8 * 1024 * 1024;
/** All that there are; fewer, but a multiple of ten, where values are large. */
export const nodesUsed = (bytes: number): number =>
  Math.min(nodeCount, Math.max(10, Math.floor(blockBytesMax / (bytes + 1) / 10) * 10));
export const opsInMulti = 10;
/** As the line about a case says it. */
export const sizeText = (bytes: number = valueBytes): string =>
  bytes < 1000 ? `${bytes}-byte values` : `values of ${bytes / 1000} kB`;

export const nodePath = (index: number): string => `/bench/${String(index).padStart(4, "0")}`;
const valueWith = (bytes: number): Uint8Array => new Uint8Array(bytes).fill(0x78);
const worldAll = [{ perms: 31, scheme: "world", id: "anyone" }];
const createFlags = { ephemeral: 1, sequential: 2 };

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
    timeout: 3_600_000, // as long as the servers let it: nobody pings
    session: sessionIdOf(0n),
    password: new Uint8Array(16),
    readOnly: false,
  }),
);

const creation = (path: string, bytes: number, flags: number): Buffer =>
  request(OpCode.create, CreateRequest, { path, data: valueWith(bytes), acl: worldAll, flags });

export const create = (path: string, bytes: number = valueBytes): Buffer =>
  creation(path, bytes, 0);
/** One request may be sent as often as wanted: each makes a node of its own. */
const createAnother = (path: string, bytes: number): Buffer =>
  creation(`${path}/n-`, bytes, createFlags.sequential);
export const createEphemeral: Buffer = creation(
  `${nodePath(0)}/e-`,
  valueBytes,
  createFlags.ephemeral + createFlags.sequential,
);
export const closeSession: Buffer = request(OpCode.closeSession, Empty, {});
export const getData = (path: string, watch = false): Buffer =>
  request(OpCode.getData, PathWatchRequest, { path, watch });
export const setData = (path: string, bytes: number = valueBytes): Buffer =>
  request(OpCode.setData, SetDataRequest, { path, data: valueWith(bytes), version: -1 });
const multi = (paths: readonly string[], bytes: number): Buffer =>
  request(OpCode.multi, MultiRequest, {
    elements: paths.map((path) => ({
      type: OpCode.setData,
      body: { path, data: valueWith(bytes), version: -1 },
    })),
  });

/** A node, and `count` below it, made in one transaction. */
export const createFolder = (path: string, count: number): Buffer => {
  const paths = [path, ...Array.from({ length: count }, (_, index) => `${path}/node${index}`)];
  const data = valueWith(smallValueBytes);
  return request(OpCode.multi, MultiRequest, {
    elements: paths.map((each) => ({
      type: OpCode.create,
      body: { path: each, data, acl: worldAll, flags: 0 },
    })),
  });
};

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

/** "mixed" is nine reads and a write, "multi" ten writes in one transaction. */
export type Kind = "read" | "write" | "create" | "mixed" | "multi";

const headBytes = 4 + 16;
const statBytes = 68;
const multiHeadBytes = 9;
const sequenceDigits = 10;

/** No request of any load is shorter. */
export const requestBytesMin: number = getData(nodePath(0)).length;
/** Length, header, type, state, path. */
export const watchEventBytes: number = headBytes + 4 + 4 + 4 + nodePath(0).length;

type Step = { readonly frame: Buffer; readonly replyBytes: number };

/** One request on one node, and how long its reply is with its length and header. */
const steps: Readonly<Record<Kind, (index: number, bytes: number) => Step>> = {
  read: (index, bytes) => ({
    frame: getData(nodePath(index)),
    replyBytes: headBytes + 4 + bytes + statBytes,
  }),
  write: (index, bytes) => ({
    frame: setData(nodePath(index), bytes),
    replyBytes: headBytes + statBytes,
  }),
  create: (index, bytes) => {
    const path = nodePath(index);
    const replyBytes = headBytes + 4 + `${path}/n-`.length + sequenceDigits;
    return { frame: createAnother(path, bytes), replyBytes };
  },
  mixed: (index, bytes) => steps[index % 10 === 9 ? "write" : "read"](index, bytes),
  multi: (index, bytes) => {
    const paths = Array.from({ length: opsInMulti }, (_, i) => nodePath((index + i) % nodeCount));
    const replyBytes = headBytes + opsInMulti * (multiHeadBytes + statBytes) + multiHeadBytes;
    return { frame: multi(paths, bytes), replyBytes };
  },
};

/** Requests in one block, which is sent over and over: request `i` is the bytes from `starts[i]` to `starts[i + 1]`. */
export interface Script {
  readonly bytes: Buffer;
  readonly starts: readonly number[];
  readonly replyBytes: readonly number[];
}

/** A request for every node that is used. */
export function script(kind: Kind, bytes: number = valueBytes): Script {
  const all = Array.from({ length: nodesUsed(bytes) }, (_, index) => steps[kind](index, bytes));
  const starts = [0];
  for (const { frame } of all) starts.push((starts.at(-1) ?? 0) + frame.length);
  return {
    bytes: Buffer.concat(all.map(({ frame }) => frame)),
    starts,
    replyBytes: all.map(({ replyBytes }) => replyBytes),
  };
}

/** What the limit answers, by the request's type. */
export function replySizes(kind: Kind, bytes: number = valueBytes): ReadonlyMap<number, number> {
  const { frame, replyBytes } = steps[kind](0, bytes);
  const sizes = new Map([[frame.readInt32BE(8), replyBytes]]);
  if (kind === "mixed") sizes.set(OpCode.setData, steps.write(0, bytes).replyBytes);
  return sizes;
}

/** No request of that kind is shorter. */
export const requestBytes = (kind: Kind, bytes: number = valueBytes): number =>
  steps[kind](0, bytes).frame.length;

/** The place of the type in a handshake holds the upper half of a zxid. */
const handshakeType = 0;

/** Of a session that opens, makes an ephemeral and closes, and of one that watches a node. */
export const conversationSizes: ReadonlyMap<number, number> = new Map([
  [handshakeType, 4 + 4 + 4 + 8 + 4 + 16 + 1],
  [OpCode.create, headBytes + 4 + `${nodePath(0)}/e-`.length + sequenceDigits],
  [OpCode.closeSession, headBytes],
  [OpCode.getData, headBytes + 4 + valueBytes + statBytes],
  [OpCode.setData, headBytes + statBytes],
]);
