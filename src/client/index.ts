export { connect } from "./connect.ts";
export { ZooKeeperError } from "./errors.ts";
export type { ConnectOptions } from "./options.ts";
export type {
  Acl,
  ClientOptions,
  ClientState,
  CreateMode,
  MultiOp,
  MultiResult,
  Stat,
  Watch,
  WatchEvent,
  ZooKeeperClient,
} from "./types.ts";
