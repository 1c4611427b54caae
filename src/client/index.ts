export { ZooKeeperError } from "./errors.ts";
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
