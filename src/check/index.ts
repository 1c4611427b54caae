export type {
  StoredNode,
  Transaction,
  TransactionLog,
  TransactionPart,
} from "../ensemble/api-transactions.ts";
export { assertHistory, check, type Recorded, type Witness } from "./check.ts";
export { History } from "./history.ts";
export type {
  HistoryCall,
  HistoryData,
  HistoryEvent,
  HistoryMultiOp,
  HistoryOp,
  HistoryReturn,
  HistoryStat,
  HistoryState,
  HistoryWatch,
  Id64,
} from "./history-events.ts";
export type { NodeZookeeperClient } from "./record-node-zookeeper.ts";
export type { Report, Rule, Violation } from "./report.ts";
