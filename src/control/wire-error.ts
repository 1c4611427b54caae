import { ZooKeeperError } from "../client/errors.ts";
import { reasonsOf } from "../core/base/reasons.ts";
import { codeOf, type ErrorCode, ZkmsError } from "../ensemble/errors.ts";
import {
  decodeAs,
  type Fields,
  noHandles,
  objectSchema,
  optional,
  type Schema,
  text,
} from "./shape.ts";
import { ensembleStatus } from "./values.ts";

/** Errors cross with all they have, so that they read the same on the other side. */
export const errorFields: Fields = {
  code: optional(text),
  message: text,
  hint: optional(text),
  seed: optional(text),
  status: optional(ensembleStatus),
  path: optional(text),
};
export const errorSchema: Schema = {
  type: "object",
  properties: { error: objectSchema(errorFields) },
  required: ["error"],
};

/** The HTTP status of an error; of one that is not ours, 500. */
const statuses: Readonly<Record<ErrorCode, number>> = {
  ZKMS_BAD_OPTIONS: 400,
  ZKMS_NO_SUCH_PEER: 404,
  ZKMS_NO_SUCH_SESSION: 404,
  ZKMS_BAD_STATE: 409,
  ZKMS_SHARED: 409,
  ZKMS_CLOSED: 410,
  ZKMS_UNSUPPORTED: 501,
  ZKMS_WAIT_TIMEOUT: 504,
  ZKMS_START_TIMEOUT: 504,
  ZKMS_PORT_IN_USE: 500,
  ZKMS_LEAK: 500,
  ZKMS_ENGINE: 500,
  ZKMS_STORAGE: 500,
  ZKMS_CONTROL: 500,
  ZKMS_CHECK: 500,
};
const codes = new Map<string, number>(Object.entries(statuses));
const isOurs = (code: string | undefined): code is ErrorCode =>
  code !== undefined && codes.has(code);

export const httpStatusOf = (error: unknown): number => codes.get(codeOf(error) ?? "") ?? 500;

export function encodeError(error: unknown): object {
  const code = codeOf(error);
  const message = reasonsOf(error);
  const more = new Map<string, unknown>();
  if (typeof error === "object" && error !== null) {
    for (const name of ["hint", "seed", "path"]) {
      const value: unknown = Reflect.get(error, name);
      if (typeof value === "string") more.set(name, value);
    }
    const status: unknown = Reflect.get(error, "status");
    if (status !== undefined) more.set("status", ensembleStatus.encode(status, noHandles));
  }
  return { error: { ...(code !== undefined && { code }), message, ...Object.fromEntries(more) } };
}

/** The error again; undefined for what is none of ours. */
export function decodeError(json: unknown): Error | undefined {
  if (!isObject(json) || !("error" in json) || !isObject(json.error)) return undefined;
  const { error } = json;
  const textOf = (name: string): string | undefined => {
    const value: unknown = Reflect.get(error, name);
    return typeof value === "string" ? value : undefined;
  };
  const [code, message = "an error without a message"] = [textOf("code"), textOf("message")];
  if (isOurs(code)) {
    const status: unknown = Reflect.get(error, "status");
    return new ZkmsError(code, message, {
      isWhole: true,
      hint: textOf("hint"),
      seed: textOf("seed"),
      status: isObject(status) ? decodeAs(ensembleStatus, status) : undefined,
    });
  }
  if (code === undefined) return new Error(message);
  return zooKeeperError(code, message, textOf("path"));
}

/** Its text is made of these parts. */
function zooKeeperError(code: string, message: string, path: string | undefined): ZooKeeperError {
  const seam = path === undefined ? ": " : ` ${path}: `;
  const [op = "", ...why] = message.split(seam);
  return new ZooKeeperError(code, { op, path }, { why: why.join(seam) });
}

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;
