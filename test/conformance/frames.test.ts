import { describe, expect } from "vitest";
import { OpCode } from "../../src/core/protocol/op-codes.ts";
import { framed } from "../frames.ts";
import { answers, atEveryPlace, body, rest, send } from "./places.ts";
import { RawClient, RawSocket } from "./raw-client.ts";
import {
  acl,
  auth,
  create,
  exists,
  getData,
  multi,
  ping,
  raw,
  remove,
  sasl,
  setData,
  sync,
} from "./requests.ts";

const int = (value: number): Uint8Array => framed((w) => w.int(value)).subarray(4);
const lengthMax = 0xf_ffff;

/** Bytes that make a server hang up without a word, on a fresh connection and on one with a session. */
const fatal: readonly (readonly [what: string, bytes: Uint8Array])[] = [
  ["a negative length", int(-1)],
  ["the most negative length", int(-0x8000_0000)],
  ["a length above jute.maxbuffer", int(lengthMax + 1)],
  ["the greatest length", int(0x7fff_ffff)],
  ["a length of 0", int(0)],
];

describe("lengths that end a connection", () => {
  for (const [what, bytes] of fatal) {
    atEveryPlace(`${what}, before the handshake`, async (server) => {
      const socket = await RawSocket.open(server);
      socket.write(bytes);
      expect(await socket.text()).toBe("");
    });
    atEveryPlace(`${what}, in a session`, async (server) => {
      const client = await RawClient.open(server);
      client.socket.write(bytes);
      expect(await rest(client)).toEqual(["closed"]);
      await client.end();
    });
  }
  for (let length = 1; length < 8; length += 1) {
    atEveryPlace(`${length} bytes are no header`, async (server) => {
      const client = await RawClient.open(server);
      client.socket.write(framed((w) => w.raw(new Uint8Array(length))));
      expect(await rest(client)).toEqual(["closed"]);
      await client.end();
    });
  }
});

describe("logins that end a connection, and not the session", () => {
  for (const [what, login] of [
    ["an auth without a body", raw(OpCode.auth, () => {})],
    ["an auth cut short", raw(OpCode.auth, (w) => w.int(0))],
    ["a sasl without a body", raw(OpCode.sasl, () => {})],
    ["a sasl token of null", sasl(null)],
  ] as const) {
    atEveryPlace(what, async (server) => {
      const client = await RawClient.open(server);
      send(client, login);
      expect(await rest(client)).toEqual(["closed"]);
      const { session, response } = client;
      const again = await RawClient.open(server, { session, password: response.password });
      expect(again.response.timeout).toBeGreaterThan(0);
      await again.end();
    });
  }
});

describe("handshakes that end a connection", () => {
  for (const length of [1, 4, 20, 28, 43]) {
    atEveryPlace(`of ${length} bytes`, async (server) => {
      const socket = await RawSocket.open(server);
      socket.write(framed((w) => w.raw(new Uint8Array(length).fill(1))));
      expect(await socket.text()).toBe("");
    });
  }
  for (const text of [
    "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "SSH-2.0-x\r\n",
    "\u0016\u0003\u0001\u0002\u0000",
  ]) {
    atEveryPlace(`from another protocol: ${JSON.stringify(text)}`, async (server) => {
      const socket = await RawSocket.open(server);
      socket.write(Buffer.from(text, "latin1"));
      expect(await socket.text()).toBe("");
    });
  }
});

const path = `/frames-${process.pid}`;
describe("the greatest frame", () => {
  /** A setData whose frame has this length. */
  const write = (length: number) => setData(path, "x".repeat(length - 16 - 4 - path.length));
  atEveryPlace("is taken, and a longer one ends the connection", async (server) => {
    const client = await RawClient.open(server);
    await answers(client, create(path));
    expect(body(write(lengthMax)).length + 8).toBe(lengthMax);
    const [line] = await answers(client, write(lengthMax));
    expect(line).toMatch(/^ok .* len=\d+}$/);
    const [data] = await answers(client, getData(path));
    expect(data?.length).toBeGreaterThan(lengthMax - 200);
    send(client, write(lengthMax + 1));
    expect(await rest(client)).toEqual(["closed"]);
    await client.end();
    const another = await RawClient.open(server);
    await answers(another, remove(path));
    await another.end();
  });
});

describe("requests in one go", () => {
  const shown = (lines: readonly string[]) => lines.map((line) => line.replace(/ @-?\w+/g, ""));
  atEveryPlace(
    "are judged as if each before had been applied, and answered in order",
    async (server) => {
      const client = await RawClient.open(server);
      const requests = [
        create(path),
        create(path),
        setData(path, "x", 0),
        getData(path),
        setData(path, "y", 0),
        sync(path),
        create(`${path}/s-`, { flags: 2 }),
        create(`${path}/s-`, { flags: 2 }),
        exists(`${path}/s-0000000001`),
        ping(),
        remove(path),
        multi(remove(`${path}/s-0000000000`), remove(`${path}/s-0000000001`)),
        remove(path),
        exists(path),
      ];
      let last = 0;
      for (const request of requests) last = send(client, request);
      const frames: string[] = [];
      const transcriptOf = await client.until(last);
      for (const frame of transcriptOf)
        frames.push(frame.kind === "reply" ? `${frame.reply.err}` : frame.kind);
      expect(frames).toEqual([
        "0",
        "-110",
        "0",
        "0",
        "-103",
        "0",
        "0",
        "0",
        "0",
        "0",
        "-111",
        "0",
        "0",
        "-101",
      ]);
      expect(shown(await answers(client, exists(path)))).toEqual(["NONODE"]);
      await client.end();
    },
  );
  atEveryPlace("are answered in order, however many", async (server) => {
    const client = await RawClient.open(server);
    const many = 3000; // three times what either engine works on at once
    send(client, create(path));
    for (let i = 0; i < many; i += 1) {
      send(client, i % 3 === 0 ? setData(path, String(i)) : exists(path));
    }
    const frames = await client.until(send(client, remove(path)));
    const versions = frames.map((frame) => {
      const { body } = frame.kind === "reply" ? frame.reply : {};
      return body !== undefined && "stat" in body ? body.stat.version : -1;
    });
    const expected = Array.from({ length: many }, (_, i) => 1 + Math.floor(i / 3));
    expect(versions).toEqual([-1, ...expected, -1]);
    await client.end();
  });
  atEveryPlace("that are sent before an auth run as who one was before", async (server) => {
    const client = await RawClient.open(server);
    const list = [acl(1, "world", "anyone"), acl(31, "digest", "bob:ikIaKsbtGweaHnb/jKn7OHqbunM=")];
    send(client, create(path, { acl: list }));
    send(client, setData(path, "x"));
    send(client, auth("digest", "bob:pw"));
    send(client, setData(path, "y"));
    const frames = await client.until(send(client, remove(path)));
    // The answer to the auth itself comes when it comes.
    const others = frames.filter((frame) => frame.kind !== "reply" || frame.reply.xid > 0);
    const errors = others.map((frame) => (frame.kind === "reply" ? frame.reply.err : frame.kind));
    expect(errors).toEqual([0, -102, 0, 0]);
    await client.end();
  });
  atEveryPlace("end behind one that is unknown", async (server) => {
    const client = await RawClient.open(server);
    client.send({ type: 99, body: new Uint8Array(0) });
    send(client, exists(path));
    const lines = await rest(client);
    // In between Apache may answer what was piped behind, when it is quick.
    expect([lines[0], lines.at(-1)]).toEqual(["UNIMPLEMENTED @none", "closed"]);
    await client.end();
  });
  atEveryPlace("arrive byte by byte as well", async (server) => {
    const client = await RawClient.open(server);
    const bytes = framed((w) => {
      w.int(41);
      w.int(OpCode.exists);
      w.raw(body(exists("/zookeeper/quota")));
    });
    for (const byte of bytes) client.socket.write(Uint8Array.of(byte));
    const frame = await client.next();
    expect(frame.kind === "reply" && [frame.reply.xid, frame.reply.err]).toEqual([41, 0]);
    await client.end();
  });
});
