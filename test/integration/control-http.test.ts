// The control API as any HTTP client meets it: what it answers, and whom it keeps out.
import { request } from "node:http";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openControl } from "../../src/control/server.ts";
import { allPaths } from "../../src/control/table.ts";
import type { Ensemble } from "../../src/index.ts";
import { startEnsemble } from "../../src/index.ts";

let ens: Ensemble;
beforeAll(async () => {
  ens = await startEnsemble(3, { control: { token: "s3cret" } });
});
afterAll(() => ens.close());

interface Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
  // biome-ignore lint/suspicious/noExplicitAny: what a test looks into
  readonly json: any;
}

/** Over node:http, because fetch writes Host and Origin by itself. */
function ask(
  path: string,
  {
    method = "POST",
    body,
    headers = {},
  }: { method?: string; body?: string; headers?: Record<string, string | undefined> } = {},
): Promise<Answer> {
  const all = {
    authorization: "Bearer s3cret",
    ...(method === "POST" && { "content-type": "application/json" }),
    ...headers,
  };
  const given = Object.entries(all).filter(([, value]) => value !== undefined);
  return new Promise((resolve, reject) => {
    const asked = request(
      `${ens.controlUrl}${path}`,
      { method, headers: Object.fromEntries(given), agent: false },
      async (response) => {
        const text = (await response.toArray()).join("");
        const isJson = response.headers["content-type"] === "application/json";
        const { statusCode: status, headers } = response;
        resolve({ status, headers, body: text, json: isJson ? JSON.parse(text) : undefined });
      },
    );
    asked.on("error", reject);
    asked.end(body);
  });
}
const get = (path: string): Promise<Answer> => ask(path, { method: "GET" });

describe("every verb is a path", () => {
  test("that reads by GET, and acts by POST", async () => {
    const status = await get("/v1/ensemble/status");
    expect(status).toMatchObject({ status: 200, json: { quorum: true, faults: [] } });
    expect(status.json.peers[0].zxid).toMatch(/^0x1[0-9a-f]{8}$/);
    expect(await ask("/v1/ensemble/heal")).toMatchObject({ status: 204, body: "" });
  });

  test("whose arguments are one JSON object, the options among them", async () => {
    const { json } = await ask("/v1/ensemble/isolate", {
      body: '{"target":1,"from":"clients","direction":"in"}',
    });
    expect(json.label).toBe("isolation 1 from clients, in");
    expect((await ens.status()).faults).toEqual([`#${json.id} ${json.label}`]);
    expect(await ask(`/v1/faults/${json.id}/undo`)).toMatchObject({ status: 204 });
    expect(await ask(`/v1/faults/${json.id}/undo`)).toMatchObject({ status: 204 });
    expect((await ens.status()).faults).toEqual([]);
  });

  test("with a list where the method takes any number", async () => {
    const { json } = await ask("/v1/ensemble/partition", { body: '{"sides":[[1],[2,3]]}' });
    expect(json.label).toBe("partition 1 | 2,3");
    await ens.heal();
  });

  test("of a peer, by its number", async () => {
    expect((await ask("/v1/peers/2/fourLetterWord", { body: '{"word":"ruok"}' })).json).toBe(
      "imok",
    );
    expect(await get("/v1/peers/9/status")).toMatchObject({
      status: 404,
      json: { error: { code: "ZKMS_NO_SUCH_PEER", hint: "one of 1, 2, 3" } },
    });
    expect((await get("/v1/peers/first/status")).json.error.code).toBe("ZKMS_NO_SUCH_PEER");
  });

  test("of a fault that was made here, and of no other", async () => {
    const other = await ens.network.refuse({ to: 3 });
    const { json } = await ask("/v1/network/refuse", { body: '{"link":{"to":1}}' });
    const answer = await ask(`/v1/faults/${other.id}/undo`);
    expect(answer).toMatchObject({ status: 400, json: { error: { hint: `one of ${json.id}` } } });
    expect((await ens.status()).faults).toHaveLength(2);
    await ens.heal();
    expect(await ask(`/v1/faults/${json.id}/undo`)).toMatchObject({ status: 204 });
  });

  test("of a hold, as long as it stands", async () => {
    const { json } = await ask("/v1/network/hold", {
      body: '{"link":{"to":1},"match":{"type":"COMMIT"}}',
    });
    await ens.seedTree({ held: "" });
    const { json: queued } = await get(`/v1/faults/${json.id}/queued`);
    expect(queued[0]).toMatchObject({ to: 1, type: "COMMIT" });
    expect((await ask(`/v1/faults/${json.id}/release`, { body: '{"count":1}' })).json).toBe(1);
    await ens.heal();
    expect((await ask(`/v1/faults/${json.id}/release`)).json).toBe(0);
    expect((await ask("/v1/faults/99/undo")).json.error.hint).toBe("none was made here");
  });
});

describe("an error", () => {
  test("is the one a local caller gets, with a status for its code", async () => {
    const wrong = { target: "ledar" };
    const local = await ens.kill(wrong.target as "leader").catch((error: unknown) => error);
    const { status, json } = await ask("/v1/ensemble/kill", { body: JSON.stringify(wrong) });
    const { code, message, hint } = local as Error & { code: string; hint: string };
    expect(status).toBe(400);
    expect(json).toEqual({ error: { code, message, hint } });
  });

  test.each([
    ["/v1/ensemble/kill", '{"targte":1}', 400, "ZKMS_BAD_OPTIONS", "target"],
    ["/v1/ensemble/heal", '{"now":1}', 400, "ZKMS_BAD_OPTIONS", undefined],
    ["/v1/ensemble/partition", '{"sides":"leader"}', 400, "ZKMS_BAD_OPTIONS", "sides: [ … ]"],
    ["/v1/ensemble/kill", '["leader"]', 400, "ZKMS_BAD_OPTIONS", '{"target":"leader"}'],
    ["/v1/ensemble/kill", '{"target"', 400, "ZKMS_CONTROL", undefined],
    ["/v1/ensemble/kil", "{}", 404, "ZKMS_CONTROL", "/v1/ensemble/kill"],
    ["/v1/peers/%zz/kill", "{}", 404, "ZKMS_CONTROL", "/v1/peers/{id}/kill"],
    ["//", "{}", 404, "ZKMS_CONTROL", "GET /openapi.json"],
    ["/v1/ensemble/toString", "{}", 404, "ZKMS_CONTROL", "/v1/ensemble/status"],
    ["/v1/network/hold", '{"link":{"form":1}}', 400, "ZKMS_BAD_OPTIONS", "link.from"],
    ["/v1/clock/advance", '{"ms":"5"}', 400, "ZKMS_BAD_OPTIONS", undefined],
    ["/v1/ensemble/dump", '{"path":5}', 400, "ZKMS_BAD_OPTIONS", undefined],
    ["/v1/ensemble/seedTree", "{}", 400, "ZKMS_BAD_OPTIONS", undefined],
    ["/v1/ensemble/restore", "{}", 400, "ZKMS_BAD_OPTIONS", "await ensemble.snapshot()"],
    [
      "/v1/sessions/get",
      '{"match":true}',
      400,
      "ZKMS_BAD_OPTIONS",
      "client.sessionId, or the path of an ephemeral node",
    ],
    [
      "/v1/sessions/expire",
      '{"match":"/none"}',
      404,
      "ZKMS_NO_SUCH_SESSION",
      "a session's id: there is no ephemeral node",
    ],
    [
      "/v1/ensemble/waitForNoLeader",
      '{"timeout":1}',
      504,
      "ZKMS_WAIT_TIMEOUT",
      `ensemble.kill("majority")`,
    ],
    ["/v1/tls/issue", '{"commonName":"me"}', 409, "ZKMS_BAD_STATE", "startEnsemble({ tls: true })"],
  ])("%s %s: %i %s", async (path, body, status, code, hint) => {
    const answer = await ask(path, { body });
    expect(answer).toMatchObject({ status, json: { error: { code } } });
    expect(answer.json.error.hint).toBe(hint);
  });

  test("tells the method that would do", async () => {
    expect(await get("/v1/ensemble/heal")).toMatchObject({
      status: 405,
      headers: { allow: "POST" },
    });
    const deleted = await ask("/v1/ensemble/status", { method: "DELETE" });
    expect(deleted).toMatchObject({ status: 405, headers: { allow: "GET, POST" } });
  });
});

describe("kept out is", () => {
  test.each([
    ["who has no token", { authorization: undefined }, 401, "there is no token"],
    ["who has another token", { authorization: "Bearer s3cres" }, 401, "the token is another one"],
    [
      "who has a longer token",
      { authorization: "Bearer s3cret2" },
      401,
      "the token is another one",
    ],
    ["a name that was made to lead here", { host: "evil.example:80" }, 403, "is not this machine"],
    ["this machine on another port", { host: "127.0.0.1:1" }, 403, "is not this machine"],
    ["a web page", { origin: "http://localhost:3000" }, 403, "web pages are refused"],
    ["a page of no origin", { origin: "null" }, 403, "web pages are refused"],
    ["a form's POST", { "content-type": "text/plain" }, 415, "a POST carries JSON"],
  ])("%s", async (_, headers, status, message) => {
    const answer = await ask("/v1/ensemble/kill", { body: '{"target":"all"}', headers });
    expect(answer).toMatchObject({ status, json: { error: { code: "ZKMS_CONTROL" } } });
    expect(answer.json.error.message).toContain(message);
    expect(Object.keys(answer.headers).filter((name) => name.startsWith("access-control"))).toEqual(
      [],
    );
    expect((await ens.status()).quorum).toBe(true);
  });

  test("everything else by the same door", async () => {
    for (const path of ["/", "/openapi.json", "/v1/events", "/nowhere"]) {
      const answer = await ask(path, { method: "GET", headers: { authorization: undefined } });
      expect([path, answer.status, answer.headers["www-authenticate"]]).toEqual([
        path,
        401,
        "Bearer",
      ]);
    }
  });

  test("a body that is too long, and one that does not come", async () => {
    const control = await openControl({ port: 0, token: "t", requestMs: 50, bodyMax: 100 });
    control.serve({ ensemble: ens, resolve: () => [], clock: "real", waitMs: 1 });
    const { port, host } = new URL(control.url);
    const said = async (body: string, length = body.length): Promise<string> => {
      const socket = connect(Number(port), "127.0.0.1");
      socket.setEncoding("utf8");
      socket.write(
        `POST /v1/ensemble/dump HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer t\r\nConnection: close\r\n` +
          `Content-Type: application/json\r\nContent-Length: ${length}\r\n\r\n${body}`,
      );
      return (await socket.toArray()).join("");
    };
    expect(await said(JSON.stringify({ path: "/".padEnd(200, "a") }))).toContain(
      "211 bytes, and 100",
    );
    expect(await said("{", 2)).toMatch(/^HTTP\/1\.1 408 /);
    await control.close();
  });
});

describe("events", () => {
  /** Reads until there are so many; then hangs up. */
  async function streamed(path: string, count: number, headers = {}): Promise<string[]> {
    const authorization = "Bearer s3cret";
    const hungUp = new AbortController();
    const response = await fetch(`${ens.controlUrl}${path}`, {
      headers: { authorization, ...headers },
      signal: hungUp.signal,
    });
    const read: string[] = [];
    let rest = "";
    for await (const chunk of response.body ?? []) {
      const blocks = (rest + Buffer.from(chunk).toString()).split("\n\n");
      rest = blocks.pop() ?? "";
      read.push(...blocks);
      if (read.length >= count) break;
    }
    hungUp.abort();
    return read;
  }

  test("have a number, a type and data, and are resumed behind the last one seen", async () => {
    await using zk = await ens.connect();
    await zk.create("/first");
    await zk.create("/second");
    const kept = await ens.events.history({ type: "commit" });
    const last = kept.filter((event) => event.type === "commit" && event.path === "/second")[0];
    const seq = last?.seq ?? 0;
    const whole = await streamed(`/v1/events?type=commit&since=${seq}`, 1);
    const [id, type, data] = whole[0]?.split("\n") ?? [];
    expect([id, type]).toEqual([`id: ${seq}`, "event: commit"]);
    expect(JSON.parse(data?.replace("data: ", "") ?? "")).toMatchObject({
      type: "commit",
      seq,
      path: "/second",
      zxid: expect.stringMatching(/^0x/),
    });
    const resumed = streamed("/v1/events?type=commit", 1, { "last-event-id": String(seq) });
    await zk.create("/third");
    expect((await resumed)[0]).toContain('"path":"/third"');
  });

  test("of a type that nobody knows are refused, and so is a number that is none", async () => {
    expect((await get("/v1/events?type=comit")).json.error.hint).toBe('type: "commit"');
    expect((await get("/v1/events?since=x")).json.error.code).toBe("ZKMS_BAD_OPTIONS");
    expect((await get("/v1/events?types=x")).json.error.hint).toBe("type");
  });
});

test("the description names every verb", async () => {
  const { json } = await get("/openapi.json");
  expect(Object.keys(json.paths)).toEqual(expect.arrayContaining(allPaths()));
  expect((await get("/")).body).toContain("GET  /openapi.json");
});

test("close answers and then closes, sockets and all", async () => {
  const other = await startEnsemble(1, { control: true });
  const { controlUrl, controlToken } = other;
  const answer = await fetch(`${controlUrl}/v1/ensemble/close`, {
    method: "POST",
    headers: { authorization: `Bearer ${controlToken}`, "content-type": "application/json" },
  });
  expect(answer.status).toBe(204);
  await other.close();
  await expect(fetch(`${controlUrl}/`)).rejects.toThrow();
});

test("a port that is taken is known before anything boots", async () => {
  const { port } = new URL(ens.controlUrl ?? "");
  await expect(startEnsemble(1, { control: { port: Number(port) } })).rejects.toMatchObject({
    code: "ZKMS_PORT_IN_USE",
    message: expect.stringContaining(`the control API cannot listen on port ${port}`),
  });
});
