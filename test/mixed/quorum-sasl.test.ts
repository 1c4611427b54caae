// Servers of both kinds that know each other by SASL on the quorum port and on the election port.
import { expect, test } from "vitest";
import { connect } from "../../src/client/index.ts";
import { MixedEnsemble } from "./mixed-ensemble.ts";
import { bothWays, requiringSasl } from "./requiring-sasl.ts";
import { expectSameOnAll } from "./same-everywhere.ts";

test("servers of both kinds that require SASL of each other are one quorum, led by ours, then by Apache's", async () => {
  const kinds = ["ours", "apache", "ours"] as const;
  await using ensemble = await MixedEnsemble.start({ kinds, leader: 3, also: requiringSasl });
  await using client = await connect(ensemble.server(1).connectString);
  await client.create("/ours");
  await ensemble.untilConverged();
  expect(complaints(ensemble)).toEqual([]);

  await ensemble.server(3).kill();
  await ensemble.untilLed(2);
  await ensemble.untilAllServe();
  await client.create("/apache");
  await ensemble.server(3).start();
  await ensemble.untilAllServe();

  const tree = await expectSameOnAll(ensemble);
  expect(["/ours", "/apache"].filter((path) => !tree.has(path))).toEqual([]);
  for (const said of bothWays) expect(ensemble.server(2).log).toMatch(said);
  // A server that is killed may still take a call, and then it closes it.
  const ofTheKill = /: SASL with peer 3 fails: it closes the connection$/;
  expect(complaints(ensemble).filter((line) => !ofTheKill.test(line))).toEqual([]);
});

/** What servers of ours have said. */
const complaints = ({ servers }: MixedEnsemble): string[] =>
  servers
    .filter(({ kind }) => kind === "ours")
    .flatMap(({ log }) => log.split("\n"))
    .filter((line) => line !== "");
