// Servers of both kinds that speak TLS with each other on the quorum port and on the election port, and SASL inside.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { connect } from "../../src/client/index.ts";
import { certificatesFor } from "../../src/ensemble/certificates.ts";
import { host, MixedEnsemble, type MixedOptions } from "./mixed-ensemble.ts";
import { bothWays, requiringSasl } from "./requiring-sasl.ts";
import { expectSameOnAll } from "./same-everywhere.ts";

const loggers = ["QuorumCnxManager", "UnifiedServerSocket"].map(
  (name) => `org.slf4j.simpleLogger.log.org.apache.zookeeper.server.quorum.${name}`,
);

/** Every server shows a certificate and asks for one; only the host's address is in them. */
async function speakingBoth(): Promise<NonNullable<MixedOptions["also"]>> {
  const { keys } = await certificatesFor({ kind: "made" }, [host]);
  return (seat) => {
    const { dir } = seat;
    const sasl = requiringSasl(seat);
    const file = (name: string, text = ""): string => {
      writeFileSync(join(dir, name), text);
      return join(dir, name);
    };
    return {
      settings: {
        ...sasl.settings,
        sslQuorum: true,
        "ssl.quorum.keyStore.location": file("peer.pem", keys.cert + keys.key),
        "ssl.quorum.trustStore.location": file("trusted.pem", keys.ca),
      },
      properties: {
        ...sasl.properties,
        ...Object.fromEntries(loggers.map((logger) => [logger, "info"])),
      },
    };
  };
}

test("servers of both kinds that speak TLS with each other, and SASL inside, are one quorum, led by ours, then by Apache's", async () => {
  const kinds = ["apache", "apache", "ours"] as const;
  const also = await speakingBoth();
  await using ensemble = await MixedEnsemble.start({ kinds, leader: 3, also });
  const [first, second, ours] = [1, 2, 3].map((sid) => ensemble.server(sid));
  if (!first || !second || !ours) throw new Error("three servers");
  await using client = await connect(first.connectString);
  await client.create("/ours");
  await ensemble.untilConverged();
  await ours.kill();
  const leader = await ensemble.untilAllServe();
  expect(leader.kind).toBe("apache");
  await client.create("/apache");
  await ours.start();
  await ensemble.untilAllServe();
  await client.create("/both");
  const tree = await expectSameOnAll(ensemble);
  expect(["/ours", "/apache", "/both"].filter((path) => !tree.has(path))).toEqual([]);

  // Apache's have dialled and have accepted, never plainly.
  const said = first.log + second.log;
  expect(said).toMatch(/SSL handshake complete with .* - TLSv1\.2 - /);
  expect(said).toMatch(/Accepted TLS connection from .* - TLSv1\.2 - /);
  expect(said).not.toMatch(/plaintext/i);
  for (const success of bothWays) expect(said).toMatch(success);
  // A server that is killed may be in the middle of a handshake.
  const complaints = ours.log.split("\n").filter((line) => line.includes("refused"));
  expect(complaints).toEqual([]);
});
