import { ErrorCode } from "../core/protocol/error-codes.ts";
import { OpCode } from "../core/protocol/op-codes.ts";
import { rootPath } from "../core/tree/path.ts";
import { asyncDispose, dispose } from "../ensemble/disposal.ts";
import { Caller, valueFrom } from "./caller.ts";
import type { Server } from "./connection.ts";
import { failure, ZooKeeperError } from "./errors.ts";
import {
  type Create,
  type CreateOptions,
  toCreate,
  toElement,
  toMultiResult,
} from "./operations.ts";
import { type ConnectOptions, checkNames, readClientOptions } from "./options.ts";
import { clientPath } from "./paths.ts";
import type { Answer } from "./requests.ts";
import { Session } from "./session.ts";
import { createAncestors, deleteBelow, deleteNode } from "./trees.ts";
import type {
  Acl,
  ClientState,
  MultiOp,
  MultiResult,
  Stat,
  Watch,
  ZooKeeperClient,
} from "./types.ts";
import { toAcl, toBytes, toData, toStat } from "./values.ts";
import { addWatch, type WatchMode } from "./watching.ts";

/** Connects to one of the servers, the first one first; rejects with a ZooKeeperError when none takes the session in time. */
export async function connectClient(
  servers: readonly Server[],
  options: ConnectOptions = {},
): Promise<ZooKeeperClient> {
  const { chroot, auths, sessionTimeout, connectTimeout, readOnly } = readClientOptions(options);
  const [first] = servers;
  const asked = { op: "connect" };
  if (first === undefined) throw failure(ErrorCode.BADARGUMENTS, asked, "no server to connect to");
  const session = new Session(
    { servers, readOnly, timeout: sessionTimeout, localPath: (path) => clientPath(chroot, path) },
    first,
  );
  const answer = await session.open(auths, connectTimeout);
  if (answer.err !== 0) throw failure(answer.err, asked, answer.why);
  return new Client(new Caller(session, chroot));
}

class Client implements ZooKeeperClient {
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
    data: string | Uint8Array = "",
    options: CreateOptions & { parents?: boolean } = {},
  ): Promise<string> {
    checkNames(options, ["mode", "ttl", "acl", "parents"]);
    const asked = { op: "create", path };
    const create = toCreate(this.#caller.chroot, asked, data, options);
    let answer = await this.#create(create);
    if (answer.err === ErrorCode.NONODE && options.parents === true) {
      await createAncestors(this.#caller.session, asked, create.body.path);
      answer = await this.#create(create);
    }
    return this.#caller.localPath(valueFrom(answer, asked));
  }

  async get(path: string, options: { watch?: Watch } = {}): Promise<{ data: Buffer; stat: Stat }> {
    checkNames(options, ["watch"]);
    const { watch } = options;
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
    data: string | Uint8Array,
    options: { version?: number } = {},
  ): Promise<Stat> {
    checkNames(options, ["version"]);
    const { version = -1 } = options;
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
    checkNames(options, ["version", "recursive"]);
    const { version = -1, recursive = false } = options;
    const asked = { op: "delete", path };
    const target = this.#caller.path(asked);
    if (recursive) await deleteBelow(this.#caller.session, asked, target);
    valueFrom(await deleteNode(this.#caller.session, target, version), asked);
  }

  async exists(path: string, options: { watch?: Watch } = {}): Promise<Stat | null> {
    checkNames(options, ["watch"]);
    const { watch } = options;
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
    checkNames(options, ["watch"]);
    const { watch } = options;
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
    checkNames(options, ["version"]);
    const { version = -1 } = options;
    const asked = { op: "setAcl", path };
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
    const elements = ops.map((op) => toElement(this.#caller.chroot, op));
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

  onState(listener: (state: ClientState) => void): Disposable {
    return { [dispose]: this.#caller.session.listen(listener) };
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
