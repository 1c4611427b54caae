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
import { askWord } from "../ensemble/four-letter-word.ts";
import { unsupported } from "../ensemble/unsupported.ts";
import type { Seat } from "./seat.ts";
import type { Address } from "./survey.ts";

export interface SessionListOptions {
  readonly seats: readonly Seat[];
  readonly calls: Calls;
  readonly leader: () => Promise<Seat>;
  readonly timeout: Ms;
}

/** The sessions that the servers tell of, and what can be done to them with a session's password, which can be computed. */
export class SessionList implements Sessions {
  readonly #options: SessionListOptions;

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
      const session = await this.#present(match);
      const seat = this.#options.seats.find(({ id }) => id === session.peer);
      // A reconnect cuts the connection that there is, before its password is looked at, and this one is wrong.
      if (seat !== undefined) await shake(seat.address, session.id, new Uint8Array(16));
    });
  }

  freeze(): Promise<Fault> {
    return unsupported("sessions.freeze on Apache ZooKeeper", "ensemble.peer(id).pause()");
  }

  async find(match: SessionMatch): Promise<SessionInfo | undefined> {
    const sessions = await this.all();
    return sessions.find((session) => isMatch(session, match));
  }

  /** By the leader's `dump`, and the `cons` of those who hold the connections. */
  async all(): Promise<SessionInfo[]> {
    const leader = await this.#options.leader();
    const [dump, ...held] = await Promise.all([
      this.#ask(leader, "dump"),
      ...this.#options.seats.filter((seat) => seat.isUp).map((seat) => this.#connections(seat)),
    ]);
    const connections = new Map(held.flat().map((connection) => [connection.session, connection]));
    const [tracked = "", ephemeral = ""] = dump.split("ephemeral nodes dump:");
    const ephemerals = ephemeralsIn(ephemeral);
    const ids = [...tracked.matchAll(/^\t(0x[0-9a-f]+)$/gm)].map(([, id = "0"]) => idOf(id));
    return ids.map((id) => {
      const connection = connections.get(id);
      return {
        id,
        timeout: connection?.timeout ?? 0,
        peer: connection?.peer,
        connected: connection !== undefined,
        readOnly: false,
        ephemerals: ephemerals.get(id) ?? [],
        watches: 0,
        expiresIn: connection?.timeout ?? 0,
        remote: connection?.remote,
      };
    });
  }

  async #connections(seat: Seat) {
    const text = await this.#ask(seat, "cons").catch(() => "");
    const lines = text.matchAll(/^ \/(\S+)\[\d+\]\(.*sid=(0x[0-9a-f]+),.*,to=(\d+),/gm);
    return [...lines].map(([, remote = "", sid = "0", timeout = "0"]) => ({
      session: idOf(sid),
      peer: seat.id,
      timeout: Number(timeout),
      remote,
    }));
  }

  #ask(seat: Seat, word: string): Promise<string> {
    return askWord(word, { ...seat.address, timeout: this.#options.timeout });
  }

  async #present(match: SessionMatch): Promise<SessionInfo> {
    const session = await this.find(match);
    if (session !== undefined) return session;
    const what = `there is no session ${typeof match === "object" ? `of port ${match.remotePort}` : match}`;
    throw new ZkmsError("ZKMS_NO_SUCH_SESSION", what, { hint: "ensemble.sessions.list()" });
  }

  /** Takes the session over and closes it, which cuts its client off and lets its ephemerals go, as an expiry does. */
  async #close({ id, peer }: SessionInfo): Promise<void> {
    const holder = this.#options.seats.find((seat) => seat.id === peer && seat.isUp);
    const seat = holder ?? (await this.#options.leader());
    await shake(seat.address, id, sessionPassword(sessionIdOf(id)));
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
