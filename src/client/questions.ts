// Requests about the session and the ensemble, and reads in bulk.
import { errorName } from "../core/protocol/error-codes.ts";
import { OpCode } from "../core/protocol/op-codes.ts";
import type { DataReply, MultiResult as ResultRecord } from "../core/protocol/replies.ts";
import { Given } from "../ensemble/given.ts";
import { badArgument, watchIn } from "./arguments.ts";
import type { Caller } from "./caller.ts";
import type { ReadOp, ReadResult, Reconfig, Stat, Watch } from "./types.ts";
import { toData, toStat } from "./values.ts";

export async function multiRead(caller: Caller, ops: readonly ReadOp[]): Promise<ReadResult[]> {
  const asked = { op: "multiRead" };
  if (!Array.isArray(ops)) throw badArgument(asked, "the ops are a list");
  const elements = ops.map((op, index) => {
    const given = new Given(`ops[${index}]`, op, { names: ["op", "path"] });
    const kind = given.oneOf("op", "get", ["get", "children"]);
    const path = caller.path({ op: `multiRead ${kind}`, path: op.path });
    const type = kind === "get" ? OpCode.getData : OpCode.getChildren;
    return { type, body: { path, watch: false } };
  });
  return await caller.ask(asked, {
    type: OpCode.multiRead,
    body: { elements },
    take: ({ results }) => results.map(toReadResult),
  });
}

const toReadResult = (result: ResultRecord): ReadResult => ({
  ...("data" in result && { data: toData(result.data) }),
  ...("stat" in result && { stat: toStat(result.stat) }),
  ...("children" in result && { children: [...result.children].sort() }),
  ...("err" in result && { error: errorName(result.err) }),
});

export async function getEphemerals(caller: Caller, prefix: string): Promise<string[]> {
  const asked = { op: "getEphemerals", path: prefix };
  if (typeof prefix !== "string") throw badArgument(asked, "the prefix is a text");
  // As Apache's client: "/" is the chroot itself, and any other prefix stands behind it.
  const path = prefix === "/" && caller.chroot !== "" ? caller.chroot : caller.chroot + prefix;
  return await caller.ask(asked, {
    type: OpCode.getEphemerals,
    body: { path },
    take: ({ children }) => children.map((one) => caller.localPath(one)).sort(),
  });
}

export async function getAllChildrenNumber(caller: Caller, path: string): Promise<number> {
  const asked = { op: "getAllChildrenNumber", path };
  return await caller.ask(asked, {
    type: OpCode.getAllChildrenNumber,
    body: { path: caller.path(asked) },
    take: (reply) => reply.value,
  });
}

export async function whoAmI(caller: Caller): Promise<{ scheme: string; user: string }[]> {
  return await caller.ask(
    { op: "whoAmI" },
    {
      type: OpCode.whoAmI,
      body: {},
      take: ({ clients }) => clients.map(({ scheme, user }) => ({ scheme, user })),
    },
  );
}

interface Config {
  config: string;
  stat: Stat;
}
const configPath = "/zookeeper/config";
const toConfig = ({ data, stat }: DataReply): Config => ({
  config: toData(data).toString(),
  stat: toStat(stat),
});

export async function getConfig(caller: Caller, options: { watch?: Watch }): Promise<Config> {
  const watch = watchIn(options);
  return await caller.ask(
    { op: "getConfig", path: configPath },
    {
      type: OpCode.getData,
      body: { path: configPath, watch: watch !== undefined },
      take: toConfig,
      settled: (err) => {
        if (watch !== undefined && err === 0) caller.session.watches.add("data", configPath, watch);
      },
    },
  );
}

export async function reconfig(caller: Caller, change: Reconfig): Promise<Config> {
  const names = ["joining", "leaving", "members", "fromConfig"];
  const given = new Given("", change, { names });
  const { fromConfig = -1n } = change;
  if (typeof fromConfig !== "bigint") throw given.bad("fromConfig", "is no bigint");
  return await caller.ask(
    { op: "reconfig" },
    {
      type: OpCode.reconfig,
      body: {
        joining: joined(given, "joining"),
        leaving: joined(given, "leaving"),
        members: joined(given, "members"),
        configId: Number(fromConfig),
      },
      take: toConfig,
    },
  );
}

/** null where nothing was said. */
function joined(given: Given, name: string): string | null {
  if (given.value(name) === undefined) return null;
  const list = given.list(name);
  if (list === undefined) throw given.bad(name, "is not a list");
  return list.join(",");
}
