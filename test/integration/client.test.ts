import { createHash } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { connectClient } from "../../src/client/client.ts";
import type { ConnectOptions } from "../../src/client/options.ts";
import type { Stat, WatchEvent, ZooKeeperClient } from "../../src/client/types.ts";
import { brief, recorder, startServer, type TestServer } from "./client-server.ts";

let server: TestServer;
let client: ZooKeeperClient;
let counter = 0;
/** A node of the test's own; what is below it does not matter to others. */
let root: string;

beforeAll(async () => {
  server = await startServer();
  client = await connectClient([server], { connectTimeout: 15_000 });
});
afterAll(async () => {
  await client?.close();
  await server?.[Symbol.asyncDispose]();
});
beforeEach(async () => {
  counter += 1;
  root = await client.create(`/test-${counter}`);
});

async function connected(options: ConnectOptions = {}): Promise<ZooKeeperClient> {
  const one = await connectClient([server], options);
  onTestFinished(() => one.close());
  return one;
}

describe("nodes", () => {
  test("are made, read, changed and deleted, with their Stat", async () => {
    const path = await client.create(`${root}/a`, "one");
    const first = await client.get(path);
    const changed = await client.set(path, Uint8Array.of(1, 2), { version: 0 });
    const second = await client.get(path);
    expect([path, first.data.toString(), [...second.data]]).toEqual([`${root}/a`, "one", [1, 2]]);
    const expected: Stat = {
      czxid: first.stat.czxid,
      mzxid: first.stat.czxid + 1n,
      pzxid: first.stat.czxid,
      ctime: expect.any(Date),
      mtime: expect.any(Date),
      version: 1,
      cversion: 0,
      aversion: 0,
      ephemeralOwner: 0n,
      dataLength: 2,
      numChildren: 0,
    };
    expect([changed, second.stat, await client.exists(path)]).toEqual([
      expected,
      expected,
      expected,
    ]);
    expect(first.stat.ctime).toEqual(changed.ctime);
    await client.delete(path, { version: 1 });
    expect(await client.exists(path)).toBeNull();
  });

  test("have no data unless some is given", async () => {
    await client.create(`${root}/a`);
    expect((await client.get(`${root}/a`)).data).toEqual(Buffer.alloc(0));
  });

  test("are numbered in sequential modes, also without a name of their own", async () => {
    expect([
      await client.create(`${root}/n-`, "", { mode: "persistentSequential" }),
      await client.create(`${root}/`, "", { mode: "persistentSequential" }),
      await client.create(`${root}/e-`, "", { mode: "ephemeralSequential" }),
    ]).toEqual([`${root}/n-0000000000`, `${root}/0000000001`, `${root}/e-0000000002`]);
  });

  test("belong to the session in ephemeral modes, and go when it is closed", async () => {
    const other = await connected();
    const path = await other.create(`${root}/e`, "", { mode: "ephemeral" });
    expect((await client.get(path)).stat.ephemeralOwner).toBe(other.sessionId);
    await other.close();
    expect([await client.exists(path), other.state]).toEqual([null, "closed"]);
  });

  test("may be containers or have a time to live", async () => {
    await client.create(`${root}/c`, "", { mode: "container" });
    await client.create(`${root}/t`, "", { ttl: 60_000 });
    await client.create(`${root}/s-`, "", { mode: "persistentSequentialWithTtl", ttl: 60_000 });
    expect((await client.children(root)).children).toEqual(["c", "s-0000000002", "t"]);
    expect(await client.exists(`${root}/c`)).toMatchObject({ ephemeralOwner: 0n });
  });

  test("get the ancestors that are missing, when asked to", async () => {
    await client.create(`${root}/a/b/c`, "deep", { parents: true });
    await client.create(`${root}/a/b/d`, "", { parents: true });
    expect((await client.children(`${root}/a/b`)).children).toEqual(["c", "d"]);
  });

  test("go with all that is below, when asked to", async () => {
    for (const path of ["a/b/c", "a/d", "e"]) {
      await client.create(`${root}/${path}`, "", { parents: true });
    }
    await client.delete(root, { recursive: true });
    expect(await client.exists(root)).toBeNull();
  });

  test("are listed by name, in order", async () => {
    for (const name of ["c", "a", "b"]) await client.create(`${root}/${name}`);
    const { children, stat } = await client.children(root);
    expect([children, stat.numChildren]).toEqual([["a", "b", "c"], 3]);
  });
});

describe("a failed request", () => {
  test.each<[string, string, () => Promise<unknown>]>([
    ["NONODE", "get /none: no such node", () => client.get("/none")],
    ["NONODE", "create /none/a: its parent does not exist", () => client.create("/none/a")],
    ["NODEEXISTS", "create /zookeeper: the node exists already", () => client.create("/zookeeper")],
    [
      "BADVERSION",
      "set /: the node has another version",
      () => client.set("/", "", { version: 77 }),
    ],
    [
      "NOTEMPTY",
      "delete /test-1: the node has children",
      async () => {
        await client.create("/test-1/x").catch(() => {});
        await client.delete("/test-1");
      },
    ],
    ["INVALIDACL", "setAcl /: the ACL is empty, or an entry is none", () => client.setAcl("/", [])],
    ["NONODE", "delete /none: no such node", () => client.delete("/none", { recursive: true })],
    [
      "BADARGUMENTS",
      "delete /: the root cannot be deleted",
      () => client.delete("/", { recursive: true }),
    ],
    ["BADARGUMENTS", "get nowhere: not a path", () => client.get("nowhere")],
    ["BADARGUMENTS", "children /a/: not a path", () => client.children("/a/")],
  ])("is a %s: %s", async (code, message, ask) => {
    const error = await ask().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: "ZooKeeperError", code });
    expect(String(error)).toContain(`ZooKeeperError [${code}]: ${message}`);
  });

  test.each<[string, () => Promise<unknown>]>([
    [
      "create /t: mode persistentWithTtl needs a ttl",
      () => client.create("/t", "", { mode: "persistentWithTtl" }),
    ],
    [
      "create /t: mode ephemeral has no ttl",
      () => client.create("/t", "", { mode: "ephemeral", ttl: 1 }),
    ],
    [
      "create /t: no such mode: odd; there are persistent,",
      () => client.create("/t", "", { mode: "odd" as "container" }),
    ],
    [
      "create /t: a ttl is a whole number of milliseconds, not NaN",
      () => client.create("/t", "", { ttl: Number.NaN }),
    ],
    [
      "set /: data is text, bytes or null, not object",
      () => client.set("/", { a: 1 } as unknown as string),
    ],
    [
      'option version: "1" is not a whole number',
      () => client.set("/", "", { version: "1" as unknown as number }),
    ],
    ["option watch: true is no function", () => client.get("/", { watch: true as never })],
    ["setAcl /: an ACL is a list of", () => client.setAcl("/", [{ scheme: "world" }] as never)],
    ["get: not a path: 7 is no text", () => client.get(7 as never)],
    ["multi: the ops are a list", () => client.multi({ op: "create" } as never)],
    ["multi op 1: an op is create,", () => client.multi([{ op: "check", path: "/" }, {}] as never)],
    [
      "option ops[0].ephemeral: true is an option nobody knows\n  try     ops[0].mode",
      () => client.multi([{ op: "create", path: "/t", ephemeral: true } as never]),
    ],
    ["multiRead: the ops are a list", () => client.multiRead("/" as never)],
    [
      'option ops[0].op: "set" is none of "get", "children"',
      () => client.multiRead([{ op: "set", path: "/" } as never]),
    ],
    ["addWatch /: no such mode: once", () => client.addWatch("/", "once" as never, () => {})],
    ["addWatch /: the watch is no function", () => client.addWatch("/", "persistent", 7 as never)],
    ["option fromConfig: 7 is no bigint", () => client.reconfig({ fromConfig: 7 as never })],
    [
      'option joining: "server.4=…" is not a list',
      () => client.reconfig({ joining: "server.4=…" as never }),
    ],
  ])("that is none is not sent: %s", async (message, ask) => {
    const error = await ask().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: "ZkmsError", code: "ZKMS_BAD_OPTIONS" });
    expect(String(error)).toContain(message);
  });

  test("carries its path, and a stack that leads to the call", async () => {
    const error = await client.get("/none").catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      path: "/none",
      stack: expect.stringContaining("client.test.ts"),
    });
  });
});

describe("multi", () => {
  test("does all of it at one zxid", async () => {
    const results = await client.multi([
      { op: "create", path: `${root}/a`, data: "1" },
      { op: "check", path: `${root}/a`, version: 0 },
      { op: "set", path: `${root}/a`, data: "2" },
      { op: "create", path: `${root}/s-`, mode: "persistentSequential" },
      { op: "create", path: `${root}/c`, mode: "container" },
      { op: "create", path: `${root}/t`, ttl: 1000 },
      { op: "delete", path: `${root}/s-0000000001` },
    ]);
    expect(results.map(({ path }) => path)).toEqual([
      `${root}/a`,
      undefined,
      undefined,
      `${root}/s-0000000001`,
      `${root}/c`,
      `${root}/t`,
      undefined,
    ]);
    const { data, stat } = await client.get(`${root}/a`);
    expect([data.toString(), stat.czxid, results[2]?.stat?.version]).toEqual(["2", stat.mzxid, 1]);
  });

  test("does nothing when one fails, and says which and why", async () => {
    const error = await client
      .multi([
        { op: "create", path: `${root}/a` },
        { op: "check", path: root, version: 7 },
        { op: "delete", path: `${root}/a` },
      ])
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: "BADVERSION",
      path: root,
      message: `multi op 1, check ${root}: the node has another version`,
      results: [{}, { error: "BADVERSION" }, { error: "RUNTIMEINCONSISTENCY" }],
    });
    expect(await client.exists(`${root}/a`)).toBeNull();
  });

  test("of nothing is nothing", async () => {
    expect(await client.multi([])).toEqual([]);
  });
});

describe("ACLs", () => {
  const digest = (user: string, password: string): string =>
    `${user}:${createHash("sha1").update(`${user}:${password}`).digest("base64")}`;

  test("are read and set, and count their changes", async () => {
    const acl = [
      { scheme: "world", id: "anyone", perms: 31 },
      { scheme: "ip", id: "127.0.0.1", perms: 1 },
    ];
    const stat = await client.setAcl(root, acl, { version: 0 });
    expect([stat.aversion, await client.getAcl(root)]).toEqual([1, { acl, stat }]);
  });

  test("let those in who have shown who they are, on connecting or later", async () => {
    const owner = await connected({ auth: [{ scheme: "digest", auth: "bob:secret" }] });
    const acl = [{ scheme: "auth", id: "", perms: 31 }];
    await owner.create(`${root}/own`, "mine", { acl });
    expect((await owner.getAcl(`${root}/own`)).acl).toEqual([
      { scheme: "digest", id: digest("bob", "secret"), perms: 31 },
    ]);
    const stranger = await connected();
    await expect(stranger.get(`${root}/own`)).rejects.toMatchObject({ code: "NOAUTH" });
    await stranger.addAuth("digest", "bob:secret");
    expect((await stranger.get(`${root}/own`)).data.toString()).toBe("mine");
  });

  test("a refused credential ends the client, whether on connecting or later", async () => {
    const auth = [{ scheme: "nosuch", auth: "x" }];
    await expect(connected({ auth })).rejects.toMatchObject({ code: "AUTHFAILED" });
    const one = await connected();
    await expect(one.addAuth("nosuch", "x")).rejects.toMatchObject({ code: "AUTHFAILED" });
    await expect(one.get("/")).rejects.toMatchObject({ code: "AUTHFAILED" });
    expect(one.state).toBe("authFailed");
  });
});

describe("a watch", () => {
  test("is told once, before the reply that shows the change", async () => {
    const events = recorder<WatchEvent>();
    const order: string[] = [];
    await client.get(root, {
      watch: (event) => {
        events.record(event);
        order.push(brief(event));
      },
    });
    await client.set(root, "1");
    order.push("set");
    await client.set(root, "2");
    expect([order, events.seen.length]).toEqual([[`dataChanged ${root}`, "set"], 1]);
  });

  test("of exists waits for the node; of children sees those come, and the node go", async () => {
    const events = recorder<string>();
    const watch = (event: WatchEvent): void => events.record(brief(event));
    expect(await client.exists(`${root}/a`, { watch })).toBeNull();
    await client.children(root, { watch });
    await client.create(`${root}/a`);
    await client.exists(`${root}/a`, { watch });
    await client.children(`${root}/a`, { watch });
    await client.delete(`${root}/a`);
    expect(events.seen).toEqual([
      `created ${root}/a`,
      `childrenChanged ${root}`,
      `deleted ${root}/a`,
    ]);
  });

  test("is not set by a request that fails", async () => {
    const events = recorder<string>();
    const watch = (event: WatchEvent): void => events.record(brief(event));
    await expect(client.get(`${root}/a`, { watch })).rejects.toMatchObject({ code: "NONODE" });
    await client.create(`${root}/a`);
    expect(events.seen).toEqual([]);
  });

  test("that is persistent goes on until it is removed", async () => {
    const events = recorder<string>();
    const watch = await client.addWatch(root, "persistent", (event) => events.record(brief(event)));
    await client.set(root, "1");
    await client.create(`${root}/a`);
    await client.set(`${root}/a`, "not seen");
    await client.set(root, "2");
    await watch[Symbol.asyncDispose]();
    await client.set(root, "3");
    await watch[Symbol.asyncDispose]();
    expect(events.seen).toEqual([
      `dataChanged ${root}`,
      `childrenChanged ${root}`,
      `dataChanged ${root}`,
    ]);
  });

  test("that is recursive sees all that is below, and no lists of children", async () => {
    const events = recorder<string>();
    await client.addWatch(root, "persistentRecursive", (event) => events.record(brief(event)));
    await client.create(`${root}/a/b`, "", { parents: true });
    await client.set(`${root}/a/b`, "1");
    await client.delete(`${root}/a`, { recursive: true });
    expect(events.seen).toEqual([
      `created ${root}/a`,
      `created ${root}/a/b`,
      `dataChanged ${root}/a/b`,
      `deleted ${root}/a/b`,
      `deleted ${root}/a`,
    ]);
  });

  test("that is removed leaves the others on its path alone", async () => {
    const kept = recorder<string>();
    const removed = recorder<string>();
    await client.addWatch(root, "persistent", (event) => kept.record(brief(event)));
    const watch = await client.addWatch(root, "persistent", (event) =>
      removed.record(brief(event)),
    );
    await watch[Symbol.asyncDispose]();
    await client.set(root, "1");
    expect([kept.seen, removed.seen]).toEqual([[`dataChanged ${root}`], []]);
  });
});

describe("behind a chroot", () => {
  test("paths are the caller's own, in requests, answers, events and errors", async () => {
    const inside = await connected({ chroot: root });
    const events = recorder<string>();
    const watch = (event: WatchEvent): void => events.record(brief(event));
    await inside.children("/", { watch });
    expect(await inside.create("/a/b", "x", { parents: true })).toBe("/a/b");
    const [made] = await inside.multi([{ op: "create", path: "/c" }]);
    expect([made?.path, events.seen]).toEqual(["/c", ["childrenChanged /"]]);
    expect((await client.children(root)).children).toEqual(["a", "c"]);
    await expect(inside.get("/none")).rejects.toMatchObject({ path: "/none" });
    expect(await inside.create("/", "", { mode: "persistentSequential" })).toMatch(/^\/\d{10}$/);
  });

  test("that does not exist, missing ancestors are made up to the very top", async () => {
    const inside = await connected({ chroot: `${root}/x/y` });
    await inside.create("/a", "", { parents: true });
    expect((await client.children(`${root}/x/y`)).children).toEqual(["a"]);
  });
});

describe("requests", () => {
  test("are answered in the order they were made in", async () => {
    const order: number[] = [];
    const asked = Array.from({ length: 50 }, async (_, index) => {
      if (index % 2 === 0) await client.set(root, `${index}`);
      else expect((await client.get(root)).data.toString()).toBe(`${index - 1}`);
      order.push(index);
    });
    await Promise.all(asked);
    expect(order).toEqual(order.toSorted((left, right) => left - right));
  });

  test("carry a megabyte less what surrounds it", async () => {
    const data = Buffer.alloc(1_000_000, "x");
    await client.set(root, data);
    expect((await client.get(root)).data.equals(data)).toBe(true);
  });

  test("after a sync see what was committed before", async () => {
    const other = await connected();
    await other.set(root, "new");
    await client.sync(root);
    expect((await client.get(root)).data.toString()).toBe("new");
  });
});
