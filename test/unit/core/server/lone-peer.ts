import {
  type ConnectionId,
  epochFrom,
  type LinkId,
  linkIdOf,
  noSession,
  type Sid,
  zxidOf,
} from "../../../../src/core/base/ids.ts";
import type { QuorumPacket } from "../../../../src/core/packets/quorum-packet.ts";
import type { Request } from "../../../../src/core/protocol/requests.ts";
import type { Effect, PeerEvent } from "../../../../src/core/server/effects.ts";
import type { Peer } from "../../../../src/core/server/peer.ts";
import { configOf, makePeer } from "../../../simulation/peers.ts";

/** One of three peers, with its clients, and the test in the place of the others and of its store. Time stands still. */
export class LonePeer {
  readonly peer: Peer;
  /** To the peer that it leads or follows. */
  readonly link: LinkId = linkIdOf(1);

  constructor(sid: Sid, options: { readonly localSessions?: boolean } = {}) {
    this.peer = makePeer(sid, configOf(3), options);
    const epochs = { acceptedEpoch: epochFrom(0), currentEpoch: epochFrom(0) };
    this.step({ type: "started", recovered: { ...epochs, snapshot: undefined, log: [] } });
  }

  step(event: PeerEvent): Effect[] {
    const out: Effect[] = [];
    this.peer.step(0, event, out);
    return out;
  }

  hear(packet: QuorumPacket): Effect[] {
    return this.step({ type: "packet", link: this.link, packet });
  }

  ask(connection: ConnectionId, request: Request): Effect[] {
    return this.step({ type: "request", connection, request, raw: new Uint8Array(0) });
  }

  /** A client asks for a new session. */
  handshake(connection: ConnectionId): Effect[] {
    const remote = { address: "127.0.0.1", port: connection };
    this.step({ type: "connected", connection, remote });
    return this.step({
      type: "handshake",
      connection,
      request: {
        protocolVersion: 0,
        lastZxidSeen: zxidOf(0),
        timeout: 1000,
        session: noSession,
        password: null,
        readOnly: false,
      },
    });
  }
}
