// Requests that stop, empty or hang Apache's servers: here each has an answer, and nobody else notices.
import { afterAll, describe, expect, test } from "vitest";
import { errorName } from "../../src/core/protocol/error-codes.ts";
import { OpCode } from "../../src/core/protocol/op-codes.ts";
import { type Ensemble, startEnsemble } from "../../src/index.ts";
import { body } from "../conformance/places.ts";
import { RawClient } from "../conformance/raw-client.ts";
import {
  type Ask,
  create,
  createTtl,
  deleteContainer,
  raw,
  remove,
  setData,
} from "../conformance/requests.ts";

type Emulate = "3.8" | "3.9";
const started = new Map<Emulate, Promise<Ensemble>>();
function ensembleAs(emulate: Emulate): Promise<Ensemble> {
  const known = started.get(emulate) ?? startEnsemble(3, { emulate });
  started.set(emulate, known);
  return known;
}
afterAll(async () => {
  for (const ens of started.values()) await (await ens).close();
});

/** The code of the answer; "closed" where there is none. */
async function answerTo(client: RawClient, ask: Ask): Promise<string> {
  const xid = client.send({ type: ask.type, xid: ask.xid, body: body(ask) });
  const frame = (await client.until(xid)).at(-1);
  return frame?.kind === "reply" ? errorName(frame.reply.err) : "closed";
}

const pathOf = (bytes: readonly number[] | undefined) =>
  raw(OpCode.delete, (w) => {
    if (bytes === undefined) w.int(-1);
    else w.buffer(Uint8Array.from(bytes));
    w.int(-1);
  });

const requests: readonly (readonly [what: string, ask: Ask, as38: string, as39?: string])[] = [
  [
    "createTTL of no TTL node with a negative ttl",
    createTtl("/t", -1, { flags: 0 }),
    "BADARGUMENTS",
  ],
  [
    "createTTL of an ephemeral with a negative ttl",
    createTtl("/t", -1, { flags: 1 }),
    "BADARGUMENTS",
  ],
  [
    "a quota for the root",
    create("/zookeeper/quota/zookeeper_limits", { data: "count=1,bytes=-1" }),
    "OK",
  ],
  [
    "deleteContainer of a node that is none",
    deleteContainer("/kept"),
    "BADARGUMENTS",
    "UNIMPLEMENTED",
  ],
  ["createSession", raw(OpCode.createSession, (w) => w.int(5000)), "MARSHALLINGERROR"],
  [
    "check outside a multi",
    raw(OpCode.check, (w) => {
      w.string("/kept");
      w.int(-1);
    }),
    "UNIMPLEMENTED",
  ],
  ["a write with half a body", raw(OpCode.create, (w) => w.string("/half")), "MARSHALLINGERROR"],
  ["a write without a body", raw(OpCode.setData, () => {}), "MARSHALLINGERROR"],
  ["a reconfig with half a body", raw(OpCode.reconfig, (w) => w.int(-1)), "MARSHALLINGERROR"],
  ["a multi with half a body", raw(OpCode.multi, (w) => w.int(1)), "MARSHALLINGERROR"],
  ["a path of null", pathOf(undefined), "MARSHALLINGERROR"],
  ["a path outside the basic plane", create("/\u{1F600}"), "BADARGUMENTS"],
  ["a path whose bytes are no text", pathOf([0x2f, 0xff, 0xfe]), "NONODE"],
  ["a sync of null", raw(OpCode.sync, (w) => w.int(-1)), "OK"],
];

describe("what stops, empties or hangs an Apache", () => {
  for (const emulate of ["3.8", "3.9"] as const) {
    for (const place of ["leader", "follower"] as const) {
      for (const [what, ask, as38, as39 = as38] of requests) {
        test(`is answered by a ${place} as ${emulate}: ${what}`, async () => {
          const ens = await ensembleAs(emulate);
          const leader = await ens.leader();
          const [follower = leader] = await ens.followers();
          const peer = place === "leader" ? leader : follower;
          const setUp = await RawClient.open(peer);
          await answerTo(setUp, create("/kept"));
          await answerTo(setUp, remove("/zookeeper/quota/zookeeper_limits"));
          const client = await RawClient.open(peer);
          expect(await answerTo(client, ask)).toBe(emulate === "3.8" ? as38 : as39);
          expect(await answerTo(setUp, setData("/kept", "still"))).toBe("OK");
          await ens.waitForConverged();
          expect((await ens.leader()).id).toBe(leader.id);
          expect((await ens.dump())["kept"]).toBe("still");
          await client.end();
          await setUp.end();
        });
      }
    }
  }
});

test("stats of a quota that make no sense are counted anew, where they end Apache's servers", async () => {
  await using ens = await startEnsemble(3);
  await using zk = await ens.connect({ to: "followers" });
  const folder = "/zookeeper/quota/q";
  await zk.create("/q");
  await zk.create(`${folder}/zookeeper_limits`, "count=-1,bytes=-1", { parents: true });
  await zk.create(`${folder}/zookeeper_stats`);
  await zk.set(`${folder}/zookeeper_stats`, "nonsense");
  await zk.create("/q/a", "xyz");
  expect((await zk.get(`${folder}/zookeeper_stats`)).data.toString()).toBe("count=0,bytes=2");
  await ens.waitForConverged();
  expect(await ens.dump()).toEqual({ q: { a: "xyz" } });
});

test.each(["memory", "disk"] as const)(
  "a session with more ephemeral nodes than a packet holds ends, and every peer can be restarted (%s)",
  async (kind) => {
    await using ens = await startEnsemble(3, { storage: { kind }, juteMaxBuffer: 4_000 });
    const zk = await ens.connect({ to: "followers" });
    const other = await ens.connect();
    await zk.create("/many");
    const name = "x".repeat(100);
    const creates = Array.from({ length: 100 }, (_, index) =>
      zk.create(`/many/${name}${index}`, "", { mode: "ephemeral" }),
    );
    await Promise.all(creates);
    await zk.close();
    await other.sync();
    expect((await other.children("/many")).children).toEqual([]);
    await ens.killLeader();
    await ens.start();
    await ens.restart();
    await ens.waitForConverged();
    expect(await ens.dump()).toEqual({ many: "" });
  },
);
