import type { Snapshot, TreeLiteral } from "../ensemble/api.ts";
import type {
  StoredNode,
  Transaction,
  TransactionLog,
  TransactionPart,
} from "../ensemble/api-transactions.ts";
import {
  type FieldShapes,
  fields,
  flag,
  list,
  named,
  noHandles,
  number,
  optional,
  type Shape,
  sessionId,
  text,
  whole,
  zxid,
} from "./shape.ts";

/**
 * Text is text. Bytes that are no text are `{ "": { "base64": "…" } }`: the key "" holds a node's own data, and an object there means
 * nothing else.
 */
export const treeLiteral: Shape<TreeLiteral> = named("TreeLiteral", {
  schema: {
    type: "object",
    properties: {
      "": {
        anyOf: [
          { type: ["string", "null"] },
          { type: "object", properties: { base64: { type: "string" } }, required: ["base64"] },
        ],
      },
    },
    additionalProperties: {
      anyOf: [{ type: ["string", "null"] }, { $ref: "#/components/schemas/TreeLiteral" }],
    },
  },
  encode: (tree) => (isObject(tree) ? encodeNodes(tree) : tree),
  decode: (json) => (isObject(json) ? decodeNodes(json) : json),
});

const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const mapped = (nodes: object, cross: (value: unknown, name: string) => unknown): object =>
  Object.fromEntries(Object.entries(nodes).map(([name, value]) => [name, cross(value, name)]));

function encodeNodes(nodes: object): object {
  return mapped(nodes, (value, name) => {
    // By shape, not by class: inside Jest's sandbox the caller's Uint8Array is another one.
    if (ArrayBuffer.isView(value)) {
      const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
      const data = { base64: bytes.toString("base64") };
      return name === "" ? data : { "": data };
    }
    return isObject(value) && name !== "" ? encodeNodes(value) : value;
  });
}

function decodeNodes(nodes: object): object {
  return mapped(nodes, (value, name) => {
    if (!isObject(value)) return value;
    if (name === "") return bytesOf(value) ?? value;
    const decoded = decodeNodes(value);
    const [only, ...others] = Object.entries(decoded);
    const isBytes = only?.[0] === "" && others.length === 0 && ArrayBuffer.isView(only[1]);
    return isBytes ? only[1] : decoded;
  });
}

function bytesOf(value: object): Uint8Array | undefined {
  if (!("base64" in value) || typeof value.base64 !== "string") return undefined;
  return Uint8Array.from(Buffer.from(value.base64, "base64"));
}

/** Whole, as its JSON: it can be kept in a file, and restored when this ensemble is gone. */
export const snapshot: Shape<Snapshot> = named("Snapshot", {
  schema: {
    type: "object",
    properties: {
      format: { type: "string" },
      version: { type: "integer" },
      zxid: zxid.schema,
      data: { type: "string", contentEncoding: "base64" },
    },
    required: ["format", "version", "zxid", "data"],
  },
  encode: (value) => (isSerializable(value) ? value.toJSON() : value),
  decode: (json) => {
    if (!isObject(json) || !("data" in json) || typeof json.data !== "string") return json;
    const bytes = Buffer.byteLength(json.data, "base64");
    const last = zxid.decode("zxid" in json ? json.zxid : undefined, noHandles);
    return { zxid: last, bytes, toJSON: () => json };
  },
});

const isSerializable = (value: unknown): value is { toJSON(): unknown } =>
  isObject(value) && "toJSON" in value && typeof value.toJSON === "function";

const data: Shape<Uint8Array | null> = {
  schema: { type: ["string", "null"], contentEncoding: "base64" },
  encode: (value) => (ArrayBuffer.isView(value) ? base64Of(value) : value),
  decode: (json) =>
    typeof json === "string" ? Uint8Array.from(Buffer.from(json, "base64")) : json,
};

const base64Of = ({ buffer, byteOffset, byteLength }: ArrayBufferView): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString("base64");

/** The parts of a multi are as it is. */
const part: Shape<TransactionPart> = {
  schema: { $ref: "#/components/schemas/TransactionPart" },
  encode: (value, scope) => transactionPart.encode(value, scope),
  decode: (json, scope) => transactionPart.decode(json, scope),
};
const partFields: FieldShapes<TransactionPart> = {
  op: text,
  path: optional(text),
  data: optional(data),
  version: optional(whole),
  ephemeral: optional(flag),
  error: optional(text),
  paths: optional(list<readonly string[]>(text)),
  parts: optional(list<readonly TransactionPart[]>(part)),
};
const transactionPart: Shape<TransactionPart> = named(
  "TransactionPart",
  fields<TransactionPart>(partFields),
);
const transaction: Shape<Transaction> = named(
  "Transaction",
  fields<Transaction>({ ...partFields, zxid, session: sessionId, cxid: whole, time: number }),
);
const storedNode: Shape<StoredNode> = named(
  "StoredNode",
  fields<StoredNode>({
    path: text,
    data,
    czxid: zxid,
    mzxid: zxid,
    pzxid: zxid,
    ctime: number,
    mtime: number,
    version: whole,
    cversion: whole,
    aversion: whole,
    ephemeralOwner: sessionId,
  }),
);
export const transactionLog: Shape<TransactionLog> = named(
  "TransactionLog",
  fields<TransactionLog>({
    from: zxid,
    nodes: list<readonly StoredNode[]>(storedNode),
    sessions: list<readonly bigint[]>(sessionId),
    transactions: list<readonly Transaction[]>(transaction),
  }),
);
