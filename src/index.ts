import "./runtime/machine-time.ts"; // before a test replaces the time by a fake one

export { connectEnsemble } from "./control/connect-ensemble.ts";
export type {
  ApacheEngine,
  Ensemble,
  EnsembleOptions,
  EnsembleStatus,
  EnsembleTls,
  IssuedCertificate,
  Namespace,
  Peer,
  PeerOptions,
  PeerStatus,
  Snapshot,
  StorageOptions,
  TreeLiteral,
} from "./ensemble/api.ts";
export type {
  Clock,
  Direction,
  EnsembleEvent,
  EventFilter,
  EventOf,
  Events,
  EventType,
  Fault,
  Feature,
  LinkConditions,
  LinkSelector,
  Message,
  MessageMatch,
  MessageType,
  Ms,
  Network,
  PeerId,
  Role,
  SessionInfo,
  SessionMatch,
  Sessions,
  Storage,
  StorageOp,
  Target,
  Verdict,
  WaitOptions,
} from "./ensemble/api-controls.ts";
export type {
  Nemesis,
  NemesisAction,
  NemesisKind,
  NemesisOptions,
  NemesisPlan,
  NemesisRunOptions,
  NemesisStep,
} from "./ensemble/api-nemesis.ts";
export type {
  StoredNode,
  Transaction,
  TransactionLog,
  TransactionPart,
} from "./ensemble/api-transactions.ts";
export { type ErrorCode, ZkmsError } from "./ensemble/errors.ts";
export { startEnsemble } from "./ensemble/start.ts";
export { type RunningPeer, type StartPeerOptions, startPeer } from "./zoo-cfg/start-peer.ts";
