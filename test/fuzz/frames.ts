// The frames that clients send: valid ones of every operation, and what mutation makes of them.
import fc from "fast-check";
import { sessionIdOf, zxidOf } from "../../src/core/base/ids.ts";
import type { Prng } from "../../src/core/base/prng.ts";
import { encode } from "../../src/core/jute/record.ts";
import { Writer } from "../../src/core/jute/writer.ts";
import { ConnectRequest } from "../../src/core/protocol/connect.ts";
import { OpCode, Xid } from "../../src/core/protocol/op-codes.ts";
import { type RequestType, writeBody } from "../../src/core/protocol/requests.ts";
import { bodyOf } from "../conformance/requests.ts";
import { planOf } from "../differential/plan.ts";
import { newSession } from "../frames.ts";
import { requests } from "../golden/arbitraries.ts";
import { framed, int, mutated, noise } from "./mutate.ts";

/** Everything that frames name lies below. */
export const folder = "/fuzz";
/** The xid of the request that a visit ends with: its answer says that all before it was taken. */
export const lastXid = 0x7abc_def1;

const folders = 6;
const planned = 1500;
const sampled = 20;
/** Their reply, or the lack of one, ends the connection. */
const closing: readonly number[] = [OpCode.closeSession, OpCode.sasl];
const ops = Object.values(OpCode);
const xids = [0, -1, -2, -4, -8, 0x7fff_ffff, -0x8000_0000] as const;

interface Body {
  readonly type: number;
  readonly bytes: Uint8Array;
}

/** One seed's stock of requests. */
export class Frames {
  readonly #bodies: readonly Body[];
  #xid = 0;

  constructor(prng: Prng) {
    this.#bodies = [...likely(prng.split("likely")), ...arbitrary(prng.split("arbitrary"))];
  }

  /** A request as a client would send it. */
  valid(prng: Prng): Buffer {
    const { type, bytes } = this.#draw(prng);
    return this.#frame(type, bytes);
  }

  /**
   * One that is wrong in some way. With `keepsFraming` the length in front is that of what follows, so that frames behind it
   * are read as frames.
   */
  broken(prng: Prng, keepsFraming: boolean): Buffer {
    const { type, bytes } = this.#draw(prng);
    const frame = this.#frame(type, bytes);
    if (!keepsFraming) return mutated(prng, frame);
    const how = prng.below(10);
    if (how < 6) return framed(Buffer.concat([frame.subarray(4, 12), mutated(prng, orOne(bytes))]));
    if (how === 6) return this.#frame(prng.pick(ops), bytes);
    if (how === 7) return this.#frame(type, noise(prng, prng.below(60)));
    if (how === 8) return framed(Buffer.concat([int(prng.pick(xids)), int(type), bytes]));
    return framed(mutated(prng, frame.subarray(4)));
  }

  #draw(prng: Prng): Body {
    const body = prng.pick(this.#bodies);
    return closing.includes(body.type) && prng.chance(0.8) ? prng.pick(this.#bodies) : body;
  }

  #frame(type: number, bytes: Uint8Array): Buffer {
    this.#xid = (this.#xid + 1) & 0xff_ffff;
    const xid = type === OpCode.ping ? Xid.ping : type === OpCode.auth ? Xid.auth : this.#xid;
    return framed(Buffer.concat([int(xid), int(type), bytes]));
  }
}

/** What a client asks that knows the tree, from the plans of the differential fuzzer. */
function likely(prng: Prng): Body[] {
  const turns = planOf(prng, { operations: planned, ownsServers: true });
  const asks = turns.flatMap((turn) => (turn.kind === "ask" ? turn.asks : []));
  return asks.map((ask) => {
    const at = `${folder}/${prng.below(folders)}`;
    const place = { base: 0, path: (path: string) => path.replace("$", at) };
    return { type: ask.type, bytes: bodyOf(ask, place) };
  });
}

/** What the records allow, however unlikely. */
function arbitrary(prng: Prng): Body[] {
  return Object.entries(requests).flatMap(([type, bodies]) =>
    fc
      .sample(bodies as fc.Arbitrary<object>, { seed: prng.below(2 ** 31), numRuns: sampled })
      .map((body) => {
        const writer = new Writer();
        writeBody(writer, Number(type) as RequestType, body);
        return { type: Number(type), bytes: writer.copy() };
      }),
  );
}

const orOne = (bytes: Uint8Array): Uint8Array => (bytes.length === 0 ? Buffer.alloc(1) : bytes);

/** Opens a session of a few seconds. */
export function greeting(prng: Prng, changes: Partial<ConnectRequest> = {}): Buffer {
  const request = {
    ...newSession,
    timeout: prng.between(4000, 10_000),
    readOnly: prng.pick([false, true, undefined]),
    ...changes,
  };
  return framed(encode(ConnectRequest, request));
}

/** Asks for a session that nobody has, from a time that has not come, with a password of any length … */
export function strangeGreeting(prng: Prng): Buffer {
  return greeting(prng, {
    protocolVersion: prng.pick([0, 1, -1, 0x7fff_ffff]),
    lastZxidSeen: zxidOf(prng.pick([0, -1, 2 ** 40, 5])),
    timeout: prng.pick([0, -1, 1, 4000, 0x7fff_ffff, -0x8000_0000]),
    session: sessionIdOf(BigInt.asIntN(64, BigInt(prng.below(2 ** 31)) * 7919n ** 4n)),
    password: noise(prng, prng.pick([0, 1, 15, 16, 17, 300])),
  });
}

/** Answered by every peer that serves, whatever came before. */
export function lastRequest(): Buffer {
  const body = Buffer.concat([framed(Buffer.from("/")), Buffer.alloc(1)]);
  return framed(Buffer.concat([int(lastXid), int(OpCode.exists), body]));
}

export function request<T extends RequestType>(
  type: T,
  body: Parameters<typeof writeBody>[2],
): Buffer {
  const writer = new Writer();
  writer.int(1);
  writer.int(type);
  writeBody(writer, type, body);
  return framed(writer.copy());
}

/** The first words of other protocols. */
export const otherProtocols: readonly Buffer[] = [
  "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
  "POST /commands/stat HTTP/1.0\r\nContent-Length: 99999999999\r\n\r\n",
  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  "SSH-2.0-OpenSSH_9.6\r\n",
  "EHLO localhost\r\n",
  "*1\r\n$4\r\nPING\r\n",
  "USER anonymous\r\n",
  "\xff\xf4\xff\xfd",
  "\xff\xfb\x1f\xff\xfb\x20",
  "\0\0\0\x08\x04\xd2\x16\x2f",
  "l\0\x0b\0\0\0\0\0\0\0\0\0",
]
  .map((text) => Buffer.from(text, "latin1"))
  .concat([
    // TLS client hellos: 1.2 cut short, and the first bytes of 1.3
    Buffer.from("16030100a5010000a10303", "hex"),
    Buffer.from("1603010200010001fc0303b1c2d3e4f5060708091011121314151617181920", "hex"),
    // Kafka's ApiVersions, MongoDB's hello, a MySQL greeting
    Buffer.from("0000001700120000000000010007636c69656e7431", "hex"),
    Buffer.from("3a000000010000000000000", "hex"),
    Buffer.from("4a0000000a382e302e3336000b000000", "hex"),
  ]);

export const words: readonly string[] =
  "ruok isro srvr stat cons conf envi dirs dump wchs wchc wchp mntr crst srst hash gtmk stmk".split(
    " ",
  );
