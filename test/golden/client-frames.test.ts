import { describe, expect, test } from "vitest";
import { FrameSplitter } from "../../src/core/jute/frames.ts";
import { Reader } from "../../src/core/jute/reader.ts";
import type { Codec } from "../../src/core/jute/record.ts";
import type { Writer } from "../../src/core/jute/writer.ts";
import { ConnectRequest, ConnectResponse } from "../../src/core/protocol/connect.ts";
import { OpCode } from "../../src/core/protocol/op-codes.ts";
import { ReplyHeader, RequestHeader, WatchEvent } from "../../src/core/protocol/records.ts";
import { readReply, writeReply } from "../../src/core/protocol/replies.ts";
import {
  isRequestType,
  PathVersionRequest,
  readRequest,
  writeBody,
} from "../../src/core/protocol/requests.ts";
import { framed } from "../frames.ts";
import { documented, fromHex, type Golden, loadGolden, plain, toHex } from "./golden.ts";

interface ClientFrame
  extends Golden<{
    readonly len: number;
    readonly type?: number;
    readonly xid?: number;
    readonly body?: { readonly ops?: readonly Part[]; readonly results?: readonly Part[] };
    readonly event?: unknown;
  }> {
  readonly direction: "c2s" | "s2c";
}
interface Part {
  readonly header: { readonly type: number; readonly done: boolean; readonly err: number };
  readonly body?: object;
}

const frames = loadGolden<ClientFrame>("golden-frames.json");
const byName = new Map(frames.map((frame) => [frame.name, frame]));

/** The request that a reply answers: its type decides how the reply is read. */
function requestTypeOf(reply: ClientFrame): number {
  const request = byName.get(reply.name.replace(/\.reply$/, ".request"));
  return request?.decoded.type ?? 0;
}

/** The recorded body in our shape: a multi's parts without their headers, an empty body where there is none. */
function documentedBody(frame: ClientFrame): unknown {
  const { body } = frame.decoded;
  if (body?.ops !== undefined) {
    const elements = body.ops.filter((op) => !op.header.done);
    return {
      elements: elements.map((op) => ({ type: op.header.type, body: documented(op.body) })),
    };
  }
  if (body?.results !== undefined) {
    const results = body.results.filter((result) => !result.header.done);
    return {
      results: results.map((result) => ({
        type: result.header.type,
        ...(documented(result.body ?? {}) as object),
      })),
    };
  }
  return documented(body ?? {});
}

const watchKinds = { data: [], exist: [], child: [], persistent: [], recursive: [] };

/** Our fields that the recorder does not show, and the one it shows that nobody reads. */
function completed(frame: ClientFrame, body: unknown): unknown {
  const { type } = frame.decoded;
  if (type === OpCode.setWatches || type === OpCode.setWatches2) {
    return { ...watchKinds, ...(body as object) };
  }
  if (type === OpCode.auth) {
    const { scheme, auth } = body as { scheme: string; auth: string };
    return { scheme, auth };
  }
  return body;
}

function frameOf(frame: ClientFrame): { payload: Reader; length: number } {
  const bytes = fromHex(frame.hex);
  const splitter = new FrameSplitter(bytes.length);
  splitter.push(bytes);
  expect(splitter.next()).toBe(true);
  const payload = new Reader(splitter.bytes, splitter.start, splitter.end);
  return { payload, length: payload.remaining };
}

const framedHex = (write: (writer: Writer) => void): string => toHex(framed(write));

function expectRecord<T>(frame: ClientFrame, codec: Codec<T>): void {
  const { payload, length } = frameOf(frame);
  const record = codec.read(payload);
  expect(plain({ len: length, ...record })).toEqual({
    readOnly: undefined,
    ...(documented(frame.decoded) as object),
  });
  expect(payload.remaining).toBe(0);
  expect(framedHex((writer) => codec.write(writer, record))).toBe(frame.hex);
}

const named = (suffix: (frame: ClientFrame) => boolean): [string, ClientFrame][] =>
  frames.filter(suffix).map((frame) => [frame.name, frame]);
const isConnect = (frame: ClientFrame): boolean => frame.name.startsWith("connect-");
const isEvent = (frame: ClientFrame): boolean => frame.decoded.event !== undefined;

// Apache has no request of these types: the header alone can be read, and the answer is UNIMPLEMENTED.
const unknownRequests = new Set(["unknown-op.request", "v395-check-unimplemented.request"]);
// The recorder sent a read inside a write's multi to see it refused.
const malformedRequests = new Set(["multi-mixed-kinds.request"]);

test("all 181 recorded frames are told apart", () => {
  const requests = frames.filter((frame) => !isConnect(frame) && frame.direction === "c2s").length;
  const events = frames.filter(isEvent).length;
  expect({
    all: frames.length,
    connects: frames.filter(isConnect).length,
    requests,
    events,
  }).toEqual({ all: 181, connects: 17, requests: 76, events: 12 });
});

describe("a handshake is read and written as Apache does", () => {
  test.each(named((f) => isConnect(f) && f.direction === "c2s"))("%s", (_name, frame) =>
    expectRecord(frame, ConnectRequest),
  );
  test.each(named((f) => isConnect(f) && f.direction === "s2c"))("%s", (_name, frame) =>
    expectRecord(frame, ConnectResponse),
  );
});

describe("a request is read and written as Apache does", () => {
  const requests = named((f) => !isConnect(f) && f.direction === "c2s");

  test.each(
    requests.filter(([name]) => !unknownRequests.has(name) && !malformedRequests.has(name)),
  )("%s", (_name, frame) => {
    const { payload, length } = frameOf(frame);
    const header = RequestHeader.read(payload);
    if (!isRequestType(header.type)) return expect.fail(`no codec for ${header.type}`);
    const request = readRequest(payload, header.xid, header.type);
    expect(payload.remaining).toBe(0);
    expect(plain({ length, ...request })).toEqual({
      length: frame.decoded.len,
      xid: frame.decoded.xid,
      type: frame.decoded.type,
      body: completed(frame, documentedBody(frame)),
    });
    expect(
      framedHex((writer) => {
        RequestHeader.write(writer, header);
        writeBody(writer, request.type, request.body);
      }),
    ).toBe(frame.hex);
  });

  test("a type that only a multi may hold, and one that nobody knows, have no codec", () => {
    const types = [...unknownRequests].map((name) => byName.get(name)?.decoded.type ?? 0);
    expect(types.map((type) => [type, isRequestType(type)])).toEqual([
      [99, false],
      [OpCode.check, false],
    ]);
  });

  test("check, which has no row of its own, is written as the path and version it is", () => {
    const frame = byName.get("v395-check-unimplemented.request") as ClientFrame;
    const { payload } = frameOf(frame);
    const header = RequestHeader.read(payload);
    const body = PathVersionRequest.read(payload);
    expect(
      framedHex((writer) => {
        RequestHeader.write(writer, header);
        writeBody(writer, OpCode.check, body);
      }),
    ).toBe(frame.hex);
  });

  test("a multi that mixes reads and writes is refused, with either number", () => {
    const frame = byName.get("multi-mixed-kinds.request") as ClientFrame;
    for (const type of [OpCode.multi, OpCode.multiRead]) {
      const { payload } = frameOf(frame);
      const { xid } = RequestHeader.read(payload);
      expect(() => readRequest(payload, xid, type)).toThrow(/in this kind of multi/);
    }
  });
});

describe("a reply is read and written as Apache does", () => {
  test.each(named((f) => !isConnect(f) && !isEvent(f) && f.direction === "s2c"))(
    "%s",
    (_name, frame) => {
      const { payload, length } = frameOf(frame);
      const header = ReplyHeader.read(payload);
      const reply = readReply(payload, header, requestTypeOf(frame));
      expect(payload.remaining).toBe(0);
      const { len, ...documentedHeader } = documented({
        ...frame.decoded,
        body: undefined,
      }) as { len: number };
      const hasBody = frame.decoded.body !== undefined || header.err === 0;
      expect(plain({ length, ...reply })).toEqual({
        ...documentedHeader,
        length: len,
        type: requestTypeOf(frame),
        body: hasBody ? withoutErrorOf(frame) : undefined,
      });
      expect(framedHex((writer) => writeReply(writer, reply))).toBe(frame.hex);
    },
  );
});

/** addWatch answers with an ErrorResponse, whose one int we call value. */
function withoutErrorOf(frame: ClientFrame): unknown {
  const body = documentedBody(frame);
  return requestTypeOf(frame) === OpCode.addWatch ? { value: (body as { err: number }).err } : body;
}

describe("a watch event is read and written as Apache does", () => {
  test.each(named(isEvent))("%s", (_name, frame) => {
    const { payload, length } = frameOf(frame);
    const header = ReplyHeader.read(payload);
    const event = WatchEvent.read(payload);
    expect(payload.remaining).toBe(0);
    expect({ len: length, ...header, event }).toEqual(documented(frame.decoded));
    expect(
      framedHex((writer) => {
        ReplyHeader.write(writer, header);
        WatchEvent.write(writer, event);
      }),
    ).toBe(frame.hex);
  });
});
