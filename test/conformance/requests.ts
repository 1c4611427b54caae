// Requests in few words. "$" in a path stands for the folder of the story.
import { zxidOf } from "../../src/core/base/ids.ts";
import { Writer } from "../../src/core/jute/writer.ts";
import { OpCode, Xid } from "../../src/core/protocol/op-codes.ts";
import type { RawAcl } from "../../src/core/protocol/records.ts";
import {
  type MultiElement,
  MultiHeader,
  multiEnd,
  type RequestBodies,
  type RequestType,
  requestCodecs,
  writeBody,
} from "../../src/core/protocol/requests.ts";

/** Who asks (one letter a session, "a" if nothing is said), what, and how the answer is waited for. */
export interface Ask {
  readonly by: string;
  readonly type: number;
  readonly xid?: number;
  readonly write: (w: Writer, place: Place) => void;
  /** "reply": until it is answered or the server hangs up; "close": until it hangs up. */
  readonly until: "reply" | "close";
}

/** What a story's requests are filled in with. */
export interface Place {
  /** Puts the story's folder for "$". */
  readonly path: (path: string) => string;
  /** The zxid before the story's first step. */
  readonly base: number;
}

export const open: readonly RawAcl[] = [{ perms: 31, scheme: "world", id: "anyone" }];
export const acl = (perms: number, scheme: string | null, id: string | null): RawAcl => ({
  perms,
  scheme,
  id,
});
export const bytes = (text: string | null): Uint8Array | null =>
  text === null ? null : Buffer.from(text);

export const Flags = {
  persistent: 0,
  ephemeral: 1,
  sequential: 2,
  ephemeralSequential: 3,
  container: 4,
  ttl: 5,
  ttlSequential: 6,
} as const;

/** By whom: `by("b", getData("$"))`. */
export const by = (who: string, request: Ask): Ask => ({ ...request, by: who });
/** The server answers, if at all, and then hangs up. */
export const closing = (request: Ask): Ask => ({ ...request, until: "close" });
export const withXid = (xid: number, request: Ask): Ask => ({ ...request, xid });

/** A body written by hand. */
export const raw = (type: number, write: (w: Writer, place: Place) => void): Ask => ({
  by: "a",
  type,
  write,
  until: "reply",
});

function request<T extends RequestType>(
  type: T,
  body: (place: Place) => RequestBodies[T],
  xid?: number,
): Ask {
  const codec = requestCodecs[type];
  const ask = raw(type, (w, place) => codec.write(w, body(place)));
  return xid === undefined ? ask : { ...ask, xid };
}

interface CreateOptions {
  readonly data?: string | null;
  readonly acl?: readonly RawAcl[] | null;
  readonly flags?: number;
}
const creation = (path: string, { data = "", acl = open, flags = 0 }: CreateOptions) => ({
  path,
  data: bytes(data),
  acl,
  flags,
});

export const create = (path: string, options: CreateOptions = {}): Ask =>
  request(OpCode.create, (at) => creation(at.path(path), options));
export const create2 = (path: string, options: CreateOptions = {}): Ask =>
  request(OpCode.create2, (at) => creation(at.path(path), options));
export const createContainer = (path: string, options: CreateOptions = {}): Ask =>
  request(OpCode.createContainer, (at) => creation(at.path(path), { flags: 4, ...options }));
export const createTtl = (path: string, ttl: number, options: CreateOptions = {}): Ask =>
  request(OpCode.createTtl, (at) => ({
    ...creation(at.path(path), { flags: 5, ...options }),
    ttl,
  }));
export const remove = (path: string, version = -1): Ask =>
  request(OpCode.delete, (at) => ({ path: at.path(path), version }));
export const setData = (path: string, data: string | null, version = -1): Ask =>
  request(OpCode.setData, (at) => ({ path: at.path(path), data: bytes(data), version }));
export const setAcl = (path: string, list: readonly RawAcl[] | null, version = -1): Ask =>
  request(OpCode.setAcl, (at) => ({ path: at.path(path), acl: list, version }));
export const exists = (path: string, watch = false): Ask =>
  request(OpCode.exists, (at) => ({ path: at.path(path), watch }));
export const getData = (path: string, watch = false): Ask =>
  request(OpCode.getData, (at) => ({ path: at.path(path), watch }));
export const getChildren = (path: string, watch = false): Ask =>
  request(OpCode.getChildren, (at) => ({ path: at.path(path), watch }));
export const getChildren2 = (path: string, watch = false): Ask =>
  request(OpCode.getChildren2, (at) => ({ path: at.path(path), watch }));
export const getAcl = (path: string): Ask =>
  request(OpCode.getAcl, (at) => ({ path: at.path(path) }));
export const getAllChildrenNumber = (path: string): Ask =>
  request(OpCode.getAllChildrenNumber, (at) => ({ path: at.path(path) }));
export const getEphemerals = (prefix: string | null): Ask =>
  request(OpCode.getEphemerals, (at) => ({ path: prefix === null ? null : at.path(prefix) }));
export const sync = (path: string | null): Ask =>
  request(OpCode.sync, (at) => ({ path: path === null ? null : at.path(path) }));
export const ping = (): Ask => request(OpCode.ping, () => ({}), Xid.ping);
export const whoAmI = (): Ask => request(OpCode.whoAmI, () => ({}));
export const auth = (scheme: string | null, text: string | null): Ask =>
  request(OpCode.auth, () => ({ scheme, auth: bytes(text) }), Xid.auth);
export const sasl = (token: string | null): Ask =>
  request(OpCode.sasl, () => ({ token: bytes(token) }));
export const closeSession = (): Ask => closing(request(OpCode.closeSession, () => ({})));
export const addWatch = (path: string, mode: number): Ask =>
  request(OpCode.addWatch, (at) => ({ path: at.path(path), type: mode }));
export const checkWatches = (path: string, type: number): Ask =>
  request(OpCode.checkWatches, (at) => ({ path: at.path(path), type }));
export const removeWatches = (path: string, type: number): Ask =>
  request(OpCode.removeWatches, (at) => ({ path: at.path(path), type }));
export const reconfig = (): Ask =>
  request(OpCode.reconfig, () => ({ joining: null, leaving: null, members: null, configId: -1 }));
export const deleteContainer = (path: string): Ask =>
  request(OpCode.deleteContainer, (at) => ({ path: at.path(path) }));

interface WatchLists {
  readonly data?: readonly string[];
  readonly exist?: readonly string[];
  readonly child?: readonly string[];
  readonly persistent?: readonly string[];
  readonly recursive?: readonly string[];
}
/** `since` counts from the zxid before the story's first step. */
export const setWatches = (since: number, lists: WatchLists): Ask =>
  request(OpCode.setWatches, (at) => watchLists(since, lists, at), Xid.setWatches);
export const setWatches2 = (since: number, lists: WatchLists): Ask =>
  request(OpCode.setWatches2, (at) => watchLists(since, lists, at), Xid.setWatches);
function watchLists(since: number, lists: WatchLists, at: Place) {
  const { data = [], exist = [], child = [], persistent = [], recursive = [] } = lists;
  return {
    relativeZxid: zxidOf(at.base + since),
    data: data.map(at.path),
    exist: exist.map(at.path),
    child: child.map(at.path),
    persistent: persistent.map(at.path),
    recursive: recursive.map(at.path),
  };
}

export const check = (path: string, version = -1): Ask =>
  raw(OpCode.check, (w, at) =>
    writeBody(w, OpCode.check as RequestType, {
      path: at.path(path),
      version,
    }),
  );

/** The elements' types are as given, right or wrong. */
export const multi = (...elements: readonly Ask[]): Ask => anyMulti(OpCode.multi, elements);
export const multiRead = (...elements: readonly Ask[]): Ask => anyMulti(OpCode.multiRead, elements);
function anyMulti(type: number, elements: readonly Ask[]): Ask {
  return raw(type, (w, at) => {
    for (const element of elements) {
      MultiHeader.write(w, { type: element.type as MultiElement["type"], done: false, err: -1 });
      element.write(w, at);
    }
    MultiHeader.write(w, multiEnd);
  });
}

/** The body of a request, as bytes. */
export function bodyOf(ask: Ask, place: Place): Uint8Array {
  const writer = new Writer();
  ask.write(writer, place);
  return writer.copy();
}
