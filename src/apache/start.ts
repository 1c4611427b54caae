import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sidOf, zxidZero } from "../core/base/ids.ts";
import { QuorumVerifier } from "../core/quorum/verifier.ts";
import type { ApacheEngine, Ensemble } from "../ensemble/api.ts";
import { Calls } from "../ensemble/calls.ts";
import { EventLog } from "../ensemble/events.ts";
import { noteOpen } from "../ensemble/open-ensembles.ts";
import type { ResolvedOptions } from "../ensemble/options.ts";
import { machineNow } from "../runtime/machine-time.ts";
import { createApacheEnsemble } from "./ensemble.ts";
import { freePorts } from "./free-ports.ts";
import { findInstallation } from "./installation.ts";
import { PeerHandle } from "./peer.ts";
import { Roster } from "./roster.ts";
import { Seat } from "./seat.ts";
import { type PeerPorts, serverPlan } from "./server-plan.ts";
import { ServerProcess } from "./server-process.ts";
import { Standings } from "./standings.ts";

/** Boots Apache's servers as the options say; resolves as `startEnsemble` does. */
export async function startApache(
  options: ResolvedOptions,
  engine: ApacheEngine,
  openedAt: string,
): Promise<Ensemble> {
  const installation = findInstallation(engine);
  const id = `${options.name}-${randomBytes(3).toString("hex")}`;
  const dir = await mkdtemp(join(tmpdir(), `zkms-${id}-`));
  const startedAt = machineNow();
  const events = new EventLog(() => Math.round(machineNow() - startedAt), options.onEvent);
  const ports = await portsOf(options);
  const seats = options.peers.map((peer) => {
    const plan = serverPlan(peer, { options, engine, ports, dir });
    return new Seat({
      peer,
      ports: ports.get(peer.id) as PeerPorts,
      process: new ServerProcess(installation, plan),
      onRole: (from, to) => {
        events.record("peer", { peer: peer.id, from, to });
        events.tell();
      },
    });
  });
  const roster = new Roster({
    seats,
    verifier: new QuorumVerifier(configOf(options)),
    seed: options.seed,
  });
  const standings = new Standings(roster, options.timeouts.wait);
  const calls = new Calls(id, holdProcess);
  const forget = noteOpen({ id, openedAt });
  const release = options.keepAlive ? holdProcess() : undefined;
  const close = async (): Promise<void> => {
    await Promise.all(seats.map((seat) => seat.kill()));
    await rm(dir, { recursive: true, force: true });
    forget();
    release?.();
  };
  const { advertisedHost, timeouts } = options;
  const peers = seats.map(
    (seat) => new PeerHandle({ seat, calls, standings, advertisedHost, timeouts }),
  );
  const ensemble = createApacheEnsemble({
    id,
    options,
    roster,
    standings,
    calls,
    events,
    peers,
    close,
  });
  const hold = holdProcess();
  try {
    const wanted = new Set(options.peers.filter((peer) => peer.start).map((peer) => peer.id));
    const first = seats.filter((seat) => wanted.has(seat.id));
    await Promise.all(first.map((seat) => seat.start()));
    await standings.ready(first, timeouts.start, options.signal);
    return ensemble;
  } catch (error) {
    await close();
    throw error;
  } finally {
    hold();
  }
}

async function portsOf({ peers }: ResolvedOptions): Promise<ReadonlyMap<number, PeerPorts>> {
  const free = await freePorts(peers.length * 4);
  return new Map(
    peers.map(({ id, clientPort, adminPort }, index) => {
      const [client = 0, quorum = 0, election = 0, admin = 0] = free.slice(
        index * 4,
        index * 4 + 4,
      );
      return [
        id,
        {
          client: clientPort === 0 ? client : clientPort,
          quorum,
          election,
          admin: adminPort === 0 ? admin : adminPort,
        },
      ];
    }),
  );
}

/** For the arithmetic of quorums only. */
const configOf = ({ peers, host }: ResolvedOptions) => ({
  version: zxidZero,
  members: peers.map(({ id, type, weight, group }) => ({
    sid: sidOf(id),
    host,
    quorumPort: 0,
    electionPort: 0,
    role: type,
    client: undefined,
    weight,
    group,
  })),
});

/** A timer far away keeps Node alive until it is cleared. */
function holdProcess(): () => void {
  const timer = setInterval(() => {}, 2 ** 30);
  return () => clearInterval(timer);
}
