// What the options of create and multi mean on the wire.
import { errorName } from "../core/protocol/error-codes.ts";
import { OpCode } from "../core/protocol/op-codes.ts";
import type { MultiResult as MultiResultRecord } from "../core/protocol/replies.ts";
import type { CreateRequest, CreateTtlRequest, MultiElement } from "../core/protocol/requests.ts";
import type { Ms } from "../ensemble/api-controls.ts";
import { show } from "../ensemble/given.ts";
import { badArgument, callOptions, checkAcl, noSuchMode, versionIn } from "./arguments.ts";
import { clientPath, serverPath } from "./paths.ts";
import type { Acl, CreateMode, MultiOp, MultiResult } from "./types.ts";
import { openAcl, toBytes, toStat } from "./values.ts";

/** Flags as on the wire. */
export const flagsOf: { readonly [M in CreateMode]: number } = {
  persistent: 0,
  ephemeral: 1,
  persistentSequential: 2,
  ephemeralSequential: 3,
  container: 4,
  persistentWithTtl: 5,
  persistentSequentialWithTtl: 6,
};
const sequentialFlags: ReadonlySet<number> = new Set([2, 3, 6]);
const ttlFlags: ReadonlySet<number> = new Set([5, 6]);

export const createNames: readonly string[] = ["mode", "ttl", "acl"];

export interface CreateOptions {
  readonly mode?: CreateMode | undefined;
  readonly ttl?: Ms | undefined;
  readonly acl?: readonly Acl[] | undefined;
}

/** Which request makes a node of the mode; a ttl without a mode makes a plain node that has one. */
export type Create =
  | {
      readonly type: typeof OpCode.create | typeof OpCode.createContainer;
      readonly body: CreateRequest;
    }
  | { readonly type: typeof OpCode.createTtl; readonly body: CreateTtlRequest };

export function toCreate(
  chroot: string,
  asked: { op: string; path: string },
  data: string | Uint8Array | null,
  {
    ttl,
    acl = openAcl,
    mode = ttl === undefined ? "persistent" : "persistentWithTtl",
  }: CreateOptions,
): Create {
  const flags: number | undefined = flagsOf[mode];
  if (flags === undefined) throw noSuchMode(asked, mode, Object.keys(flagsOf));
  if ((ttl === undefined) === ttlFlags.has(flags)) {
    const why = ttl === undefined ? `mode ${mode} needs a ttl` : `mode ${mode} has no ttl`;
    throw badArgument(asked, why);
  }
  if (ttl !== undefined && !Number.isSafeInteger(ttl)) {
    throw badArgument(asked, `a ttl is a whole number of milliseconds, not ${show(ttl)}`);
  }
  checkAcl(acl, asked);
  // The number makes a name of an empty one: "/queue/" is a fine path for a sequential node.
  const suffix = sequentialFlags.has(flags) ? "1" : "";
  const path = serverPath(chroot, asked, suffix);
  const body = { path, data: toBytes(data, asked), acl, flags };
  if (ttl !== undefined) return { type: OpCode.createTtl, body: { ...body, ttl } };
  return { type: mode === "container" ? OpCode.createContainer : OpCode.create, body };
}

/** What an element of a multi may say, by what it does. */
const elementNames: { readonly [K in MultiOp["op"]]: readonly string[] } = {
  create: ["op", "path", "data", ...createNames],
  set: ["op", "path", "data", "version"],
  delete: ["op", "path", "version"],
  check: ["op", "path", "version"],
};

export function toElement(chroot: string, op: MultiOp, index: number): MultiElement {
  const names: readonly string[] | undefined = elementNames[op?.op];
  if (names === undefined) {
    throw badArgument({ op: `multi op ${index}` }, "an op is create, set, delete or check");
  }
  const given = callOptions(op, names, `ops[${index}]`);
  const asked = { op: `multi ${op.op}`, path: op.path };
  switch (op.op) {
    case "create": {
      const create = toCreate(chroot, asked, op.data === undefined ? "" : op.data, op);
      // create2 differs from create in its answer only: a Stat as well.
      return create.type === OpCode.create ? { ...create, type: OpCode.create2 } : create;
    }
    case "set": {
      const path = serverPath(chroot, asked);
      const body = { path, data: toBytes(op.data, asked), version: versionIn(given) };
      return { type: OpCode.setData, body };
    }
    case "delete":
    case "check": {
      const body = { path: serverPath(chroot, asked), version: versionIn(given) };
      return { type: op.op === "delete" ? OpCode.delete : OpCode.check, body };
    }
  }
}

export function toMultiResult(chroot: string, result: MultiResultRecord): MultiResult {
  return {
    ...("path" in result && { path: clientPath(chroot, result.path) }),
    ...("stat" in result && { stat: toStat(result.stat) }),
    // Code 0 in a failed multi: this op alone would have succeeded.
    ...("err" in result && result.err !== 0 && { error: errorName(result.err) }),
  };
}
