import { once } from "node:events";
import { connect } from "node:net";
import { type SessionId, sessionIdOf, zxidOf } from "../core/base/ids.ts";
import { FrameSplitter } from "../core/jute/frames.ts";
import { Reader } from "../core/jute/reader.ts";
import { Writer } from "../core/jute/writer.ts";
import { ConnectRequest, ConnectResponse } from "../core/protocol/connect.ts";
import { OpCode } from "../core/protocol/op-codes.ts";
import { sessionPassword } from "../core/session/password.ts";
import type { Fault, Ms, SessionInfo, SessionMatch, Sessions } from "../ensemble/api-controls.ts";
import type { Calls } from "../ensemble/calls.ts";
import { ZkmsError } from "../ensemble/errors.ts";
import type { Faults } from "../ensemble/faults.ts";
import { askWord } from "../ensemble/four-letter-word.ts";
import { hex } from "../ensemble/picture.ts";
import type { Gates } from "./gates.ts";
import type { Standings } from "./standings.ts";
import type { Address } from "./survey.ts";

export interface SessionListOptions {
  readonly gates: Gates;
  readonly faults: Faults;
  readonly calls: Calls;
  readonly standings: Standings;
  /** For an answer to come. */
  readonly timeout: Ms;
}

/**
 * The sessions that the leader tells of, and their connections, which the proxies know by the answers to their handshakes. A
 * session's password can be computed, and with it a session can be closed.
 */
export class SessionList implements Sessions {
  readonly #options: SessionListOptions;
  /** Of the sessions that were there when last asked: servers tell of the connected ones only. */
  #timeouts: ReadonlyMap<SessionId, Ms> = new Map();

  constructor(options: SessionListOptions) {
    this.#options = options;
  }

  list(): Promise<SessionInfo[]> {
    return this.#options.calls.run(() => this.all());
  }

  get(match: SessionMatch): Promise<SessionInfo | undefined> {
    return this.#options.calls.run(() => this.find(match));
  }

  expire(match: SessionMatch): Promise<SessionInfo> {
    return this.#options.calls.run(async () => {
      const session = await this.#present(match);
      await this.#close(session);
      return session;
    });
  }

  expireAll(): Promise<number> {
    return this.#options.calls.run(async () => {
      const sessions = await this.all();
      await Promise.all(sessions.map((session) => this.#close(session)));
      return sessions.length;
    });
  }

  disconnect(match: SessionMatch): Promise<void> {
    return this.#options.calls.run(async () => {
      const { id } = await this.#present(match);
      this.#options.gates.clientOf(sessionIdOf(id))?.breakOff();
    });
  }

  freeze(match: SessionMatch): Promise<Fault> {
    return this.#options.calls.run(async () => {
      const { id } = await this.#present(match);
      const relay = this.#options.gates.clientOf(sessionIdOf(id));
      if (relay === undefined) {
        throw new ZkmsError("ZKMS_BAD_STATE", `session ${hex(id)} has no connection to freeze`);
      }
      relay.freeze();
      const end = (): void => relay.thaw();
      return this.#options.faults.add({ kind: "freeze", what: `session ${hex(id)}`, end });
    });
  }

  async find(match: SessionMatch): Promise<SessionInfo | undefined> {
    const sessions = await this.all();
    return sessions.find((session) => isMatch(session, match));
  }

  async all(): Promise<SessionInfo[]> {
    const { gates, standings, timeout } = this.#options;
    const leader = await standings.leader();
    const dump = await askWord("dump", { ...leader.address, timeout });
    const [tracked = "", ephemeral = ""] = dump.split("ephemeral nodes dump:");
    const ids = [...tracked.matchAll(/^\t(0x[0-9a-f]+)$/gm)].map(([, id = "0"]) => idOf(id));
    const ephemerals = ephemeralsIn(ephemeral);
    const sessions = ids.map((id) => {
      const relay = gates.clientOf(id);
      const granted = relay?.granted?.timeout ?? this.#timeouts.get(id) ?? 0;
      return {
        id,
        timeout: granted,
        peer: relay && Number(relay.link.to),
        connected: relay !== undefined,
        readOnly: relay?.granted?.readOnly === true,
        ephemerals: (ephemerals.get(id) ?? []).sort(),
        watches: 0,
        expiresIn: granted,
        remote: relay && `${relay.remoteAddress}:${relay.remotePort}`,
      };
    });
    this.#timeouts = new Map(sessions.map((session) => [session.id, session.timeout]));
    return sessions;
  }

  async #present(match: SessionMatch): Promise<SessionInfo> {
    const session = await this.find(match);
    if (session !== undefined) return session;
    const what = `there is no session ${typeof match === "object" ? `of port ${match.remotePort}` : match}`;
    throw new ZkmsError("ZKMS_NO_SUCH_SESSION", what, { hint: "ensemble.sessions.list()" });
  }

  /** Takes the session over and closes it, which cuts its client off and lets its ephemerals go, as an expiry does. */
  async #close({ id }: SessionInfo): Promise<void> {
    const leader = await this.#options.standings.leader();
    await shake(leader.address, id, sessionPassword(sessionIdOf(id)));
  }
}

const idOf = (text: string): SessionId => sessionIdOf(BigInt(text));

function ephemeralsIn(text: string): Map<bigint, string[]> {
  const found = new Map<bigint, string[]>();
  let paths: string[] = [];
  for (const line of text.split("\n")) {
    const [, id] = /^(0x[0-9a-f]+):$/.exec(line) ?? [];
    if (id !== undefined) {
      paths = [];
      found.set(idOf(id), paths);
    } else if (line.startsWith("\t/")) paths.push(line.slice(1));
    else if (line.startsWith("Connections dump")) break;
  }
  return found;
}

function isMatch(session: SessionInfo, match: SessionMatch): boolean {
  if (typeof match === "object") return session.remote?.endsWith(`:${match.remotePort}`) === true;
  if (typeof match === "string" && match.startsWith("/")) return session.ephemerals.includes(match);
  const id =
    typeof match === "bigint" ? match : BigInt(match.startsWith("0x") ? match : `0x${match}`);
  return sessionIdOf(id) === session.id;
}

/** Reconnects to a session, and where that is granted closes it. */
async function shake(address: Address, session: bigint, password: Uint8Array): Promise<void> {
  const socket = connect({ ...address, noDelay: true });
  const frames = new FrameSplitter(1024);
  const closed = once(socket, "close");
  socket.on("error", () => {}); // a close says as much
  socket.on("data", (chunk) => {
    frames.push(chunk);
    while (frames.next()) {
      const { bytes, start, end } = frames;
      if (end - start === 16) continue; // the answer to closeSession
      const response = ConnectResponse.read(new Reader(bytes, start, end));
      if (response.timeout > 0) {
        socket.write(
          framed((writer) => {
            writer.int(1);
            writer.int(OpCode.closeSession);
          }),
        );
      }
    }
  });
  const request: ConnectRequest = {
    protocolVersion: 0,
    lastZxidSeen: zxidOf(0),
    timeout: 10_000,
    session: sessionIdOf(session),
    password,
    readOnly: false,
  };
  socket.write(framed((writer) => ConnectRequest.write(writer, request)));
  await closed;
}

function framed(write: (writer: Writer) => void): Uint8Array {
  const writer = new Writer();
  const at = writer.beginFrame();
  write(writer);
  writer.endFrame(at);
  return writer.copy();
}
