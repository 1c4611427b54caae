import type { LinkId, Sid } from "../core/base/ids.ts";
import type { Fabric } from "../core/network/fabric.ts";
import type { Notification } from "../core/packets/notification.ts";
import type { QuorumPacket } from "../core/packets/quorum-packet.ts";
import type { EnsembleConfig } from "../core/quorum/config.ts";
import type { Authenticator } from "./authentication.ts";
import type { Dialer } from "./dialer.ts";
import type { LinkSecurity } from "./link-security.ts";
import type { Shares } from "./share.ts";
import type { Inbox, Turn } from "./turn.ts";
import type { Wires } from "./wires.ts";
import type { WorldClock } from "./world-clock.ts";

/** Where a peer listens for its fellows. */
export interface PeerAddress {
  readonly host: string;
  readonly quorumPort: number;
  readonly electionPort: number;
}

/** What the hosts of one world share. */
export interface Surroundings {
  readonly clock: WorldClock;
  readonly turn: Turn;
  readonly shares: Shares;
  readonly fabric: Fabric;
  readonly wires: Wires;
  readonly dialer: Dialer;
  /** undefined: peers do not authenticate each other. */
  readonly auth: Authenticator | undefined;
  /** undefined: peers speak plainly. */
  readonly linkSecurity: LinkSecurity | undefined;
  /** A configuration is in force. */
  reconfigured(config: EnsembleConfig): void;
  /** What to bind for a host; undefined: every address. */
  addressToBind(host: string): Promise<string | undefined>;
  /** undefined for a peer nobody has heard of. */
  addressOf(sid: Sid): PeerAddress | undefined;
  /** Whether a peer lives in this world; bytes to it and from it are judged where they leave. */
  isOurs(sid: Sid): boolean;
}

export interface LinksOptions {
  readonly sid: Sid;
  readonly inbox: Inbox;
  readonly world: Surroundings;
}

/** How a process leaves its connections and ports; "hand over" is a reset, with ports left open for who opens them next. */
export type Ending = "end" | "reset" | "hand over";

/** How one peer talks to its fellows: over TCP, or in memory. What they bring goes to the peer's inbox. */
export interface PeerLinks {
  open(): Promise<void>;
  /** Best effort; a vote not yet sent is replaced. */
  vote(to: Sid, notification: Notification): void;
  /** Answered by `dialed`. */
  dial(to: Sid): void;
  send(link: LinkId, packet: QuorumPacket): void;
  /** The other side reads slower than this one sends. */
  isFull(link: LinkId): boolean;
  /** A link that was full is not any more. */
  onDrained: () => void;
  /** Closes behind what was sent; `linkDown` does not come. */
  hangUp(link: LinkId): void;
  /** At the end of a turn: what was sent in it leaves. */
  flush(): void;
  /** When something happens here by itself. */
  readonly dueAt: number;
  wake(now: number): void;
  /** The peer's process is paused: nothing is read. */
  freeze(): void;
  thaw(): void;
  /** Breaks the connections there are, as the network would; how many. */
  drop(): number;
  /** The process ends. */
  close(how: Ending): void;
}
