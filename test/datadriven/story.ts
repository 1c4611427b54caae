import { formatZxid, noSession, type Sid, sidOf, zxidZero } from "../../src/core/base/ids.ts";
import { Writer } from "../../src/core/jute/writer.ts";
import type { HoldFault } from "../../src/core/network/fabric.ts";
import type { MessageType } from "../../src/core/network/link.ts";
import { errorName } from "../../src/core/protocol/error-codes.ts";
import { OpCode, opName } from "../../src/core/protocol/op-codes.ts";
import { type Request, writeBody } from "../../src/core/protocol/requests.ts";
import { type EnsembleConfig, formatConfig } from "../../src/core/quorum/config.ts";
import type { FromClient, Host, ToClient } from "../../src/sim/host.ts";
import type { Socket } from "../../src/sim/network.ts";
import { World } from "../../src/sim/world.ts";
import { ZabChecker } from "../simulation/checkers/zab.ts";
import { configOf, configWith, makePeer, memberOf } from "../simulation/peers.ts";
import { type Kind, Teller } from "./teller.ts";

interface Client {
  readonly socket: Socket<ToClient, FromClient>;
  xid: number;
}

interface Crash {
  readonly sid: Sid;
  readonly when: "before" | "after";
  readonly pattern: string;
}

/** A world in which every message and every sync takes a millisecond, and a story told of it; Zab's invariants are checked. */
export class Story {
  #world: World | undefined;
  #checker: ZabChecker | undefined;
  readonly #teller = new Teller();
  readonly #clients = new Map<string, Client>();
  readonly #crashes: Crash[] = [];
  readonly #holds: HoldFault[] = [];

  /**
   * Spares belong to nobody at first; with them, or with none of them said, peers can be reconfigured. `syncs`: snapshots, and
   * as many diffs, that a leader sends at a time.
   */
  create(
    voters: number,
    { observers = 0, spares, syncs }: Record<"observers" | "spares" | "syncs", number | undefined>,
  ): void {
    const config = configOf(voters, observers);
    const count = config.members.length + (spares ?? 0);
    const options = {
      reconfigEnabled: spares !== undefined,
      ...(syncs !== undefined && { syncLimits: { snapshots: syncs, diffs: syncs } }),
    };
    const world = new World({
      seed: "story",
      sids: Array.from({ length: count }, (_, index) => sidOf(index + 1)),
      makePeer: (sid) => makePeer(sid, configWith(config, sid), options),
      latency: { from: 1, to: 1 },
      syncing: { from: 1, to: 1 },
      scripted: true,
      traceLines: 0,
    });
    const checker = new ZabChecker(config, [...world.hosts.values()]);
    this.#world = world;
    this.#checker = checker;
    world.watcher = {
      stepping: (host, event) => {
        checker.stepping(host, event);
        this.#teller.event(host, event);
      },
      effect: (host, effect) => {
        const line = this.#teller.lineOf(host, effect);
        if (this.#isStruck(host, "before", line)) return "crash";
        checker.effect(host, effect);
        this.#teller.effect(host, effect);
        if (this.#isStruck(host, "after", line)) world.schedule.after(0, () => this.#fall(host));
        return undefined;
      },
      stepped: (host) => checker.stepped(host),
      synced: (host) => checker.synced(host),
      crashed: (host) => checker.crashed(host),
    };
  }

  show(kinds: readonly string[]): void {
    this.#teller.show(kinds as readonly Kind[]);
  }

  start(sids: readonly number[]): void {
    for (const sid of sids) this.#host(sid).start();
  }

  run(ms: number): void {
    this.#running.run(this.#running.now + ms);
  }

  /** Until all that are up serve under one leader; a moment more, for what is on its way. */
  elect(): void {
    const world = this.#running;
    const done = world.run(world.now + 5000, () => {
      const peers = [...world.hosts.values()].flatMap(({ peer }) => peer ?? []);
      const leader = peers.find((peer) => peer.role === "leading")?.sid;
      return leader !== undefined && peers.every((peer) => peer.serving && peer.leader === leader);
    });
    if (!done) this.#teller.tell("no leader after 5000 ms");
    this.run(5);
  }

  /** At once, or before or after the next effect whose line holds the pattern. */
  crash(sid: number, when: string | undefined, pattern: string): void {
    if (when !== "before" && when !== "after") return this.#fall(this.#host(sid));
    this.#crashes.push({ sid: sidOf(sid), when, pattern });
  }

  pause(sid: number): void {
    this.#host(sid).pause();
  }

  resume(sid: number): void {
    this.#host(sid).resume();
  }

  /** `1 | 2 3`: both ways; `1 > 2`: what 1 sends to 2. */
  cut(spec: string): void {
    const [left = "", right = ""] = spec.split(/[|>]/);
    const sids = (text: string): Sid[] => text.trim().split(/\s+/).map(Number).map(sidOf);
    const pattern = { from: sids(left), to: sids(right), bothWays: spec.includes("|") };
    this.#running.fabric.block([pattern], spec);
  }

  heal(): void {
    this.#running.slowDisks.clear();
    this.#running.fabric.heal();
  }

  reset(left: number, right: number): void {
    const pattern = { from: [sidOf(left)], to: [sidOf(right)], bothWays: true };
    this.#running.network.reset([pattern]);
  }

  /** Keeps back what one peer sends another from the next message of a type on. */
  hold(from: number, to: number, type: string): void {
    const pattern = { from: [sidOf(from)], to: [sidOf(to)], bothWays: false };
    const match = { types: [type as MessageType] };
    this.#holds.push(this.#running.fabric.hold([pattern], match, `hold ${type}`));
  }

  release(): void {
    for (const hold of this.#holds.splice(0)) hold.undo();
  }

  slow(sid: number, ms: number): void {
    this.#running.slowDisks.set(sidOf(sid), ms);
  }

  /** `+4` joins and votes, `~4` joins or stays as an observer, `-1` leaves: asked of the leader as the super user. */
  reconfig(changes: readonly string[]): void {
    const numbers = (sign: string): number[] =>
      changes.filter((change) => change.startsWith(sign)).map((change) => Number(change.slice(1)));
    const members = [
      ...numbers("+").map((number) => memberOf(number, "participant")),
      ...numbers("~").map((number) => memberOf(number, "observer")),
    ];
    const joining = formatConfig({ version: zxidZero, members }).split("\n").slice(0, -1).join(",");
    const request = { joining, leaving: numbers("-").join(","), members: null, configId: -1 };
    const leader = [...this.#running.hosts.values()].find(({ peer }) => peer?.leading?.serving);
    if (leader === undefined) return this.#teller.tell("nobody leads");
    leader.deliver({ type: "command", command: { type: "reconfigure", token: 1, request } });
    this.run(100);
  }

  // ------------------------------------------------------------------ clients

  connect(name: string, sid: number): void {
    const world = this.#running;
    world.dialClient(sidOf(sid), {
      refused: () => this.#teller.tell(`${name}: peer ${sid} refuses`),
      reached: (socket) => {
        this.#clients.set(name, { socket, xid: 0 });
        socket.onMessage = (message) => this.#heard(name, socket, message);
        socket.onClosed = () => this.#teller.tell(`${name}: connection closed`);
      },
    });
    this.run(20);
  }

  ask(name: string, op: string, path: string, value: string): void {
    const client = this.#clients.get(name);
    if (client === undefined) throw new Error(`no client ${name}`);
    client.xid += 1;
    const request = requestOf(client.xid, op, path, new TextEncoder().encode(value));
    const writer = new Writer();
    writeBody(writer, request.type, request.body);
    client.socket.send({ type: "request", request, raw: writer.view() });
    this.run(20);
  }

  #heard(name: string, socket: Socket<ToClient, FromClient>, message: ToClient): void {
    switch (message.type) {
      case "opened":
        return socket.send({
          type: "handshake",
          request: {
            protocolVersion: 0,
            lastZxidSeen: zxidZero,
            timeout: 10_000,
            session: noSession,
            password: null,
            readOnly: false,
          },
        });
      case "accept":
        return this.#teller.tell(`${name}: session opened`);
      case "reply": {
        const { type, err, zxid, body } = message.reply;
        const data =
          body !== undefined && "data" in body && body.data !== null ? body.data : undefined;
        const text = data === undefined ? "" : ` ${new TextDecoder().decode(data)}`;
        const outcome = err === 0 ? "ok" : errorName(err);
        return this.#teller.tell(`${name}: ${opName(type)} ${outcome} ${formatZxid(zxid)}${text}`);
      }
      default:
        return;
    }
  }

  // ------------------------------------------------------------------ what there is to see

  status(): void {
    for (const { sid, peer, disk } of this.#running.hosts.values()) {
      const epochs = `epochs ${disk.acceptedEpoch}/${disk.currentEpoch}`;
      const state =
        peer === undefined
          ? "down"
          : `${peer.role}${peer.leader === undefined || peer.leader === sid ? "" : ` ${peer.leader}`}${peer.serving ? ", serving" : ""}`;
      const log = peer === undefined ? disk.lastDurable : peer.lastLogged;
      this.#teller.tell(`${sid} ${state}, ${epochs}, log ${formatZxid(log)}`);
    }
  }

  /** Who belongs, as each peer knows it. */
  members(): void {
    for (const { sid, peer } of this.#running.hosts.values()) {
      if (peer === undefined) continue;
      const { committed, lastSeen, isChanging } = peer.membership;
      const next = isChanging ? `, next ${membersText(lastSeen)}` : "";
      this.#teller.tell(`${sid}: ${membersText(committed)}${next}`);
    }
  }

  /** What a crash would leave now. */
  logs(): void {
    for (const { sid, disk } of this.#running.hosts.values()) {
      const { log, snapshot } = disk.recover();
      const start = snapshot === undefined ? [] : [`snapshot ${formatZxid(snapshot.zxid)}`];
      const entries = log.map((entry) => formatZxid(entry.zxid));
      this.#teller.tell(`${sid}: ${[...start, ...entries].join(" ") || "empty"}`);
    }
  }

  takeLines(): string[] {
    for (const host of this.#world?.hosts.values() ?? []) this.#checker?.inspect(host);
    return this.#teller.take();
  }

  // ------------------------------------------------------------------

  get #running(): World {
    if (this.#world === undefined) throw new Error("a story begins with `peers`");
    return this.#world;
  }

  #host(sid: number): Host {
    return this.#running.host(sidOf(sid));
  }

  #isStruck(host: Host, when: Crash["when"], line: string | undefined): boolean {
    const index = this.#crashes.findIndex(
      (crash) => crash.sid === host.sid && crash.when === when && line?.includes(crash.pattern),
    );
    if (index < 0) return false;
    this.#crashes.splice(index, 1);
    if (when === "before") this.#teller.tell(`${host.sid} crashes before: ${line}`);
    return true;
  }

  #fall(host: Host): void {
    const { unsynced } = host.disk;
    host.crash();
    const lost = unsynced === 0 ? "" : `, ${unsynced} unsynced lost`;
    this.#teller.tell(`${host.sid} crashes${lost}`);
  }
}

const membersText = ({ version, members }: EnsembleConfig): string =>
  `${members.map(({ sid, role }) => (role === "observer" ? `~${sid}` : `${sid}`)).join(" ")} since ${formatZxid(version)}`;

const acl = [{ perms: 31, scheme: "world", id: "anyone" }];

function requestOf(xid: number, op: string, path: string, data: Uint8Array): Request {
  switch (op) {
    case "create":
      return { xid, type: OpCode.create, body: { path, data, acl, flags: 0 } };
    case "set":
      return { xid, type: OpCode.setData, body: { path, data, version: -1 } };
    case "delete":
      return { xid, type: OpCode.delete, body: { path, version: -1 } };
    case "get":
      return { xid, type: OpCode.getData, body: { path, watch: false } };
    case "sync":
      return { xid, type: OpCode.sync, body: { path } };
    default:
      throw new Error(`no such request: ${op}`);
  }
}
