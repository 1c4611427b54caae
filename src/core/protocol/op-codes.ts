import { OpTable } from "./op-table.ts";

/** Operation numbers, of requests and of transactions alike. */
export const OpCode = {
  error: -1,
  closeSession: -11,
  createSession: -10,
  create: 1,
  delete: 2,
  exists: 3,
  getData: 4,
  setData: 5,
  getAcl: 6,
  setAcl: 7,
  getChildren: 8,
  sync: 9,
  ping: 11,
  getChildren2: 12,
  check: 13,
  multi: 14,
  create2: 15,
  reconfig: 16,
  checkWatches: 17,
  removeWatches: 18,
  createContainer: 19,
  deleteContainer: 20,
  createTtl: 21,
  multiRead: 22,
  auth: 100,
  setWatches: 101,
  sasl: 102,
  getEphemerals: 103,
  getAllChildrenNumber: 104,
  setWatches2: 105,
  addWatch: 106,
  whoAmI: 107,
} as const;
export type OpCode = (typeof OpCode)[keyof typeof OpCode];

const names: ReadonlyMap<number, string> = new Map(
  Object.entries(OpCode).map(([name, code]) => [code, name]),
);

export const opName = (code: number): string => names.get(code) ?? `op ${code}`;

/** Requests that become a transaction (or an error transaction) and take a zxid. */
const writes: OpTable<true> = new OpTable({
  [OpCode.create]: true,
  [OpCode.create2]: true,
  [OpCode.createContainer]: true,
  [OpCode.createTtl]: true,
  [OpCode.delete]: true,
  [OpCode.deleteContainer]: true,
  [OpCode.setData]: true,
  [OpCode.setAcl]: true,
  [OpCode.multi]: true,
  [OpCode.reconfig]: true,
  [OpCode.createSession]: true,
  [OpCode.closeSession]: true,
});

export const isWrite = (code: number): boolean => writes.get(code) === true;

/** The xids that mean something of their own. */
export const Xid = { event: -1, ping: -2, auth: -4, setWatches: -8 } as const;
