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
import { noSuchSession, sessionMatcher } from "../ensemble/session-match.ts";
import { clearTimeout, setTimeout } from "../runtime/machine-time.ts";
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
      await this.#close([session.id]);
      return session;
    });
  }

  expireAll(): Promise<number> {
    return this.#options.calls.run(async () => {
      const sessions = await this.all();
      await this.#close(sessions.map(({ id }) => id));
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
    const isMatch = sessionMatcher(match);
    return (await this.all()).find(isMatch);
  }

  async all(): Promise<SessionInfo[]> {
    const { gates } = this.#options;
    const dump = await this.#dump();
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

  /** A leader that has just lost its quorum says so instead. */
  async #dump(): Promise<string> {
    const { standings, timeout } = this.#options;
    return await standings.until(undefined, {
      what: "no leader tells of its sessions",
      check: async () => {
        const { address } = await standings.leader();
        const text = await askWord("dump", { ...address, timeout }).catch(() => ""); // it may be gone by now
        return text.startsWith("SessionTracker dump") ? text : undefined;
      },
    });
  }

  async #present(match: SessionMatch): Promise<SessionInfo> {
    const isMatch = sessionMatcher(match);
    const sessions = await this.all();
    const session = sessions.find(isMatch);
    if (session === undefined) throw noSuchSession(match, sessions);
    return session;
  }

  /** Resolves when the leader has none of them any more: what a leader without a quorum takes is not done. */
  async #close(ids: readonly bigint[]): Promise<void> {
    const { standings } = this.#options;
    await standings.until(undefined, {
      what: `${ids.length === 1 ? "a session is" : "sessions are"} not expired`,
      check: async () => {
        const alive = (await this.all()).filter(({ id }) => ids.includes(id));
        if (alive.length === 0) return true;
        const { address } = await standings.leader();
        await Promise.all(alive.map(({ id }) => takeOverAndClose(address, sessionIdOf(id))));
        return undefined;
      },
    });
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

/** A leader that loses its quorum meanwhile says nothing for as long as it takes it to notice. */
const answerMsMax = 5000;

/** Reconnects to a session, and where that is granted closes it, which cuts its client off and lets its ephemerals go. */
async function takeOverAndClose(address: Address, session: SessionId): Promise<void> {
  const socket = connect({ ...address, noDelay: true });
  const frames = new FrameSplitter(1024);
  const closed = new Promise((resolve) => socket.once("close", resolve));
  const timer = setTimeout(() => socket.destroy(), answerMsMax);
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
    session,
    password: sessionPassword(session),
    readOnly: false,
  };
  socket.write(framed((writer) => ConnectRequest.write(writer, request)));
  await closed;
  clearTimeout(timer);
}

function framed(write: (writer: Writer) => void): Uint8Array {
  const writer = new Writer();
  const at = writer.beginFrame();
  write(writer);
  writer.endFrame(at);
  return writer.copy();
}
