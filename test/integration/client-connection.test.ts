import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import {
  afterAll,
  beforeAll,
  beforeEach,
  describe,
  expect,
  onTestFinished,
  test,
  vi,
} from "vitest";
import { connectClient } from "../../src/client/client.ts";
import type { Server } from "../../src/client/connection.ts";
import type { ConnectOptions } from "../../src/client/options.ts";
import type { ClientState, WatchEvent, ZooKeeperClient } from "../../src/client/types.ts";
import { brief, reached, recorder, startServer, type TestServer, Way } from "./client-server.ts";

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

async function connected(
  options: ConnectOptions = {},
  servers: readonly Server[] = [server],
): Promise<ZooKeeperClient> {
  const one = await connectClient(servers, options);
  onTestFinished(() => one.close());
  return one;
}

async function way(): Promise<Way> {
  const one = await Way.to(server);
  onTestFinished(() => one[Symbol.asyncDispose]());
  return one;
}

describe("a connection that breaks", () => {
  test("fails what was under way, and is made again with the same session", async () => {
    const only = await way();
    const one = await connected({}, [only]);
    const { sessionId } = one;
    const states = recorder<ClientState>();
    one.onState(states.record);
    await one.create(`${root}/e`, "", { mode: "ephemeral" });
    only.stall();
    const lost = [one.get(root), one.set(root, "?")].map((asked) =>
      asked.catch((error) => error.code),
    );
    only.cut();
    only.reopen();
    expect(await Promise.all(lost)).toEqual(["CONNECTIONLOSS", "CONNECTIONLOSS"]);
    expect(await one.exists(`${root}/e`)).toMatchObject({ ephemeralOwner: sessionId });
    expect([one.sessionId, states.seen]).toEqual([sessionId, ["disconnected", "connected"]]);
  });

  test("is replaced by one to another server", async () => {
    const [first, second] = [await way(), await way()];
    const one = await connected({}, [first, second]);
    first.refuse();
    await reached(one, "disconnected");
    expect((await one.get(root)).stat.version).toBe(0);
  });

  test("is noticed when it only falls silent", async () => {
    const [first, second] = [await way(), await way()];
    const one = await connected({ sessionTimeout: 1500 }, [first, second]);
    first.stall();
    await reached(one, "disconnected");
    await reached(one, "connected");
    expect((await one.get(root)).stat.version).toBe(0);
  });

  test("is noticed also where the test's timers are not real", async () => {
    const [first, second] = [await way(), await way()];
    vi.useFakeTimers();
    onTestFinished(() => {
      vi.useRealTimers();
    });
    const one = await connected({ sessionTimeout: 900 }, [first, second]);
    first.stall();
    await reached(one, "disconnected");
    await reached(one, "connected");
    expect((await one.get(root)).stat.version).toBe(0);
  });

  test.each([
    ["a reply that nobody waits for", "00000010" + "0000004d" + "0000000000000001" + "00000000"],
    ["a frame that ends too early", "00000002" + "ffff"],
    ["a length that is none", "ffffffff"],
  ])("is ended over %s, and made again", async (_what, nonsense) => {
    const only = await way();
    const one = await connected({}, [only]);
    const { sessionId } = one;
    only.say(Buffer.from(nonsense, "hex"));
    await reached(one, "disconnected");
    expect([(await one.get(root)).stat.version, one.sessionId]).toEqual([0, sessionId]);
  });

  test("takes its watches along, and tells of what they missed", async () => {
    const only = await way();
    const one = await connected({}, [only]);
    const events = recorder<WatchEvent>();
    const watch = (event: WatchEvent): void => events.record(event);
    await client.create(`${root}/gone`);
    await one.get(root, { watch });
    await one.exists(`${root}/new`, { watch });
    await one.children(`${root}/gone`, { watch });
    await one.addWatch(`${root}/lasting`, "persistent", watch);
    only.refuse();
    await reached(one, "disconnected");
    await client.set(root, "1");
    await client.create(`${root}/new`);
    await client.delete(`${root}/gone`);
    only.reopen();
    await reached(one, "connected");
    await one.create(`${root}/lasting`);
    expect(events.seen.map(brief).sort()).toEqual([
      `created ${root}/lasting`,
      `created ${root}/new`,
      `dataChanged ${root}`,
      `deleted ${root}/gone`,
    ]);
    expect(events.seen.find(({ path }) => path === root)?.zxid).toBeUndefined();
  });

  test("shows its credentials again", async () => {
    const only = await way();
    const one = await connected({ auth: [{ scheme: "digest", auth: "bob:secret" }] }, [only]);
    const acl = [{ scheme: "auth", id: "", perms: 31 }];
    await one.create(`${root}/own`, "", { acl });
    only.cut();
    await reached(one, "disconnected");
    expect((await one.get(`${root}/own`)).stat.version).toBe(0);
  });

  test("and finds its session expired when it comes back too late, for good", async () => {
    const only = await way();
    const one = await connected({ sessionTimeout: 300 }, [only]);
    const path = await one.create(`${root}/e`, "", { mode: "ephemeral" });
    const gone = recorder<WatchEvent>();
    await client.exists(path, { watch: gone.record });
    only.refuse();
    await gone.next();
    only.reopen();
    await reached(one, "expired");
    await expect(one.get(root)).rejects.toMatchObject({
      code: "SESSIONEXPIRED",
      message: `get ${root}: the session has expired`,
    });
    await one.close();
    expect(one.state).toBe("closed");
  });

  test("leaves no call waiting for longer than the session would last", async () => {
    const only = await way();
    const one = await connected({ sessionTimeout: 400 }, [only]);
    only.refuse();
    await reached(one, "disconnected");
    const error = await one.get(root).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "CONNECTIONLOSS" });
    expect(String(error)).toMatch(
      /no server answered within 400 ms; the last attempt: 127\.0\.0\.1/,
    );
  });
});

describe("connecting", () => {
  test("passes by servers that are not there", async () => {
    const one = await connected({}, [{ host: "127.0.0.1", port: 1 }, server]);
    expect(one.state).toBe("connected");
  });

  test("gives up after the time it was given, and says what it saw", async () => {
    const error = await connectClient([{ host: "127.0.0.1", port: 1 }], {
      connectTimeout: 60,
    }).catch((thrown: unknown) => thrown);
    expect(String(error)).toMatch(
      /^ZooKeeperError \[CONNECTIONLOSS\]: connect: no server answered within 60 ms; the last attempt: 127\.0\.0\.1:1: connect ECONNREFUSED/,
    );
  });
});

test("a client that nobody closed lets its process end, but not before a pending call is answered", async () => {
  const only = await way();
  const script = fileURLToPath(new URL("./fixtures/idle-client.ts", import.meta.url));
  const child = spawn(process.execPath, ["--import", "tsx", script, `${only.port}`, root], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  await client.set(root, "all");
  expect((await lines.next()).value).toBe("connected");
  only.stall();
  child.stdin.write("ask\n");
  expect((await lines.next()).value).toBe("asking");
  only.reopen();
  expect((await lines.next()).value).toBe("answered all");
  expect(await exited).toEqual([0, null]);
});

describe("a closed client", () => {
  test("refuses everything, and closes again without harm", async () => {
    const one = await connected();
    await Promise.all([one.close(), one.close()]);
    await expect(one.get("/")).rejects.toMatchObject({
      code: "SESSIONEXPIRED",
      message: "get /: the client is closed",
    });
    await one[Symbol.asyncDispose]();
    expect(one.state).toBe("closed");
  });

  test("answers what was asked before", async () => {
    const one = await connected();
    const [stat] = await Promise.all([one.exists(root), one.close()]);
    expect(stat?.version).toBe(0);
  });
});
