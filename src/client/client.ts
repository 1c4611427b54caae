import { ErrorCode } from "../core/protocol/error-codes.ts";
import { OpCode } from "../core/protocol/op-codes.ts";
import { childPath, rootPath } from "../core/tree/path.ts";
import { asyncDispose, dispose } from "../ensemble/disposal.ts";
import type { Server } from "./connection.ts";
import { type Asked, failure, ZooKeeperError } from "./errors.ts";
import {
  type Create,
  type CreateOptions,
  toCreate,
  toElement,
  toMultiResult,
} from "./operations.ts";
import { type ConnectOptions, checkNames, readClientOptions } from "./options.ts";
import { ancestorsOf, clientPath, serverPath } from "./paths.ts";
import type { Answer, Call, CallType } from "./requests.ts";
import { Session } from "./session.ts";
import type {
  Acl,
  ClientState,
  MultiOp,
  MultiResult,
  Stat,
  Watch,
  ZooKeeperClient,
} from "./types.ts";
import { openAcl, toAcl, toBytes, toData, toStat } from "./values.ts";

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
  return new Client(session, chroot);
}

class Client implements ZooKeeperClient {
  readonly #session: Session;
  readonly #chroot: string;

  constructor(session: Session, chroot: string) {
    this.#session = session;
    this.#chroot = chroot;
  }

  get sessionId(): bigint {
    return this.#session.id;
  }

  get state(): ClientState {
    return this.#session.state;
  }

  async create(
    path: string,
    data: string | Uint8Array = "",
    options: CreateOptions & { parents?: boolean } = {},
  ): Promise<string> {
    checkNames(options, ["mode", "ttl", "acl", "parents"]);
    const asked = { op: "create", path };
    const create = toCreate(this.#chroot, asked, data, options);
    let answer = await this.#create(create);
    if (answer.err === ErrorCode.NONODE && options.parents === true) {
      await this.#createAncestors(asked, create.body.path);
      answer = await this.#create(create);
    }
    return clientPath(this.#chroot, valueFrom(answer, asked));
  }

  async get(path: string, options: { watch?: Watch } = {}): Promise<{ data: Buffer; stat: Stat }> {
    checkNames(options, ["watch"]);
    const { watch } = options;
    const asked = { op: "get", path };
    const target = this.#path(asked);
    return await this.#request(asked, {
      type: OpCode.getData,
      body: { path: target, watch: watch !== undefined },
      take: ({ data, stat }) => ({ data: toData(data), stat: toStat(stat) }),
      settled: (err) => {
        if (watch !== undefined && err === 0) this.#session.watches.add("data", target, watch);
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
    return await this.#request(asked, {
      type: OpCode.setData,
      body: { path: this.#path(asked), data: toBytes(data, asked), version },
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
    const target = this.#path(asked);
    if (recursive) await this.#deleteBelow(asked, target);
    valueFrom(await this.#delete(target, version), asked);
  }

  async exists(path: string, options: { watch?: Watch } = {}): Promise<Stat | null> {
    checkNames(options, ["watch"]);
    const { watch } = options;
    const asked = { op: "exists", path };
    const target = this.#path(asked);
    const answer = await this.#session.request({
      type: OpCode.exists,
      body: { path: target, watch: watch !== undefined },
      take: ({ stat }) => toStat(stat),
      settled: (err) => {
        if (watch === undefined) return;
        if (err === 0) this.#session.watches.add("data", target, watch);
        if (err === ErrorCode.NONODE) this.#session.watches.add("exist", target, watch);
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
    const target = this.#path(asked);
    return await this.#request(asked, {
      type: OpCode.getChildren2,
      body: { path: target, watch: watch !== undefined },
      take: ({ children, stat }) => ({ children: [...children].sort(), stat: toStat(stat) }),
      settled: (err) => {
        if (watch !== undefined && err === 0) this.#session.watches.add("child", target, watch);
      },
    });
  }

  async getAcl(path: string): Promise<{ acl: Acl[]; stat: Stat }> {
    const asked = { op: "getAcl", path };
    return await this.#request(asked, {
      type: OpCode.getAcl,
      body: { path: this.#path(asked) },
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
    return await this.#request(asked, {
      type: OpCode.setAcl,
      body: { path: this.#path(asked), acl, version },
      take: ({ stat }) => toStat(stat),
    });
  }

  async addAuth(scheme: string, auth: string): Promise<void> {
    const asked = { op: `addAuth ${scheme}` };
    valueFrom(await this.#session.addAuth({ scheme, auth: toBytes(auth, asked) }), asked);
  }

  async multi(ops: readonly MultiOp[]): Promise<MultiResult[]> {
    const asked = { op: "multi" };
    const elements = ops.map((op) => toElement(this.#chroot, op));
    const results = await this.#request(asked, {
      type: OpCode.multi,
      body: { elements },
      take: (reply) => reply.results.map((result) => toMultiResult(this.#chroot, result)),
    });
    const culprit = results.findIndex(({ error }) => error !== undefined);
    if (culprit < 0) return results;
    const { op, path } = ops[culprit] ?? {};
    const what = { op: `multi op ${culprit}, ${op}`, path };
    throw new ZooKeeperError(results[culprit]?.error ?? "", what, { results });
  }

  async sync(path = rootPath): Promise<void> {
    const asked = { op: "sync", path };
    await this.#request(asked, {
      type: OpCode.sync,
      body: { path: this.#path(asked) },
      take: () => true,
    });
  }

  async addWatch(
    path: string,
    mode: "persistent" | "persistentRecursive",
    watch: Watch,
  ): Promise<AsyncDisposable> {
    const asked = { op: "addWatch", path };
    const target = this.#path(asked);
    const { kind, wireMode, watcherType } = watchModes[mode];
    await this.#request(asked, {
      type: OpCode.addWatch,
      body: { path: target, type: wireMode },
      take: () => true,
      settled: (err) => {
        if (err === 0) this.#session.watches.add(kind, target, watch);
      },
    });
    return {
      [asyncDispose]: async (): Promise<void> => {
        const wasLast = this.#session.watches.remove(kind, target, watch);
        if (wasLast) await this.#removeWatch(target, watcherType);
      },
    };
  }

  onState(listener: (state: ClientState) => void): Disposable {
    return { [dispose]: this.#session.listen(listener) };
  }

  close(): Promise<void> {
    return this.#session.close();
  }

  [asyncDispose](): Promise<void> {
    return this.close();
  }

  #path(asked: { readonly op: string; readonly path: string }): string {
    return serverPath(this.#chroot, asked);
  }

  async #request<T extends CallType, R>(asked: Asked, call: Call<T, R>): Promise<R> {
    return valueFrom(await this.#session.request(call), asked);
  }

  #create(create: Create): Promise<Answer<string>> {
    return this.#session.request<Create["type"], string>({ ...create, take: pathOf });
  }

  async #createAncestors(asked: Asked, path: string): Promise<void> {
    const answers = ancestorsOf(path).map((ancestor) =>
      this.#session.request({
        type: OpCode.create,
        body: { path: ancestor, data: new Uint8Array(0), acl: openAcl, flags: 0 },
        take: () => true,
      }),
    );
    for (const answer of await Promise.all(answers)) {
      if (answer.err !== ErrorCode.NODEEXISTS) valueFrom(answer, asked);
    }
  }

  #delete(path: string, version: number): Promise<Answer<true>> {
    return this.#session.request({
      type: OpCode.delete,
      body: { path, version },
      take: () => true,
    });
  }

  /** One level after the other is listed, then all is deleted from the leaves up, in one go. */
  async #deleteBelow(asked: Asked, top: string): Promise<void> {
    if (top === rootPath)
      throw failure(ErrorCode.BADARGUMENTS, asked, "the root cannot be deleted");
    const below: string[] = [];
    for (let level = [top]; level.length > 0; ) {
      const answers = await Promise.all(level.map((path) => this.#names(path)));
      const next: string[] = [];
      for (const [index, answer] of answers.entries()) {
        const parent = level[index] ?? top;
        if (answer.err === ErrorCode.NONODE && parent !== top) continue;
        for (const name of valueFrom(answer, asked)) next.push(childPath(parent, name));
      }
      for (const path of next) below.push(path);
      level = next;
    }
    const answers = await Promise.all(below.reverse().map((path) => this.#delete(path, -1)));
    for (const answer of answers) if (answer.err !== ErrorCode.NONODE) valueFrom(answer, asked);
  }

  #names(path: string): Promise<Answer<readonly string[]>> {
    return this.#session.request({
      type: OpCode.getChildren,
      body: { path, watch: false },
      take: ({ children }) => children,
    });
  }

  /** What could not be removed because the connection or the session is gone is gone with it. */
  async #removeWatch(path: string, type: number): Promise<void> {
    if (!this.#session.isConnected) return;
    const remove = (watcherType: number): Promise<Answer<true>> =>
      this.#session.request({
        type: OpCode.removeWatches,
        body: { path, type: watcherType },
        take: () => true,
      });
    const { err } = await remove(type);
    // Servers before 3.9 can only remove all watches of a path; one that others need stays, and its events find nobody here.
    if (err === ErrorCode.MARSHALLINGERROR && !this.#session.watches.isWatched(path)) {
      await remove(watcherTypeAny);
    }
  }
}

const watcherTypeAny = 3;
const watchModes = {
  persistent: { kind: "persistent", wireMode: 0, watcherType: 4 },
  persistentRecursive: { kind: "recursive", wireMode: 1, watcherType: 5 },
} as const;

const pathOf = ({ path }: { readonly path: string | null }): string => path ?? "";

/** Made where the caller waits, so that the error's stack leads to the call. */
function valueFrom<R>({ err, why, value }: Answer<R>, asked: Asked): R {
  if (err !== 0 || value === undefined) throw failure(err, asked, why);
  return value;
}
