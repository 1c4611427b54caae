// A history that holds, and its log, written by hand: tests bend one thing in it and see by which name that is found.
import type {
  HistoryCall,
  HistoryEvent,
  HistoryReturn,
  HistoryWatch,
  Transaction,
  TransactionLog,
} from "../../../src/check/index.ts";

/** Of the first epoch. */
export const zxid = (counter: number): string => `0x${(0x1_0000_0000 + counter).toString(16)}`;

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));

type Told<T> = T extends { type: string; client: string } ? Omit<T, "type" | "client"> : never;

export const call = (
  client: string,
  id: number,
  rest: Omit<Told<HistoryCall>, "id">,
): HistoryCall => ({
  type: "call",
  client,
  id,
  ...rest,
});
export const answer = (
  client: string,
  id: number,
  rest: Omit<Told<HistoryReturn>, "id"> = {},
): HistoryReturn => ({ type: "return", client, id, ...rest });
export const heard = (client: string, rest: Told<HistoryWatch>): HistoryWatch => ({
  type: "watch",
  client,
  ...rest,
});

/** Two clients: "a" makes /a and an ephemeral below it, "b" changes it; then "a" goes. */
export const events: readonly HistoryEvent[] = [
  { type: "state", client: "a", state: "connected", session: "0x1" },
  { type: "state", client: "b", state: "connected", session: "0x2" },
  call("a", 1, { op: "create", path: "/a", data: "one" }),
  answer("a", 1, { path: "/a", zxid: zxid(3) }),
  call("a", 2, { op: "create", path: "/a/n-", mode: "ephemeralSequential" }),
  answer("a", 2, { path: "/a/n-0000000000", zxid: zxid(4) }),
  call("b", 1, { op: "get", path: "/a", watch: true }),
  answer("b", 1, { data: "one", stat: { version: 0, mzxid: zxid(3) }, zxid: zxid(4) }),
  call("b", 2, { op: "set", path: "/a", data: "two", version: 0 }),
  heard("b", { event: "dataChanged", path: "/a", zxid: zxid(5) }),
  answer("b", 2, { stat: { version: 1, mzxid: zxid(5) }, zxid: zxid(5) }),
  call("a", 3, { op: "set", path: "/a", data: "three", version: 0 }),
  answer("a", 3, { error: "BADVERSION", zxid: zxid(6) }),
  call("a", 4, { op: "get", path: "/a" }),
  answer("a", 4, { data: "two", stat: { version: 1, numChildren: 1 }, zxid: zxid(6) }),
  call("b", 3, { op: "create", path: "/b", data: "" }),
  answer("b", 3, { path: "/b", zxid: zxid(7) }),
  call("b", 4, { op: "exists", path: "/a/n-0000000000" }),
  answer("b", 4, { stat: { ephemeralOwner: "0x1" }, zxid: zxid(7) }),
  call("a", 5, { op: "close" }),
  answer("a", 5, { zxid: zxid(8) }),
  call("b", 5, { op: "sync", path: "/a" }),
  answer("b", 5, { zxid: zxid(8) }),
  call("b", 6, { op: "children", path: "/a" }),
  answer("b", 6, { children: [], stat: { numChildren: 0, pzxid: zxid(8) }, zxid: zxid(8) }),
];

type Decided = Omit<Transaction, "zxid" | "cxid" | "time">;
const told: readonly Decided[] = [
  { op: "createSession", session: 1n },
  { op: "createSession", session: 2n },
  { op: "create", session: 1n, path: "/a", data: bytes("one"), ephemeral: false },
  { op: "create", session: 1n, path: "/a/n-0000000000", data: null, ephemeral: true },
  { op: "setData", session: 2n, path: "/a", data: bytes("two"), version: 1 },
  { op: "error", session: 1n, error: "BADVERSION" },
  { op: "create", session: 2n, path: "/b", data: bytes(""), ephemeral: false },
  { op: "closeSession", session: 1n, paths: ["/a/n-0000000000"] },
];

export const logOf = (transactions: readonly Decided[]): TransactionLog => ({
  from: 0n,
  nodes: [],
  sessions: [],
  transactions: transactions.map((txn, index) => ({
    zxid: BigInt(zxid(index + 1)),
    cxid: index,
    time: 0,
    ...txn,
  })),
});

export const log: TransactionLog = logOf(told);

/** With the transaction of this number bent, or another in its place. */
export const bentLog = (counter: number, ...instead: Partial<Decided>[]): TransactionLog =>
  logOf(
    told.flatMap((txn, index) =>
      index + 1 === counter
        ? instead.map((bent) =>
            bent.op === undefined
              ? { ...txn, ...bent }
              : { session: txn.session, op: bent.op, ...bent },
          )
        : txn,
    ),
  );

/** With the answer to a call bent. */
export const answered = (
  client: string,
  id: number,
  bent: Partial<HistoryReturn>,
): HistoryEvent[] =>
  events.map((event) =>
    event.type === "return" && event.client === client && event.id === id
      ? ({ ...event, ...bent } as HistoryReturn)
      : event,
  );

/** With other events in the place of some. */
export const replaced = (
  isOne: (event: HistoryEvent) => boolean,
  instead: (event: HistoryEvent) => readonly HistoryEvent[],
): HistoryEvent[] => events.flatMap((event) => (isOne(event) ? instead(event) : event));

/** As a client shows it that shows no zxids. */
export const withoutZxids = (from: readonly HistoryEvent[]): HistoryEvent[] =>
  from.map((event) => {
    if (event.type !== "return" && event.type !== "watch") return event;
    const { zxid: _zxid, ...rest } = event;
    return rest as HistoryEvent;
  });
