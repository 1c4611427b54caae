import { ErrorCode } from "../core/protocol/error-codes.ts";
import { OpCode } from "../core/protocol/op-codes.ts";
import { rootPath } from "../core/tree/path.ts";
import { asyncDispose, dispose } from "../ensemble/disposal.ts";
import { badArgument, callOptions, checkAcl, versionIn, watchIn } from "./arguments.ts";
import { Caller, valueFrom } from "./caller.ts";
import type { Server } from "./connection.ts";
import { failure, ZooKeeperError } from "./errors.ts";
import {
  type Create,
  type CreateOptions,
  createNames,
  toCreate,
  toElement,
  toMultiResult,
} from "./operations.ts";
import { type ConnectOptions, readClientOptions } from "./options.ts";
import { clientPath } from "./paths.ts";
import {
  getAllChildrenNumber,
  getConfig,
  getEphemerals,
  multiRead,
  reconfig,
  whoAmI,
} from "./questions.ts";
import type { Answer } from "./requests.ts";
import { Session } from "./session.ts";
import { createAncestors, deleteBelow, deleteNode } from "./trees.ts";
import type {
  Acl,
  ClientState,
  MultiOp,
  MultiResult,
  ReadOp,
  ReadResult,
  Reconfig,
  Stat,
  Watch,
  WatchType,
  ZooKeeperClient,
} from "./types.ts";
import { toAcl, toBytes, toData, toStat } from "./values.ts";
import { addWatch, checkWatches, removeWatches, type WatchMode } from "./watching.ts";
import { type Tappable, type Tapped, type WireTap, wireTap } from "./wire-tap.ts";

/** Connects to one of the servers, the first one first; rejects with a ZooKeeperError when none takes the session in time. */
export async function connectClient(
  servers: readonly Server[],
  options: ConnectOptions = {},
): Promise<ZooKeeperClient> {
  const settings = readClientOptions(options);
  const { chroot, auths, sessionTimeout, connectTimeout, readOnly, secure, sasl } = settings;
  const [first] = servers;
  const asked = { op: "connect" };
  if (first === undefined) throw failure(ErrorCode.BADARGUMENTS, asked, "no server to connect to");
  const session = new Session(
    {
      servers,
      readOnly,
      secure,
      sasl,
      timeout: sessionTimeout,
      localPath: (path) => clientPath(chroot, path),
    },
    first,
  );
  const answer = await session.open(auths, connectTimeout);
  if (answer.err !== 0) throw failure(answer.err, asked, answer.why);
  return new Client(new Caller(session, chroot));
}

class Client implements ZooKeeperClient, Tappable {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  get sessionId(): bigint {
    return this.#caller.session.id;
  }

  get state(): ClientState {
    return this.#caller.session.state;
  }

  async create(
    path: string,
    data: string | Uint8Array | null = "",
    options: CreateOptions & { parents?: boolean } = {},
  ): Promise<string> {
    const parents = callOptions(options, [...createNames, "parents"]).flag("parents", false);
    const asked = { op: "create", path };
    const create = toCreate(this.#caller.chroot, asked, data, options);
    let answer = await this.#create(create);
    if (answer.err === ErrorCode.NONODE && parents) {
      await createAncestors(this.#caller.session, asked, create.body.path);
      answer = await this.#create(create);
    }
    return this.#caller.localPath(valueFrom(answer, asked));
  }

  async get(path: string, options: { watch?: Watch } = {}): Promise<{ data: Buffer; stat: Stat }> {
    const watch = watchIn(options);
    const asked = { op: "get", path };
    const target = this.#caller.path(asked);
    return await this.#caller.ask(asked, {
      type: OpCode.getData,
      body: { path: target, watch: watch !== undefined },
      take: ({ data, stat }) => ({ data: toData(data), stat: toStat(stat) }),
      settled: (err) => {
        if (watch !== undefined && err === 0)
          this.#caller.session.watches.add("data", target, watch);
      },
    });
  }

  async set(
    path: string,
    data: string | Uint8Array | null,
    options: { version?: number } = {},
  ): Promise<Stat> {
    const version = versionIn(callOptions(options, ["version"]));
    const asked = { op: "set", path };
    return await this.#caller.ask(asked, {
      type: OpCode.setData,
      body: { path: this.#caller.path(asked), data: toBytes(data, asked), version },
      take: ({ stat }) => toStat(stat),
    });
  }

  async delete(
    path: string,
    options: { version?: number; recursive?: boolean } = {},
  ): Promise<void> {
    const given = callOptions(options, ["version", "recursive"]);
    const [version, recursive] = [versionIn(given), given.flag("recursive", false)];
    const asked = { op: "delete", path };
    const target = this.#caller.path(asked);
    if (recursive) await deleteBelow(this.#caller.session, asked, target);
    valueFrom(await deleteNode(this.#caller.session, target, version), asked);
  }

  async exists(path: string, options: { watch?: Watch } = {}): Promise<Stat | null> {
    const watch = watchIn(options);
    const asked = { op: "exists", path };
    const target = this.#caller.path(asked);
    const answer = await this.#caller.session.request({
      type: OpCode.exists,
      body: { path: target, watch: watch !== undefined },
      take: ({ stat }) => toStat(stat),
      settled: (err) => {
        if (watch === undefined) return;
        if (err === 0) this.#caller.session.watches.add("data", target, watch);
        if (err === ErrorCode.NONODE) this.#caller.session.watches.add("exist", target, watch);
      },
    });
    return answer.err === ErrorCode.NONODE ? null : valueFrom(answer, asked);
  }

  async children(
    path: string,
    options: { watch?: Watch } = {},
  ): Promise<{ children: string[]; stat: Stat }> {
    const watch = watchIn(options);
    const asked = { op: "children", path };
    const target = this.#caller.path(asked);
    return await this.#caller.ask(asked, {
      type: OpCode.getChildren2,
      body: { path: target, watch: watch !== undefined },
      take: ({ children, stat }) => ({ children: [...children].sort(), stat: toStat(stat) }),
      settled: (err) => {
        if (watch !== undefined && err === 0)
          this.#caller.session.watches.add("child", target, watch);
      },
    });
  }

  async getAcl(path: string): Promise<{ acl: Acl[]; stat: Stat }> {
    const asked = { op: "getAcl", path };
    return await this.#caller.ask(asked, {
      type: OpCode.getAcl,
      body: { path: this.#caller.path(asked) },
      take: ({ acl, stat }) => ({ acl: acl.map(toAcl), stat: toStat(stat) }),
    });
  }

  async setAcl(
    path: string,
    acl: readonly Acl[],
    options: { version?: number } = {},
  ): Promise<Stat> {
    const version = versionIn(callOptions(options, ["version"]));
    const asked = { op: "setAcl", path };
    checkAcl(acl, asked);
    return await this.#caller.ask(asked, {
      type: OpCode.setAcl,
      body: { path: this.#caller.path(asked), acl, version },
      take: ({ stat }) => toStat(stat),
    });
  }

  async addAuth(scheme: string, auth: string): Promise<void> {
    const asked = { op: `addAuth ${scheme}` };
    valueFrom(await this.#caller.session.addAuth({ scheme, auth: toBytes(auth, asked) }), asked);
  }

  async multi(ops: readonly MultiOp[]): Promise<MultiResult[]> {
    const asked = { op: "multi" };
    if (!Array.isArray(ops)) throw badArgument(asked, "the ops are a list");
    const elements = ops.map((op, index) => toElement(this.#caller.chroot, op, index));
    const results = await this.#caller.ask(asked, {
      type: OpCode.multi,
      body: { elements },
      take: (reply) => reply.results.map((result) => toMultiResult(this.#caller.chroot, result)),
    });
    const culprit = results.findIndex(({ error }) => error !== undefined);
    if (culprit < 0) return results;
    const { op, path } = ops[culprit] ?? {};
    const what = { op: `multi op ${culprit}, ${op}`, path };
    throw new ZooKeeperError(results[culprit]?.error ?? "", what, { results });
  }

  async sync(path = rootPath): Promise<void> {
    const asked = { op: "sync", path };
    await this.#caller.ask(asked, {
      type: OpCode.sync,
      body: { path: this.#caller.path(asked) },
      take: () => true,
    });
  }

  async addWatch(path: string, mode: WatchMode, watch: Watch): Promise<AsyncDisposable> {
    return await addWatch(this.#caller, { op: "addWatch", path }, mode, watch);
  }

  async multiRead(ops: readonly ReadOp[]): Promise<ReadResult[]> {
    return await multiRead(this.#caller, ops);
  }

  async checkWatches(path: string, type: WatchType = "any"): Promise<boolean> {
    return await checkWatches(this.#caller, { op: "checkWatches", path }, type);
  }

  async removeWatches(path: string, type: WatchType = "any"): Promise<void> {
    return await removeWatches(this.#caller, { op: "removeWatches", path }, type);
  }

  async getEphemerals(prefix = "/"): Promise<string[]> {
    return await getEphemerals(this.#caller, prefix);
  }

  async getAllChildrenNumber(path: string): Promise<number> {
    return await getAllChildrenNumber(this.#caller, path);
  }

  async whoAmI(): Promise<{ scheme: string; user: string }[]> {
    return await whoAmI(this.#caller);
  }

  async getConfig(options: { watch?: Watch } = {}): Promise<{ config: string; stat: Stat }> {
    return await getConfig(this.#caller, options);
  }

  async reconfig(change: Reconfig): Promise<{ config: string; stat: Stat }> {
    return await reconfig(this.#caller, change);
  }

  onState(listener: (state: ClientState) => void): Disposable {
    if (typeof listener !== "function") throw badArgument({ op: "onState" }, "no function");
    return { [dispose]: this.#caller.session.listen(listener) };
  }

  [wireTap](tap: WireTap): Tapped {
    return this.#caller.session.tap(tap);
  }

  close(): Promise<void> {
    return this.#caller.session.close();
  }

  [asyncDispose](): Promise<void> {
    return this.close();
  }

  #create(create: Create): Promise<Answer<string>> {
    return this.#caller.session.request<Create["type"], string>({ ...create, take: pathOf });
  }
}

const pathOf = ({ path }: { readonly path: string | null }): string => path ?? "";
