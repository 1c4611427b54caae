// Sessions that one peer alone knows: what they cost, what they may do, and what makes them the quorum's.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { noSession } from "../../src/core/base/ids.ts";
import type { Ensemble } from "../../src/index.ts";
import { serverOf, startThree, Teller } from "./ensembles.ts";
import { ask, RawClient, type Server } from "./raw-client.ts";
import {
  type Ask,
  closeSession,
  create,
  create2,
  createContainer,
  createTtl,
  exists,
  Flags,
  multi,
  ping,
  remove,
  setData,
  sync,
} from "./requests.ts";

const { ephemeral, ephemeralSequential, ttl } = Flags;

/** Where a session is local, and the others. */
interface Places {
  readonly here: Server;
  readonly elsewhere: readonly Server[];
  /** A node of the test's own. */
  readonly mark: string;
}

let count = 0;

/** Registers tests that are told to a leader and to a follower of three peers of these settings. */
function describeWith(
  upgrading: boolean,
  tests: (atBoth: (what: string, run: (places: Places) => Promise<void>) => void) => void,
): void {
  let started: Ensemble | undefined;
  const ensemble = (): Ensemble => {
    if (started === undefined) throw new Error("not started");
    return started;
  };
  beforeAll(async () => {
    const config = { localSessionsUpgradingEnabled: upgrading };
    started = await startThree({ localSessions: true, config });
  });
  afterAll(() => started?.[Symbol.asyncDispose]());
  tests((what, run) => {
    test.each(["leader", "follower"] as const)(`${what} (%s)`, async (place) => {
      const leader = await ensemble().leader();
      const servers = [leader, ...(await ensemble().followers())].map(serverOf);
      const [here, ...elsewhere] = place === "leader" ? servers : servers.reverse();
      if (here === undefined) throw new Error("no such peer");
      count += 1;
      await run({ here, elsewhere, mark: `/${count}` });
    });
  });
}

/** A marked session's lines, and those of its end. */
async function tell({ here, mark }: Places, ...asks: readonly Ask[]): Promise<string[]> {
  const teller = await Teller.open(here, { mark });
  const lines = await teller.askAll([...asks, closeSession()]);
  return lines.map((line) => line.replaceAll(mark, "$"));
}

describe("a local session that may be upgraded", () => {
  describeWith(true, (atBoth) => {
    atBoth("begins, writes and ends without a transaction of its own", async (places) => {
      const { here, mark } = places;
      const first = await Teller.open(here, { mark });
      const second = await Teller.open(here, { base: first.base });
      expect([
        ...(await second.askAll([create(`${mark}/b`), remove(`${mark}/b`), closeSession()])),
        ...(await first.askAll([create(`${mark}/c`), sync("/"), ping(), closeSession()])),
      ]).toEqual([
        `ok @1 ${mark}/b`,
        "ok @2",
        "ok @2, closed",
        `ok @3 ${mark}/c`,
        "ok @3 /",
        "ok @3",
        "ok @3, closed",
      ]);
    });

    atBoth("is made the quorum's before its first ephemeral", async (places) => {
      const { mark } = places;
      expect(
        await tell(
          places,
          create(`${mark}/1`, { flags: ephemeral }),
          exists(`${mark}/1`),
          create(`${mark}/`, { flags: ephemeralSequential }),
          setData(mark, "x"),
        ),
      ).toEqual([
        "ok @2 $/1",
        "ok @2 {c@2 m@2 p@2 owner=me}",
        "ok @3 $/0000000001",
        "ok @4 {c@0 m@4 p@3 v=1 cv=2 len=1 n=2}",
        "ok @5, closed",
      ]);
    });

    atBoth("then moves like any other", async ({ here, elsewhere: [there = here], mark }) => {
      const first = await Teller.open(here, { mark });
      await first.ask(create(`${mark}/1`, { flags: ephemeral }));
      const { session, response } = first.client;
      const { base } = first;
      const second = await Teller.open(there, { base, session, password: response.password });
      expect(second.client.session).toBe(session);
      expect(await first.ask(setData(mark, ""))).toEqual(["closed"]);
      await second.client.caughtUp(base + 3);
      const lines = await second.askAll([exists(`${mark}/1`), closeSession()]);
      expect(lines).toEqual(["ok @3 {c@2 m@2 p@2 owner=me}", "ok @4, closed"]);
    });

    const made: readonly (readonly [
      what: string,
      (path: string) => Ask,
      line: string,
      end: number,
    ])[] = [
      [
        "of a multi",
        (path) => multi(create(`${path}/a`), create(`${path}/b`, { flags: ephemeral })),
        "ok @2 [create $/a; create $/b]",
        3,
      ],
      [
        "of a multi that fails",
        (path) => multi(create2(`${path}/a`, { flags: ephemeral }), setData("/none", "")),
        "ok @2 [undone; NONODE]",
        3,
      ],
      ["that has no parent", () => create("/no/parent", { flags: ephemeral }), "NONODE @2", 3],
      ["at no path", () => create("no path", { flags: ephemeral }), "BADARGUMENTS @2", 3],
    ];
    for (const [what, request, line, end] of made) {
      atBoth(`is upgraded for an ephemeral ${what}`, async (places) => {
        expect(await tell(places, request(places.mark))).toEqual([line, `ok @${end}, closed`]);
      });
    }

    const others: readonly (readonly [what: string, (path: string) => Ask, line: string])[] = [
      ["flags unknown", () => create("/x", { flags: 9 }), "BADARGUMENTS @1"],
      ["a container", (path) => createContainer(`${path}/a`), "ok @1 $/a {c@1 m@1 p@1}"],
      ["a TTL node", (path) => createTtl(`${path}/a`, 100_000), "ok @1 $/a {c@1 m@1 p@1}"],
      [
        "a multi without one",
        (path) => multi(create2(`${path}/a`), setData("/none", "")),
        "ok @1 [undone; NONODE]",
      ],
    ];
    for (const [what, request, line] of others) {
      atBoth(`is not upgraded for ${what}`, async (places) => {
        expect(await tell(places, request(places.mark))).toEqual([line, "ok @1, closed"]);
      });
    }

    atBoth("reconnects where it is, and nowhere else", async ({ here, elsewhere }) => {
      const { session, response } = await RawClient.open(here);
      const { password } = response;
      const again = async (server: Server, pass: Uint8Array): Promise<unknown> => {
        const { response: told } = await RawClient.open(server, { session, password: pass });
        return [told.timeout, told.session];
      };
      for (const server of elsewhere) expect(await again(server, password)).toEqual([0, noSession]);
      expect(await again(here, new Uint8Array(16))).toEqual([0, noSession]);
      const back = await RawClient.open(here, { session, password, timeout: 7000 });
      expect(back.response).toEqual({ ...response, timeout: 7000 });
      await back.end();
      expect(await again(here, password)).toEqual([0, noSession]);
    });

    atBoth("is listed apart from the quorum's", async ({ here, mark }) => {
      const local = await RawClient.open(here);
      const global = await Teller.open(here, { mark });
      await global.ask(create(`${mark}/1`, { flags: ephemeral }));
      const dump = (await ask(here, "dump"))
        .replace(/^ephemeral nodes dump:.*/ms, "")
        .replace(/^\d+ expire at .*\n(?!\t)/gm, "") // Apache's empty buckets
        .replace(/Sets \(\d+\)/g, "Sets (N)")
        .replace(/(?<=expire at ).*(?=:)/g, "DATE")
        .replaceAll(local.session.toString(16), "LOCAL")
        .replaceAll(global.client.session.toString(16), "GLOBAL");
      expect(dump.split("\n")).toEqual([
        "SessionTracker dump:",
        "Local Session Sets (N)/(1):",
        "1 expire at DATE:",
        "\t0xLOCAL",
        ...((await ask(here, "srvr")).includes("Mode: leader")
          ? ["Global Session Sets (N)/(1):", "1 expire at DATE:", "\t0xGLOBAL"]
          : ["Global Sessions(1):", "0xGLOBAL\t30000ms"]),
        "",
      ]);
      const counts = (await ask(here, "mntr")).match(/^zk_(global|local)_sessions\t.*$/gm);
      expect(counts).toEqual(["zk_global_sessions\t1", "zk_local_sessions\t1"]);
      await local.end();
      await global.ask(closeSession());
    });
  });
});

describe("a local session that may not be upgraded", () => {
  describeWith(false, (atBoth) => {
    const refused = "EPHEMERALONLOCALSESSION";
    const rows: readonly (readonly [what: string, (path: string) => Ask, line: string])[] = [
      ["create", (path) => create(`${path}/a`, { flags: ephemeral }), `${refused} @1`],
      ["create2", (path) => create2(`${path}/a`, { flags: ephemeralSequential }), `${refused} @1`],
      [
        "a create without a parent",
        () => create("/no/parent", { flags: ephemeral }),
        `${refused} @1`,
      ],
      ["a create at no path", () => create("no path", { flags: ephemeral }), `${refused} @1`],
      ["flags unknown", () => create("/x", { flags: 9 }), "BADARGUMENTS @1"],
      ["flags of another kind", () => create("/x", { flags: ttl }), "BADARGUMENTS @1"],
      [
        "a multi that fails before",
        (path) => multi(remove("/none"), create(`${path}/a`, { flags: ephemeral })),
        "ok @1 [NONODE; RUNTIMEINCONSISTENCY]",
      ],
      ["a node that lasts", (path) => create(`${path}/a`), "ok @1 $/a"],
    ];
    for (const [what, request, line] of rows) {
      atBoth(`asks for ${what}`, async (places) => {
        expect(await tell(places, request(places.mark))).toEqual([line, "ok @1, closed"]);
      });
    }

    atBoth(
      "asks for one in a multi, and a leader elsewhere knows no such session",
      async (places) => {
        const { here, mark } = places;
        const request = multi(create(`${mark}/a`), create(`${mark}/b`, { flags: ephemeral }));
        const isLeader = (await ask(here, "srvr")).includes("Mode: leader");
        const error = isLeader ? refused : "SESSIONEXPIRED";
        expect(await tell(places, request)).toEqual([`ok @1 [undone; ${error}]`, "ok @1, closed"]);
      },
    );
  });
});
