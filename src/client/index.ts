export { connect } from "./connect.ts";
export { ZooKeeperError } from "./errors.ts";
export type { ConnectOptions } from "./options.ts";
export type {
  Acl,
  ClientOptions,
  ClientState,
  ClientTls,
  CreateMode,
  MultiOp,
  MultiResult,
  ReadOp,
  ReadResult,
  Reconfig,
  Stat,
  Watch,
  WatchEvent,
  WatchType,
  ZooKeeperClient,
} from "./types.ts";
