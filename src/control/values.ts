// The vocabulary of the public API as it crosses. Each shape is held against its type: a field that is added there and not here
// does not compile.
import type {
  EnsembleStatus,
  IssuedCertificate,
  Peer,
  PeerOptions,
  PeerStatus,
  StorageOptions,
} from "../ensemble/api.ts";
import type {
  Direction,
  Fault,
  LinkConditions,
  LinkSelector,
  Message,
  MessageMatch,
  MessageType,
  PeerId,
  Role,
  SessionInfo,
  SessionMatch,
  StorageOp,
  Target,
  Verdict,
} from "../ensemble/api-controls.ts";
import { messageTypes } from "../ensemble/network.ts";
import {
  choice,
  count,
  either,
  type FieldShapes,
  fields,
  flag,
  handle,
  hereOnly,
  list,
  maybe,
  named,
  number,
  optional,
  plain,
  type Schema,
  type Shape,
  sessionId,
  text,
  whole,
  zxid,
} from "./shape.ts";

const isText = (value: unknown): boolean => typeof value === "string";
const isNumber = (value: unknown): boolean => typeof value === "number";
const isAny = (): boolean => true;

// ------------------------------------------------------------------ who

export const role: Shape<Role> = named(
  "Role",
  choice(
    "leader",
    "follower",
    "observer",
    "looking",
    "readonly",
    "standalone",
    "stopped",
    "crashed",
    "paused",
  ),
);
const targetNames = choice("leader", "followers", "observers", "minority", "majority", "all");
export const target: Shape<Target> = named(
  "Target",
  either(
    { is: isText, shape: targetNames },
    { is: isNumber, shape: whole },
    { is: isAny, shape: list<readonly PeerId[]>(whole) },
  ),
);
const linkEnd: Shape<Target | "clients"> = either(
  { is: (value) => value === "clients", shape: plain({ const: "clients" }) },
  { is: isAny, shape: target },
);
export const direction: Shape<Direction> = choice("both", "in", "out");
export const waits: FieldShapes<{ timeout?: number; signal?: AbortSignal }> = {
  timeout: optional(whole),
  signal: optional(hereOnly()),
};

// ------------------------------------------------------------------ peers

/** What a handle on a peer knows of it without asking. */
export type PeerFacts = Pick<
  Peer,
  "id" | "type" | "host" | "port" | "address" | "ports" | "dataDir"
>;
export const peerFacts: Shape<PeerFacts> = named(
  "Peer",
  fields<PeerFacts>({
    id: whole,
    type: choice("participant", "observer"),
    host: text,
    port: whole,
    address: text,
    ports: fields<Peer["ports"]>({
      client: whole,
      quorum: optional(whole),
      election: optional(whole),
      admin: optional(whole),
      secure: optional(whole),
    }),
    dataDir: maybe(text),
  }),
);
export const peer: Shape<Peer> = handle("peer", peerFacts.schema);

export const peerStatus: Shape<PeerStatus> = named(
  "PeerStatus",
  fields<PeerStatus>({
    id: whole,
    role,
    epoch: whole,
    zxid,
    leader: maybe(whole),
    connections: whole,
    watches: whole,
    znodes: whole,
  }),
);
export const ensembleStatus: Shape<EnsembleStatus> = named(
  "EnsembleStatus",
  fields<EnsembleStatus>({
    leader: maybe(whole),
    epoch: whole,
    quorum: flag,
    now: number,
    peers: list<PeerStatus[]>(peerStatus),
    faults: list<string[]>(text),
  }),
);
const storage: Shape<"memory" | StorageOptions> = either(
  { is: isText, shape: plain({ const: "memory" }) },
  {
    is: isAny,
    shape: fields<StorageOptions>({
      kind: choice("memory", "disk"),
      dir: optional(text),
      keep: optional(
        either<boolean | "on-failure">(
          { is: isText, shape: plain({ const: "on-failure" }) },
          { is: isAny, shape: flag },
        ),
      ),
      fsync: optional(flag),
      loseUnsynced: optional(flag),
    }),
  },
);
export const peerOptions: FieldShapes<PeerOptions> = {
  id: optional(whole),
  type: optional(choice("participant", "observer")),
  weight: optional(whole),
  group: optional(whole),
  clientPort: optional(whole),
  clockSkew: optional(whole),
  storage: optional(storage),
  config: optional(plain({ type: "object" })),
  start: optional(flag),
};
export const certificate: Shape<IssuedCertificate> = fields<IssuedCertificate>({
  cert: text,
  key: text,
});

// ------------------------------------------------------------------ faults, links and messages

const faultSchema: Schema = {
  type: "object",
  properties: { id: { type: "integer" }, label: { type: "string" } },
  required: ["id", "label"],
};
export const fault: Shape<Fault> = handle(
  "fault",
  named("Fault", plain<Fault>(faultSchema)).schema,
);
export type Hold = Fault & {
  release(count?: number): Promise<number>;
  queued(): Promise<readonly Message[]>;
};
export const hold: Shape<Hold> = handle("hold", fault.schema);

export const linkSelector: Shape<LinkSelector> = named(
  "LinkSelector",
  fields<LinkSelector>({
    from: optional(linkEnd),
    to: optional(linkEnd),
    channel: optional(choice("client", "quorum", "election")),
    direction: optional(direction),
  }),
);
export const linkConditions: Shape<LinkConditions> = named(
  "LinkConditions",
  fields<LinkConditions>({
    latency: optional(
      either<NonNullable<LinkConditions["latency"]>>(
        { is: isNumber, shape: number },
        {
          is: isAny,
          shape: fields<Exclude<NonNullable<LinkConditions["latency"]>, number>>({
            mean: number,
            jitter: optional(number),
            distribution: optional(choice("constant", "uniform", "normal", "exponential")),
          }),
        },
      ),
    ),
    bandwidth: optional(number),
    stall: optional(
      fields<NonNullable<LinkConditions["stall"]>>({ probability: number, for: whole }),
    ),
    reset: optional(
      fields<NonNullable<LinkConditions["reset"]>>({
        after: optional(whole),
        probability: optional(number),
      }),
    ),
    corrupt: optional(fields<NonNullable<LinkConditions["corrupt"]>>({ probability: number })),
  }),
);
const messageType: Shape<MessageType> = choice(...messageTypes);
const messageFields: FieldShapes<MessageMatch> = {
  type: optional(
    either<MessageType | readonly MessageType[]>(
      { is: isText, shape: messageType },
      { is: isAny, shape: list<readonly MessageType[]>(messageType) },
    ),
  ),
  path: optional(text),
  session: optional(sessionId),
  nth: optional(whole),
};
export const messageMatch: Shape<MessageMatch> = named(
  "MessageMatch",
  fields<MessageMatch>(messageFields),
);
export const messageRule: Shape<MessageMatch & LinkSelector> = named(
  "MessageRule",
  fields<MessageMatch & LinkSelector>({
    ...messageFields,
    from: optional(linkEnd),
    to: optional(linkEnd),
    channel: optional(choice("client", "quorum", "election")),
    direction: optional(direction),
  }),
);
export const messageEnd: Shape<PeerId | "client"> = either(
  { is: isText, shape: plain({ const: "client" }) },
  { is: isAny, shape: whole },
);
export const heardType: Shape<Message["type"]> = either(
  { is: (value) => value === "BYTES", shape: plain({ const: "BYTES" }) },
  { is: isAny, shape: messageType },
);
export const message: Shape<Message> = named(
  "Message",
  fields<Message>({
    from: messageEnd,
    to: messageEnd,
    type: heardType,
    zxid: optional(zxid),
    path: optional(text),
    bytes: whole,
  }),
);
export const verdict: Shape<Verdict> = named(
  "Verdict",
  either<Verdict>(
    { is: isText, shape: choice("pass", "reset", "crash-sender", "crash-receiver") },
    { is: isAny, shape: fields<{ delay: number }>({ delay: whole }) },
  ),
);

// ------------------------------------------------------------------ sessions and disks

/** Ids are taken as text by the verbs themselves. */
export const sessionMatch: Shape<SessionMatch> = named(
  "SessionMatch",
  either<SessionMatch>(
    { is: (value) => typeof value === "bigint", shape: sessionId },
    { is: isText, shape: plain({ type: "string", examples: ["0x100000a3c5e0000", "/lock/a"] }) },
    { is: isAny, shape: fields<{ remotePort: number }>({ remotePort: whole }) },
  ),
);
export const sessionInfo: Shape<SessionInfo> = named(
  "SessionInfo",
  fields<SessionInfo>({
    id: sessionId,
    timeout: whole,
    peer: maybe(whole),
    connected: flag,
    readOnly: flag,
    ephemerals: list<string[]>(text),
    watches: whole,
    expiresIn: number,
    remote: maybe(text),
  }),
);
export const storageOp: Shape<StorageOp> = choice("append", "fsync", "snapshot", "read");
export const times: Shape<number> = count;
type StoredFile = { name: string; kind: "log" | "snapshot" | "epoch"; bytes: number };
export const storedFiles: Shape<StoredFile[]> = list<StoredFile[]>(
  fields<StoredFile>({ name: text, kind: choice("log", "snapshot", "epoch"), bytes: whole }),
);
