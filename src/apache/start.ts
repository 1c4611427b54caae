import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ZooKeeperClient } from "../client/index.ts";
import { assert } from "../core/base/assert.ts";
import { type Sid, sidOf, zxidZero } from "../core/base/ids.ts";
import { Prng } from "../core/base/prng.ts";
import { Fabric } from "../core/network/fabric.ts";
import { QuorumVerifier } from "../core/quorum/verifier.ts";
import { asSuper } from "../ensemble/access-options.ts";
import type { ApacheEngine as EngineChoice, Ensemble } from "../ensemble/api.ts";
import type { Ms, PeerId } from "../ensemble/api-controls.ts";
import { Calls } from "../ensemble/calls.ts";
import { ClientContent } from "../ensemble/client-content.ts";
import { Clients } from "../ensemble/clients.ts";
import { debugEvents, debugMessages } from "../ensemble/debug/events.ts";
import { createEnsemble } from "../ensemble/ensemble.ts";
import { EventLog } from "../ensemble/events.ts";
import { Faults } from "../ensemble/faults.ts";
import { listenError } from "../ensemble/listen-error.ts";
import { recordMessages } from "../ensemble/message-events.ts";
import { NetworkControl } from "../ensemble/network.ts";
import { noteOpen, type Origin } from "../ensemble/open-ensembles.ts";
import type { ResolvedOptions, ResolvedPeer } from "../ensemble/options.ts";
import { PeerHandle } from "../ensemble/peer-handle.ts";
import { clearTimeout, machineNow, randomHex, setTimeout } from "../runtime/machine-time.ts";
import { ApacheEngine } from "./engine.ts";
import { claimPorts, type PortClaim } from "./free-ports.ts";
import { Gates } from "./gates.ts";
import { findInstallation } from "./installation.ts";
import { machineClock, noStorage } from "./lacking.ts";
import { LastWill } from "./last-will.ts";
import { ApachePeer } from "./peer.ts";
import { Roster } from "./roster.ts";
import { Seat } from "./seat.ts";
import { type PeerPorts, serverPlan } from "./server-plan.ts";
import { ServerProcess } from "./server-process.ts";
import { SessionList } from "./sessions.ts";
import { Standings } from "./standings.ts";

/** What there is before any server starts, and has to be freed after the last one. */
interface Ground {
  readonly dir: string;
  readonly will: LastWill;
  readonly fabric: Fabric;
  readonly gates: Gates;
  readonly claim: PortClaim;
  readonly ports: ReadonlyMap<Sid, PeerPorts>;
}

/** Boots Apache's servers as the options say, Java and the jars from where the environment does; resolves as `startEnsemble` does. */
export async function startApache(
  options: ResolvedOptions,
  choice: EngineChoice,
  { openedAt, control, environment }: Origin & { readonly environment: NodeJS.ProcessEnv },
): Promise<Ensemble> {
  const installation = findInstallation(choice, environment);
  const id = `${options.name}-${randomHex(6)}`;
  const startedAt = machineNow();
  const now = (): Ms => Math.floor(machineNow() - startedAt);
  const hold = holdProcess();
  try {
    const ground = await prepare(id, options, now);
    const { dir, will, gates } = ground;
    const events = new EventLog(now, { onEvent: options.onEvent, debug: debugEvents(id) });
    events.onMessagesAsked = recordMessages(ground.fabric, events, () => events.tell());
    debugMessages(events);
    const calls = new Calls(id, holdProcess);
    let tellLeader = (): void => {};
    const seats = options.peers.map((peer) => {
      const ports = portsOf(ground, peer);
      const plan = serverPlan(peer, { options, engine: choice, ports, gates, dir });
      return new Seat({
        peer,
        ports,
        calls,
        gates,
        process: new ServerProcess(installation, plan, will),
        onRole: (from, to) => {
          events.record("peer", { peer: peer.id, from, to });
          tellLeader();
          events.tell();
        },
      });
    });
    const forget = noteOpen({ id, openedAt });
    const release = options.keepAlive ? holdProcess() : undefined;
    const free = async (): Promise<void> => {
      calls.close(); // first: what is started behind the kill would outlive it
      await Promise.all(seats.map((seat) => seat.kill()));
      await giveBack(ground);
      forget();
      release?.();
      await control?.close();
    };
    const parts = assemble({ options, ground, calls, seats, events, now });
    const { roster, standings, clients } = parts;
    tellLeader = leaderTeller(roster, events);
    try {
      if (options.network !== undefined) {
        parts.network.condition([{ bothWays: true }], options.network, "all links");
      }
      const wanted = new Set(options.peers.filter((peer) => peer.start).map((peer) => peer.id));
      const first = seats.filter((seat) => wanted.has(seat.id));
      await Promise.all(first.map((seat) => seat.start()));
      await standings.ready(first, options.timeouts.start, options.signal);
      const close = async (): Promise<void> => {
        // At once: over a link that stands still no client hears an answer to its goodbye.
        await Promise.all([clients.close(), free()]);
      };
      const engine = new ApacheEngine({ ...parts, options, now, close });
      const ensemble = createEnsemble({ ...parts, id, seed: options.seed, engine, control });
      control?.serve({
        ensemble,
        resolve: async (target) => (await roster.resolve(target)).map((seat) => seat.id),
        clock: options.clock,
        waitMs: options.timeouts.wait,
      });
      return ensemble;
    } catch (error) {
      await free();
      throw error;
    }
  } finally {
    hold();
  }
}

/** Records who leads, where that is another than before, as far as the servers were asked. */
function leaderTeller(roster: Roster, events: EventLog): () => void {
  let told: PeerId | undefined;
  let epoch = 0;
  return () => {
    const { leader } = roster;
    epoch = leader?.seen.epoch ?? epoch;
    if (leader?.id === told) return;
    told = leader?.id;
    events.record("leader", { peer: told, epoch });
  };
}

/** A folder, and ports; nothing of it stays where that fails. */
async function prepare(id: string, options: ResolvedOptions, now: () => Ms): Promise<Ground> {
  const dir = await mkdtemp(join(tmpdir(), `zkms-${id}-`));
  const will = new LastWill(dir);
  const fabric = new Fabric(new Prng(options.seed).split("network"));
  const failed = (error: unknown): void => {
    process.stderr.write(`${id}: a proxy cannot listen again: ${error}\n`);
  };
  const gates = new Gates({ fabric, host: options.host, now, failed });
  let claim: PortClaim | undefined;
  try {
    claim = await claimPorts(options.peers.length * 4, { except: fixedPorts(options) });
    const ports = portsFor(options, claim);
    const ground = { dir, will, fabric, gates, claim, ports };
    for (const peer of options.peers) {
      const target = portsOf(ground, peer).client;
      const adding = gates.addClientGate(sidOf(peer.id), { port: peer.clientPort, target });
      await adding.catch((error: unknown) => {
        throw listenError(error, peer, options.host);
      });
    }
    await gates.addPeerGates(ports);
    return ground;
  } catch (error) {
    await giveBack({ dir, will, gates, claim });
    throw error;
  }
}

/** Those that the caller chose. */
const fixedPorts = ({ peers }: ResolvedOptions): readonly number[] =>
  peers.flatMap(({ clientPort, adminPort = 0 }) => [clientPort, adminPort]);

async function giveBack({
  gates,
  claim,
  dir,
  will,
}: Pick<Ground, "gates" | "dir" | "will"> & {
  readonly claim: PortClaim | undefined;
}): Promise<void> {
  await gates.destroy();
  await claim?.release();
  await rm(dir, { recursive: true, force: true });
  await will.revoke();
}

function assemble(around: {
  readonly options: ResolvedOptions;
  readonly ground: Ground;
  readonly calls: Calls;
  readonly seats: readonly Seat[];
  readonly events: EventLog;
  readonly now: () => Ms;
}) {
  const { options, ground, calls, seats, events, now } = around;
  const { fabric, gates } = ground;
  const { host, advertisedHost, timeouts, seed } = options;
  const faults = new Faults((fault, change) => {
    events.record("fault", { id: fault.id, label: fault.label, change });
    events.tell();
  });
  const verifier = new QuorumVerifier(configOf(options));
  const roster = new Roster({ seats, verifier, faults, seed });
  const standings = new Standings({ roster, calls, timeout: timeouts.wait });
  const clients = new Clients({
    engine: "apache",
    placesOf: async (to) => {
      const wanted = to === "all" ? seats : await roster.resolve(to);
      return wanted.map((seat) => ({ host, port: seat.clientPort, secure: undefined }));
    },
    timeout: timeouts.wait,
    ca: undefined,
  });
  // Past the proxies: faults are for those who are tested.
  const servers = seats.map((seat) => seat.address);
  const connectAsSuper = (): Promise<ZooKeeperClient> =>
    clients.connectTo(servers, asSuper(options.superUser));
  return {
    events,
    roster,
    calls,
    faults,
    standings,
    clients,
    content: new ClientContent(connectAsSuper),
    sessions: new SessionList({ gates, faults, calls, standings, timeout: timeouts.wait }),
    network: new NetworkControl({
      fabric,
      faults,
      calls,
      look: () => roster.look(),
      resolve: (target) => roster.resolveSeen(target),
      knowsMessages: false,
      now,
      resetConnections: (patterns) => gates.reset(patterns),
    }),
    clock: machineClock(calls, now),
    storage: noStorage,
    tls: undefined,
    peers: seats.map(
      (seat) =>
        new PeerHandle({
          peer: new ApachePeer({ seat, gates, standings, host, advertisedHost, timeouts }),
          calls,
          timeout: timeouts.wait,
        }),
    ),
  };
}

function portsFor({ peers }: ResolvedOptions, claim: PortClaim): ReadonlyMap<Sid, PeerPorts> {
  return new Map(
    peers.map(({ id, adminPort }, index) => {
      const own = claim.ports.slice(index * 4, index * 4 + 4);
      const [client = 0, quorum = 0, election = 0, admin = 0] = own;
      return [sidOf(id), { client, quorum, election, admin: adminPort === 0 ? admin : adminPort }];
    }),
  );
}

function portsOf({ ports }: Ground, peer: ResolvedPeer): PeerPorts {
  const found = ports.get(sidOf(peer.id));
  assert(found !== undefined, "every peer has its ports");
  return found;
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
  const timer = setTimeout(() => {}, 2 ** 31 - 1);
  return () => clearTimeout(timer);
}
